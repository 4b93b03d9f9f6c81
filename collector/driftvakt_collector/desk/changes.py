"""What changed here: on a host and on all that it hangs behind, before something broke. The desk's first question.

Example, in Swedish:
    linux-image 6.1.0-25 → 6.1.0-26, 3 h före
    uppströms: sw-03: version 15.2 → 15.4, 40 min före
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.difference import KINDS, PACKAGES, Difference, differences
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.moment import lasting
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.topology.tree import UNKNOWN, Tree
from driftvakt_collector.store import inventory
from driftvakt_collector.store.history import ChangeRow

DAY = 86_400.0
WEEK = 7 * DAY
LINES = 3
_MOST_ABOVE = 12
"""Hosts on the way up that are looked at."""
_MOST_ROWS = 500
"""Changes that are read of all sections but the packages, of which one upgrade has as many as this."""
_MOST_PACKAGES = 2500
_MOST_OF_HOSTS = 6
_MOST_NAME = 40
_OTHERS = tuple(section for section in KINDS if section != PACKAGES)
_UPSTREAM = Words("uppströms", "upstream")
_BEFORE, _AFTER = Words("före", "before"), Words("efter", "after")


@dataclass(frozen=True)
class Above:
    """A host that the broken one hangs behind. name: what people call it."""

    origin: str
    name: str


@dataclass(frozen=True)
class Changes:
    """lines: what changed, the likeliest cause first. more: how many besides."""

    lines: tuple[Words, ...] = ()
    more: int = 0


def upstream(origin: str, tree: Tree, hosts: Mapping[str, Host], hypervisor: str = "") -> tuple[Above, ...]:
    """Return whom a host hangs behind, the nearest first: its hypervisor, the way up, and the relay of its reports."""
    host = hosts.get(origin)
    above = [hypervisor, *tree.path(origin)]
    if hypervisor:
        above += tree.path(hypervisor)
    if host is not None:
        above.append(host.via)
    known = [one for one in dict.fromkeys(above) if one in hosts and one != origin and not one.startswith(UNKNOWN)]
    return tuple(Above(one, hosts[one].name) for one in known[:_MOST_ABOVE])


def read(
    connection: Connection, origin: str, above: Sequence[Above], since: float, now: float, lines: int = LINES
) -> Changes:
    """Return what changed in the seven days before `since`, and from then to `now`. Two questions to the store."""
    origins = [origin, *(one.origin for one in above[:_MOST_ABOVE])]
    begin, end = since - WEEK, max(since, now)
    rows = inventory.what_changed(connection, origins, begin, end, _MOST_ROWS, _OTHERS)
    rows += inventory.what_changed(connection, origins, begin, end, _MOST_PACKAGES, (PACKAGES,))
    return told(rows, origin, above, since, lines)


def of_hosts(
    connection: Connection, origins: Sequence[str], tree: Tree, hosts: Mapping[str, Host], since: float, now: float,
    guests: Mapping[str, str],
) -> list[Words]:  # fmt: skip
    """Return the likeliest of what changed on some hosts and above each. guests: machine to hypervisor."""
    found: list[Words] = []
    for origin in origins:
        found += read(connection, origin, upstream(origin, tree, hosts, guests.get(origin, "")), since, now).lines
    return found[:_MOST_OF_HOSTS]


def told(rows: Sequence[ChangeRow], origin: str, above: Sequence[Above], since: float, lines: int = LINES) -> Changes:
    """Return changes in words, ranked: the last day before the week, the host before what is above it, and then what

    breaks things most often, and what is nearest in time. If something above changed in the last day, one line says so.
    """
    depth = {one.origin: place for place, one in enumerate(above, 1)} | {origin: 0}
    names = {one.origin: one.name for one in above}
    found = sorted((one for one in differences(rows) if one.origin in depth), key=lambda one: _order(one, depth, since))
    chosen = _chosen(found, origin, since, lines)
    return Changes(tuple(_line(one, names.get(one.origin), since) for one in chosen), len(found) - len(chosen))


def _order(one: Difference, depth: Mapping[str, int], since: float) -> tuple[int, bool, int, float, int, str]:
    distance = abs(one.at - since)
    steps = depth[one.origin]
    return int(distance > DAY), steps > 0, one.rank, distance, steps, one.words.en


def _chosen(found: Sequence[Difference], origin: str, since: float, lines: int) -> Collection[Difference]:
    chosen = list(found[:lines])
    if len(chosen) < 2 or any(one.origin != origin for one in chosen):
        return chosen
    other = next((one for one in found[lines:] if one.origin != origin and abs(one.at - since) <= DAY), None)
    return chosen if other is None else [*chosen[:-1], other]


def _line(one: Difference, above: str | None, since: float) -> Words:
    def say(language: str) -> str:
        lead = "" if above is None else f"{_UPSTREAM.of(language)}: {line(above, _MOST_NAME)}: "
        when = (_AFTER if one.at > since else _BEFORE).of(language)
        return f"{lead}{one.words.of(language)}, {lasting(abs(one.at - since), language)} {when}"

    return Words(say("sv"), say("en"))
