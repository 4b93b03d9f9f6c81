"""An escalation policy: plain steps, one after another, until somebody has the incident."""

from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

from driftvakt_collector.alert.oncall.hours import Hours

AUTO = "auto"
"""As a rota: the one for the incident's service and zone. As a supplier: the incident's own."""
MAX_REPEAT = 5
MAX_STEPS = 60


class Position(Enum):
    """Who of a rota is told. NEXT: who is on duty after this one; EVERYONE: all that are in it, on duty or not."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    ALL = "all"
    NEXT = "next"
    EVERYONE = "everyone"


@dataclass(frozen=True)
class Wait:
    """minutes: until the next step."""

    minutes: float


@dataclass(frozen=True)
class NotifyPersons:
    """channels: empty for those that the person wants."""

    persons: tuple[str, ...]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotifyRota:
    """rota: its name, or AUTO. channels: as in NotifyPersons."""

    rota: str = AUTO
    position: Position = Position.PRIMARY
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """From the first step again, that many times."""

    times: int


@dataclass(frozen=True)
class HandOver:
    """To a supplier by name, or AUTO."""

    supplier: str = AUTO


@dataclass(frozen=True)
class Webhook:
    """Call a URL."""

    url: str


@dataclass(frozen=True)
class Stop:
    """Go on only if the step's condition holds; else the policy ends here."""


Action = Wait | NotifyPersons | NotifyRota | Repeat | HandOver | Webhook | Stop


@dataclass(frozen=True)
class Only:
    """A condition; all that it names must hold. calendar: which must be open, or closed where `is_open` is False.

    day: `workday` or `holiday`, empty for any. more_than: alerts of the incident within `minutes`, None for any number.
    severities: empty for any.
    """

    hours: Hours = ()
    calendar: str = ""
    is_open: bool = True
    day: str = ""
    more_than: int | None = None
    minutes: float = 60.0
    severities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """only: a condition; where it does not hold the step is passed over."""

    action: Action
    only: Only | None = None


@dataclass(frozen=True)
class Policy:
    """zone: whose wall clock `hours` mean. last_resort: persons who are told where all steps were in vain.

    last_wait: minutes between the last step and them.
    """

    name: str
    zone: ZoneInfo
    title: str = ""
    steps: tuple[Step, ...] = ()
    last_resort: tuple[str, ...] = ()
    last_wait: float = 10.0
