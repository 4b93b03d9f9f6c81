"""The trees of variables that devices have: thousands of switches have one of some dozen, which is kept once."""

import weakref
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any


class Oids(list[str]):
    """The OIDs of a tree, shared by all devices that have the same, with what takes numbers out of their values."""

    __slots__ = ("__weakref__", "getters")

    def __init__(self, oids: Iterable[str]) -> None:
        super().__init__(oids)
        self.getters: dict[tuple[int, ...], Any] = {}

    def getter(self, places: Sequence[int]) -> Any:
        """Return what takes these places of the values as a tuple."""
        key = tuple(places)
        found = self.getters.get(key)
        if found is None:
            found = self.getters[key] = _getter(key)
        return found


class Shapes:
    """The trees there are: a city has thousands of switches, of some dozen kinds."""

    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[int, Oids] = weakref.WeakValueDictionary()

    def same(self, oids: list[str]) -> Oids:
        """Return these OIDs, as an earlier device had them."""
        mark = hash(tuple(oids))
        found = self._known.get(mark)
        if found is None or found != oids:
            found = self._known[mark] = Oids(oids)
        return found


def _getter(places: Sequence[int]) -> Any:
    """Return what takes these places of a sequence as a tuple."""
    if not places:
        return lambda _values: ()
    if len(places) == 1:
        place = places[0]
        return lambda values: (values[place],)
    return itemgetter(*places)
