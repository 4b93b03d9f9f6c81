"""Why a host's records are not taken, and what an operator can do: both sides of a fork, and the command."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from driftvakt_collector.console.clock import Clock
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.forks import Fork
from driftvakt_collector.store.hosts import PENDING, QUARANTINED, REVOKED

_SPLIT = (
    "Two machines report as this one, or one was put back to an earlier state. Their records wait where they are until"
    " somebody decides. Enrol the other machine anew, then release this one."
)
_SAID = {
    PENDING: ("Waits for approval", "It enrolled, and its records are not taken before somebody says that it may."),
    QUARANTINED: ("Quarantined", _SPLIT),
    REVOKED: (
        "Revoked",
        "Its key is no longer good, and nothing that it sends is taken. To watch it again, enrol it anew.",
    ),
}
_COMMANDS = {PENDING: "approve", QUARANTINED: "release"}


@dataclass(frozen=True)
class Side:
    """One of the two that use the identity: rows of (what, text)."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Distrust:
    """title, words: for the page. command: to type, empty for none. sides: of the newest fork, where there is one."""

    title: str
    words: str
    command: str
    sides: Sequence[Side]


def distrust(host: Host, forks: Sequence[Fork], wall: float, clock: Clock) -> Distrust | None:
    """Return why a host is not trusted, None when it is."""
    if host.state not in _SAID:
        return None
    title, words = _SAID[host.state]
    open_ = next((fork for fork in forks if not fork.decision), None)
    sides: list[Side] = []
    if open_ is not None and host.state == QUARANTINED:
        sides = [_side("The one known before", open_.known, wall, clock), _side("The other", open_.other, wall, clock)]
    verb = _COMMANDS.get(host.state)
    return Distrust(title, words, f"driftvakt host {verb} {host.origin}" if verb else "", sides)


def _side(title: str, told: str, wall: float, clock: Clock) -> Side:
    facts = json.loads(told)
    rows = [("Address", str(facts.get("address") or "not known"))]
    if facts.get("via"):
        rows.append(("By way of relay", str(facts["via"])))
    for name, key in (("Started", "booted"), ("Its own clock said", "at"), ("Last heard", "heard")):
        if facts.get(key):
            rows.append((name, clock.moment(float(facts[key]), wall, seconds=True).full))
    rows.append(("Record number", str(facts.get("seq", ""))))
    return Side(title, rows)
