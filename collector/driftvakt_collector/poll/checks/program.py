"""A program that is run for a check: without a shell or our environment, and in bounds of bytes and of time."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

MOST = 64 * 1024
"""Bytes that a program may say."""
_LINGER = 0.2
"""Seconds to read what it said last, once it has ended."""
_BURIED = 1.0
"""Seconds that one that was killed has to be gone; one that waits for a disk that is no more takes longer."""
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Ended:
    """code: that it ended with, negative for a signal. out, err: what it said. much: whether it had more to say."""

    code: int
    out: bytes
    err: bytes
    much: bool


class _Listener(asyncio.SubprocessProtocol):
    def __init__(self) -> None:
        self.said = {1: bytearray(), 2: bytearray()}
        self.much = asyncio.Event()
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()
        self._open = {1, 2}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        room = MOST - len(self.said[fd])
        self.said[fd] += data[:room]
        if len(data) > room:
            self.much.set()

    def pipe_connection_lost(self, fd: int, _exc: Exception | None) -> None:
        self._open.discard(fd)
        if not self._open:
            self.silent.set()

    def process_exited(self) -> None:
        self.exited.set()


async def ran(argv: Sequence[str]) -> Ended:
    """Run a program to its end, and kill it with all that it has started when the caller's time is over.

    Raises OSError where it can't be started.
    """
    loop = asyncio.get_running_loop()
    transport, listener = await loop.subprocess_exec(
        _Listener, *argv, stdin=asyncio.subprocess.DEVNULL, env=_ENVIRONMENT, cwd="/", start_new_session=True
    )
    number = transport.get_pid()
    try:
        await _first(listener.exited, listener.much)
        # What it has left behind holds its pipes open, and is not wanted.
        _kill(number)
        await _within(_LINGER, listener.silent)
    finally:
        # Once it is buried its number may be somebody else's.
        if not listener.exited.is_set():
            _kill(number)
        await _within(_BURIED, listener.exited)
        transport.close()
    code = transport.get_returncode()
    much = listener.much.is_set()
    return Ended(-signal.SIGKILL if code is None else code, bytes(listener.said[1]), bytes(listener.said[2]), much)


async def _first(*events: asyncio.Event) -> None:
    tasks = [asyncio.ensure_future(one.wait()) for one in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _kill(number: int) -> None:
    # It leads a group of its own name; whoever is left of that is in it.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(number, signal.SIGKILL)
