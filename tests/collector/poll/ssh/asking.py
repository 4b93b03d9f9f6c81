"""Asks the server of a test, and looks that nothing is left of it."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from answering import PASSWORD, Server

from driftvakt_collector.poll.ssh.commands import Command
from driftvakt_collector.poll.ssh.connection import run
from driftvakt_collector.poll.ssh.target import Answer, Limits, SshError

QUICK = Limits(connect=1, banner=0.6, exchange=1.5, auth=2, channel=1, visit=6)
ASK = Command("ask", "ask", seconds=0.5)
NEXT = Command("next", "next", seconds=2)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + 3
    while left := [one for one in threading.enumerate() if one not in before and one.is_alive()]:
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.01)


def asked(server: Server, *commands: Command, limits: Limits = QUICK, **changed: object) -> list[Answer]:
    return asyncio.run(run(server.target(**changed), commands, limits))


def error(server: Server, *commands: Command, limits: Limits = QUICK, **changed: object) -> SshError:
    with pytest.raises(SshError) as e:
        asked(server, *commands, limits=limits, **changed)
    assert PASSWORD not in str(e.value)
    return e.value
