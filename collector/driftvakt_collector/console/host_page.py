"""A host's page as plain facts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from driftvakt_collector.console import agent_finding, device_finding, quantity, service_card, standing, system
from driftvakt_collector.console.behind import Behind
from driftvakt_collector.console.card import Card
from driftvakt_collector.console.cards import cards
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.finding import Finding, short
from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.graph import Graph, graph, times_of
from driftvakt_collector.console.inventory_page import ChangeLine, lines
from driftvakt_collector.console.missing import Missing, missing
from driftvakt_collector.console.readings import Reading, Readings, read
from driftvakt_collector.console.trust import Distrust, distrust
from driftvakt_collector.fleet.gaps import Gap
from driftvakt_collector.fleet.host import SERVICE, Host, Verdict, verdict
from driftvakt_collector.fleet.hour import ANSWER, POINTS
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
    """Everything that the page shows. current: the numbers are of a host that reports now. measured: it has any.

    mark: the colour of `word`. verb: what the host does when something comes of it, as `standing` says.
    """

    origin: str
    name: str
    administration: str
    verdict: str
    mark: str
    word: str
    verb: str
    sentence: standing.Sentence
    current: bool
    as_of: Moment | None
    facts: Sequence[Fact]
    measured: bool
    graphs: Sequence[Graph]
    findings: Sequence[Finding]
    cards: Sequence[Card]
    series: Sequence[SeriesRow]
    series_total: int
    search: str
    events: Sequence[Happening]
    missing: Missing
    distrust: Distrust | None
    changes: Sequence[ChangeLine]
    behind: Behind | None


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
    behind: Behind | None = None,
    asked: Sequence[tuple[str, str]] = (),
    keeper: str = "",
) -> HostView:
    """Return the page. now, healthy_since: monotonic; wall: seconds since the epoch.

    search: in the full table. asset: its number, 0 for none. behind: where it hangs. asked: how, where no agent speaks;
    keeper: the name of who asks.
    """
    one = verdict(host, now, healthy_since)
    state = standing.state(host, one)
    mark, word = state.value, standing.WORDS[state]
    readings = read(host)
    rows = [_series_row(one_series, readings) for one_series in readings]
    return HostView(
        origin=host.origin,
        name=shown_name(host),
        administration=host.administration,
        verdict=one.value,
        mark=mark,
        word=word,
        verb=standing.verb(host),
        sentence=standing.sentence(host, one, wall, clock),
        current=one in (Verdict.OK, Verdict.LATE),
        as_of=None if host.received is None else clock.moment(host.received_wall, wall),
        facts=_facts(host, readings, one, wall, asset, asked, keeper),
        measured=host.series is None or len(host.series) > 0,
        graphs=_graphs(host, readings, wall, clock),
        findings=[*_unheard(host, one, events, wall, clock), *_findings(host, readings, events, wall)],
        cards=cards(readings, host.up),
        series=_matching(rows, search),
        series_total=len(rows),
        search=search,
        events=[Happening(clock.moment(row.at, wall, seconds=True), row.kind, row.name, row.text) for row in events],
        missing=missing(gaps, wall, clock),
        distrust=distrust(host, forks, wall, clock),
        changes=lines(changes, host.origin, wall, clock),
        behind=behind,
    )


def _facts(
    host: Host, readings: Readings, one: Verdict, wall: float, asset: int, asked: Sequence[tuple[str, str]], keeper: str
) -> list[Fact]:
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
        Fact("Supplier", host.supplier),
        Fact("Class", host.class_, fleet.only("class", host.class_).url()),
        Fact("Operating system", readings.fact("node_os_info", "pretty_name")),
        Fact("Security updates", system.fact(system.supported(readings))),
        Fact("Kernel", " ".join(readings.fact("node_uname_info", label) for label in ("release", "machine")).strip()),
        Fact("Machine", machine),
        Fact("Size", ", ".join(text for text in sized if text)),
        Fact("Up", quantity.duration(running) if host.received is not None and host.up > 0 else ""),
        Fact(_EVERY[standing.verb(host)], quantity.duration(host.every) if host.received is not None else ""),
        Fact("Agent", agent),
        # What a poller brought came from the collector itself, or from a relay: not the device's address.
        Fact("Address", "" if host.keeper else host.address),
        *(Fact(name, text) for name, text in asked),
        Fact("Last visit", _visit(readings)),
        Fact("Asked by", keeper or host.keeper, f"/hosts/{host.keeper}" if host.keeper else ""),
        Fact("By way of", host.via, f"/hosts/{host.via}" if host.via else ""),
        Fact("Origin", host.origin),
        Fact("Asset", f"{asset}" if asset else "", f"/hosts/{host.origin}/inventory#asset"),
    ]
    return [fact for fact in facts if fact.text]


_EVERY = {"reported": "Reports every", "answered": "Asked every", "checked": "Checked every"}


def _visit(readings: Readings) -> str:
    took, variables = (readings.one(f"driftvakt_poll_{what}") for what in ("duration_seconds", "variables"))
    if took is None or variables is None:
        return ""
    return f"{quantity.brief(took)}, {quantity.counted(int(variables), 'variable')}"


def _unheard(host: Host, one: Verdict, events: Sequence[EventRow], wall: float, clock: Clock) -> list[Finding]:
    """Say why a device does not answer, and since when that is known."""
    if not host.keeper or one not in (Verdict.SILENT, Verdict.LATE, Verdict.NEW):
        return []
    told = next((row for row in events if row.name.startswith("poll.") and row.name != "poll.incomplete"), None)
    if told is None or told.name == "poll.answers":
        return []
    since = clock.moment(told.at, wall).text
    return [Finding("bad", f"It does not tell, since {since}: {short(told.text, 300)}", "events")]


def _findings(host: Host, readings: Readings, events: Sequence[EventRow], wall: float) -> list[Finding]:
    """Return what an operator should look at first, worst first."""
    told = next((row for row in events if row.name.startswith("check.")), None)
    reason = ""
    if told is not None and told.name == f"check.{service_card.fault(readings)}":
        reason = told.text.removeprefix(f"{host.name}: ")
    found = [
        *device_finding.findings(readings, reason),
        *agent_finding.findings(readings, datetime.fromtimestamp(wall, UTC).date()),
    ]
    return sorted(found, key=lambda one: one.tone != "bad")


_Points = list[float | None]


def _graphs(host: Host, readings: Readings, wall: float, clock: Clock) -> list[Graph]:
    """Return the graphs that the host has numbers for: an empty one of a switch's CPU looks as if it were broken."""
    hour = host.hour
    known: Collection[str] = () if host.series is None else host.series.index

    def points(name: str, *families: str) -> _Points:
        drawn: _Points = [None] * POINTS if hour is None else hour.series(name, wall)
        has = any(one in known for one in families)
        return drawn if has or (host.series is None and any(one is not None for one in drawn)) else []

    cpus = len({one.label("cpu") for one in readings.all("node_cpu_seconds_total")})
    memory = readings.one("node_memory_MemTotal_bytes")
    ports = any(name in known for name in ("ifHCInOctets", "ifInOctets"))
    checked = host.class_ == SERVICE
    answer = points(ANSWER, "probe_duration_seconds") if checked else []
    load = [] if checked else points("load", "node_load1")
    times = times_of(wall, clock)
    return [
        graph(key, title, lines, write, times, note=note, top=top)
        for key, title, lines, write, note, top in (
            ("answer", "Response time", [("", "load", answer)], quantity.brief, "", None),
            ("cpu", "CPU", [("", "cpu", points("cpu", "node_cpu_seconds_total"))], quantity.percent,
             f"of {cpus}" if cpus else "", 1.0),
            ("memory", "Memory", [("", "memory", points("memory", "node_memory_MemTotal_bytes"))], quantity.percent,
             f"of {quantity.size(memory)}" if memory else "", 1.0),
            ("load", "Load", [("", "load", load)], _load, "tasks, 1 minute", None),
            ("disk", "Fullest disk", [("", "disk", points("disk", "node_filesystem_size_bytes"))], quantity.percent, "",
             1.0),
            ("network", "Network", [
                ("in", "received", points("received", *_RECEIVED)), ("out", "sent", points("sent", *_SENT)),
            ], quantity.bit_rate, "all ports together" if ports else "", None),
        )
        if any(drawn for _, _, drawn in lines)
    ]  # fmt: skip


_RECEIVED = ("node_network_receive_bytes_total", "ifHCInOctets", "ifInOctets")
_SENT = ("node_network_transmit_bytes_total", "ifHCOutOctets", "ifOutOctets")


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
