"""BER and DER in as far as LDAP and Kerberos speak them (X.690): definite lengths, tags of one byte.

What is read is nested no deeper than the reader asks, and no longer than what has come.
"""

from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import wrong
from driftvakt_collector.poll.checks.stream import Stream

INTEGER, BITS, OCTETS, NULL, ENUMERATED, GENERAL_STRING, TIME = 0x02, 0x03, 0x04, 0x05, 0x0A, 0x1B, 0x18
BOOLEAN, SEQUENCE, SET = 0x01, 0x30, 0x31
_MANY = 1000
"""Parts of one element that are read."""


class BerError(ValueError):
    """It is not what it says to be."""


@dataclass(frozen=True, slots=True)
class Element:
    """tag: its class and number, in one byte. content: what stands in it."""

    tag: int
    content: bytes

    def parts(self) -> list["Element"]:
        """Return the elements in this one. Raises BerError."""
        found: list[Element] = []
        at = 0
        while at < len(self.content):
            element, at = read(self.content, at)
            found.append(element)
            if len(found) > _MANY:
                raise BerError(f"more than {_MANY} parts")
        return found

    def number(self) -> int:
        """Return it as an integer. Raises BerError for one of more than 64 bits."""
        if not 0 < len(self.content) <= 8:
            raise BerError(f"a number of {len(self.content)} bytes")
        return int.from_bytes(self.content, "big", signed=True)


def read(block: bytes, at: int = 0) -> tuple[Element, int]:
    """Return the element that begins at `at`, and where the next one does. Raises BerError."""
    if len(block) - at < 2:
        raise BerError("an element that is cut off")
    tag, size = block[at], block[at + 1]
    at += 2
    if tag & 0x1F == 0x1F:
        raise BerError("a tag of more than one byte")
    if size & 0x80:
        count = size & 0x7F
        if not 0 < count <= 4 or len(block) - at < count:
            raise BerError("a length that can't be")
        size = int.from_bytes(block[at : at + count], "big")
        at += count
    if size > len(block) - at:
        raise BerError("an element that is longer than what it stands in")
    return Element(tag, block[at : at + size]), at + size


async def received(stream: Stream, tag: int, wanted: str) -> Element:
    """Return the next element of a connection. Raises CheckError where it is another one than `wanted`, or too long."""
    head = await stream.exactly(2)
    if head[0] != tag:
        wrong(head + stream.held(), wanted)
    size = head[1]
    if size & 0x80:
        count = size & 0x7F
        if not 0 < count <= 4:
            wrong(head + stream.held(), wanted)
        size = int.from_bytes(await stream.exactly(count), "big")
    return Element(tag, await stream.exactly(size))


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return an element."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of elements."""
    return tlv(SEQUENCE, *parts)


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Return an INTEGER, or what is written like one."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes | str, tag: int = OCTETS) -> bytes:
    """Return an OCTET STRING, or what is written like one; a text is UTF-8."""
    return tlv(tag, value.encode() if isinstance(value, str) else value)
