"""Sites and zones that are cut off: one alert for each, whatever hangs in them."""

from dataclasses import replace

from driftvakt_collector.alert.rootcause.cause import Cause, Kind, key_of
from driftvakt_collector.alert.rootcause.place import Sites
from driftvakt_collector.alert.rootcause.restlessness import MOST, STABLE, Restlessness
from driftvakt_collector.alert.rootcause.round import Covered, Round
from driftvakt_collector.alert.rootcause.zone import LATE_ZONE_HOLD, look


class Areas:
    """causes: what was told of. It outlasts one step, so that what was told once is not told again."""

    def __init__(self, restlessness: Restlessness) -> None:
        self.causes: dict[str, Cause] = {}
        self._restless = restlessness
        self._quiet: dict[str, float] = {}
        self._cut_at: dict[str, float] = {}

    def step(self, sites: Sites, at: Round) -> Covered:
        """Say which sites and zones are cut off."""
        covered = Covered()
        cut: dict[str, Cause] = {}

        def waits(key: str, seconds: float) -> bool:
            return at.now - self._cut_at.setdefault(key, at.now) < seconds

        zones: dict[str, list[str]] = {}
        for zone, name in sites:
            zones.setdefault(zone, []).append(name)
        for zone, names in zones.items():
            within = [sites[zone, name] for name in names]
            # All others cost nothing.
            told = key_of(Kind.ZONE, zone, "") in self.causes
            if told or any(one.roots or key_of(Kind.SITE, zone, one.name) in self.causes for one in within):
                cut |= look(zone, within, at, covered, waits)
        self._settle(cut, at)
        return covered

    def _settle(self, cut: dict[str, Cause], at: Round) -> None:
        """Keep what is cut off now, and what came and went until it is steady."""
        kept: dict[str, Cause] = {}
        for key, cause in self.causes.items():
            if key in cut:
                self._quiet.pop(key, None)
                kept[key] = replace(cause, muffled=cut[key].muffled)
                continue
            quiet = at.now - self._quiet.setdefault(key, at.now)
            if self._restless.recent(key, at.now) >= MOST and quiet < STABLE:
                kept[key] = replace(cause, muffled=frozenset())
            else:
                del self._quiet[key]
        for key, cause in cut.items():
            if key not in kept:
                kept[key] = cause
                self._restless.raised(key, at.now)
        self._cut_at = {key: first for key, first in self._cut_at.items() if at.now - first < 2 * LATE_ZONE_HOLD}
        self.causes = kept
