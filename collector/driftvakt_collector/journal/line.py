"""One line of the journal, decoded: the envelope, and the record as the collector's own types.

The shapes are those of driftvakt_wire.records, written as msgspec structs because they decode in a microsecond; a test
holds the two together.
"""

import struct
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import nan
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from driftvakt_wire import VERSION
from driftvakt_wire.envelope import MAX_ID, MAX_SEQ
from driftvakt_wire.records import MAX_TEXT

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID, pattern="^[a-z0-9-]+$")]
Whole = Annotated[int, Meta(ge=0, le=MAX_SEQ)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Digest = Annotated[str, Meta(min_length=4, max_length=64)]


class Envelope(Struct, gc=False):
    """What stands around a record; `record` is the exact bytes that `mac` covers."""

    v: int
    origin: str
    gen: int
    epoch: str
    seq: int
    mac: str
    record: bytes = b""


class Report(Struct, tag_field="kind", tag="report", gc=False):
    """`values` is a list as decoded, and once `decode_record` is done an array of 8-byte floats, NaN for null."""

    at: float
    up: float
    series: str
    values: list[float | None]
    every: float = 60.0
    sections: dict[str, str] = {}
    subject: Text | None = None


class Series(Struct, tag_field="kind", tag="series", gc=False):
    digest: Digest
    set: Raw


class Section(Struct, tag_field="kind", tag="section", gc=False):
    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+\Z")]
    digest: Digest
    body: Raw
    subject: Text | None = None


class Event(Struct, tag_field="kind", tag="event", gc=False):
    at: float
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    text: Text = ""
    subject: Text | None = None


class Gap(Struct, tag_field="kind", tag="gap", gc=False):
    at: float
    epoch: Id
    first: Whole
    last: Whole
    count: Whole
    reason: Text = ""


class Goodbye(Struct, tag_field="kind", tag="goodbye", gc=False):
    at: float
    reason: Text = ""


class Unknown(Struct, gc=False):
    """A kind of a later release: kept and counted, not understood."""

    kind: Annotated[str, Meta(min_length=1, max_length=64)]


Known = Report | Series | Section | Event | Gap | Goodbye
Record = Known | Unknown

KINDS = frozenset({"report", "series", "section", "event", "gap", "goodbye"})


class Line(Struct, gc=False):
    """A decoded line. `raw` is what the journal holds, byte for byte, without its newline."""

    raw: bytes
    envelope: Envelope
    record: Record


class LineError(Exception):
    """The line can never be accepted. `status` is the HTTP status that says so (400 malformed, 422 not allowed)."""

    def __init__(self, status: int, reason: str, for_us: str = "") -> None:
        """for_us: what the collector's own log says instead, where a stranger must not learn it."""
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.for_us = for_us


_RECORD = b',"record":'
_envelopes = msgspec.json.Decoder(Envelope)
_records: msgspec.json.Decoder[Known] = msgspec.json.Decoder(Known)
_kinds = msgspec.json.Decoder(Unknown)


def decode_envelope(raw: bytes) -> Envelope:
    """Decode what stands around the record. Raises LineError."""
    # `record` is the last member: cut there, neither half is looked through twice, and its exact bytes are at hand.
    cut = raw.find(_RECORD)
    if cut < 0 or raw[-1:] != b"}":
        raise LineError(400, "envelope: no member 'record' at the end of the line")
    try:
        envelope = _envelopes.decode(raw[:cut] + b"}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise LineError(400, f"envelope: {e}") from e
    if envelope.v != VERSION:
        raise LineError(
            400, f"envelope: version {envelope.v} is not {VERSION}; upgrade the collector before the agents"
        )
    if not (0 <= envelope.seq <= MAX_SEQ and 0 <= envelope.gen <= MAX_SEQ and 0 < len(envelope.epoch) <= MAX_ID):
        raise LineError(400, "envelope: 'seq' and 'gen' are whole numbers up to 2^53, 'epoch' 1 to 64 characters")
    envelope.record = raw[cut + len(_RECORD) : -1]
    return envelope


def decode_record(record: bytes) -> Record:
    """Decode a record. Raises LineError with the field that is wrong."""
    try:
        decoded = _records.decode(record)
        if type(decoded) is Report:
            # At once, while the numbers are in the processor's cache: as objects they take four times the memory.
            decoded.values = pack(decoded.values)  # type: ignore[assignment]
        return decoded
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        reason = str(e)
    try:
        unknown = _kinds.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise LineError(400, f"record: {reason}") from None
    if unknown.kind in KINDS:
        raise LineError(422, f"record: {reason}")
    return unknown


@lru_cache(maxsize=256)
def _packer(count: int) -> Callable[..., bytes]:
    """Return what packs so many numbers; by way of it an array is made in half the time."""
    return struct.Struct(f"{count}d").pack


def pack(values: Sequence[float | None]) -> "array[float]":
    """Return the values as 8-byte floats, NaN where there is none."""
    try:
        return array("d", _packer(len(values))(*values))
    except struct.error:
        return array("d", [nan if one is None else one for one in values])


def decode(raw: bytes) -> Line:
    """Decode a line that the journal already holds. Raises LineError for what only a fault could have put there."""
    envelope = decode_envelope(raw)
    return Line(raw, envelope, decode_record(envelope.record))


_CARRIED = b"#via "


def carried(via: str, age: float, count: int) -> bytes:
    """Return the mark that stands in the journal before `count` lines which a relay brought, `age` seconds old."""
    return b"%s%s %.3f %d" % (_CARRIED, via.encode(), age, count)


def carriage(raw: bytes) -> tuple[str, float, int] | None:
    """Return (via, age, count) of such a mark, None for a line of anybody's."""
    if not raw.startswith(_CARRIED):
        return None
    via, age, count = raw[len(_CARRIED) :].decode("ascii").split(" ")
    return via, float(age), int(count)
