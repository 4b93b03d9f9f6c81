"""The kinds of record, as frozen dataclasses, and their JSON.

Example:
    {"kind":"report","at":1764000000.25,"up":86423.1,"every":60,"series":"b2:51ac…","values":[0.12,null,4096.0],
     "sections":{"info":"b2:9d…"}}

A field is only ever added. A reader ignores fields it does not know, and keeps kinds it does not know as `Unknown`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from json import loads
from math import isfinite
from typing import Any

import driftvakt_wire.encode
from driftvakt_wire.envelope import MAX_SEQ, digest

MAX_TEXT = driftvakt_wire.encode.MAX_TEXT
"""The longest text in a record, in characters."""


class RecordError(ValueError):
    """The bytes are not a record; the text says which field is wrong and why."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a host measures each cycle: numbers only; names and labels stand in the series set that `series` names.

    at: wall clock of the sender, seconds since the epoch. up: its clock since boot, seconds. every: seconds until the
    next report is due. values: one a series, None where there is none this time. sections: part name to digest.
    subject: the thing that is reported on, where it is not the origin itself.
    """

    at: float
    up: float
    series: str
    values: tuple[float | None, ...]
    every: float = 60.0
    sections: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Names and labels of a series set; `set` is the exact JSON that `digest` names (see encode.series_set)."""

    digest: str
    set: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """A content-addressed part that changes seldom; `body` is the exact JSON that `digest` names."""

    name: str
    digest: str
    body: bytes
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. name: dotted lower case, as `agent.start`. text: for a reader."""

    at: float
    name: str
    text: str = ""
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """What was thinned or dropped before it could be delivered: `count` records of `epoch`, first to last, and why."""

    at: float
    epoch: str
    first: int
    last: int
    count: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """A clean stop: silence after it is no fault."""

    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A kind of a later release: kept and counted, not understood."""

    kind: str
    body: bytes


Record = Report | Series | Section | Event | Gap | Goodbye | Unknown


def encode(record: Record) -> bytes:
    """Return the record's JSON: compact, UTF-8, the kind first."""
    match record:
        case Report(at, up, series, values, every, sections, subject):
            return driftvakt_wire.encode.report(at, up, every, series, values, sections, subject)
        case Series(digest_, set_):
            return driftvakt_wire.encode.series(digest_, set_)
        case Section(name, digest_, body, subject):
            return driftvakt_wire.encode.section(name, digest_, body, subject)
        case Event(at, name, text, subject):
            return driftvakt_wire.encode.event(at, name, text, subject)
        case Gap(at, epoch, first, last, count, reason):
            return driftvakt_wire.encode.gap(at, epoch, first, last, count, reason)
        case Goodbye(at, reason):
            return driftvakt_wire.encode.goodbye(at, reason)
        case Unknown():
            return record.body


def decode(text: bytes) -> Record:
    """Read a record back. Raises RecordError for what is no record, or one whose known fields are wrong."""
    try:
        # As text, for of bytes it would also read UTF-16. A whole number of 4300 digits is a plain ValueError.
        fields = loads(str(text, "utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as e:
        raise RecordError(f"not JSON: {e}") from e
    if not isinstance(fields, dict) or not isinstance(fields.get("kind"), str):
        raise RecordError("not an object with a text field 'kind'")
    read = _READERS.get(fields["kind"])
    return Unknown(fields["kind"][:MAX_TEXT], text) if read is None else read(fields, text)


def _report(fields: dict[str, Any], _: bytes) -> Report:
    values = fields.get("values")
    if not isinstance(values, list) or not all(one is None or _is_number(one) for one in values):
        raise RecordError("'values' must be a list of finite numbers and nulls")
    sections = fields.get("sections", {})
    if not isinstance(sections, dict) or not all(isinstance(one, str) for one in sections.values()):
        raise RecordError("'sections' must map names to digests")
    numbers = tuple(None if one is None else float(one) for one in values)
    return Report(_number(fields, "at"), _number(fields, "up"), _text(fields, "series"), numbers,
                  _number(fields, "every", 60.0), sections, _optional(fields, "subject"))  # fmt: skip


def _series(fields: dict[str, Any], text: bytes) -> Series:
    return Series(_text(fields, "digest"), _part(fields, text, "set"))


def _section(fields: dict[str, Any], text: bytes) -> Section:
    return Section(
        _text(fields, "name"), _text(fields, "digest"), _part(fields, text, "body"), _optional(fields, "subject")
    )


def _event(fields: dict[str, Any], _: bytes) -> Event:
    return Event(_number(fields, "at"), _text(fields, "name"), _text(fields, "text", ""), _optional(fields, "subject"))


def _gap(fields: dict[str, Any], _: bytes) -> Gap:
    first, last, count = (_whole(fields, name) for name in ("first", "last", "count"))
    return Gap(_number(fields, "at"), _text(fields, "epoch"), first, last, count, _text(fields, "reason", ""))


def _goodbye(fields: dict[str, Any], _: bytes) -> Goodbye:
    return Goodbye(_number(fields, "at"), _text(fields, "reason", ""))


_READERS: dict[str, Callable[[dict[str, Any], bytes], Record]] = {
    "report": _report,
    "series": _series,
    "section": _section,
    "event": _event,
    "gap": _gap,
    "goodbye": _goodbye,
}


def _part(fields: dict[str, Any], text: bytes, name: str) -> bytes:
    """Return the exact bytes of the part: the last member, and it must hash to the digest beside it."""
    part = text.partition(b'"%s":' % name.encode())[2][:-1]
    if name not in fields or digest(part) != fields.get("digest"):
        raise RecordError(f"'{name}' is not what 'digest' names")
    return part


def _number(fields: dict[str, Any], name: str, default: float | None = None) -> float:
    value = fields.get(name, default)
    if not _is_number(value):
        raise RecordError(f"'{name}' must be a finite number")
    return float(value)  # type: ignore[arg-type]


def _whole(fields: dict[str, Any], name: str) -> int:
    value = _number(fields, name)
    if not 0 <= value <= MAX_SEQ or value != int(value):
        raise RecordError(f"'{name}' must be a whole number of at most 53 bits")
    return int(value)


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def _text(fields: dict[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise RecordError(f"'{name}' must be a text of at most {MAX_TEXT} characters")
    return value


def _optional(fields: dict[str, Any], name: str) -> str | None:
    return None if fields.get(name) is None else _text(fields, name)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON knows")
