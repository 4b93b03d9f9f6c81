"""Whose a message of SNMP 3 says it is, read before anything is proven (RFC 3412, section 6; RFC 3414, section 2.4).

By hand: a decoder reads the whole message first, and a PDU that is not encrypted it can't read without its schema.
"""

from typing import NamedTuple

_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_V3 = 3
_MAX_ENGINE = 32


class Sender(NamedTuple):
    """engine: the authoritative one, which is the sender's own for a trap. user: the name, in clear."""

    engine: bytes
    user: str


def sender_of(message: bytes) -> Sender | None:
    """Return whose a message says it is, None for what is no message of version 3, or names no engine."""
    try:
        body = _next(message, 0, _SEQUENCE)[0]
        version, at = _next(body, 0, _INTEGER)
        if int.from_bytes(version) != _V3:
            return None
        _, at = _next(body, at, _SEQUENCE)
        parameters, _ = _next(body, at, _OCTETS)
        fields = _next(parameters, 0, _SEQUENCE)[0]
        engine, at = _next(fields, 0, _OCTETS)
        _, at = _next(fields, at, _INTEGER)
        _, at = _next(fields, at, _INTEGER)
        user, _ = _next(fields, at, _OCTETS)
        named = user.decode("utf-8")
    except (IndexError, ValueError):
        return None
    return Sender(engine, named) if 0 < len(engine) <= _MAX_ENGINE else None


def _next(octets: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """Return the contents of the element that stands at a place, and where the next begins (BER, X.690).

    Raises ValueError or IndexError where there is none of that tag, or not all of it.
    """
    if octets[at] != tag:
        raise ValueError("another element")
    length, at = octets[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 0 < count <= 4:
            raise ValueError("no length that a datagram has")
        length, at = int.from_bytes(octets[at : at + count]), at + count
    if at + length > len(octets):
        raise ValueError("cut off")
    return octets[at : at + length], at + length
