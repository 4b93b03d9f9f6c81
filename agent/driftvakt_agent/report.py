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
_STALE_SHARE = 0.25
_STALE_CYCLES = 60
_INFO = "_info"

Key = tuple[str, Labels]


class Numbers:
    """What one cycle sends. values: as the set `series` orders them. sections: the digests of the host's parts."""

    __slots__ = ("sections", "series", "values")

    def __init__(self, series: str, values: list[float | None], sections: dict[str, str]) -> None:
        self.series = series
        self.values = values
        self.sections = sections


class Names:
    """The names of the numbers: the series set, and the `info` section for what is always 1."""

    __slots__ = (
        "_families",
        "_index",
        "_info",
        "_keys",
        "_nulls",
        "dropped",
        "info",
        "info_digest",
        "set",
        "set_digest",
    )

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._index: dict[Key, int] = {}
        self._families: Mapping[str, tuple[str, str]] = {}
        self._info: list[Key] = []
        self._nulls = 0
        self.set = b""
        self.set_digest = ""
        self.info = b""
        self.info_digest = ""
        self.dropped = 0

    def numbers(self, samples: Sequence[Sample], families: Mapping[str, tuple[str, str]]) -> Numbers:
        """Return the numbers of these samples. families: type and help of names that driftvakt does not declare."""
        if self._nulls >= _STALE_CYCLES:
            self._keys, self._index, self._nulls = [], {}, 0
        keys, index = self._keys, self._index
        known = len(keys)
        values: list[float | None] = [None] * known
        info: list[Key] = []
        self.dropped = 0
        for sample in samples:
            name = sample.name
            key = (name, sample.labels)
            if name.endswith(_INFO):
                info.append(key)
                continue
            value = sample.value if isfinite(sample.value) else None
            place = index.get(key)
            if place is not None:
                values[place] = value
            elif len(keys) < MAX_SERIES:
                index[key] = len(keys)
                keys.append(key)
                values.append(value)
            else:
                self.dropped += 1
        if len(keys) != known or not self.set or families != self._families:
            self._families = dict(families)
            self.set = encode.series_set(keys, self._families)
            self.set_digest = digest(self.set)
        self._nulls = self._nulls + 1 if values.count(None) > _STALE_SHARE * len(values) else 0
        if info != self._info or not self.info:
            self._info = info
            self.info = encode.series_set(info, {})
            self.info_digest = digest(self.info)
        return Numbers(self.set_digest, values, {"info": self.info_digest})
