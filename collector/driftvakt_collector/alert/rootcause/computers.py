"""Computers of persons: one that is off is nobody's business, a third of a room's at once is."""

from collections.abc import Collection

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rootcause.cause import Cause, Kind, key_of
from driftvakt_collector.alert.rootcause.observation import Observation, patience
from driftvakt_collector.alert.rootcause.place import Site, Sites
from driftvakt_collector.alert.rootcause.restlessness import MOST, Restlessness
from driftvakt_collector.alert.words import Words

MISSING_SHARE = 0.3
MISSING_LEAST = 5
HOLD = 120.0
"""Seconds that so many must be missing: until then it may turn out that the whole site is."""
DEAF = 300.0
"""Seconds after we began to hear in which nothing changes: not all was heard yet."""
BEGINNING = 1800.0
"""Seconds that people may take to come, from when their computers are expected."""
_JUST_NOW = 300.0


class Computers:
    """causes: the sites at which many are missing, and what was told of."""

    def __init__(self, restlessness: Restlessness) -> None:
        self.causes: dict[str, Cause] = {}
        self._restless = restlessness
        self._counts_from: dict[str, float] = {}
        self._many_since: dict[str, float] = {}

    def step(self, sites: Sites, covered: Collection[str], now: float) -> None:
        """Say at which sites many are missing. covered: those of which it is known why they are silent."""
        counts_from: dict[str, float] = {}
        many: dict[str, Cause] = {}
        for site in sites.values():
            if not site.missing:
                continue
            key = key_of(Kind.COMPUTERS, site.zone, site.name)
            was_many, gone = key in self.causes, []
            for one in site.missing:
                begin = self._counts_from.get(one.origin)
                if begin is None:
                    begin = now if was_many or _fell_silent(one, now) else now + BEGINNING
                counts_from[one.origin] = begin
                if begin <= now and one.origin not in covered:
                    gone.append(one)
            if len(gone) >= MISSING_LEAST and len(gone) > MISSING_SHARE * site.computers:
                many[key] = _cause(key, site, gone)
        self._counts_from = counts_from
        self._many_since = {key: self._many_since.get(key, now) for key in many}
        kept = {}
        for key, cause in many.items():
            if key in self.causes:
                kept[key] = cause
            elif now - self._many_since[key] >= HOLD and self._restless.recent(key, now) < MOST:
                kept[key] = cause
                self._restless.raised(key, now)
        self.causes = kept


def _fell_silent(one: Observation, now: float) -> bool:
    return now - one.since <= patience(one.every) + _JUST_NOW


def _cause(key: str, site: Site, gone: list[Observation]) -> Cause:
    why = Words(f"{len(gone)} av {site.computers}", f"{len(gone)} of {site.computers}")
    found = {one.administration for one in gone}
    return Cause(
        key, Kind.COMPUTERS, "", site.name, site.zone, site.name, found.pop() if len(found) == 1 else "",
        min(one.since for one in gone), Severity.WARNING, "", frozenset(one.origin for one in gone), why,
    )  # fmt: skip
