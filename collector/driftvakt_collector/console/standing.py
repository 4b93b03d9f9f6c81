"""What the console says of a host's reports: a word, and a sentence with the time that matters."""

from dataclasses import dataclass

from driftvakt_collector.console import quantity
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.store.hosts import PENDING, QUARANTINED, REVOKED

WORDS = {
    Verdict.SILENT: "Silent",
    Verdict.HELD: "Held",
    Verdict.LATE: "Late",
    Verdict.NEW: "New",
    Verdict.OK: "OK",
    Verdict.OFF: "Off",
}
"""Each verdict's word, worst first: also the order of the fleet list."""

RANKS = {verdict: rank for rank, verdict in enumerate(WORDS)}
PROBLEMS = frozenset({Verdict.SILENT, Verdict.LATE})

MEANINGS = {
    Verdict.SILENT: "nothing came for five reports or more",
    Verdict.HELD: "its records are not taken: it waits for approval, is quarantined, or was revoked",
    Verdict.LATE: "the next report is overdue",
    Verdict.NEW: "enrolled, nothing came yet",
    Verdict.OK: "reports as it should",
    Verdict.OFF: "said goodbye: the agent was stopped, or the machine was shut down",
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


def sentence(host: Host, verdict: Verdict, wall: float, clock: Clock) -> Sentence:
    """Say how a host stands. wall: seconds since the epoch."""
    if verdict is Verdict.HELD:
        return Sentence(_HELD.get(host.state, host.state))
    if verdict is Verdict.NEW:
        return Sentence("enrolled; nothing has come from it yet")
    ago = max(0.0, wall - host.received_wall)
    moment = clock.moment(host.received_wall, wall)
    if verdict is Verdict.OFF:
        return Sentence("stopped cleanly after its report of ", moment, f" ({quantity.span(ago)} ago)")
    if verdict is Verdict.SILENT:
        return Sentence("silent since ", moment, f" ({quantity.span(ago)})")
    if verdict is Verdict.LATE:
        late = quantity.duration(max(0.0, ago - host.every))
        return Sentence("late: last reported ", moment, f", the next is {late} overdue")
    if ago > 2.5 * host.every:
        return Sentence("last reported ", moment, ", before the collector could listen again")
    return Sentence(f"reported {quantity.duration(ago)} ago")


def ago(host: Host, wall: float) -> str:
    """Return how long ago the newest report came, in few characters."""
    if host.received is None:
        return "never"
    return f"{quantity.duration(max(0.0, wall - host.received_wall)).split(' ')[0]} ago"
