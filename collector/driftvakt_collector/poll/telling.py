"""From a visit to records: numbers each time, names and sections when they changed or the collector lacks them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from backports import zstd

from driftvakt_collector.poll.asking import Key, Shape
from driftvakt_collector.store.section import Body, Cell
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest
from driftvakt_wire.privacy import PERSON_LABELS, Mask

_encode = msgspec.json.Encoder().encode
OWN: tuple[Key, ...] = (("driftvakt_poll_duration_seconds", ()), ("driftvakt_poll_variables", ()))
"""What we say ourselves of each visit, before what the device says."""


MAX_SERIES = 19_000
"""Of a device: the collector takes 20,000."""
MAX_NAMES = 1_200_000
"""Bytes of their names and labels: a line has 2 MiB, and quotes are written with two."""
_EACH = 16


@dataclass(slots=True)
class Told:
    """What the collector is known to have of a device. sections: name to digest. bodies: by digest."""

    series: str = ""
    sections: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def keep(
        self, sections: Mapping[str, Body], mask: Mask | None = None, parts: Mapping[str, bytes] | None = None
    ) -> None:
        """Take the sections of a visit with facts. mask: of a zone in which nobody may be named.

        parts: what is no inventory, as it is sent.
        """
        bodies = {
            name: _encode({"columns": body.columns, "rows": [[_cell(cell, mask) for cell in row] for row in body.rows]})
            for name, body in sections.items()
        } | dict(parts or {})
        self.sections = {name: digest(body) for name, body in bodies.items()}
        self.bodies = {self.sections[name]: (name, body) for name, body in bodies.items()}

    def lacks(self, digests: Collection[str]) -> None:
        """Take what the collector asks for: it is brought again with the next visit."""
        self.known.difference_update(digests)


def records(
    subject: str, at: float, up: float, every: float, shape: Shape, values: list[float | int | None], told: Told,
    mask: Mask | None = None,
) -> list[bytes]:  # fmt: skip
    """Return the records of a visit. What is new comes with them, and counts as known once they were taken.

    mask: of a zone in which nobody may be named: what a person wrote on a port is left out there.
    """
    news = []
    if not shape.digest:
        keys: list[Key | None] = [*OWN, *shape.keys]
        if mask is not None:
            keys = [_of_nobody(key, mask) for key in keys if key is not None]
        kept = bounded(keys)
        if len(kept) < len(keys):
            why = f"it tells {len(keys)} series, more than the collector takes: the first {len(kept)} are kept"
            news = [encode.event(at, "poll.incomplete", why, subject)]
        if len(kept) < len(keys) or None in keys:
            shape.left = tuple(place for place in range(len(kept)) if keys[place] is not None)
        body = encode.series_set([key for key in kept if key is not None], shape.families)
        shape.digest, shape.packed = digest(body), zstd.compress(body, 3)
        shape.keys, shape.families = [], {}
    if shape.left is not None:
        values = [values[place] for place in shape.left]
    made = [] if shape.digest in told.known else [encode.series(shape.digest, zstd.decompress(shape.packed))]
    made.append(_report(subject, at, up, every, shape.digest, values, told.sections))
    for mark in told.sections.values():
        if mark not in told.known:
            name, body = told.bodies[mark]
            made.append(encode.section(name, mark, body, subject))
    told.series = shape.digest
    return [*made, *news]


def bounded(keys: Sequence[Key | None]) -> Sequence[Key | None]:
    """Return as many of the first keys as the collector takes: what is beyond would cost the device all of them."""
    size = 0
    for place, key in enumerate(keys):
        if key is not None:
            size += len(key[0]) + sum(len(name) + len(text.encode()) for name, text in key[1]) + _EACH
        if place >= MAX_SERIES or size > MAX_NAMES:
            return keys[:place]
    return keys


def taken(told: Told) -> None:
    """Remember that the collector has what was brought."""
    told.known = {told.series, *told.sections.values()}
    # What was taken need not be carried about: if it is asked for again, the next visit with facts brings it.
    told.bodies = {mark: told.bodies[mark] for mark in told.sections.values() if mark in told.bodies}


def _of_nobody(key: Key, mask: Mask) -> Key | None:
    name, labels = key
    return mask.key(name, tuple((label, "" if label.lower() in PERSON_LABELS else text) for label, text in labels))


def _cell(cell: Cell, mask: Mask | None) -> Cell:
    return mask.text(cell) if mask is not None and isinstance(cell, str) else cell


def _report(
    subject: str, at: float, up: float, every: float, series: str, values: list[float | int | None],
    sections: Mapping[str, str],
) -> bytes:  # fmt: skip
    # As encode.report, by a faster encoder: a city's devices tell millions of numbers in five minutes.
    return _encode({
        "kind": "report", "at": at, "up": up, "every": every, "subject": subject, "series": series, "values": values,
        "sections": sections,
    })  # fmt: skip
