"""The messages of DHCP that a check sends and reads (RFC 2131, RFC 2132): a DISCOVER, and the OFFER to it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

_HEAD = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE = b"\x63\x82\x53\x63"
_REQUEST, _REPLY, _ETHERNET = 1, 2, 1
_BROADCAST = 0x8000
"""A flag: the client has no address yet, so the answer goes to everybody."""
_DISCOVER, OFFER = 1, 2
_MASK, _LEASE, _TYPE, _SERVER, _WANTED, _RELAY = 1, 51, 53, 54, 55, 82
_LINK = 5
"""Of the option of a relay: the network that the client is in (RFC 3527)."""
_PAD, _END = 0, 255
_NOBODY = IPv4Address(0)
TYPES = {2: "OFFER", 4: "DECLINE", 5: "ACK", 6: "NAK"}


@dataclass(frozen=True, slots=True)
class Offer:
    """kind: of the message. address: that is offered. server: who offers it. seconds: that it would be lent for.

    What is not said is 0.0.0.0, and 0.
    """

    kind: int
    address: IPv4Address
    server: IPv4Address
    seconds: int


def discover(number: int, hardware: bytes, relay: IPv4Address = _NOBODY, network: IPv4Address | None = None) -> bytes:
    """Return a DISCOVER. number: of the exchange, 32 bits. hardware: six bytes, of who asks.

    relay: who asks for a client, 0.0.0.0 for one that asks itself. network: an address of the client's network.
    """
    nothing = bytes(4)
    flags = _BROADCAST if relay == _NOBODY else 0
    head = _HEAD.pack(
        _REQUEST, _ETHERNET, len(hardware), 0 if relay == _NOBODY else 1, number, 0, flags, nothing, nothing, nothing,
        relay.packed, hardware.ljust(16, b"\0"), bytes(64), bytes(128), _COOKIE,
    )  # fmt: skip
    options = bytes([_TYPE, 1, _DISCOVER, _WANTED, 4, _MASK, 3, 6, _LEASE])
    if network is not None:
        options += bytes([_RELAY, 6, _LINK, 4]) + network.packed
    # Some servers answer nothing that is shorter than a packet of BOOTP (RFC 951).
    return (head + options + bytes([_END])).ljust(300, b"\0")


def offer(packet: bytes, number: int, hardware: bytes) -> Offer | None:
    """Return what a message offers, None for one that is no answer to ours."""
    if len(packet) < _HEAD.size:
        return None
    kind, _, _, _, theirs, _, _, _, address, _, _, whose, _, _, cookie = _HEAD.unpack_from(packet)
    if (kind, theirs, cookie) != (_REPLY, number, _COOKIE) or whose[: len(hardware)] != hardware:
        return None
    told = dict(options(packet[_HEAD.size :]))
    return Offer(
        int.from_bytes(told.get(_TYPE, b"")[:1], "big"),
        IPv4Address(address),
        _address(told.get(_SERVER, b"")),
        int.from_bytes(told.get(_LEASE, b"")[:4], "big"),
    )


def options(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the options of a message, up to the first that is cut short."""
    at = 0
    while at < len(packet) and packet[at] != _END:
        if packet[at] == _PAD:
            at += 1
            continue
        if at + 1 >= len(packet) or at + 2 + packet[at + 1] > len(packet):
            return
        yield packet[at], packet[at + 2 : at + 2 + packet[at + 1]]
        at += 2 + packet[at + 1]


def _address(told: bytes) -> IPv4Address:
    return IPv4Address(told) if len(told) == 4 else _NOBODY
