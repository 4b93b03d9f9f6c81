"""All calendars in all their versions: which one counted at a moment, and time reckoned across a change of version."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from driftvakt_collector.alert import span
from driftvakt_collector.alert.calendars.calendar import Calendar, PlanError
from driftvakt_collector.alert.calendars.reading import read
from driftvakt_collector.alert.span import Span
from driftvakt_collector.store.plans import PlanRow

KIND = "calendar"
"""Of the rows in the table of plans."""
SHIPPED = ("always", "office", "extended", "school", "standby")
_EVER = float("-inf")
_NEVER = float("inf")


class Calendars:
    """The calendars of the rows, and the shipped ones where no row has taken their place.

    rows: of store.plans; those of other kinds are left out. broken: what is wrong with versions that can't be read, by
    name and number; the version before it goes on counting, so that one bad row can't stop every page.
    """

    def __init__(self, rows: Sequence[PlanRow]) -> None:
        self.rows = sorted((row for row in rows if row.kind == KIND), key=lambda row: (row.name, row.version))
        self.broken: dict[tuple[str, int], str] = {}
        self._steps: dict[str, list[tuple[float, Calendar | None]]] = {}
        self._newest: dict[str, Calendar | None] = {}
        for name in (*SHIPPED, *(row.name for row in self.rows)):
            if name not in self._steps:
                self._learn(name, [row for row in self.rows if row.name == name])

    def _learn(self, name: str, rows: Sequence[PlanRow]) -> None:
        """Work out which version counts since when."""
        ours = shipped(name) if name in SHIPPED else None
        versions = []
        for row in rows:
            try:
                versions.append((row.from_at, ours if not row.body else _read(row.body, name)))
            except PlanError as e:
                self.broken[name, row.version] = str(e)
        steps: list[tuple[float, Calendar | None]] = [(_EVER, ours)]
        # The newest of those that have begun, as store.plans.at has it.
        steps += [
            (from_at, [calendar for begin, calendar in versions if begin <= from_at][-1])
            for from_at in sorted({begin for begin, _ in versions})
        ]
        self._steps[name] = steps
        self._newest[name] = versions[-1][1] if versions else ours

    def names(self) -> list[str]:
        """Return the names of all that there are or were."""
        return sorted(self._steps)

    def calendar(self, name: str, moment: float) -> Calendar | None:
        """Return the version of a calendar that counted at a moment, None where there was none.

        Who decides if somebody is paged must not take None for closed.
        """
        found = None
        for from_at, calendar in self._steps.get(name, ()):
            if from_at > moment:
                break
            found = calendar
        return found

    def newest(self, name: str) -> Calendar | None:
        """Return the newest version, also one that counts later only; None where there is none, or it was removed."""
        return self._newest.get(name)

    def at(self, moment: float) -> Mapping[str, Calendar]:
        """Return by name all calendars that counted at a moment."""
        found = ((name, self.calendar(name, moment)) for name in self._steps)
        return MappingProxyType({name: calendar for name, calendar in found if calendar is not None})

    def spans(self, name: str, begin: float, end: float, *, newest: bool = False) -> list[Span]:
        """Return when a calendar was open, each moment by the version that counted then; newest: all by the newest.

        Time in which there was no such calendar is closed. Raises LookupError for a name that never was.
        """
        parts = self._parts(name, begin, end, newest=newest)
        return list(span.joined(one for calendar, part in parts for one in calendar.spans(*part)))

    def open_seconds(self, name: str, begin: float, end: float, *, newest: bool = False) -> float:
        """Return for how many seconds a calendar was open, as `spans` has it."""
        return sum(calendar.open_seconds(*part) for calendar, part in self._parts(name, begin, end, newest=newest))

    def as_known(self, moment: float) -> "Calendars":
        """Return the calendars as they were known at a moment, without what was written later, also about the past."""
        return Calendars([row for row in self.rows if row.made_at <= moment])

    def _parts(self, name: str, begin: float, end: float, *, newest: bool) -> Iterator[tuple[Calendar, Span]]:
        if name not in self._steps:
            raise LookupError(f"there is no calendar {name!r}; there are {', '.join(self.names())}")
        steps = [(_EVER, self._newest[name])] if newest else self._steps[name]
        ends = [*(from_at for from_at, _ in steps[1:]), _NEVER]
        for (from_at, calendar), until in zip(steps, ends, strict=True):
            part = Span(max(from_at, begin), min(until, end))
            if calendar is not None and part.begin < part.end:
                yield calendar, part


def shipped_text(name: str) -> str:
    """Return the TOML of a calendar that comes with driftvakt. Raises LookupError for another name."""
    if name not in SHIPPED:
        raise LookupError(name)
    return files(__package__).joinpath("default", f"{name}.toml").read_text("utf-8")


def shipped(name: str) -> Calendar:
    """Return a calendar that comes with driftvakt."""
    return _read(shipped_text(name), name)


@lru_cache(maxsize=512)
def _read(text: str, name: str) -> Calendar:
    """Return a calendar. One text is read once: what was reckoned of it stays known when plans are read anew."""
    return read(text, name)
