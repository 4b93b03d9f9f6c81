"""What the console says of a host's reports: a word, and a sentence with the time that matters."""

from dataclasses import dataclass
from enum import StrEnum

from driftvakt_collector.console import quantity
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.fleet.host import SERVICE, Host, Verdict
from driftvakt_collector.store.hosts import PENDING, QUARANTINED, REVOKED


class State(StrEnum):
    """A verdict, or that a service was found to be down: it was checked in time, so by its verdict it is well."""

    SILENT = Verdict.SILENT.value
    FAILS = "fails"
    HELD = Verdict.HELD.value
    LATE = Verdict.LATE.value
    NEW = Verdict.NEW.value
    OK = Verdict.OK.value
    OFF = Verdict.OFF.value


WORDS = {
    State.SILENT: "Silent",
    State.FAILS: "Fails",
    State.HELD: "Held",
    State.LATE: "Late",
    State.NEW: "New",
    State.OK: "OK",
    State.OFF: "Off",
}
"""Each state's word, worst first: also the order of the fleet list."""

RANKS = {state: rank for rank, state in enumerate(WORDS)}
PROBLEMS = frozenset({State.SILENT, State.FAILS, State.LATE})

MEANINGS = {
    State.SILENT: "nothing came for five reports or more",
    State.FAILS: "a service that does not answer as it should",
    State.HELD: "its records are not taken: it waits for approval, is quarantined, or was revoked",
    State.LATE: "the next report is overdue",
    State.NEW: "enrolled, nothing came yet",
    State.OK: "reports as it should",
    State.OFF: "said goodbye: the agent was stopped, or the machine was shut down",
}


_HELD = {
    PENDING: "enrolled, and waits for an operator's approval",
    QUARANTINED: "quarantined: one identity was seen twice",
    REVOKED: "revoked: nothing that it sends is taken",
}


@dataclass(frozen=True)
class Sentence:
    """A sentence around a moment, which a page marks up as a time."""

    before: str
    moment: Moment | None = None
    after: str = ""

    def __str__(self) -> str:
        return self.before + ("" if self.moment is None else self.moment.text) + self.after


def verb(host: Host) -> str:
    """Return what a host does when something comes of it: an agent reports, a device answers, a service is checked."""
    if not host.keeper:
        return "reported"
    return "checked" if host.class_ == SERVICE else "answered"


def state(host: Host, verdict: Verdict) -> State:
    """Return how a host stands: a service that was checked in time may well be down."""
    return State.FAILS if fails(host, verdict) else _STATES[verdict]


_STATES = {one: State(one.value) for one in Verdict}


def fails(host: Host, verdict: Verdict) -> bool:
    """Say if a host is a service that is down, and was found so in time."""
    return host.class_ == SERVICE and verdict in (Verdict.OK, Verdict.LATE) and host.value("probe_success") == 0


_NEW = {
    "reported": "enrolled; nothing has come from it yet",
    "answered": "added; it has not answered yet",
    "checked": "added; it has not been checked yet",
}


def sentence(host: Host, verdict: Verdict, wall: float, clock: Clock) -> Sentence:
    """Say how a host stands. wall: seconds since the epoch."""
    does = verb(host)
    if verdict is Verdict.HELD:
        return Sentence(_HELD.get(host.state, host.state))
    if verdict is Verdict.NEW:
        return Sentence(_NEW[does])
    ago = max(0.0, wall - host.received_wall)
    moment = clock.moment(host.received_wall, wall)
    if verdict is Verdict.OFF:
        return Sentence("stopped cleanly after its report of ", moment, f" ({quantity.span(ago)} ago)")
    if verdict is Verdict.SILENT:
        since = "not checked since " if does == "checked" else "silent since "
        return Sentence(since, moment, f" ({quantity.span(ago)})")
    if verdict is Verdict.LATE:
        late = quantity.duration(max(0.0, ago - host.every))
        return Sentence(f"late: last {does} ", moment, f", the next is {late} overdue")
    if ago > 2.5 * host.every:
        return Sentence(f"last {does} ", moment, ", before the collector could listen again")
    return Sentence(f"{does} {quantity.duration(ago)} ago")


def ago(host: Host, wall: float) -> str:
    """Return how long ago the newest report came, in few characters."""
    if host.received is None:
        return "never"
    return f"{quantity.duration(max(0.0, wall - host.received_wall)).split(' ')[0]} ago"
