"""docs/enrol.md names only commands and options that there are."""

import re
import shlex
from pathlib import Path

import pytest

from driftvakt_agent import cli
from driftvakt_collector import __main__ as collector

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "enrol.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.S)
COMMANDS = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_document_can_be_typed(command: str) -> None:
    program, *arguments = shlex.split(command)
    parser = {"driftvakt": collector._parser, "driftvakt-agent": cli._parser}[program]()

    assert callable(parser.parse_args(arguments).run)


def test_the_document_shows_every_verb() -> None:
    told = {tuple(shlex.split(command)[:3]) for command in COMMANDS}

    wanted = {("driftvakt", "token", verb) for verb in ("create", "list", "revoke", "log")}
    wanted |= {("driftvakt", "host", verb) for verb in ("list", "approve", "revoke", "quarantine", "release", "show")}
    assert wanted <= told
