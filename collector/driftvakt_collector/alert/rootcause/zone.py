"""What became of the sites of one zone, and of the zone. Pure."""

from collections.abc import Callable, Iterable, Sequence

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rootcause.cause import Cause, Kind, key_of
from driftvakt_collector.alert.rootcause.cut import Cut, last_heard
from driftvakt_collector.alert.rootcause.place import Site
from driftvakt_collector.alert.rootcause.round import Covered, Round
from driftvakt_collector.alert.rootcause.share import LEAST, SHARE, Share
from driftvakt_collector.alert.words import Words

ZONE_HOLD = 60.0
"""Seconds that a site waits for what becomes of the others of its zone."""
LATE_ZONE_HOLD = 300.0
"""The same where most of the others are late themselves."""


def look(
    zone: str, within: Sequence[Site], at: Round, covered: Covered, waits: Callable[[str, float], bool]
) -> dict[str, Cause]:  # fmt: skip
    """Return what is cut off, by key. waits: says if a site is known to be cut off for less than so many seconds."""
    latest = at.latest(one for site in within for one in site.roots)
    cut: dict[str, Cause] = {}
    failed = unsure = late = fresh = 0
    for site in within:
        key = key_of(Kind.SITE, zone, site.name)
        found = Cut(site, key, at)
        if found.above:
            covered.below.update({one.origin: found.above for one in site.roots if one.origin != found.above})
            failed += 1
        elif found.is_cut:
            cut[key] = found.cause()
            failed += 1
            fresh += key not in at.areas
        elif site.is_small and found.share.failed == found.share.total > 0:
            failed += 1
            fresh += 1
        else:
            covered.held |= found.held()
            if site.share(at.ancestry, latest).in_doubt:
                unsure += 1
                late += site.is_late(at.now)
    share, key = Share(failed, unsure, sum(bool(site.hosts) for site in within)), key_of(Kind.ZONE, zone, "")
    is_kept = key in at.areas and at.is_new and share.in_doubt
    if is_kept or (share.is_cut and (fresh >= LEAST or key in at.areas)):
        return _whole(key, zone, within, share, cut, at, covered)
    hold = LATE_ZONE_HOLD if failed + late >= SHARE * share.total else ZONE_HOLD
    _spare(zone, within, share, cut, at, covered, lambda one: share.may_be_cut and waits(one, hold))
    covered.cover(cut.values())
    return cut


def _spare(
    zone: str, within: Iterable[Site], share: Share, cut: dict[str, Cause], at: Round, covered: Covered,
    waits: Callable[[str], bool],
) -> None:  # fmt: skip
    """Take out what is not to be told of yet: the whole zone may be cut off, or it is just coming back."""
    for site in within:
        key = key_of(Kind.SITE, zone, site.name)
        if site.is_small and share.may_be_cut:
            covered.held |= {one.origin for one in site.roots if at.waits(one, ZONE_HOLD)}
        if key not in cut or key in at.areas:
            continue
        if _is_returning(site, at):
            # What muffled them is back, and they will be in a moment.
            del cut[key]
        elif waits(key):
            covered.held |= cut.pop(key).muffled


def _whole(
    key: str, zone: str, within: Iterable[Site], share: Share, cut: dict[str, Cause], at: Round, covered: Covered
) -> dict[str, Cause]:  # fmt: skip
    """Put all that is silent under the zone, but for the sites that were told of before."""
    spoken = {one: cause for one, cause in cut.items() if one in at.areas}
    covered.cover(spoken.values())
    silent = [one for site in within for one in site.silent if not at.told(one.origin) and one.origin not in covered.by]
    why = Words(
        f"{share.failed} av {share.total} platser går inte att nå",
        f"{share.failed} of {share.total} sites can't be reached",
    )
    whole = Cause(
        key, Kind.ZONE, "", zone, zone, "", "", last_heard(silent), Severity.CRITICAL, "",
        frozenset(one.origin for one in silent), why,
    )  # fmt: skip
    covered.cover([whole])
    return spoken | {key: whole}


def _is_returning(site: Site, at: Round) -> bool:
    return 2 * sum(one.origin in at.under for one in site.roots) > len(site.roots)
