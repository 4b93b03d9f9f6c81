"""A rota: who is on duty when, as agreed, before anybody fell ill."""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from zoneinfo import ZoneInfo

from driftvakt_collector.alert.oncall.hours import ALWAYS, Hours, IsRed, never_red
from driftvakt_collector.alert.words import Words

PRIMARY, SECONDARY = 1, 2


class Why(Enum):
    """By what somebody is on duty."""

    ROTATION = "rotation"
    DATE = "by date"
    OVERRIDE = "override"
    SWAP = "swap"
    COVER = "absence cover"

    @property
    def words(self) -> Words:
        """It, for people."""
        return _WORDS[self]


_WORDS = {
    Why.ROTATION: Words("enligt schemat", "by rotation"),
    Why.DATE: Words("enligt datumlistan", "by date"),
    Why.OVERRIDE: Words("hoppar in", "steps in"),
    Why.SWAP: Words("bytt pass", "swapped"),
    Why.COVER: Words("ersätter den som är frånvarande", "covers an absence"),
}


@dataclass(frozen=True)
class Layer:
    """People who take turns. level: 1 is primary, 2 secondary, … days: how long a turn is; hand-over is at `minute`.

    start: the day on which the first person's first turn begins; until: the day on which the last one ends, if it does.
    hours: when of its turn somebody is on duty. Of the layers of one level the first that has somebody counts; those
    below fill the rest.
    """

    people: tuple[str, ...]
    start: date
    days: int = 7
    minute: int = 8 * 60
    level: int = PRIMARY
    hours: Hours = ALWAYS
    until: date | None = None


@dataclass(frozen=True)
class DateLine:
    """One person from one moment until before another, seconds since the epoch. It goes before the layers of its level.

    Of two lines for the same moment the later in the file counts.
    """

    person: str
    begin: float
    end: float
    level: int = PRIMARY


@dataclass(frozen=True)
class Rota:
    """services, zones: whose incidents it is for; none is for all. hours: when somebody must be on duty.

    cover: whether the next in the rotation is on duty where somebody is absent; else the place stays empty.
    calendar: by which days are red, `is_red` is what it says. max_hours: how long in a row somebody may be on duty;
    max_weeks: for how many weeks in a row.
    """

    name: str
    zone: ZoneInfo
    title: str = ""
    layers: tuple[Layer, ...] = ()
    dates: tuple[DateLine, ...] = ()
    services: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    hours: Hours = ALWAYS
    cover: bool = True
    calendar: str = ""
    max_hours: float = 200.0
    max_weeks: int = 2
    is_red: IsRed = field(default=never_red, compare=False, repr=False)

    @property
    def levels(self) -> tuple[int, ...]:
        """Its levels, primary first."""
        return tuple(sorted({layer.level for layer in self.layers} | {line.level for line in self.dates}))

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who is named in it, each once."""
        named = [person for layer in self.layers for person in layer.people]
        return tuple(dict.fromkeys([*named, *(line.person for line in self.dates)]))
