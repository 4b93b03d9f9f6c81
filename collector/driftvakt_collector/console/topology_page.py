"""Who hangs behind whom, site by site, as plain facts for a page: a drawing, and the same links as a table."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.topology_drawing import Drawing, draw, ends, holder, host_name, is_network, kind
from driftvakt_collector.console.topology_query import TopologyQuery
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.topology.atlas import Plan
from driftvakt_collector.fleet.topology.evidence import Evidence
from driftvakt_collector.fleet.topology.link import End, Link

MAX_ROWS = 200
"""Links that one page lists."""
MAX_SITES = 300
_DIGITS = re.compile(r"(\d+)")
_NUMBERS = 18
WORDS = {"sure": "certain", "likely": "likely", "doubted": "doubtful"}
"""What a kind of link is called."""


@dataclass(frozen=True)
class Site:
    """A site with links. hosts: how many are tied to anything there; devices: those that belong to the network."""

    name: str
    zone: str
    hosts: int
    devices: int
    links: int
    url: str


@dataclass(frozen=True)
class Choice:
    """A zone or a site, and the link that shows it."""

    name: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class Side:
    """An end of a link. url: of the host's page, empty for an unknown thing. thing: what that calls itself by."""

    name: str
    url: str
    port: str
    thing: str


@dataclass(frozen=True)
class Line:
    """A link, the end that is nearer to a router first. kind: sure, likely or doubted; word: the same to be read."""

    upper: Side
    lower: Side
    how: str
    kind: str
    word: str
    percent: str
    whose: str
    why: str


@dataclass(frozen=True)
class TopologyView:
    """Everything that the page shows. ready: all hosts were looked at since the start. any: there is a link at all.

    title: the site, or the host, that is shown; whole: the link back from a host to its site. suppliers: a link is the
    supplier's. more: sites for which there is no room.
    """

    query: TopologyQuery
    ready: bool
    any: bool
    looked: Moment | None
    zones: Sequence[Choice]
    sites: Sequence[Site]
    more: int
    title: str
    whole: str
    drawing: Drawing | None
    lines: Sequence[Line]
    total: int
    first: int
    before: str
    after: str
    suppliers: bool


def build(
    query: TopologyQuery, plan: Plan, hosts: Mapping[str, Host], state: Callable[[Host], str], wall: float, clock: Clock
) -> TopologyView:
    """Return the page. state: the word for how a host is. wall: seconds since the epoch."""
    known = sites(plan, query)
    if not query.site and not query.behind and not query.words and len(known) == 1:
        query = TopologyQuery(query.zone or known[0].zone, known[0].name, page=query.page)
    links = chosen(plan, query)
    drawing = draw(query, plan, hosts, links, state) if query.site and not query.behind and links else None
    ordered = sorted((_upright(plan, link) for link in links), key=lambda pair: _order(plan, hosts, pair[0], pair[1]))
    page = min(query.page, max(0, len(ordered) - 1) // MAX_ROWS)
    start, stop = page * MAX_ROWS, (page + 1) * MAX_ROWS
    zones = sorted({one.zone for one in plan.evidence.values() if one.zone})
    one = plan.evidence.get(query.behind)
    return TopologyView(
        query=query,
        ready=plan.at > 0,
        any=bool(plan.solution.links),
        looked=clock.moment(plan.at, wall) if plan.at else None,
        zones=[
            Choice(zone, TopologyQuery("" if zone == query.zone else zone).url(), zone == query.zone) for zone in zones
        ],
        sites=known[:MAX_SITES] if not query.site and not query.behind else [],
        more=max(0, len(known) - MAX_SITES),
        title=host_name(plan, hosts, query.behind) if query.behind else query.site,
        whole="" if one is None else TopologyQuery(one.zone, one.site).url(),
        drawing=drawing,
        lines=[_line(plan, hosts, link, upper) for link, upper in ordered[start:stop]],
        total=len(ordered),
        first=start + 1,
        before=query.url(page=str(page - 1) if page > 1 else "") if page else "",
        after=query.url(page=str(page + 1)) if stop < len(ordered) else "",
        suppliers=any(link.supplier for link in links),
    )


def sites(plan: Plan, query: TopologyQuery) -> list[Site]:
    """Return the sites with links, by name. A cable between two sites counts for both."""
    tied: Counter[tuple[str, str]] = Counter()
    devices: Counter[tuple[str, str]] = Counter()
    links: Counter[tuple[str, str]] = Counter()
    for origin in plan.links_of:
        one = plan.evidence[origin]
        tied[_place(one)] += 1
        devices[_place(one)] += is_network(plan, origin)
    for link in plan.solution.links:
        links.update({_place(plan.evidence[end.origin]) for end in (link.one, link.other) if end.origin})
    words = query.words.casefold().split()
    return [
        Site(site, zone, tied[site, zone], devices[site, zone], links[site, zone], TopologyQuery(zone, site).url())
        for site, zone in sorted(tied)
        if (not query.zone or zone == query.zone) and all(word in site.casefold() for word in words)
    ]


def chosen(plan: Plan, query: TopologyQuery) -> list[Link]:
    """Return the links of a host and of what hangs on it, or those of a site; none where neither is asked for."""
    if query.behind:
        return _behind(plan, query.behind)
    if not query.site:
        return []
    found: dict[int, Link] = {}
    for origin, links in plan.links_of.items():
        one = plan.evidence[origin]
        if query.fits(one.zone, one.site):
            found |= {id(link): link for link in links}
    return list(found.values())


def _behind(plan: Plan, origin: str) -> list[Link]:
    found: dict[int, Link] = {id(link): link for link in plan.links_of.get(origin, ())}
    waiting = list(plan.tree.children.get(origin, ()))
    while waiting:
        # What hangs on another box is listed there; a machine behind a telephone is listed here.
        below = waiting.pop()
        if holder(plan, below) == origin and not is_network(plan, below):
            found |= {id(link): link for link in plan.links_of.get(below, ())}
            waiting += plan.tree.children.get(below, ())
    return list(found.values())


def _place(one: Evidence) -> tuple[str, str]:
    return one.site, one.zone


def _upright(plan: Plan, link: Link) -> tuple[Link, bool]:
    """Return a link, and whether its first end is the one that is nearer to a router."""
    steps = plan.tree.steps
    one, other = ends(link)
    return link, steps.get(one, 0) <= steps.get(other, len(steps))


def _order(plan: Plan, hosts: Mapping[str, Host], link: Link, first: bool) -> tuple[object, ...]:  # noqa: FBT001
    upper, lower = (link.one, link.other) if first else (link.other, link.one)
    return host_name(plan, hosts, upper.origin).casefold(), upper.key, _natural(upper.port), lower.key, lower.port


def _natural(port: str) -> list[tuple[int, str]]:
    """Return by what a port is put in order: 2 before 10. Digits are those of ASCII, and not without end."""
    return [
        (int(part), "") if part.isascii() and part.isdecimal() and len(part) < _NUMBERS else (-1, part)
        for part in _DIGITS.split(port)
    ]


def _line(plan: Plan, hosts: Mapping[str, Host], link: Link, first: bool) -> Line:  # noqa: FBT001
    upper, lower = (link.one, link.other) if first else (link.other, link.one)
    of = kind(link.confidence)
    # Rounded down: what is not quite certain is not said to be so.
    return Line(
        _side(plan, hosts, upper), _side(plan, hosts, lower), link.how.value, of, WORDS[of],
        f"{int(link.confidence * 100 + 1e-9)} %", "supplier" if link.supplier else "ours", link.why,
    )  # fmt: skip


def _side(plan: Plan, hosts: Mapping[str, Host], end: End) -> Side:
    if not end.origin:
        return Side(end.name or end.thing, "", end.port, end.thing if end.name else "")
    url = f"/hosts/{end.origin}" if end.origin in hosts else ""
    return Side(host_name(plan, hosts, end.origin), url, end.port, "")
