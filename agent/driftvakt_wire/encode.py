"""The JSON of each kind of record, from plain values.

Apart from `records`, so that a running agent need not carry dataclasses in its memory; `records.encode` calls these.
"""

from collections.abc import Iterable, Mapping, Sequence
from json import dumps

MAX_TEXT = 4096
"""The longest text in a record, in characters; longer ones are refused where they arrive, cut where they are made."""


def report(
    at: float,
    up: float,
    every: float,
    series: str,
    values: Sequence[float | None],
    sections: Mapping[str, str],
    subject: str | None = None,
) -> bytes:
    """Return a `report`; see records.Report for the fields. Raises ValueError for a value that is not finite."""
    fields: dict[str, object] = {"kind": "report", "at": at, "up": up, "every": every}
    if subject is not None:
        fields["subject"] = subject
    head = _json(fields | {"series": series})
    return b'%s,"values":%s,"sections":%s}' % (head[:-1], _numbers(values), _json(dict(sections)))


def series(digest: str, set_: bytes) -> bytes:
    """Return a `series` record around a set that `series_set` made."""
    return b'{"kind":"series","digest":%s,"set":%s}' % (_json(digest), set_)


def series_set(keys: Iterable[tuple[str, Sequence[tuple[str, str]]]], families: Mapping[str, tuple[str, str]]) -> bytes:
    """Return the JSON of a series set: name and labels of each series in the order of the values.

    families: type and help of the names that `names` does not declare.
    Example: {"series":[["node_load1"],["node_cpu_seconds_total","cpu","0","mode","idle"]],"families":{}}
    """
    rows = [[name, *(text for pair in labels for text in pair)] for name, labels in keys]
    return _json({"series": rows, "families": families})


def section(name: str, digest: str, body: bytes, subject: str | None = None) -> bytes:
    """Return a `section` record around a part whose exact JSON is `body`."""
    whose = b"" if subject is None else b'"subject":%s,' % _json(subject)
    return b'{"kind":"section",%s"name":%s,"digest":%s,"body":%s}' % (whose, _json(name), _json(digest), body)


def event(at: float, name: str, text: str = "", subject: str | None = None) -> bytes:
    """Return an `event` record."""
    fields: dict[str, object] = {"kind": "event", "at": at, "name": name, "text": text[:MAX_TEXT]}
    return _json(fields if subject is None else fields | {"subject": subject})


def gap(at: float, epoch: str, first: int, last: int, count: int, reason: str) -> bytes:
    """Return a `gap` record: `count` records of `epoch`, between first and last, were never delivered."""
    return _json(
        {"kind": "gap", "at": at, "epoch": epoch, "first": first, "last": last, "count": count, "reason": reason}
    )


def goodbye(at: float, reason: str = "") -> bytes:
    """Return a `goodbye` record."""
    return _json({"kind": "goodbye", "at": at, "reason": reason})


def _numbers(values: Sequence[float | None]) -> bytes:
    """Return the values as JSON. Most are whole: without their `.0` a report is a sixth shorter."""
    return _json(values).replace(b".0,", b",").replace(b".0]", b"]")


def _json(value: object) -> bytes:
    # A file's name may hold bytes that are no text; Python keeps them as surrogates, which UTF-8 does not have.
    return dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
