"""The gap ledger: every hole in what a host should have delivered, with its cause. Nothing is missing unexplained.

A hole is a range of line numbers that never came, between two moments at which the collector got the lines around it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from driftvakt_collector.fleet.ledger import Hole

SPOOL = "spool"
AGENT = "agent"
RELAY = "relay"
COLLECTOR = "collector"
WAITING = "waiting"
UNKNOWN = "unknown"

CAUSES = {
    SPOOL: "given up by the agent's spool",
    AGENT: "the agent was off, or ended without a word",
    RELAY: "its relay was cut off",
    COLLECTOR: "the collector was down",
    WAITING: "waits in the agent's spool, and will come",
    UNKNOWN: "not explained",
}
"""Each cause, and what it means."""

_CODES = {"ended": AGENT}
_GIVEN_UP = re.compile(r"epoch ([a-z0-9-]{1,64}), ([0-9]{1,16}) to ([0-9]{1,16}): ")
_SLACK = 120.0
"""Seconds by which a hole may miss the outage that made it: two reports at the usual pace."""
MAX_TIMES = 256


class Time(NamedTuple):
    """From when to when, seconds since the epoch."""

    began: float
    ended: float


class Gap(NamedTuple):
    """A hole with its cause."""

    epoch: str
    first: int
    last: int
    lines: int
    after: float
    before: float
    cause: str


def cause_of(reason: str) -> str:
    """Return the cause that a `gap` record's reason names: its first word, before the colon."""
    return _CODES.get(reason.partition(":")[0], SPOOL)


def given_up(text: str) -> tuple[str, int, int] | None:
    """Return (epoch, first, last) of a relay's event "epoch E, 12 to 15: why (4 lines)", None for another text."""
    found = _GIVEN_UP.match(text)
    return None if found is None else (found[1], int(found[2]), int(found[3]))


def explained(
    epoch: str, hole: Hole, *, outages: Sequence[Time], cuts: Sequence[Time], waiting: bool, now: float
) -> Gap:
    """Return a hole with its cause.

    outages: of the collector. cuts: of the relay that the host comes through. waiting: whether its spool holds lines.
    """
    cause = _cause(hole, outages, cuts, now, waiting=waiting)
    return Gap(epoch, hole.first, hole.last, hole.size, hole.after, hole.before, cause)


def _cause(hole: Hole, outages: Sequence[Time], cuts: Sequence[Time], now: float, *, waiting: bool) -> str:
    if hole.why:
        return hole.why
    began, ended = hole.after, hole.before or now
    if _meets(outages, began, ended):
        return COLLECTOR
    if _meets(cuts, began, ended):
        return RELAY
    return WAITING if waiting else UNKNOWN


def _meets(times: Iterable[Time], began: float, ended: float) -> bool:
    return any(one.began - _SLACK <= ended and began <= one.ended + _SLACK for one in times)


def remember(times: list[Time], began: float, ended: float) -> None:
    """Add a time to a list that is in order; one that meets the last is joined with it. The oldest of too many goes."""
    if times and began <= times[-1].ended + _SLACK:
        times[-1] = Time(min(times[-1].began, began), max(times[-1].ended, ended))
    else:
        times.append(Time(began, ended))
        del times[:-MAX_TIMES]
