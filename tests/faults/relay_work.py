"""A program to record: the whole relay, its hosts, and a fickle upstream. `python relay_work.py DATA SEED BODIES`

It says `made` of each line and `kept` once the relay answered for it; `gone` before the upstream answers for it; and
`guessed` of what the host still has itself, and of numbers that a gap at the upstream covers.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import relay_program
from collector_program import key_of
from relay_program import RELAY, Site, hurried, paces_kept
from syscalls import say

from driftvakt_collector.relay import own
from driftvakt_collector.relay.app import Relay
from driftvakt_wire import encode
from driftvakt_wire.envelope import sign, split


class _Recorded(Site):
    """Hosts who say what they do."""

    def __init__(self, folder: Path, seed: int, bodies: int) -> None:
        super().__init__(folder, seed, bodies, _gone)

    def note_made(self, lines: list[bytes]) -> None:
        names = " ".join(map(key_of, lines))
        say(f"guessed {names}")
        say(f"made {names}")

    def report(self, port: str) -> None:
        connection = relay_program.connected(int(port))
        try:
            for taken in self.steps(connection):
                if taken:
                    say(f"kept {' '.join(map(key_of, taken))}")
            self.settle()
            self.arrived()
        finally:
            connection.close()
            os.kill(os.getpid(), signal.SIGTERM)


def _gone(lines: list[bytes]) -> None:
    if lines:
        say(f"gone {' '.join(map(key_of, lines))}")
    told = [name for raw in lines for name in _told_by(raw)]
    if told:
        say(f"guessed {' '.join(told)}")


def _told_by(raw: bytes) -> list[str]:
    """Return the numbers that a gap of the relay's own covers."""
    envelope = split(raw)
    record: dict[str, Any] = json.loads(envelope.record)
    if envelope.origin != RELAY.origin or record["kind"] != "gap":
        return []
    return [f"{RELAY.origin}/{record['epoch']}/{seq}" for seq in range(record["first"], record["last"] + 1)]


def recover(folder: Path) -> Iterator[str]:
    """Start a relay on what a cut left; give what waits in its lanes, once, and what it tells of itself."""
    # A line that was put from one lane into another may stand in both, and be handed on twice.
    with paces_kept():
        return iter(sorted(asyncio.run(_recovered(folder))))


async def _recovered(folder: Path) -> set[str]:
    relay = Relay(hurried(folder, "http://127.0.0.1:1"))
    await relay.spool.start()
    await relay.forwarder.held.start()
    found: set[str] = set()
    for lane in relay.spool.lanes.values():
        after = 0
        while rows := await lane.fetch(after, 1 << 20):
            after = rows[-1].position
            lines = [raw for row in rows for raw in row.lines or ()]
            found.update(map(key_of, lines))
            found.update(f"ended:{name}" for raw in lines for name in _told_by(raw))
    gap = relay.own.gap(1.7e9)
    if gap is not None:
        line = relay.own.line(gap)
        found.update(f"ended:{name}" for name in _told_by(line))
        found.add(f"new:{key_of(line)}")
    found.add(f"new:{key_of(relay.own.line(encode.goodbye(1.7e9, 'over')))}")
    await relay.spool.close()
    return found


def _signed(*told: Any) -> bytes:
    line = sign(*told)
    say(f"made {key_of(line)}")
    return line


if __name__ == "__main__":
    data = Path(sys.argv[1])
    vars(own)["sign"] = _signed
    site = _Recorded(data, int(sys.argv[2]), int(sys.argv[3]))
    code = relay_program.run(data, lambda port: threading.Thread(target=site.report, args=(port,)).start())
    site.close()
    sys.exit(code or bool(site.wrong or site.fickle.wrong))
