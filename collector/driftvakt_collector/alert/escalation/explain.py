"""What would happen if nobody answered: who is told when, by which channel, and what is passed over. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.escalation.decide import Decision, decide
from driftvakt_collector.alert.escalation.policy import Policy
from driftvakt_collector.alert.escalation.situation import Situation
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.shift import Shift

_DAY = 86_400.0
_MOST = 500


@dataclass(frozen=True)
class Moment:
    """A decision and when it is made, seconds since the epoch."""

    at: float
    decision: Decision


def explain(policy: Policy, at: float, situation: Callable[[float, int], Situation]) -> list[Moment]:
    """Return all decisions of a policy within a day of a moment. situation: at a moment, with so many pages sent."""
    step, round_, told = 0, 0, 0
    found: list[Moment] = []
    now: float | None = at
    while now is not None and now <= at + _DAY and len(found) < _MOST:
        decision = decide(policy, step, round_, now, situation(now, told))
        found.append(Moment(now, decision))
        told += len(decision.notify)
        step, round_, now = decision.next_step, decision.next_round, decision.next_at
    return found


def situation_of(
    book: RotaBook, at: float, severity: Severity, *, service: str = "", zone: str = "", supplier: str = "",
    told: int = 0, acknowledged: bool = False, resolved: bool = False,
    alerts: Callable[[float], int] = lambda _minutes: 1,
) -> Situation:  # fmt: skip
    """Return the situation of an incident at a moment, as rotas, people and calendars have it."""

    def next_on_duty(rota: str) -> tuple[str, ...]:
        shift: Shift | None = book.next_on_duty(rota, at)
        return shift.people if shift else ()

    def everyone(rota: str) -> tuple[str, ...]:
        found = book.at(at).get(rota)
        return found.people if found else ()

    def channels(person: str) -> tuple[str, ...]:
        found = book.people.get(person)
        return found.channels if found else ()

    def called(person: str) -> str:
        found = book.people.get(person)
        return found.called if found else person

    def titled(rota: str) -> str:
        found = book.at(at).get(rota)
        return (found.title if found else "") or rota

    rota = book.serving(service, zone, at)
    mine = book.at(at).get(rota)
    day = datetime.fromtimestamp(at, mine.zone).date() if mine else datetime.fromtimestamp(at).astimezone().date()
    return Situation(
        severity, lambda name: book.on_duty(name, at), channels, next_on_duty, everyone,
        lambda calendar: book.days.is_open(calendar, at), alerts, called, titled,
        day.weekday() < 5 and book.days.feast(day) is None,
        acknowledged, resolved, told, rota, supplier,
        tuple(name for name, person in book.people.items() if person.channels),
    )  # fmt: skip
