"""What is wrong with the collector itself, as alerts: whoever relies on it hears of that as of anything else."""

from collections.abc import Callable, Iterable

from driftvakt_collector.alert.alert import Alert, Change, Source, What, fingerprint
from driftvakt_collector.alert.audit import Facts, audit

SUBJECT = "driftvakt"
LASTS = 60.0
"""Seconds for which something must be wrong, or right again, before people are told. The heartbeat says it at once."""


class SelfWatch:
    """facts: of the collector. firing: fingerprints of what fired before a restart."""

    def __init__(self, facts: Callable[[], Facts], firing: Iterable[Alert] = ()) -> None:
        self._facts = facts
        self._fires = {one.fingerprint: one for one in firing if one.source is Source.SELF}
        self._since: dict[str, float] = {}

    def look(self, wall: float) -> list[Change]:
        """Return what became wrong with us, and what no longer is, both for a while."""
        found: dict[str, Alert] = {}
        for one in audit(self._facts()):
            mark = fingerprint(Source.SELF, one.code, "", ())
            found[mark] = self._fires.get(mark) or Alert(
                mark,
                Source.SELF,
                one.code,
                one.severity,
                one.words,
                self._since.get(mark, wall),
                subject=SUBJECT,
                class_="collector",
            )
        changing = found.keys() ^ self._fires.keys()
        # A clock that was put back counts anew.
        self._since = {mark: min(self._since.get(mark, wall), wall) for mark in changing}
        changes = []
        for mark in sorted(mark for mark, since in self._since.items() if wall - since >= LASTS):
            if mark in found:
                self._fires[mark] = found[mark]
                changes.append(Change(What.RAISED, found[mark], wall))
            else:
                changes.append(Change(What.CLEARED, self._fires.pop(mark), wall))
        return changes
