"""docs/oncall.md says what is so: its files can be applied, and its commands are there."""

import re
import shlex
from pathlib import Path

import pytest

from driftvakt_collector.__main__ import _parser
from driftvakt_collector.alert.escalation.reading import Known, is_routes, read_policy, read_routes
from driftvakt_collector.alert.oncall.days import is_red
from driftvakt_collector.alert.oncall.reading import read

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "oncall.md").read_text("utf-8")
FILES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.M | re.S)
COMMANDS = [
    line.partition("  #")[0].strip() for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
    for line in block.splitlines() if line.startswith("driftvakt ")
]  # fmt: skip
KNOWN = Known({"anna", "bo", "cecilia", "chefen"}, {"natverk"}, {"office"}, {"natt"})


def test_the_files_of_the_document_can_be_applied() -> None:
    rota, policy, routes = FILES

    assert read(rota, KNOWN.people, {"office": is_red}).people == ("anna", "bo", "cecilia")
    assert len(read_policy(policy, KNOWN).steps) == 6
    assert is_routes(routes)
    assert len(read_routes(routes, KNOWN)) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_document_is_one(command: str) -> None:
    told = _parser().parse_args([*shlex.split(command)[1:], "--data", "/tmp/x"])

    assert callable(told.run)
