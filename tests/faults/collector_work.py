"""A program to record: the whole collector and those who report to it. `python collector_work.py DATA SEED BODIES`

It says `made`, and `kept` once an answer came, each with names: of a line, of what the fleet must know of it
(`state:`), and of the row that an event is in the store (`event:`).
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import collector_program
from collector_program import Reporters, journal_lines, key_of, stored_events
from syscalls import say

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.journal.line import decode


class _Recorded(Reporters):
    """Reporters who say what they do."""

    def produce(self) -> list[bytes]:
        made = super().produce()
        say(f"made {' '.join(names(made))}")
        return made

    def report(self, port: str) -> None:
        try:
            for body in self.steps(int(port)):
                say(f"kept {' '.join(names(body))}")
        finally:
            os.kill(os.getpid(), signal.SIGTERM)


def names(lines: list[bytes]) -> Iterator[str]:
    """Give the names of what lines must leave behind."""
    for raw in lines:
        key = key_of(raw)
        yield key
        yield f"state:{key}"
        if b'"kind":"event"' in raw:
            yield f"event:{key}"


def recover(folder: Path) -> Iterator[str]:
    """Start a collector on what a cut left, stop it in order, and give all that it knows."""
    lines = list(journal_lines(folder))
    app = App(Config(data=folder, journal_hours=24.0))
    for raw in lines:
        envelope = decode(raw).envelope
        key = key_of(raw)
        yield key
        if app.fleet.hosts[envelope.origin].ledger.has(envelope.epoch, envelope.seq):
            yield f"state:{key}"
    asyncio.run(app.stop())
    for key in stored_events(folder):
        yield f"event:{key}"


if __name__ == "__main__":
    reporters = _Recorded(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    code = collector_program.run(
        reporters.data, lambda port: threading.Thread(target=reporters.report, args=(port,)).start()
    )
    sys.exit(code or bool(reporters.wrong))
