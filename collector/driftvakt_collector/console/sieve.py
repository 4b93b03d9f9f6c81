"""Which hosts a query finds, and in which order. Runs over the whole fleet for each page, so it does little a host."""

from collections.abc import Callable, Set
from operator import attrgetter, itemgetter

from driftvakt_collector.console import standing
from driftvakt_collector.console.fleet_query import DIMENSIONS, PROBLEMS, FleetQuery
from driftvakt_collector.console.vitals import newest
from driftvakt_collector.fleet.host import Host

GET: dict[str, Callable[[Host], str]] = {
    "zone": attrgetter("zone"),
    "administration": attrgetter("administration"),
    "site": attrgetter("site"),
    "class": attrgetter("class_"),
    "vendor": attrgetter("vendor"),
    "model": attrgetter("model"),
}
"""What each filter looks at."""

Judged = tuple[Host, standing.State]


def searched(judged: list[Judged], search: str, numbered: Set[str] = frozenset()) -> list[Judged]:
    """Return the hosts whose name, origin, address, site or administration hold every word of the search.

    numbered: origins of those that are known by it as a number.
    """
    words = search.casefold().split()
    if not words:
        return judged
    return [
        (host, one)
        for host, one in judged
        if _holds(f"{host.name}\n{host.site}\n{host.administration}\n{host.origin}\n{host.address}".casefold(), words)
        or host.origin in numbered
    ]


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def sift(judged: list[Judged], query: FleetQuery) -> tuple[list[Judged], dict[str, list[Judged]]]:
    """Return the hosts that pass every filter, and for each filter those that only this one keeps out.

    The second is what a filter's own choices are counted from: they say what choosing another would show.
    """
    nearly: dict[str, list[Judged]] = {name: [] for name in DIMENSIONS}
    wanted = [(name, GET[name], query.text(name)) for name in GET if query.text(name)]
    states = _states(query.state)
    if not wanted and states is None:
        return judged, nearly
    found: list[Judged] = []
    for pair in judged:
        host, one = pair
        failed = "" if states is None or one in states else "state"
        for name, get, text in wanted:
            if get(host) != text:
                if failed:
                    break
                failed = name
        else:
            (nearly[failed] if failed else found).append(pair)
    return found, nearly


def _states(text: str) -> frozenset[standing.State] | None:
    if not text:
        return None
    return standing.PROBLEMS if text == PROBLEMS else frozenset(one for one in standing.State if one.value == text)


def ordered(found: list[Judged], query: FleetQuery, wall: float) -> list[Judged]:
    """Return the hosts in the order that was asked for; those without a value last, whichever way it runs."""
    sort = query.sort
    if sort in ("", "state"):
        ordered = sorted(found, key=lambda pair: (standing.RANKS[pair[1]], collation(pair[0].name), pair[0].origin))
        return ordered[::-1] if query.backwards else ordered
    if sort in ("name", "administration", "site"):
        get = attrgetter(sort)
        ordered = sorted(found, key=lambda pair: (collation(get(pair[0])), collation(pair[0].name), pair[0].origin))
        return ordered[::-1] if query.backwards else ordered
    value = _value(sort, wall)
    known: list[tuple[float, Judged]] = []
    lacking: list[Judged] = []
    for pair in found:
        number = value(pair[0])
        if number is None:
            lacking.append(pair)
        else:
            known.append((number, pair))
    known.sort(key=itemgetter(0), reverse=query.descending)
    return [pair for _, pair in known] + lacking


def _value(sort: str, wall: float) -> Callable[[Host], float | None]:
    if sort == "last":
        return lambda host: None if host.received is None else wall - host.received_wall
    return newest(sort, wall)


_SWEDISH = str.maketrans({"å": "{", "ä": "|", "ö": "}"})


def collation(text: str) -> str:
    """Return what a text is sorted by: without case, and å ä ö after z in that order."""
    folded = text.casefold()
    return folded if folded.isascii() else folded.translate(_SWEDISH)
