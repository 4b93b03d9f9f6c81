"""Writes down why silent hosts were not told of, so that it can be asked the morning after.

What is muffled raises no alert of its own, so nothing else would say that it was ever silent. A note is made where a
reason lasts, and one where it ends. Pure but for what it remembers; who writes is elsewhere.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from driftvakt_collector.alert.alert import Source, fingerprint
from driftvakt_collector.alert.decision import Reason
from driftvakt_collector.alert.rootcause.cause import OF_A_HOST, Cause, Kind
from driftvakt_collector.alert.words import Words
from driftvakt_collector.store.alerts import NOTE, AlertEventRow

LASTS = 30.0
"""Seconds for which a reason must stand to be written down: on the way to an answer there are several."""
NAMELESS = 600.0
"""Seconds that a note waits for the alert of what is to blame, so that it can name it."""
MOST_WAITING = 50_000
"""Notes that wait to be written, where the store can't be written to; then the oldest go."""
HEARD = Reason("heard", Words("Hörs igen", "Is heard again"))
JUDGED = Reason("judged", Words("Har ett eget larm sedan dess", "Has an alert of its own since then"))
LEFT = Reason("left", Words("Hålls inte längre tillbaka", "Is no longer held back"))
_BLAMED = frozenset({"parent", "site", "zone"})


@dataclass(slots=True)
class _Stretch:
    """A reason that stands. since: seconds since the epoch. told: a note was made of this host, of it or one before."""

    reason: Reason
    since: float
    noted: bool = False
    told: bool = False


class Record:
    """lost: how many notes could not be written."""

    def __init__(self) -> None:
        self.lost = 0
        self._stretches: dict[str, _Stretch] = {}
        self._notes: deque[AlertEventRow] = deque()

    def step(
        self, reasons: Mapping[str, Reason], causes: Mapping[str, Cause], silent: Callable[[str], bool], wall: float
    ) -> None:  # fmt: skip
        """Note what lasts and what is over. reasons: of hosts that are held back. silent: says if a host is."""
        due: list[tuple[str, _Stretch]] = []
        for origin, reason in reasons.items():
            stretch = self._stretches.get(origin)
            if stretch is None:
                self._stretches[origin] = _Stretch(reason, wall)
            elif stretch.reason.code != reason.code or stretch.reason.words != reason.words:
                stretch.reason, stretch.since, stretch.noted = reason, wall, False
            elif not stretch.noted and wall - stretch.since >= LASTS:
                due.append((origin, stretch))
        self._note(due, causes, wall)
        if len(self._stretches) > len(reasons):
            self._end(reasons, causes, silent, wall)

    def take(self, most: int = 2000) -> list[AlertEventRow]:
        """Hand over notes to be written."""
        return [self._notes.popleft() for _ in range(min(most, len(self._notes)))]

    def put_back(self, rows: Iterable[AlertEventRow]) -> None:
        """Take back what could not be written."""
        self._notes.extendleft(reversed(list(rows)))
        self._bound()

    def _note(self, due: Iterable[tuple[str, _Stretch]], causes: Mapping[str, Cause], wall: float) -> None:
        waiting = dict(due)
        by: dict[str, str] = {}
        for cause in causes.values() if waiting else ():
            by.update(dict.fromkeys(cause.muffled & waiting.keys(), cause.fingerprint))
        for origin, stretch in waiting.items():
            if origin not in by and stretch.reason.code in _BLAMED and wall - stretch.since < NAMELESS:
                continue
            self._add(origin, stretch.since, stretch.reason, by.get(origin, ""))
            stretch.noted = stretch.told = True

    def _end(
        self, reasons: Mapping[str, Reason], causes: Mapping[str, Cause], silent: Callable[[str], bool], wall: float
    ) -> None:  # fmt: skip
        own = {one.origin for one in causes.values() if one.kind in OF_A_HOST}
        for origin in [one for one in self._stretches if one not in reasons]:
            if self._stretches.pop(origin).told:
                self._add(origin, wall, JUDGED if origin in own else LEFT if silent(origin) else HEARD, "")

    def _add(self, origin: str, at: float, reason: Reason, by: str) -> None:
        key = fingerprint(Source.LIVENESS, Kind.HOST_SILENT.value, origin, ())
        told = {"code": reason.code, "sv": reason.words.sv, "en": reason.words.en, **({"by": by} if by else {})}
        self._notes.append(
            AlertEventRow(key, NOTE, at, reason.code, "held", json.dumps([told], ensure_ascii=False))
        )  # fmt: skip
        self._bound()

    def _bound(self) -> None:
        while len(self._notes) > MOST_WAITING:
            self._notes.popleft()
            self.lost += 1
