"""A host's page as plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from driftvakt_collector.console import card, finding, quantity, standing, system
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.graph import Graph, graph, times_of
from driftvakt_collector.console.inventory_page import ChangeLine, lines
from driftvakt_collector.console.missing import Missing, missing
from driftvakt_collector.console.readings import Reading, Readings, read
from driftvakt_collector.console.trust import Distrust, distrust
from driftvakt_collector.fleet.gaps import Gap
from driftvakt_collector.fleet.host import Host, Verdict, verdict
from driftvakt_collector.fleet.hour import POINTS
from driftvakt_collector.store.feed import EventRow
from driftvakt_collector.store.forks import Fork
from driftvakt_collector.store.history import ChangeRow


@dataclass(frozen=True)
class Fact:
    """A line of the host's description. url: the list of all hosts that share it, empty where there is none."""

    name: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class SeriesRow:
    """A line of the full table. plain: in the base unit; readable: as a person would say it, empty when the same."""

    name: str
    labels: str
    plain: str
    readable: str
    help: str


@dataclass(frozen=True)
class Happening:
    """An event of the host."""

    moment: Moment
    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class HostView:
    """Everything that the page shows. current: the numbers are of a host that reports now. measured: it has any."""

    origin: str
    name: str
    administration: str
    verdict: str
    word: str
    sentence: standing.Sentence
    current: bool
    as_of: Moment | None
    facts: Sequence[Fact]
    measured: bool
    graphs: Sequence[Graph]
    findings: Sequence[finding.Finding]
    cards: Sequence[card.Card]
    series: Sequence[SeriesRow]
    series_total: int
    search: str
    events: Sequence[Happening]
    missing: Missing
    distrust: Distrust | None
    changes: Sequence[ChangeLine]


def build(
    host: Host,
    events: Sequence[EventRow],
    now: float,
    wall: float,
    healthy_since: float,
    clock: Clock,
    search: str = "",
    gaps: Sequence[Gap] = (),
    forks: Sequence[Fork] = (),
    changes: Sequence[ChangeRow] = (),
    asset: int = 0,
) -> HostView:
    """Return the page. now, healthy_since: monotonic; wall: seconds since the epoch.

    search: in the full table. asset: its number, 0 for none.
    """
    one = verdict(host, now, healthy_since)
    readings = read(host)
    rows = [_series_row(one_series, readings) for one_series in readings]
    return HostView(
        origin=host.origin,
        name=shown_name(host),
        administration=host.administration,
        verdict=one.value,
        word=standing.WORDS[one],
        sentence=standing.sentence(host, one, wall, clock),
        current=one in (Verdict.OK, Verdict.LATE),
        as_of=None if host.received is None else clock.moment(host.received_wall, wall),
        facts=_facts(host, readings, one, wall, asset),
        measured=host.series is None or len(host.series) > 0,
        graphs=_graphs(host, readings, wall, clock),
        findings=finding.findings(readings, datetime.fromtimestamp(wall, UTC).date()),
        cards=card.cards(readings, host.up),
        series=_matching(rows, search),
        series_total=len(rows),
        search=search,
        events=[Happening(clock.moment(row.at, wall, seconds=True), row.kind, row.name, row.text) for row in events],
        missing=missing(gaps, wall, clock),
        distrust=distrust(host, forks, wall, clock),
        changes=lines(changes, host.origin, wall, clock),
    )


def _facts(host: Host, readings: Readings, one: Verdict, wall: float, asset: int) -> list[Fact]:
    fleet = FleetQuery()
    cpus = len({reading.label("cpu") for reading in readings.all("node_cpu_seconds_total")})
    memory = readings.one("node_memory_MemTotal_bytes")
    maker, product = (readings.fact("node_dmi_info", label) for label in ("system_vendor", "product_name"))
    told = product if product.lower().startswith(maker.lower()) else f"{maker} {product}".strip()
    machine = f"{host.vendor} {host.model}".strip() or told
    sized = [f"{cpus} CPU{'' if cpus == 1 else 's'}" if cpus else "", quantity.size(memory) if memory else ""]
    agent = readings.fact("driftvakt_agent_info", "version") or readings.fact("driftvakt_agent_build_info", "version")
    running = host.up + (max(0.0, wall - host.received_wall) if one in (Verdict.OK, Verdict.LATE) else 0.0)
    facts = [
        Fact("Administration", host.administration, fleet.only("administration", host.administration).url()),
        Fact("Site", host.site, fleet.only("site", host.site).url()),
        Fact("Zone", host.zone, fleet.only("zone", host.zone).url()),
        Fact("Class", host.class_, fleet.only("class", host.class_).url()),
        Fact("Operating system", readings.fact("node_os_info", "pretty_name")),
        Fact("Security updates", system.fact(system.supported(readings))),
        Fact("Kernel", " ".join(readings.fact("node_uname_info", label) for label in ("release", "machine")).strip()),
        Fact("Machine", machine),
        Fact("Size", ", ".join(text for text in sized if text)),
        Fact("Up", quantity.duration(running) if host.received is not None and host.up > 0 else ""),
        Fact("Reports every", quantity.duration(host.every) if host.received is not None else ""),
        Fact("Agent", agent),
        Fact("Address", host.address),
        Fact("By way of", host.via, f"/hosts/{host.via}" if host.via else ""),
        Fact("Origin", host.origin),
        Fact("Asset", f"{asset}" if asset else "", f"/hosts/{host.origin}/inventory#asset"),
    ]
    return [fact for fact in facts if fact.text]


def _graphs(host: Host, readings: Readings, wall: float, clock: Clock) -> list[Graph]:
    hour = host.hour
    times = times_of(wall, clock)

    def points(name: str) -> list[float | None]:
        return [None] * POINTS if hour is None else hour.series(name, wall)

    cpus = len({one.label("cpu") for one in readings.all("node_cpu_seconds_total")})
    memory = readings.one("node_memory_MemTotal_bytes")
    return [
        graph("cpu", "CPU", [("", "cpu", points("cpu"))], quantity.percent, times, top=1.0,
              note=f"of {cpus}" if cpus else ""),
        graph("memory", "Memory", [("", "memory", points("memory"))], quantity.percent, times, top=1.0,
              note=f"of {quantity.size(memory)}" if memory else ""),
        graph("load", "Load", [("", "load", points("load"))], _load, times, note="tasks, 1 minute"),
        graph("disk", "Fullest disk", [("", "disk", points("disk"))], quantity.percent, times, top=1.0),
        graph("network", "Network", [("in", "received", points("received")), ("out", "sent", points("sent"))],
              quantity.bit_rate, times),
    ]  # fmt: skip


def _load(value: float | None) -> str:
    return quantity.NONE if value is None else quantity.digits(round(value, 2))


def _series_row(reading: Reading, readings: Readings) -> SeriesRow:
    unit, help_ = readings.described(reading.name)
    plain = quantity.with_unit(reading.value, unit)
    labels = ", ".join(f"{name}={text}" for name, text in reading.labels.items() if text)
    return SeriesRow(reading.name, labels, plain, _readable(reading.name, reading.value, unit), help_)


def _readable(name: str, value: float, unit: str) -> str:
    if unit == "bytes" and abs(value) >= 1024:
        return quantity.size(value)
    if unit == "seconds" and value >= 120 and "time_seconds" not in name and "timestamp" not in name:
        return quantity.duration(value)
    return ""


def _matching(rows: list[SeriesRow], search: str) -> list[SeriesRow]:
    words = search.casefold().split()
    return [row for row in rows if all(word in f"{row.name} {row.labels} {row.help}".casefold() for word in words)]
