"""A host's newest numbers, found by name and labels."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import NamedTuple

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import SeriesSet, SetError
from driftvakt_wire import names
from driftvakt_wire.names.family import Family

_SUFFIXES = ("bytes", "seconds", "celsius", "volts", "amps", "watt", "rpm", "mhz", "bits", "meters", "joules", "hertz")
_UNDECLARED = "Read by the agent from a file on the host."


class Reading(NamedTuple):
    """One series now."""

    name: str
    labels: dict[str, str]
    value: float

    def label(self, name: str) -> str:
        """Return a label's text, empty where there is none."""
        return self.labels.get(name, "")


class Readings:
    """The series of a report, and the facts (`*_info`) that came as a section.

    at: when they came, seconds since the epoch, 0 where nobody knows.
    """

    def __init__(
        self, readings: Sequence[Reading], custom: Mapping[str, tuple[str, str]], *, at: float = 0.0,
        absent: Sequence[tuple[str, dict[str, str]]] = (),
    ) -> None:  # fmt: skip
        self.at = at
        self._absent: dict[str, list[dict[str, str]]] = {}
        for name, labels in absent:
            self._absent.setdefault(name, []).append(labels)
        self._by_name: dict[str, list[Reading]] = {}
        self._by_labels: dict[tuple[str, ...], dict[tuple[str, ...], list[Reading]]] = {}
        self._custom = custom
        for one in readings:
            self._by_name.setdefault(one.name, []).append(one)

    def __iter__(self) -> Iterator[Reading]:
        for name in sorted(self._by_name):
            yield from self._by_name[name]

    def __len__(self) -> int:
        return sum(map(len, self._by_name.values()))

    def all(self, name: str, /, **labels: str) -> list[Reading]:
        """Return the series of that name that carry these labels."""
        if not labels:
            return self._by_name.get(name, [])
        index = self._by_labels.get((name, *labels))
        if index is None:
            # A host may send thousands of series of one name; looking through them for each of them takes too long.
            index = self._by_labels[name, *labels] = {}
            for one in self._by_name.get(name, ()):
                index.setdefault(tuple(one.label(label) for label in labels), []).append(one)
        return index.get(tuple(labels.values()), [])

    def one(self, name: str, /, **labels: str) -> float | None:
        """Return the value of the first such series."""
        found = self.all(name, **labels)
        return found[0].value if found else None

    def total(self, name: str, /, **labels: str) -> float | None:
        """Return the sum of all such series, None where there is none."""
        found = self.all(name, **labels)
        return sum(one.value for one in found) if found else None

    def without(self, name: str) -> list[dict[str, str]]:
        """Return the labels of the series of that name whose value did not come."""
        return self._absent.get(name, [])

    def fact(self, name: str, label: str) -> str:
        """Return the label of an `*_info` series, empty where there is none."""
        found = self._by_name.get(name, ())
        return found[0].label(label) if found else ""

    def described(self, name: str) -> tuple[str, str]:
        """Return the unit and the help of a name."""
        family: Family | None = names.family(name)
        if family is not None and family.unit:
            return family.unit, family.help
        bare = name.removesuffix("_total")
        unit = next((one for one in _SUFFIXES if bare.endswith(f"_{one}")), "")
        if family is not None:
            return unit, family.help
        return unit, self._custom.get(name, ("", _UNDECLARED))[1]


def read(host: Host) -> Readings:
    """Return what a host reported last; a value that did not come this time is `without`."""
    found: list[Reading] = []
    absent: list[tuple[str, dict[str, str]]] = []
    custom: Mapping[str, tuple[str, str]] = {}
    bound, values = host.series, host.values
    if bound is not None and len(bound) == len(values):
        custom = bound.custom
        for name, labels, value in zip(bound.names, bound.labels, values, strict=True):
            if isnan(value):
                absent.append((name, dict(labels)))
            else:
                found.append(Reading(name, dict(labels), value))
    if host.info:
        try:
            facts = SeriesSet("", host.info)
        except SetError:
            pass
        else:
            found += [Reading(name, dict(labels), 1.0) for name, labels in zip(facts.names, facts.labels, strict=True)]
    return Readings(found, custom, at=0.0 if host.received is None else host.received_wall, absent=absent)
