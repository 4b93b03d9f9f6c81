"""What is wrong with the collector itself, as alerts: whoever relies on it hears of that as of anything else."""

from collections.abc import Callable, Iterable

from driftvakt_collector.alert.alert import Alert, Change, Source, What, fingerprint
from driftvakt_collector.alert.audit import Facts, audit

SUBJECT = "driftvakt"


class SelfWatch:
    """facts: of the collector. firing: fingerprints of what fired before a restart."""

    def __init__(self, facts: Callable[[], Facts], firing: Iterable[Alert] = ()) -> None:
        self._facts = facts
        self._fires = {one.fingerprint: one for one in firing if one.source is Source.SELF}

    def look(self, wall: float) -> list[Change]:
        """Return what became wrong with us, and what no longer is."""
        found: dict[str, Alert] = {}
        for one in audit(self._facts()):
            mark = fingerprint(Source.SELF, one.code, "", ())
            known = self._fires.get(mark)
            found[mark] = known or Alert(
                mark, Source.SELF, one.code, one.severity, one.words, wall, subject=SUBJECT, class_="collector"
            )
        changes = [Change(What.RAISED, one, wall) for key, one in found.items() if key not in self._fires]
        changes += [Change(What.CLEARED, one, wall) for key, one in self._fires.items() if key not in found]
        self._fires = found
        return changes
