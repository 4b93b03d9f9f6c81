"""Turns the samples of a cycle into the numbers of a report, and remembers the names that the numbers stand for.

The set of series only grows while the agent runs: what is missing in one cycle is null, what is new is added behind.
So a process state that comes and goes costs no new set. After many cycles with many nulls the set is made afresh.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

from driftvakt_agent.sample import Labels, Sample
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest

MAX_SERIES = 5000
MAX_LABEL_TEXT = 1024
"""The longest text of a label: a collector refuses a whole set for one that is longer."""
MAX_SET = 1 << 20
"""The largest set in bytes, roughly: a collector takes lines of 2 MiB."""
_STALE_SHARE = 0.25
_STALE_CYCLES = 60
_INFO = "_info"

Key = tuple[str, Labels]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from driftvakt_agent.persons import Persons


class Numbers:
    """What one cycle sends. values: as the set `series` orders them. sections: the digests of the host's parts."""

    __slots__ = ("sections", "series", "values")

    def __init__(self, series: str, values: list[float | None], sections: dict[str, str]) -> None:
        self.series = series
        self.values = values
        self.sections = sections


class Names:
    """The names of the numbers: the series set, and the `info` section for what is always 1.

    persons: under the privacy profile `edu`, what names may leave the machine.
    """

    __slots__ = (
        "_families",
        "_index",
        "_info",
        "_keys",
        "_may",
        "_nulls",
        "_persons",
        "_size",
        "dropped",
        "info",
        "info_digest",
        "set",
        "set_digest",
    )

    def __init__(self, persons: "Persons | None" = None) -> None:
        self._persons = persons
        self._may: dict[Key, Key | None] = {}
        self._keys: list[Key] = []
        self._index: dict[Key, int] = {}
        self._families: dict[str, tuple[str, str]] = {}
        self._info: list[Key] = []
        self._nulls = 0
        self._size = 0
        self.set = b""
        self.set_digest = ""
        self.info = b""
        self.info_digest = ""
        self.dropped = 0

    def numbers(self, samples: Sequence[Sample], families: Mapping[str, tuple[str, str]]) -> Numbers:
        """Return the numbers of these samples. families: type and help of names that driftvakt does not declare."""
        if self._nulls >= _STALE_CYCLES:
            self._keys, self._index, self._families, self._nulls, self._size = [], {}, {}, 0, 0
        if self._persons is not None:
            samples = self._of_nobody(samples, self._persons)
        keys, index = self._keys, self._index
        known, declared = len(keys), dict(self._families)
        values: list[float | None] = [None] * known
        info: list[Key] = []
        self.dropped = 0
        for sample in samples:
            name = sample.name
            key = (name, sample.labels)
            value = sample.value if isfinite(sample.value) else None
            place = index.get(key)
            if place is not None:
                values[place] = value
            elif not _fits(sample.labels):
                self.dropped += 1
            elif name.endswith(_INFO) and value == 1:
                info.append(key)
            elif self._admit(key, families):
                values.append(value)
            else:
                self.dropped += 1
        if len(keys) != known or not self.set or declared != self._families:
            self.set = encode.series_set(keys, self._families)
            self.set_digest = digest(self.set)
        self._nulls = self._nulls + 1 if values.count(None) > _STALE_SHARE * len(values) else 0
        # In one order, whichever probes were due this time: another order is another digest.
        info = sorted(set(info))[:MAX_SERIES]
        if info != self._info or not self.info:
            self._info = info
            self.info = encode.series_set(info, {})
            self.info_digest = digest(self.info)
        return Numbers(self.set_digest, values, {"info": self.info_digest})

    def _of_nobody(self, samples: Sequence[Sample], persons: "Persons") -> list[Sample]:
        """Return the samples that may leave, under the names by which they may."""
        if persons.settle():
            self._may = {}
            if any(persons.key(key) != key for key in self._keys):
                # Somebody came whose name a series has held: it must not be said again.
                self._keys, self._index, self._families, self._nulls, self._size = [], {}, {}, 0, 0
        if len(self._may) > MAX_SERIES:
            self._may = {}
        left = []
        for sample in samples:
            key = sample.key()
            if key not in self._index:
                # What is in the set was looked at before it came there; the few others are remembered.
                allowed = self._may[key] if key in self._may else self._may.setdefault(key, persons.key(key))
                if allowed is None:
                    continue
                if allowed != key:
                    sample = Sample(allowed[0], sample.value, allowed[1])
            left.append(sample)
        return left

    def _admit(self, key: Key, families: Mapping[str, tuple[str, str]]) -> bool:
        """Add a series to the set, with the type and help of its name; say if there was room."""
        name, labels = key
        # Type and help stay as they were first said, or a file that can't be read for a cycle would cost two sets.
        family = None if name in self._families else families.get(name)
        size = _size(name) + sum(_size(text) for pair in labels for text in pair)
        if family is not None:
            size += _size(name) + _size(family[0]) + _size(family[1])
        if len(self._keys) >= MAX_SERIES or self._size + size > MAX_SET:
            return False
        self._index[key] = len(self._keys)
        self._keys.append(key)
        self._size += size
        if family is not None:
            self._families[name] = family
        return True


def _fits(labels: Labels) -> bool:
    return all(len(text) <= MAX_LABEL_TEXT for _, text in labels)


def _size(text: str) -> int:
    return (len(text) if text.isascii() else 4 * len(text)) + 3
