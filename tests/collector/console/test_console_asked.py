"""Pages of what no agent speaks for: their words are of answers and checks, their graphs of what they have."""

from urllib.parse import parse_qsl

import pytest
from town import NOW, WALL, host_row, town

from driftvakt_collector.console import fleet_page, host_page
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.host_page import HostView
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.journal.line import Report
from driftvakt_collector.store.feed import EventRow
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest

CLOCK = Clock("Europe/Stockholm")
PAGES = Pages()
Told = tuple[str, tuple[tuple[str, str], ...], float]
SWITCH: tuple[Told, ...] = (
    ("ifHCInOctets", (("ifIndex", "1"), ("ifName", "Gi0/1")), 1e9),
    ("ifHCOutOctets", (("ifIndex", "1"), ("ifName", "Gi0/1")), 1e9),
    ("driftvakt_poll_duration_seconds", (), 0.17), ("driftvakt_poll_variables", (), 921.0),
)  # fmt: skip
SENSOR: tuple[Told, ...] = (("driftvakt_sensor_celsius", (("sensor", "Rack"),), 21.0),)
DOWN: tuple[Told, ...] = (
    ("probe_success", (), 0.0), ("probe_duration_seconds", (), 0.25),
    ("driftvakt_probe_fault", (("fault", "down"),), 1.0),
)  # fmt: skip


def host(class_: str, *told: Told, quiet: float | None = 12.0, name: str = "ting") -> Host:
    """Return a host that a poller speaks for. quiet: seconds since it was heard, None for never."""
    row = host_row(1, origin=f"d-{name}", class_=class_, name=name, keeper="p-01")
    fleet = Fleet([row], 0.0)
    found = fleet.hosts[row.origin]
    if quiet is not None:
        body = series_set([(family, labels) for family, labels, _ in told], {})
        for late in (60, 0):
            at = WALL - quiet - late
            report = Report(at=at, up=0.0, series=digest(body), values=[value for _, _, value in told])
            fleet.report(found, report, NOW - quiet - late, at)
            fleet.bind(found, digest(body), body, at)
    return found


def view(one: Host, *events: EventRow) -> HostView:
    return host_page.build(one, events, NOW, WALL, 0.0, CLOCK, asked=[("Address", "10.20.0.7")])


def html(shown: HostView) -> str:
    return PAGES.render("host.html", view=shown, who="x", stamp=CLOCK.moment(WALL, WALL)).decode()


@pytest.mark.parametrize(("class_", "told", "quiet", "expected"), [
    pytest.param("switch", SWITCH, 12.0, "answered 12 s ago", id="a device that answers"),
    pytest.param("switch", SWITCH, 1400.0, "silent since 16:43 (23 minutes)", id="a device that does not"),
    pytest.param("switch", SWITCH, 170.0, "late: last answered 17:03, the next is 1 min 50 s overdue", id="a late one"),
    pytest.param("switch", (), None, "added; it has not answered yet", id="a new device"),
    pytest.param("service", DOWN, 12.0, "checked 12 s ago", id="a service"),
    pytest.param("service", DOWN, 1400.0, "not checked since 16:43 (23 minutes)", id="a service that nobody checks"),
    pytest.param("service", (), None, "added; it has not been checked yet", id="a new service"),
])  # fmt: skip
def test_the_state_in_words(class_: str, told: tuple[Told, ...], quiet: float | None, expected: str) -> None:
    assert str(view(host(class_, *told, quiet=quiet)).sentence).replace("\u00a0", " ") == expected


@pytest.mark.parametrize(
    ("class_", "expected"),
    [
        pytest.param("switch", "Waiting for its first answer", id="a device"),
        pytest.param("service", "Waiting for its first check", id="a service"),
    ],
)
def test_nobody_is_told_to_start_an_agent_on_a_device(class_: str, expected: str) -> None:
    page = html(view(host(class_, quiet=None)))

    assert expected in page
    assert "driftvakt-agent" not in page
    assert "report" not in page.partition("<main")[2].partition("What changed")[0]


@pytest.mark.parametrize(
    ("class_", "told", "expected"),
    [
        pytest.param("switch", SWITCH, ["Network"], id="a switch"),
        pytest.param("service", DOWN, ["Response time"], id="a service"),
        pytest.param("sensor", SENSOR, [], id="a sensor"),
    ],
)
def test_only_graphs_with_numbers_behind_them_are_drawn(
    class_: str, told: tuple[Told, ...], expected: list[str]
) -> None:
    shown = view(host(class_, *told))

    assert [one.title for one in shown.graphs] == expected
    assert ("The last hour" in html(shown)) is bool(expected)


def test_an_agent_keeps_its_graphs() -> None:
    shown = view(town(20).hosts["a-00000f"])

    assert [one.key for one in shown.graphs] == ["cpu", "memory", "load", "disk", "network"]


def test_facts_say_how_it_is_asked() -> None:
    facts = {one.name: one.text.replace("\u00a0", " ") for one in view(host("switch", *SWITCH)).facts}

    assert facts["Asked every"] == "1 min"
    assert facts["Address"] == "10.20.0.7"
    assert facts["Asked by"] == "p-01"
    assert facts["Last visit"] == "170 ms, 921 variables"


def event(name: str, text: str) -> EventRow:
    return EventRow("d-ting", "e", 1, "event", WALL - 60, WALL, name, text)


@pytest.mark.parametrize(("events", "expected"), [
    pytest.param([event("check.down", "ting: nothing listens there")], "It is down: nothing listens there.", id="told"),
    pytest.param([event("check.hung", "ting: no answer within 10 s")],
                 "It is down: nothing listens there, or no way leads there.", id="of another fault"),
    pytest.param([event("check.ok", "ting answers"), event("check.down", "ting: nothing listens there")],
                 "It is down: nothing listens there, or no way leads there.", id="of another time"),
])  # fmt: skip
def test_a_service_that_is_down_says_why(events: list[EventRow], expected: str) -> None:
    shown = view(host("service", *DOWN), *events)

    assert (shown.mark, shown.word, shown.verdict) == ("fails", "Fails", "ok")
    assert shown.findings[0].text == f"{expected} Look at the service and the firewall"


def test_a_service_that_is_down_stands_on_top_of_the_list_and_has_no_load() -> None:
    fine = host("service", ("probe_success", (), 1.0), ("probe_duration_seconds", (), 9.0), name="a-fine")
    hosts = [fine, host("switch", *SWITCH, name="b-switch"), host("service", *DOWN, name="c-down")]

    listed = fleet_page.build(hosts, FleetQuery(), NOW, WALL, 0.0, CLOCK)
    by_load = fleet_page.build(hosts, FleetQuery(sort="load"), NOW, WALL, 0.0, CLOCK)

    assert [(row.name, row.word, row.state, row.load) for row in listed.rows] == [
        ("c-down", "Fails", "fails", "–"), ("a-fine", "OK", "ok", "–"), ("b-switch", "OK", "ok", "–"),
    ]  # fmt: skip
    assert len(by_load.rows) == 3
    assert {tile.word: tile.count for tile in listed.tiles if tile.count} == {"Fails": 1, "OK": 2}
    assert (listed.problems, listed.failing) == (1, 1)
    for query in (listed.failing_url, listed.problems_url, listed.tiles[1].url):
        asked = FleetQuery.read(dict(parse_qsl(query.removeprefix("/?"))))
        assert [row.name for row in fleet_page.build(hosts, asked, NOW, WALL, 0.0, CLOCK).rows] == ["c-down"]


def test_where_no_service_fails_there_is_no_tile_for_it() -> None:
    listed = fleet_page.build([host("switch", *SWITCH)], FleetQuery(), NOW, WALL, 0.0, CLOCK)

    assert "Fails" not in {tile.word for tile in listed.tiles}


def test_a_service_that_nobody_checks_is_silent_and_not_failing() -> None:
    shown = view(host("service", *DOWN, quiet=1400.0))

    assert (shown.mark, shown.word) == ("silent", "Silent")
    assert "As last checked" in html(shown)


DEAD = "nothing listens for SNMP on 10.20.0.7 port 161"


@pytest.mark.parametrize(("quiet", "events", "expected"), [
    pytest.param(1400.0, [event("poll.unreachable", DEAD)], True, id="silent"),
    pytest.param(None, [event("poll.unreachable", DEAD)], True, id="never heard"),
    pytest.param(12.0, [event("poll.unreachable", DEAD)], False, id="answers"),
    pytest.param(1400.0, [event("poll.answers", "it answers again"), event("poll.unreachable", DEAD)], False,
                 id="of another time"),
    pytest.param(1400.0, [event("poll.incomplete", "a command hung"), event("poll.unreachable", DEAD)], True,
                 id="of the same time"),
    pytest.param(1400.0, [], False, id="not known"),
])  # fmt: skip
def test_a_device_that_does_not_answer_says_why_and_since_when(
    quiet: float | None, events: list[EventRow], expected: bool
) -> None:
    shown = view(host("switch", *SWITCH, quiet=quiet), *events)

    assert [one.text.endswith(DEAD) and "since " in one.text for one in shown.findings] == [True] * expected
    assert 'id="card-events"' in html(shown)
