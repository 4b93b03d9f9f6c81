"""A report's numbers and their names. Equal machines share one set of names, which is what makes reports small."""

from collections.abc import Iterator
from math import isnan
from typing import NamedTuple

from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.demo.measured import memory, network, own, processor, service, storage, system
from driftvakt_collector.demo.measured.key import Key
from driftvakt_collector.demo.work import Work
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest

_SUBJECTS = (processor, memory, storage, network, system, service)


class Part(NamedTuple):
    """A content-addressed part: its name, and the bytes that it names."""

    digest: str
    body: bytes


def part(body: bytes) -> Part:
    """Return a part by its body."""
    return Part(digest(body), body)


def keys(asset: Asset) -> list[Key]:
    """Return the names of an asset's numbers, in order."""
    return [*(key for subject in _SUBJECTS for key in subject.keys(asset)), *own.keys(asset)]


def values(asset: Asset, work: Work, pending: int = 0) -> list[float | None]:
    """Return an asset's numbers, in the order of `keys`; None where there is none just now. pending: unsent lines."""
    return [None if isnan(value) else value for value in _values(asset, work, pending)]


def _values(asset: Asset, work: Work, pending: int) -> Iterator[float]:
    for subject in _SUBJECTS:
        yield from subject.values(asset, work)
    yield from own.values(asset, work, pending)


class Sheets:
    """The sets of names, made once for each kind of machine."""

    def __init__(self) -> None:
        self._parts: dict[tuple[object, ...], Part] = {}

    def of(self, asset: Asset) -> Part:
        """Return the set of an asset."""
        kind = (asset.model, asset.class_, asset.role, service.failed_unit(asset))
        found = self._parts.get(kind)
        if found is None:
            found = self._parts[kind] = part(encode.series_set(keys(asset), {}))
        return found
