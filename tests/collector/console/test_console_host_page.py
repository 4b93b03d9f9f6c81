from array import array
from math import inf

import pytest
from town import NOW, WALL, host_row, live, town

from driftvakt_collector.console import fleet_page, host_page
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.host_page import HostView
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.console.readings import Reading, Readings
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store.feed import EventRow

CLOCK = Clock("Europe/Stockholm")
TOWN = town(40)
PAGES = Pages()


def view(host: Host, search: str = "", events: tuple[EventRow, ...] = ()) -> HostView:
    return host_page.build(host, events, NOW, WALL, 0.0, CLOCK, search)


def said(origin: str) -> str:
    return str(view(TOWN.hosts[origin]).sentence).replace("\u00a0", " ")


@pytest.mark.parametrize(("origin", "expected"), [
    pytest.param("a-000000", "reported 12 s ago", id="a host that reports"),
    pytest.param("a-000006", "silent since 16:43 (23 minutes)", id="a silent host"),
    pytest.param("a-000016", "silent since 22 Nov 14:43 (26 hours)", id="silent since another day"),
    pytest.param("a-00000c", "late: last reported 17:03, the next is 2 min 2 s overdue", id="a late host"),
    pytest.param("a-000009", "enrolled; nothing has come from it yet", id="a new host"),
    pytest.param("a-00000d", "stopped cleanly after its report of 17:06 (12 seconds ago)", id="one that is off"),
])  # fmt: skip
def test_the_state_in_words(origin: str, expected: str) -> None:
    assert said(origin) == expected


def test_facts_come_from_the_enrolment_and_the_info_section() -> None:
    facts = {fact.name: fact.text.replace("\u00a0", " ") for fact in view(TOWN.hosts["a-00000f"]).facts}

    assert facts["Operating system"] == "Debian GNU/Linux 12 (bookworm)"
    assert facts["Kernel"] == "6.1.0-41-amd64 x86_64"
    assert facts["Machine"] == "Dell Inc. PowerEdge R650"
    assert facts["Size"] == "4 CPUs, 16 GiB"
    assert facts["Agent"] == "0.1.0"
    assert facts["Up"] == "4 d 15 h"


def test_what_is_wrong_stands_on_top_worst_first() -> None:
    shown = view(TOWN.hosts["a-00000f"])

    assert [(one.tone, one.text.replace("\u00a0", " ")) for one in shown.findings] == [
        ("bad", "/ is 97 % full, 3.3 GiB left"),
        ("bad", "Check backup is critical"),
        ("bad", "1 systemd unit failed: nightly-backup.service"),
        ("warn", "1 probe of the agent cannot read what it should: hwmon"),
        ("warn", "4 security updates pending"),
        ("warn", "A restart is required to run what was installed"),
    ]
    assert {one.anchor for one in shown.findings} <= {one.key for one in shown.cards}


def test_a_sound_host_has_nothing_on_top() -> None:
    assert view(TOWN.hosts["a-000001"]).findings == []


def test_a_new_host_has_a_page_without_numbers() -> None:
    shown = view(TOWN.hosts["a-000009"])

    assert shown.cards == []
    assert shown.series_total == 0
    assert all(one.empty for one in shown.graphs)


def test_the_full_table_is_searched_in_names_labels_and_help() -> None:
    rows = view(TOWN.hosts["a-00000f"], search="FILESYSTEM /var").series

    assert {row.name for row in rows} == {"node_filesystem_size_bytes", "node_filesystem_avail_bytes"}
    assert all("mountpoint=/var" in row.labels for row in rows)


def test_values_of_another_set_are_not_shown_under_the_wrong_names() -> None:
    fleet = Fleet([host_row(3)], 0.0)
    host = fleet.hosts["a-000003"]
    live(fleet, host, 0.3, minutes=3)
    host.values = array("d", [1.0, 2.0])

    assert {row.plain for row in view(host).series} == {"1"}


@pytest.mark.parametrize("number", [1e300, -1e300, 5e-324, 0.0])
def test_numbers_that_no_machine_has_break_no_page(number: float) -> None:
    fleet = Fleet([host_row(3)], 0.0)
    host = fleet.hosts["a-000003"]
    live(fleet, host, 0.3, troubled=True, minutes=3)
    assert host.hour is not None
    host.values = array("d", [number]) * len(host.values)
    host.hour.points[:] = array("f", [inf]) * len(host.hour.points)
    host.up = 1e-9

    shown = host_page.build(host, (), NOW, WALL, 0.0, CLOCK)
    listed = fleet_page.build([host], FleetQuery(sort="cpu"), NOW, WALL, 0.0, CLOCK)

    assert PAGES.render("host.html", view=shown, who="x", stamp=CLOCK.moment(WALL, WALL))
    assert 0 <= listed.rows[0].disk.length <= 100
    assert all(0 <= cell.length <= 100 for one in shown.cards for row in one.rows for cell in row if cell.length)


def test_events_are_told_in_local_time_and_marked_up_in_utc() -> None:
    event = EventRow("a-000001", "e", 1, "event", WALL - 60, WALL, "agent.start", "Åke såg det")

    shown = view(TOWN.hosts["a-000001"], events=(event,)).events[0]

    assert (shown.moment.text, shown.moment.iso) == ("17:05:40", "2026-11-23T16:05:40Z")


def test_a_time_that_no_calendar_has_breaks_nothing() -> None:
    event = EventRow("a-000001", "e", 1, "event", 1e300, WALL, "agent.start", "")

    assert "no time" in view(TOWN.hosts["a-000001"], events=(event,)).events[0].moment.text


def test_looking_up_by_labels_is_quick_for_a_host_with_very_many() -> None:
    many = [Reading("node_filesystem_size_bytes", {"device": str(n)}, 1.0) for n in range(20_000)]
    readings = Readings(many, {})

    assert sum(readings.one("node_filesystem_size_bytes", device=str(n)) or 0 for n in range(20_000)) == 20_000
