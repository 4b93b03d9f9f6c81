"""Names and labels are what strangers wrote: a page shows them, and nothing of it becomes part of the page."""

import json
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import pytest
from town import NOW, WALL, host_row, keys
from visitor import Outline

from driftvakt_collector.console import fleet_page, host_page
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.journal.line import Report
from driftvakt_collector.store.feed import EventRow
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest

CORPUS = Path(__file__).parents[4] / "shared/corpora/text/blns.json"
CLOCK = Clock("Europe/Stockholm")
STAMP = CLOCK.moment(WALL, WALL)
PAGES = Pages()


def naughty() -> list[str]:
    if not CORPUS.exists():
        pytest.skip(f"{CORPUS} is not here")
    return [text for text in json.loads(CORPUS.read_text("utf-8")) if text.strip()]


def host_html(texts: Sequence[str]) -> str:
    """Return a host's page with a text in each of five kinds of place."""
    name, owner, tag, label, fact = texts
    fleet = Fleet([host_row(3, name=name, site=owner, administration=owner, zone=tag, class_=tag)], 0.0)
    host = fleet.hosts["a-000003"]
    named = ("mountpoint", "check", "chip", "name")
    described = [
        (family, tuple((one, label[:1024] if one in named else old) for one, old in labels))
        for family, labels in keys(2, ("/",), troubled=True)
    ]
    described = list(dict.fromkeys(described))
    body, info = series_set(described, {}), series_set([("node_os_info", (("pretty_name", fact[:1024]),))], {})
    fleet.section(host, "info", digest(info), info)
    fleet.report(host, Report(at=WALL, up=9.0, series=digest(body), values=[1.0] * len(described)), NOW, WALL)
    fleet.bind(host, digest(body), body, WALL)
    events = [EventRow(host.origin, "e", 1, "event", WALL, WALL, tag, fact)]
    view = host_page.build(host, events, NOW, WALL, 0.0, CLOCK)
    return PAGES.render("host.html", view=view, who=owner, stamp=STAMP).decode()


def fleet_html(texts: list[str], query: FleetQuery) -> str:
    fleet = Fleet([host_row(n, name=text, site=text, administration=text) for n, text in enumerate(texts)], 0.0)
    view = fleet_page.build(list(fleet.hosts.values()), query, NOW, WALL, 0.0, CLOCK)
    return PAGES.render("fleet.html", view=view, who=texts[0], stamp=STAMP).decode()


def test_a_host_page_has_the_same_elements_whatever_stands_in_it() -> None:
    plain = Outline(host_html(["plain"] * 5)).elements
    texts = naughty()

    for start in range(0, len(texts), 5):
        some = (texts[start:] + texts)[:5]
        outline = Outline(host_html(some))
        assert outline.wrong == [], some
        assert outline.elements == plain, some


def test_a_fleet_page_has_the_same_elements_whatever_its_hosts_are_called() -> None:
    texts = naughty()
    for start in range(0, len(texts), 100):
        some = texts[start : start + 100]
        outline = Outline(fleet_html(some, FleetQuery()))
        assert outline.wrong == []
        assert [tag for tag, _ in outline.elements].count("tr") == len(some) + 1
        assert not {name for name, _ in outline.attributes if name.startswith("on") or name == "style"}
        assert {tag for tag, _ in outline.elements} == {
            tag for tag, _ in Outline(fleet_html(["plain"], FleetQuery())).elements
        }


def test_what_is_searched_for_stays_in_its_field() -> None:
    plain = Outline(fleet_html(["plain"], FleetQuery(search="zzzz", site="zzzz"))).elements

    for text in naughty():
        query = FleetQuery.read({"q": f"zzzz{text}", "site": f"zzzz{text}"})
        assert Outline(fleet_html(["plain"], query)).elements == plain, text


def test_the_name_is_shown_as_it_is() -> None:
    for text in ("<script>alert(1)</script>", "Åsa Öberg", "a&b", '"quoted"'):
        texts = [unescape(one) for one in Outline(host_html([text] * 5)).texts]
        assert text in texts


@pytest.mark.parametrize("text", ["\ud800 alone", "\0", "\x1b[31m", "\uffff"])
def test_characters_that_no_page_may_hold_are_replaced(text: str) -> None:
    html = fleet_html(["plain"], FleetQuery(search=f"x{text}"))

    assert "\0" not in html
    assert "\x1b" not in html
    assert Outline(html).wrong == []
