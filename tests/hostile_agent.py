"""An agent on loopback that answers SNMP 2c as it likes: it makes up what comes next, and takes its time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from usm_message import integer, part

NULL = b"\x05\x00"
_GET, _RESPONSE, _BULK = 0xA0, 0xA2, 0xA5
_NO_SUCH = b"\x80\x00"
Get = Callable[[str], bytes | None]
Next = Callable[[str, int], Sequence[tuple[str, bytes]]]


def octets(text: bytes) -> bytes:
    return part(4, text)


def oid(text: str) -> bytes:
    numbers = [int(one) for one in text.split(".")]
    return part(6, bytes([numbers[0] * 40 + numbers[1]]), *map(_arc, numbers[2:]))


def _arc(number: int) -> bytes:
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(0x80 | (number & 0x7F))
    return bytes(reversed(found))


def _read(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[at : at + count]), at + count
    return data[at : at + length], at + length


def _dotted(body: bytes) -> str:
    numbers, value = [body[0] // 40, body[0] % 40], 0
    for one in body[1:]:
        value = value << 7 | one & 0x7F
        if not one & 0x80:
            numbers.append(value)
            value = 0
    return ".".join(map(str, numbers))


class Agent(asyncio.DatagramProtocol):
    """get: the value of an OID in BER. after: what comes after one, so many rows at most. seconds: until it answers."""

    def __init__(self, get: Get, after: Next, seconds: float) -> None:
        self._get, self._after, self._seconds = get, after, seconds
        self._way: asyncio.DatagramTransport | None = None
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The loop's own transports are of another class, and do the same.
        self._way = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str | Any, int]) -> None:
        self.asked += 1
        message, _ = _read(data, 0)
        version, at = _read(message, 0)
        community, place = _read(message, at)
        kind, (pdu, _) = message[place], _read(message, place)
        request, at = _read(pdu, 0)
        _, at = _read(pdu, at)
        rows, at = _read(pdu, at)
        binds, _ = _read(pdu, at)
        asked, at = [], 0
        while at < len(binds):
            one, at = _read(binds, at)
            asked.append(_dotted(_read(one, 0)[0]))
        if kind == _GET:
            told = [(one, self._get(one) or _NO_SUCH) for one in asked]
        else:
            told = list(self._after(asked[0], int.from_bytes(rows) if kind == _BULK else 1))
        many = part(0x30, *(part(0x30, oid(name), value) for name, value in told))
        answer = part(
            0x30, part(2, version), part(4, community),
            part(_RESPONSE, part(2, request), integer(0), integer(0), many),
        )  # fmt: skip
        assert self._way is not None
        asyncio.get_running_loop().call_later(self._seconds, self._way.sendto, answer, address)


@asynccontextmanager
async def answering(get: Get, after: Next, seconds: float = 0.0) -> AsyncIterator[tuple[int, Agent]]:
    """Give the port of an agent while it answers."""
    loop = asyncio.get_running_loop()
    way, agent = await loop.create_datagram_endpoint(lambda: Agent(get, after, seconds), local_addr=("127.0.0.1", 0))
    try:
        yield int(way.get_extra_info("sockname")[1]), agent
    finally:
        way.close()
