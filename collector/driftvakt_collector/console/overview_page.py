"""The overview: administrations against zones, what is open, who is on call tonight, what holds pages back. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from driftvakt_collector.alert import mute as mutes
from driftvakt_collector.alert.mute import Kind, Mute
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.console import facet, standing
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.fleet_query import PROBLEMS, FleetQuery
from driftvakt_collector.console.incidents_page import IncidentLine, incident_line
from driftvakt_collector.console.oncall_page import RotaLine, rota_lines
from driftvakt_collector.fleet.host import Host, verdict
from driftvakt_collector.store.incidents import IncidentRow

INCIDENTS = 6
"""Incidents that stand on the overview; the rest are a click away."""


@dataclass(frozen=True)
class Cell:
    """The hosts of an administration in a zone. length: the part that is well, in percent."""

    url: str
    total: int
    problems: int
    problems_url: str
    length: float


@dataclass(frozen=True)
class Line:
    """An administration. cells: one a zone, None where it has no host there. open: its incidents, by severity."""

    name: str
    url: str
    cells: Sequence[Cell | None]
    critical: int
    other: int


@dataclass(frozen=True)
class OverviewView:
    """The page. rotas: who is on call, None for who is not shown that. open: how many incidents are; silenced: how many

    silences and windows run; freezes: in words, those that are on.
    """

    total: int
    problems: int
    problems_url: str
    segments: Sequence[facet.Segment]
    zones: Sequence[str]
    lines: Sequence[Line]
    incidents: Sequence[IncidentLine]
    open: int
    rotas: Sequence[RotaLine] | None
    silenced: int
    freezes: Sequence[str]
    trouble: Sequence[str]


def build(
    hosts: Iterable[Host], incidents: Sequence[IncidentRow], found: Iterable[Mute], book: RotaBook | None,
    trouble: Sequence[str], now: float, wall: float, healthy_since: float, clock: Clock,
) -> OverviewView:  # fmt: skip
    """Return the page. incidents: those that are open. book: None where who is on call is not shown. now: monotonic."""
    counts: Counter[tuple[str, str, standing.State]] = Counter()
    for host in hosts:
        state = standing.state(host, verdict(host, now, healthy_since))
        counts[host.administration, host.zone, state] += 1
    zones = sorted({zone for _, zone, _ in counts})
    names = sorted({name for name, _, _ in counts}, key=str.casefold)
    open_ = Counter((one.administration, one.severity == "critical") for one in incidents)
    lines = [_line(name, zones, counts, open_) for name in names]
    states: Counter[standing.State] = Counter()
    for (_, _, state), count in counts.items():
        states[state] += count
    running = mutes.running(found, wall)
    worst = sorted(incidents, key=lambda one: (one.severity != "critical", -one.opened_at))
    return OverviewView(
        total=sum(counts.values()),
        problems=sum(states[one] for one in standing.PROBLEMS),
        problems_url=FleetQuery(state=PROBLEMS).url(),
        segments=facet.segments(states),
        zones=zones,
        lines=sorted(lines, key=lambda one: (-one.critical, -_problems(one), -one.other)),
        incidents=[incident_line(one, wall, clock) for one in worst[:INCIDENTS]],
        open=len(incidents),
        rotas=None if book is None else rota_lines(book, wall),
        silenced=sum(one.kind is not Kind.FREEZE for one, _ in running),
        freezes=[held.reason.en for held in mutes.frozen([one for one, _ in running], wall)],
        trouble=trouble,
    )


def _line(
    name: str, zones: Sequence[str], counts: Counter[tuple[str, str, standing.State]], open_: Counter[tuple[str, bool]]
) -> Line:
    cells = [_cell(name, zone, counts) for zone in zones]
    url = FleetQuery(administration=name).url()
    return Line(name, url, cells, open_[name, True], open_[name, False])


def _cell(name: str, zone: str, counts: Counter[tuple[str, str, standing.State]]) -> Cell | None:
    there = {state: counts[name, zone, state] for state in standing.WORDS if (name, zone, state) in counts}
    total = sum(there.values())
    if not total:
        return None
    problems = sum(there.get(one, 0) for one in standing.PROBLEMS)
    query = FleetQuery(administration=name, zone=zone)
    worst = FleetQuery(administration=name, zone=zone, state=PROBLEMS)
    return Cell(query.url(), total, problems, worst.url(), round(100.0 * (total - problems) / total, 1))


def _problems(line: Line) -> int:
    return sum(one.problems for one in line.cells if one is not None)
