"""What a decision of escalation looks at."""

from collections.abc import Callable
from dataclasses import dataclass

from driftvakt_collector.alert.alert import Severity


def nobody(_rota: str) -> tuple[str, ...]:
    """Return nobody."""
    return ()


@dataclass(frozen=True)
class Situation:
    """An incident and its surroundings at one moment.

    told: how many pages went out for it so far. rota: which one is for its service and zone, empty for none.
    on_duty, next_on_duty, everyone: people of a rota, by its name. channels: ways to a person in their own order; none
    for who is not there. is_open: whether a calendar is. is_workday: whether today is. alerts: how many the incident
    had within so many minutes. everybody: all who can be told. called: a person's full name; titled: a rota's.
    supplier: of the incident.
    """

    severity: Severity
    on_duty: Callable[[str], tuple[str, ...]]
    channels: Callable[[str], tuple[str, ...]]
    next_on_duty: Callable[[str], tuple[str, ...]] = nobody
    everyone: Callable[[str], tuple[str, ...]] = nobody
    is_open: Callable[[str], bool] = lambda _calendar: True
    alerts: Callable[[float], int] = lambda _minutes: 1
    called: Callable[[str], str] = str
    titled: Callable[[str], str] = str
    is_workday: bool = True
    acknowledged: bool = False
    resolved: bool = False
    told: int = 0
    rota: str = ""
    supplier: str = ""
    everybody: tuple[str, ...] = ()
