from dataclasses import replace

import pytest
from town import NOW, WALL, host_row, town

from driftvakt_collector.console import fleet_page
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.fleet_page import FleetView
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.sieve import collation
from driftvakt_collector.fleet.state import Fleet

CLOCK = Clock("Europe/Stockholm")
TOWN = town(40)


def view(fleet: Fleet = TOWN, **parameters: str) -> FleetView:
    query = FleetQuery.read({name.removesuffix("_"): text for name, text in parameters.items()})
    return fleet_page.build(list(fleet.hosts.values()), query, NOW, WALL, 0.0, CLOCK)


def test_problems_stand_first() -> None:
    states = [row.state for row in view().rows]

    assert states == sorted(states, key=["silent", "late", "new", "ok", "off"].index)
    assert states[0] == "silent"


def test_the_summary_counts_every_host_once() -> None:
    shown = view()

    assert sum(tile.count for tile in shown.tiles) == shown.total == 40
    assert sum(group.count for group in shown.groups[0][1]) == 40
    assert shown.segments[-1].start + shown.segments[-1].length == pytest.approx(100, abs=0.1)


def test_a_filter_keeps_the_counts_of_its_own_choices() -> None:
    shown = view(zone="edu")

    assert {row.zone for row in shown.rows} == {"edu"}
    assert {group.name for group in shown.groups[0][1]} == {"adm", "edu"}
    assert {group.name: group.chosen for group in shown.groups[0][1]} == {"adm": False, "edu": True}
    assert sum(tile.count for tile in shown.tiles) == shown.found == 8


def test_filters_work_together() -> None:
    shown = view(administration="Hässelby-Vällingby stadsdelsförvaltning", q="VÄLLINGBY centrum", class_="server")

    assert shown.found > 0
    assert {(row.class_, row.site) for row in shown.rows} == {("server", "Vällingby centrum")}


def test_late_and_silent_are_one_filter() -> None:
    assert {row.state for row in view(state="problems").rows} == {"silent", "late"}


def test_a_state_that_nobody_knows_finds_nobody() -> None:
    assert view(state="constructor").found == 0


@pytest.mark.parametrize("sort", ["cpu", "memory", "disk", "load"])
def test_the_largest_number_first_and_hosts_without_one_last(sort: str) -> None:
    shares = [getattr(row, sort) for row in view(sort=sort).rows]
    texts = [one if isinstance(one, str) else one.text for one in shares]

    assert texts[-1] == "–"
    numbers = [float(text.split("\u00a0")[0]) for text in texts if text != "–"]
    assert numbers == sorted(numbers, reverse=True)


def test_turning_an_order_round_keeps_missing_numbers_last() -> None:
    rows = view(sort="cpu", order="back").rows

    assert rows[-1].cpu.text == "–"
    assert rows[0].cpu.length <= rows[5].cpu.length


def test_swedish_letters_come_after_z() -> None:
    assert sorted(["Östermalm", "Zinkensdamm", "Älvsjö", "Åsö", "Årsta", "abc"], key=collation) == [
        "abc", "Zinkensdamm", "Årsta", "Åsö", "Älvsjö", "Östermalm",
    ]  # fmt: skip


def test_pages_hold_a_hundred_and_one_past_the_end_is_the_last() -> None:
    fleet = Fleet([host_row(number) for number in range(250)], 0.0)

    shown = view(fleet, page="99")

    assert (shown.pages, shown.page, shown.first, len(shown.rows)) == (3, 3, 201, 50)
    assert (shown.previous, shown.next) == ("/?page=2", "")


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "1e3", "99999999999999999999"])
def test_a_page_that_is_none_is_the_first(page: str) -> None:
    assert FleetQuery.read({"page": page}).page == 1


def test_a_query_survives_its_own_url() -> None:
    query = FleetQuery(search="å & ö", state="late", site="A/B?c=d", class_="server", sort="disk", backwards=True)

    from urllib.parse import parse_qsl, urlsplit

    assert FleetQuery.read(dict(parse_qsl(urlsplit(query.url()).query))) == query
    assert FleetQuery().url() == "/"


def test_too_many_sites_are_typed_not_listed() -> None:
    fleet = Fleet([host_row(number, site=f"Skola {number}") for number in range(400)], 0.0)

    choices = {choice.name: choice for choice in view(fleet).choices}

    assert choices["site"].typed
    assert not choices["zone"].typed


def test_a_name_that_shows_nothing_gives_way_to_the_origin() -> None:
    fleet = Fleet([host_row(1, name="\u200b \u2003")], 0.0)

    assert view(fleet).rows[0].name == "a-000001"


def test_the_order_of_the_url_is_the_order_that_is_shown() -> None:
    shown = view(sort="disk")

    directions = {heading.title: heading.direction for heading in shown.headings}
    assert directions["Fullest disk"] == "descending"
    assert replace(shown.query, page=1).sorted_by("disk").backwards
