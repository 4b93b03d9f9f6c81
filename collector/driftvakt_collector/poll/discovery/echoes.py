"""Who of many answers an echo (ICMP, RFC 792), asked at a pace that no network minds, from one socket."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Sequence

from driftvakt_collector.poll.checks.icmp import HELP, answers, request

_TICK = 0.1
_PAYLOAD = 48
_TIMES = 2
"""A second time for those who did not answer: the first echo to a neighbour often goes under while it is looked for."""

Progress = Callable[[int], None]
"""Is told how many were asked since it was told last."""


class EchoError(Exception):
    """No echoes can be sent; the text says why."""


async def alive(
    asked: Sequence[str], per_second: float, *, wait: float = 1.5, told: Progress | None = None
) -> set[str]:
    """Return which addresses answer. wait: seconds for the last one to come back. Raises EchoError."""
    plug = _socket()
    payload = secrets.token_bytes(_PAYLOAD)
    found: set[str] = set()
    known = set(asked)
    raw = plug.type == socket.SOCK_RAW

    def read() -> None:
        for _ in range(256):
            try:
                packet, sender = plug.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError:
                # A router's word about an address that is not there.
                continue
            if sender[0] in known and answers(packet, payload, raw=raw, family=socket.AF_INET) is not None:
                found.add(sender[0])

    loop = asyncio.get_running_loop()
    loop.add_reader(plug, read)
    try:
        for lap in range(_TIMES):
            await _send(plug, [one for one in asked if one not in found], lap, payload, per_second, told)
            await asyncio.sleep(wait)
    finally:
        loop.remove_reader(plug)
        plug.close()
    return found


async def _send(
    plug: socket.socket, asked: Sequence[str], lap: int, payload: bytes, per_second: float, told: Progress | None
) -> None:
    step = max(1, round(per_second * _TICK))
    packet = request(lap, payload, socket.AF_INET)
    for start in range(0, len(asked), step):
        for address in asked[start : start + step]:
            try:
                plug.sendto(packet, (address, 0))
            except OSError:
                # No way there, or the neighbour's word that nobody is: the next one.
                continue
        if told is not None:
            told(len(asked[start : start + step]))
        await asyncio.sleep(max(_TICK, step / per_second))


def _socket() -> socket.socket:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            plug = socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP)
        except PermissionError:
            continue
        plug.setblocking(False)  # noqa: FBT003  the name says it
        return plug
    raise EchoError(HELP)
