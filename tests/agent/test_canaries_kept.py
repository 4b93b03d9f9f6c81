"""What a collector keeps of a machine on which a thousand names are planted: none of them, whoever sends what."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd
from collecting import Collector, host_row, prepare
from test_canaries import Machine

from driftvakt_collector.__main__ import main

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="the planted machine is a Linux"),
]
EDU = '[zones.edu]\nlisten = "127.0.0.1"\n'


def everything(data: Path) -> Iterator[bytes]:
    """Give all that a collector has on disk, opened up where it is packed."""
    for path in sorted(data.parent.rglob("*")):
        if path.is_file() and data in path.parents:
            yield path.read_bytes()
    with sqlite3.connect(data / "journal.db") as journal:
        for (body,) in journal.execute("SELECT body FROM chunk"):
            yield zstd.decompress(body)
    journal.close()


@pytest.mark.parametrize("privacy", ["edu", "full"])
def test_none_of_a_thousand_names_is_kept(tmp_path: Path, privacy: str) -> None:
    machine = Machine(tmp_path / "machine", seed=3)
    data = tmp_path / "collector" / "data"
    data.parent.mkdir()
    assert main(["init", "--data", str(data), "--zone", "edu"]) == 0
    sender = prepare(data, [host_row(1, zone="edu")])[0]
    answers: list[int] = []
    with Collector(data, EDU) as collector:
        for kind, record in machine.sent(privacy):
            # A check's own words are free text. Only the agent can know that they name somebody, and under `edu` it
            # sends none; so from an agent that was told otherwise they are left out here.
            if privacy == "edu" or kind != "event":
                status, answer = collector.post(sender.line(record))
                answers += [status, *(line[2] for line in answer.get("lines", []) if len(line) > 2)]
        pages = [collector.get(path) for path in ("/metrics", f"/metrics/hosts?origin={sender.origin}")]
        assert collector.stop() == 0
    kept = b"\n".join([*everything(data), collector.said.read_bytes(), *(page.encode() for page in pages)])

    found = {name for name in machine.planter.names if name.encode() in kept.lower()}

    assert len(machine.planter.names) >= 1000
    assert found == set(), json.dumps(sorted(found)[:5])
    assert set(answers) == ({200} if privacy == "edu" else {200, 422})
