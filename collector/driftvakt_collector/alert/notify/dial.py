"""A connection to a host of several addresses, of which some may be dead: the first to answer is taken (RFC 8305)."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from typing import Any

Address = tuple[int, tuple[str | int, ...]]
"""The family of a socket, and where to."""
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
HEAD_START = 0.25
"""Seconds that an address is given before the next is tried beside it."""


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Return the addresses of a host, in the order of the system. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses: list[tuple[int, Any]] = [(family, where) for family, _, _, _, where in found]
    return addresses


async def dial(
    host: str, port: int, *, seconds: float, resolve: Resolve = resolve, head_start: float = HEAD_START
) -> socket.socket:
    """Return a connected socket. Raises OSError, or TimeoutError where nobody answered in time."""
    async with asyncio.timeout(seconds):
        addresses = _alternating(await resolve(host, port))
        if not addresses:
            raise OSError(f"{host} has no address")
        return await _first(addresses, head_start)


async def _first(addresses: Sequence[Address], head_start: float) -> socket.socket:
    """Try each address a little after the one before; return the first that is there. Raises OSError of the last."""
    waiting = list(addresses)
    running: set[asyncio.Task[socket.socket]] = set()
    last: BaseException | None = None
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(_connected(waiting.pop(0))))
            done, running = await asyncio.wait(
                running, timeout=head_start if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            good = [task.result() for task in done if task.exception() is None]
            for spare in good[1:]:
                spare.close()
            if good:
                return good[0]
            last = next((task.exception() for task in done), last)
    finally:
        await _ended(running)
    raise last or OSError("no address answers")


async def _ended(running: set["asyncio.Task[socket.socket]"]) -> None:
    """End attempts that nobody waits for, and close what one of them may have opened in that moment."""
    for task in running:
        task.cancel()
    for outcome in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(outcome, socket.socket):
            outcome.close()


async def _connected(address: Address) -> socket.socket:
    family, where = address
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # noqa: FBT003  its only argument
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.get_running_loop().sock_connect(made, where)
    except BaseException:
        made.close()
        raise
    return made


def _alternating(addresses: Sequence[Address]) -> list[Address]:
    """Return them with the families taking turns, so that one dead family costs one head start and no more."""
    first = [one for one in addresses if one[0] == addresses[0][0]]
    other = [one for one in addresses if one[0] != addresses[0][0]]
    pairs = zip_longest(first, other)
    return [one for pair in pairs for one in pair if one is not None]
