"""A message of IPP (RFC 8010): a question with attributes, and the attributes of an answer."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import CheckError, Fault

_OPERATION, _END = 0x01, 0x03
_LAST_DELIMITER = 0x0F
_INTEGER, _ENUM = 0x21, 0x23
_CHARSET, _LANGUAGE, _URI, KEYWORD = 0x47, 0x48, 0x45, 0x44
_MANY = 2000
"""Values of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Message:
    """status: as RFC 8011 has them, 0 for good. values: of each attribute, in order."""

    status: int
    values: Mapping[str, tuple[bytes | int, ...]]

    def number(self, name: str) -> int | None:
        """Return the first value of an attribute, None where it is no number or not there."""
        first = next(iter(self.values.get(name, ())), None)
        return first if isinstance(first, int) else None

    def texts(self, name: str) -> list[str]:
        """Return the values of an attribute that are texts."""
        return [one.decode("utf-8", "replace") for one in self.values.get(name, ()) if isinstance(one, bytes)]


def question(operation: int, uri: str, wanted: tuple[str, ...]) -> bytes:
    """Return a request about a printer. wanted: the attributes to tell."""
    block = struct.pack(">HHIB", 0x0101, operation, 1, _OPERATION)
    block += _attribute(_CHARSET, "attributes-charset", "utf-8")
    block += _attribute(_LANGUAGE, "attributes-natural-language", "en")
    block += _attribute(_URI, "printer-uri", uri)
    for number, one in enumerate(wanted):
        # What has no name is one more value of the attribute before it.
        block += _attribute(KEYWORD, "requested-attributes" if number == 0 else "", one)
    return block + bytes([_END])


def message(block: bytes) -> Message:
    """Read an answer. Raises CheckError where it is none."""
    try:
        major, _, status, _ = struct.unpack_from(">BBHI", block)
        values = _values(block, 8)
    except (struct.error, IndexError) as e:
        raise CheckError(Fault.ANSWER, "its answer is no message of IPP: it is cut off") from e
    if major not in (1, 2):
        raise CheckError(Fault.ANSWER, f"its answer is no message of IPP: version {major}")
    return Message(status, values)


def _values(block: bytes, at: int) -> dict[str, tuple[bytes | int, ...]]:
    found: dict[str, tuple[bytes | int, ...]] = {}
    name = ""
    for _ in range(_MANY):
        tag, at = block[at], at + 1
        if tag == _END:
            return found
        if tag <= _LAST_DELIMITER:
            continue
        told, at = _sized(block, at)
        value, at = _sized(block, at)
        name = told.decode("ascii", "replace") or name
        read = int.from_bytes(value, "big", signed=True) if tag in (_INTEGER, _ENUM) and len(value) == 4 else value
        found[name] = (*found.get(name, ())[:_MANY], read)
    raise CheckError(Fault.ANSWER, f"its answer has more than {_MANY} values")


def _sized(block: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(block[at : at + 2], "big")
    end = at + 2 + size
    if end > len(block):
        raise IndexError(at)
    return block[at + 2 : end], end


def _attribute(tag: int, name: str, value: str) -> bytes:
    called, told = name.encode("ascii"), value.encode()
    return struct.pack(">BH", tag, len(called)) + called + struct.pack(">H", len(told)) + told
