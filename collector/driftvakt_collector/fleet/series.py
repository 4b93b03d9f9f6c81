"""Series sets: what the numbers of a report mean. Equal hosts share one set, so it is bound to names once.

Exposition lines are made from a template a set: text with a place for the host's labels and one for each value, and a
NUL between families, so that one `%` renders a host and one `split` gives it family by family.
"""

import re
import sys
import weakref
from collections import deque
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import msgspec
from backports import zstd

from driftvakt_wire import envelope, names

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
MAX_SERIES = 20_000
MAX_LABEL_TEXT = 1024
HOST_LABELS = frozenset({"instance", "job", "administration", "zone", "site", "class"})
"""Labels that the collector sets; one that a series brings is renamed to `exported_…`, as Prometheus does."""

OURS = (
    "driftvakt_host_up",
    "driftvakt_host_last_report_timestamp_seconds",
    "driftvakt_host_report_interval_seconds",
    "driftvakt_host_missing_records",
    "driftvakt_rule_baseline",
)
"""What the collector itself says of a host; no host may say it."""

_RECENT = 64
"""Sets that are kept though no host has them yet: a host may tell the set before the report that needs it."""

_RECENT_BYTES = 2 << 20
MAX_LABELS = 64

_PLACE = "\x01"
_CUSTOM_TYPES = frozenset({names.COUNTER, names.GAUGE, names.UNTYPED})


class SetError(Exception):
    """The set can't be used; the text says which series is wrong."""


class _Body(msgspec.Struct):
    series: list[list[str]]
    families: dict[str, tuple[str, str]] = {}


_decoder = msgspec.json.Decoder(_Body)

Labels = tuple[tuple[str, str], ...]


class SeriesSet:
    """A bound set. names, labels: one a value, in the order of the values. families: in the order of the exposition.

    pick: takes a tuple of values in their own order and gives it in the order of `template`. joined: the families
    of a host in the exposition, by those of its info.
    """

    __slots__ = (
        "__weakref__",
        "_packed",
        "custom",
        "digest",
        "families",
        "index",
        "joined",
        "labels",
        "names",
        "pick",
        "size",
        "spark",
        "template",
    )

    def __init__(self, digest: str, body: bytes) -> None:
        decoded = _decode(body)
        self.digest = digest
        self.size = len(body)
        # Read at a snapshot and a start. Each switch has a set of its own, and its body is as large as all the rest.
        self._packed = zstd.compress(body, 1)
        self.custom = decoded.families
        rows = decoded.series
        self.names = [sys.intern(row[0]) for row in rows]
        # A port has forty series with the same labels: they are kept once.
        same: dict[Labels, Labels] = {}
        told = (tuple(zip(row[1::2], row[2::2], strict=True)) for row in rows)
        self.labels: list[Labels] = [same.setdefault(labels, labels) for labels in told]
        self.index: dict[str, list[int]] = {}
        for position, name in enumerate(self.names):
            self.index.setdefault(name, []).append(position)
        self.families = tuple(sorted(self.index))
        order = [position for name in self.families for position in self.index[name]]
        self.pick = _picker(order)
        told_as = [shown(labels) for labels in self.labels]
        if len({(name, frozenset(labels)) for name, labels in zip(self.names, told_as, strict=True)}) != len(told_as):
            raise SetError("series set: a series stands there twice with the same labels")
        self.template = "\0".join(
            "".join(_line(name, told_as[position]) for position in self.index[name]) for name in self.families
        )
        self.spark: Any = None
        self.joined: dict[tuple[str, ...], tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self.names)

    @property
    def body(self) -> bytes:
        """The JSON that its digest names."""
        return zstd.decompress(self._packed)

    def find(self, name: str, **labels: str) -> list[int]:
        """Return the positions of a family's series whose labels include the given ones."""
        wanted = set(labels.items())
        return [position for position in self.index.get(name, ()) if wanted <= set(self.labels[position])]


def _decode(body: bytes) -> _Body:
    try:
        decoded = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise SetError(f"series set: {e}") from e
    if len(decoded.series) > MAX_SERIES:
        raise SetError(f"series set: {len(decoded.series)} series, at most {MAX_SERIES} are taken")
    for row in decoded.series:
        _check_row(row)
    for name, (kind, help_) in decoded.families.items():
        if not NAME.fullmatch(name) or kind not in _CUSTOM_TYPES or len(help_) > MAX_LABEL_TEXT:
            raise SetError(f"series set: the family {name[:100]!r} is declared wrongly")
    # What driftvakt declares itself it knows better, and a later release may declare more: no fault of the host.
    decoded.families = {name: told for name, told in decoded.families.items() if names.family(name) is None}
    return decoded


def _check_row(row: list[str]) -> None:
    if not row or not NAME.fullmatch(row[0]):
        raise SetError(f"series set: {row[:1]!r} is not a metric name")
    if row[0] in OURS:
        raise SetError(f"series set: {row[0]} is for the collector to say")
    if len(row) > 1 + 2 * MAX_LABELS:
        raise SetError(f"series set: {row[0]} has more than {MAX_LABELS} labels")
    if len(row) % 2 == 0:
        raise SetError(f"series set: {row[0]} has a label name without a text")
    for name, text in zip(row[1::2], row[2::2], strict=True):
        if not LABEL.fullmatch(name) or name.startswith("__"):
            raise SetError(f"series set: {row[0]} has {name[:100]!r}, which is not a label name")
        if len(text) > MAX_LABEL_TEXT:
            raise SetError(f"series set: {row[0]} has a label text of {len(text)} characters")
    if len(set(row[1::2])) != len(row[1::2]):
        raise SetError(f"series set: {row[0]} names a label twice")


def _picker(order: Sequence[int]) -> "itemgetter[tuple[float, ...]] | _One | _None":
    if not order:
        return _None()
    return _One() if len(order) == 1 else itemgetter(*order)


class _One:
    """itemgetter of one position gives a bare value; this gives a tuple of it."""

    def __call__(self, values: Sequence[float]) -> tuple[float, ...]:
        return (values[0],)


class _None:
    """The picker of an empty set."""

    def __call__(self, _values: Sequence[float]) -> tuple[float, ...]:
        return ()


def escape(text: str) -> str:
    """Return a label's text as the exposition format wants it."""
    if "\\" in text or '"' in text or "\n" in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return text


def shown(labels: Labels) -> Labels:
    """Return the labels with those renamed that the collector sets itself; the new name is one that is free."""
    if HOST_LABELS.isdisjoint(key for key, _ in labels):
        return labels
    taken = {*HOST_LABELS, *(key for key, _ in labels)}
    renamed: list[tuple[str, str]] = []
    for key, text in labels:
        name = key
        if key in HOST_LABELS:
            while name in taken:
                name = f"exported_{name}"
            taken.add(name)
        renamed.append((name, text))
    return tuple(renamed)


def _line(name: str, labels: Labels) -> str:
    """Return the template of one line. NUL and \\x01 divide the template, so they can't stand in a text."""
    own = "".join(f',{key}="{_clean(text)}"' for key, text in labels)
    return f"{name}{{{_PLACE}{own}}} %r\n"


def _clean(text: str) -> str:
    text = text.replace("\0", "\ufffd").replace(_PLACE, "\ufffd").encode("utf-8", "replace").decode()
    return escape(text).replace("%", "%%")


def host_labels(**labels: str) -> str:
    """Return a host's label block for `render`: text already escaped for a template."""
    return ",".join(f'{"class" if key == "class_" else key}="{_clean(text)}"' for key, text in labels.items())


def render(bound: SeriesSet, host: str, values: Sequence[float]) -> list[bytes]:
    """Return a host's exposition lines, one piece a family in the order of `bound.families`; NaN is no line."""
    if not bound.families:
        return []
    text = (bound.template.replace(_PLACE, host) % bound.pick(values)).encode()
    pieces = text.split(b"\0")
    if b" nan\n" in text:
        pieces = [_without_nan(piece) for piece in pieces]
    return pieces


def _without_nan(piece: bytes) -> bytes:
    # Not splitlines: a label's text may hold a carriage return.
    kept = [line for line in piece.split(b"\n") if not line.endswith(b" nan")]
    return b"\n".join(kept)


class SetRegistry:
    """The sets in use, by digest. A set that no host has any more leaves by itself."""

    def __init__(self) -> None:
        self._sets: weakref.WeakValueDictionary[str, SeriesSet] = weakref.WeakValueDictionary()
        self._recent: deque[SeriesSet] = deque(maxlen=_RECENT)

    def get(self, digest: str) -> SeriesSet | None:
        """Return the set of that name, None where nobody told what it is."""
        return self._sets.get(digest)

    def add(self, digest: str, body: bytes) -> SeriesSet:
        """Bind a set. Raises SetError when it is not what its digest says, or not usable."""
        found = self._sets.get(digest)
        if found is not None:
            return found
        if envelope.digest(body) != digest:
            raise SetError("series set: it is not what its digest names")
        bound = SeriesSet(digest, body)
        self._sets[digest] = bound
        self._recent.append(bound)
        while len(self._recent) > 1 and sum(one.size for one in self._recent) > _RECENT_BYTES:
            self._recent.popleft()
        return bound

    def __len__(self) -> int:
        return len(self._sets)

    def all(self) -> list[SeriesSet]:
        """Return every set in use."""
        # The references are copied in one step: others may add a set meanwhile.
        return [one for ref in self._sets.valuerefs() if (one := ref()) is not None]
