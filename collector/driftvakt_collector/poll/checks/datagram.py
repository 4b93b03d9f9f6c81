"""A question in one datagram, and the answer to it in another."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from driftvakt_collector.poll.checks.address import Address
from driftvakt_collector.poll.checks.check import CheckError, Fault, said

_LARGEST = 65535
_AGAIN = 1.0
"""Seconds after which a question is asked again: a datagram gets lost."""
_STRANGE = 100
"""Datagrams that answer no question of ours before we stop reading: one that floods us keeps nobody else waiting."""

Answer = TypeVar("Answer")


def plugged(address: Address, source_port: int = 0) -> socket.socket:
    """Return a socket that hears this address only, and learns of a port that nobody listens on.

    source_port: that it asks from, 0 for any. Raises CheckError where that is taken or not allowed.
    """
    plug = socket.socket(address.family, socket.SOCK_DGRAM)
    try:
        plug.settimeout(0)
        if source_port:
            _bind(plug, source_port)
        plug.connect(address.place)
    except BaseException:
        plug.close()
        raise
    return plug


def _bind(plug: socket.socket, port: int) -> None:
    try:
        plug.bind(("", port))
    except OSError as e:
        raise CheckError(Fault.UNUSABLE, f"can't ask from UDP port {port}: {said(e.strerror)}") from e


async def asked(
    plug: socket.socket,
    question: Callable[[], bytes],
    read: Callable[[bytes], Answer | None],
    everybody: tuple[str, int] | None = None,
) -> Answer:
    """Ask until there is an answer, and return it. Never ends by itself where nobody answers.

    Raises CheckError where all that comes answers no question of ours.

    question: makes it, anew each time. read: returns None for what is no answer to it. everybody: the address to ask
    at, where anybody may answer and what others talk about is no fault of theirs.
    """
    loop = asyncio.get_running_loop()
    strange, last = 0, b""
    while not strange or everybody:
        if everybody:
            strange = 0
            await loop.sock_sendto(plug, question(), everybody)
        else:
            await loop.sock_sendall(plug, question())
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN):
                while strange < _STRANGE:
                    last = await loop.sock_recv(plug, _LARGEST)
                    answer = read(last)
                    if answer is not None:
                        return answer
                    strange += 1
                # A flood of talk: hear no more of it until it is time to ask again.
                if everybody:
                    await asyncio.sleep(_AGAIN)
    raise CheckError(Fault.ANSWER, f"it sends what answers no question of ours: {said(last)!r}")
