"""The fleet page as plain facts: which hosts a query finds, how they stand, and the rows of one page.

Cheap things are done for every host, expensive ones only for the rows that are shown: the page must stay quick for
fifty thousand.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import chain

from driftvakt_collector.console import facet, graph, quantity, sieve, standing
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.fleet_query import PROBLEMS, FleetQuery
from driftvakt_collector.console.vitals import cpu_hour, vitals
from driftvakt_collector.fleet.host import Host, Verdict, verdict

ROWS = 100
WARN, BAD = 0.85, 0.95
"""Shares from which a value is marked."""
_RARE = standing.State.FAILS
"""The state that is shown only where there is one: most fleets begin without services."""


@dataclass(frozen=True)
class Meter:
    """A share of 1 as text, as a bar's length in percent, and how bad it is: "", "warn" or "bad"."""

    text: str
    length: float
    tone: str


@dataclass(frozen=True)
class Row:
    """A host in the list. word: its state in one."""

    origin: str
    name: str
    state: str
    word: str
    sentence: str
    administration: str
    site: str
    zone: str
    class_: str
    cpu: Meter
    memory: Meter
    disk: Meter
    load: str
    spark: graph.Spark
    last: str
    moment: Moment | None


@dataclass(frozen=True)
class Heading:
    """A column that can be sorted by. direction: "ascending", "descending" or "" as aria-sort has them."""

    title: str
    url: str
    direction: str
    number: bool


@dataclass(frozen=True)
class FleetView:
    """Everything that the page shows. total: enrolled hosts; found: those that the query finds.

    problems: how many of these are late, silent or failing; failing: services that are down.
    """

    query: FleetQuery
    total: int
    found: int
    problems: int
    problems_url: str
    failing: int
    failing_url: str
    tiles: Sequence[facet.Tile]
    segments: Sequence[facet.Segment]
    groups: Sequence[tuple[str, Sequence[facet.Group]]]
    choices: Sequence[facet.Choice]
    headings: Sequence[Heading]
    rows: Sequence[Row]
    first: int
    page: int
    pages: int
    page_links: Sequence[tuple[int, str]]
    previous: str
    next: str


def build(
    hosts: Sequence[Host], query: FleetQuery, now: float, wall: float, healthy_since: float, clock: Clock,
    numbered: Set[str] = frozenset(),
) -> FleetView:  # fmt: skip
    """Return the page. now, healthy_since: monotonic; wall: seconds since the epoch. numbered: see `sieve.searched`."""
    judged = [(host, standing.state(host, verdict(host, now, healthy_since))) for host in hosts]
    found, nearly = sieve.sift(sieve.searched(judged, query.search, numbered), query)
    pages = max(1, -(-len(found) // ROWS))
    page = min(query.page, pages)
    query = query.on_page(page)
    ordered = sieve.ordered(found, query, wall)
    shown = ordered[(page - 1) * ROWS : page * ROWS]
    states = Counter(one for _, one in chain(found, nearly["state"]))
    troubled = sum(states[one] for one in standing.PROBLEMS)
    return FleetView(
        query=query,
        total=len(hosts),
        found=len(found),
        problems=troubled,
        problems_url=query.only("state", PROBLEMS).url(),
        failing=states[standing.State.FAILS],
        failing_url=query.only("state", standing.State.FAILS).url(),
        tiles=[facet.tile(one, states, query) for one in standing.WORDS if one in states or one is not _RARE],
        segments=facet.segments(states),
        groups=[
            ("Zone", facet.groups("zone", chain(found, nearly["zone"]), query)),
            ("Class", facet.groups("class", chain(found, nearly["class"]), query)),
        ],
        choices=[
            facet.state_choice(query),
            *(
                choice
                for name in sieve.GET
                # What nothing is known of is no filter: makers, until an inventory has come.
                if (choice := facet.choice(name, chain(found, nearly[name]), query)).offers
            ),
        ],
        headings=[_heading(title, sort, query) for title, sort in _COLUMNS],
        rows=[_row(host, one, verdict(host, now, healthy_since), wall, clock) for host, one in shown],
        first=(page - 1) * ROWS + 1 if shown else 0,
        page=page,
        pages=pages,
        page_links=[(one, query.on_page(one).url()) for one in _near(page, pages)],
        previous=query.on_page(page - 1).url() if page > 1 else "",
        next=query.on_page(page + 1).url() if page < pages else "",
    )


_COLUMNS = (
    ("State", "state"), ("Name", "name"), ("Administration", "administration"), ("Site", "site"), ("CPU", "cpu"),
    ("Memory", "memory"), ("Fullest disk", "disk"), ("Load", "load"), ("Last report", "last"),
)  # fmt: skip


def _heading(title: str, sort: str, query: FleetQuery) -> Heading:
    direction = ""
    if query.sort == sort:
        direction = "descending" if query.descending else "ascending"
    number = sort in ("cpu", "memory", "disk", "load")
    return Heading(title, query.sorted_by(sort).url(), direction, number)


def _near(page: int, pages: int) -> list[int]:
    """Return the pages that are linked: the first, the last, and those around this one."""
    return sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})


def _row(host: Host, state: standing.State, one: Verdict, wall: float, clock: Clock) -> Row:
    numbers = vitals(host, wall)
    return Row(
        origin=host.origin,
        name=shown_name(host),
        state=state.value,
        word=standing.WORDS[state],
        sentence=str(standing.sentence(host, one, wall, clock)),
        administration=host.administration,
        site=host.site,
        zone=host.zone,
        class_=host.class_,
        cpu=meter(numbers.cpu, warn=0.9, bad=2.0),
        memory=meter(numbers.memory, warn=0.9, bad=0.97),
        disk=meter(numbers.disk, warn=WARN, bad=BAD),
        load=quantity.NONE if numbers.load is None else quantity.digits(round(numbers.load, 2)),
        spark=graph.spark(cpu_hour(host, wall)),
        last=standing.ago(host, wall),
        moment=None if host.received is None else clock.moment(host.received_wall, wall),
    )


def meter(share: float | None, warn: float, bad: float) -> Meter:
    """Return a share as a bar. warn, bad: from which it is marked."""
    if share is None:
        return Meter(quantity.NONE, 0.0, "none")
    tone = "bad" if share >= bad else "warn" if share >= warn else ""
    return Meter(quantity.percent(share), round(100 * min(max(share, 0.0), 1.0), 1), tone)


def shown_name(host: Host) -> str:
    """Return the host's name, or its origin where the name shows nothing that could be clicked."""
    visible = any(one.isprintable() and not one.isspace() for one in host.name)
    return host.name if visible else host.origin
