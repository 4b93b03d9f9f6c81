"""A person sees who hangs behind whom: drawn, as a table, and on a host's page; whatever devices call themselves."""

import asyncio
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import Network
from starlette.applications import Starlette
from town import NOW, WALL
from visitor import Outline, Visitor

from driftvakt_collector.console import topology_page
from driftvakt_collector.console.behind import behind
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.console.routes import Console
from driftvakt_collector.console.topology_layout import HEIGHT, WIDTH, layout
from driftvakt_collector.console.topology_page import TopologyView
from driftvakt_collector.console.topology_query import TopologyQuery
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas, Plan
from driftvakt_collector.fleet.topology.evidence import Evidence, Near
from driftvakt_collector.fleet.topology.solve import solve
from driftvakt_collector.fleet.topology.tree import grow
from driftvakt_collector.store import logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow

SECRET = "abcde-fghjk-mnpqr-stuvw"
CORPUS = Path(__file__).parents[4] / "shared/corpora/text/blns.json"
CLOCK = Clock("Europe/Stockholm")
PAGES = Pages()


def plan_of(told: list[Evidence]) -> Plan:
    evidence = {one.origin: one for one in told}
    found = solve(told)
    return Plan(evidence, found, grow(evidence, found.links), WALL - 60)


def fleet_of(told: list[Evidence]) -> Fleet:
    return Fleet(
        [HostRow(one.origin, 1, one.name, one.zone, "SLK", one.site, one.class_) for one in told], healthy_since=0.0
    )


def page(told: list[Evidence], **query: str) -> tuple[TopologyView, str]:
    fleet = fleet_of(told)
    view = topology_page.build(
        TopologyQuery.read(query), plan_of(told), fleet.hosts, lambda host: fleet.verdict(host, NOW).value, WALL, CLOCK
    )
    html = PAGES.render("topology.html", view=view, who="anna", stamp=CLOCK.moment(WALL, WALL)).decode()
    assert Outline(html).wrong == []
    return view, html


def site(machines: int = 3, switches: int = 3, name: str = "huset") -> Network:
    """Switches in a star behind a router of another site, machines on them in turn."""
    net = Network()
    net.host("router", "router", site="hallen")
    for number in range(switches):
        net.host(f"sw-{number}", "switch", site=name)
        net.cable("router" if number == 0 else "sw-0", f"Te1/{number}", f"sw-{number}", "Gi1/0/48")
    for number in range(machines):
        net.host(f"pc-{number}", "workstation", site=name)
        net.cable(f"sw-{number % switches}", f"Gi1/0/{number}", f"pc-{number}")
    return net


def told_by(net: Network) -> list[Evidence]:
    network = [origin for origin, one in net.hosts.items() if one.carries]
    return net.evidence(lldp=network, fdb=[one for one in network if one != "router"])


# --- the page ---


def test_sites_are_listed_and_one_is_drawn_with_its_links_beside_it() -> None:
    told = told_by(site())

    _, every = page(told)
    view, html = page(told, site="huset", zone="adm")

    assert 'href="/topology?zone=adm&amp;site=huset"' in every
    assert view.drawing is not None
    assert [(box.name, box.kind) for box in view.drawing.boxes][-2:] == [("sw-1", "known"), ("sw-2", "known")]
    assert [box.kind for box in view.drawing.boxes if box.name == "router"] == ["outside"]
    for origin in ("router", "sw-0", "pc-2"):
        assert f'<a href="/hosts/{origin}">' in html
    assert (view.total, len(view.lines)) == (6, 6)
    first = view.lines[0]
    assert (first.upper.name, first.upper.port, first.lower.name) == ("router", "Te1/0", "sw-0")
    assert (first.how, first.word, first.percent) == ("lldp both ways", "certain", "100 %")
    assert {wire.kind for wire in view.drawing.wires} == {"sure", "likely"}
    assert "router Te1/0 to sw-0 Gi1/0/48, lldp both ways, sure" in html


def test_one_site_alone_is_shown_at_once() -> None:
    net = site()
    del net.hosts["router"]
    net.cables = [cable for cable in net.cables if "router" not in cable]

    view, _ = page(told_by(net))

    assert (view.title, view.drawing is None) == ("huset", False)


def test_a_large_site_draws_its_switches_and_counts_what_hangs_on_them() -> None:
    told = told_by(site(machines=500, switches=12))

    view, html = page(told, site="huset")

    assert view.drawing is not None
    assert len(view.drawing.boxes) == 13
    assert {box.count for box in view.drawing.boxes if box.name == "sw-3"} == {"42\xa0devices"}
    assert (view.total, len(view.lines), view.after) == (512, 200, "/topology?site=huset&page=1")
    assert len(html) < 200_000
    (more,) = (box.more for box in view.drawing.boxes if box.name == "sw-3")
    assert f'href="{more}"'.replace("&", "&amp;") in html
    listed, _ = page(told, behind="sw-3", site="huset")
    assert (listed.title, listed.total, listed.drawing) == ("sw-3", 43, None)
    assert listed.whole == "/topology?zone=adm&site=huset"


def test_ports_are_in_the_order_of_their_numbers() -> None:
    view, _ = page(told_by(site(machines=24, switches=1)), behind="sw-0")

    ports = [line.upper.port for line in view.lines if line.upper.name == "sw-0"]
    assert ports == [f"Gi1/0/{number}" for number in range(24)]


def test_a_site_and_a_zone_are_chosen() -> None:
    told = told_by(site())
    told.append(Evidence("e", "e", "skolan", "edu", "switch", neighbours=(Near("1", "x", "2", "x"),)))

    view, html = page(told)
    edu, _ = page(told, zone="edu")

    assert [(one.name, one.chosen) for one in view.zones] == [("adm", False), ("edu", False)]
    assert [(one.name, one.devices, one.hosts, one.links) for one in view.sites] == [
        ("hallen", 1, 1, 1), ("huset", 3, 6, 6), ("skolan", 1, 1, 1),
    ]  # fmt: skip
    assert "hallen" in html
    assert edu.title == "skolan"
    assert [one.name for one in page(told, q="HUS")[0].sites] == ["huset"]
    assert "No site with a link is like" in page(told, q="zzz")[1]
    assert "No link here" in page(told, site="zzz")[1]
    assert "No link here" in page(told, behind="zzz")[1]


def test_what_nobody_knows_is_shown_as_unknown_and_between_two_switches_as_a_box() -> None:
    told = [
        Evidence("a", "a", "huset", "adm", "switch", neighbours=(Near("1", "hub", "7", "hub"),)),
        Evidence("b", "b", "huset", "adm", "switch", neighbours=(
            Near("1", "hub", "8", "hub"), *(Near(f"{n}", f"00:00:5e:00:53:{n:02x}", "", f"SEP{n}") for n in range(30)),
        )),
    ]  # fmt: skip

    view, html = page(told)

    assert view.drawing is not None
    assert [(box.name, box.kind, box.url) for box in view.drawing.boxes if box.kind == "unknown"] == [
        ("hub", "unknown", ""),
    ]  # fmt: skip
    assert {box.count for box in view.drawing.boxes} == {"", "30 unknown"}
    assert "unknown neighbour" in html
    assert "unknown <bdi>00:00:5e:00:53:05</bdi>" in html


def test_what_the_supplier_delivers_is_said_where_there_is_any() -> None:
    told = told_by(site())
    assert "Delivered by" not in page(told, site="huset")[1]
    told[0] = Evidence("router", "router", "hallen", "adm", "router", told[0].cards, supplier=True,
                       neighbours=told[0].neighbours)  # fmt: skip

    view, html = page(told, site="huset")

    assert [line.whose for line in view.lines if line.upper.name == "router"] == ["supplier"]
    assert "Delivered by" in html


# --- over HTTP ---


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.db'}")
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    yield opened
    opened.close()


def visitor(store: Store, fleet: Fleet, atlas: Atlas) -> Visitor:
    console = Console(fleet, store, now=lambda: NOW, wall=lambda: WALL, secure=False, atlas=atlas)
    person = Visitor(Starlette(routes=console.routes(), exception_handlers=console.errors()))
    assert person.get("/topology").headers["location"].startswith("/login")
    assert person.login(SECRET).status == 303
    return person


def test_the_empty_page_teaches_and_says_when_it_is_too_early(store: Store) -> None:
    fleet = Fleet([], 0.0)
    atlas = Atlas(fleet, store, lambda: WALL)
    person = visitor(store, fleet, atlas)

    assert "It is being worked out" in person.get("/topology").text
    asyncio.run(atlas.survey())
    text = person.get("/topology").text
    assert "driftvakt device add" in text
    assert not Outline(text).wrong
    assert 'href="/topology" aria-current="page"' in text


def test_a_host_s_page_says_what_it_hangs_behind(store: Store) -> None:
    told = told_by(site())
    fleet = fleet_of(told)
    atlas = Atlas(fleet, store, lambda: WALL)
    person = visitor(store, fleet, atlas)
    assert "Its links" not in person.get("/hosts/pc-1").text
    atlas.plan = plan_of(told)

    machine, switch = person.get("/hosts/pc-1").text, person.get("/hosts/sw-0").text

    assert not Outline(machine).wrong
    words = " ".join("".join(Outline(machine).texts).split())
    assert "Behind sw-1 Gi1/0/1 › sw-0 › router. Its links" in words
    assert "Likely: sw-1 sees it on Gi1/0/1, and no bridge behind that port." in words
    assert "5 hosts hang behind it" in switch
    assert person.get(re.findall(r'href="(/topology\?behind=[^"]+)"', machine)[0]).status == 200


@pytest.mark.parametrize("url", [
    "/topology?site=%00", "/topology?zone=%00&site=x", "/topology?behind=%00", "/topology?page=x&q=%F0%9F%98%80",
    "/topology?page=99999&site=huset", "/topology?behind=" + "x" * 999,
])  # fmt: skip
def test_no_question_breaks_the_page(store: Store, url: str) -> None:
    told = told_by(site())
    fleet = fleet_of(told)
    atlas = Atlas(fleet, store, lambda: WALL)
    atlas.plan = plan_of(told)

    answer = visitor(store, fleet, atlas).get(url)

    assert answer.status == 200
    assert "\0" not in answer.text


# --- hostile texts ---


def naughty() -> list[str]:
    own = [
        "<script>alert(1)</script>",
        '"><img src=x>',
        "]]>",
        "</title></svg>",
        "'; --",
        "\u202eevil",
        "\0",
        "x" * 255,
    ]
    if not CORPUS.exists():
        return own
    return own + [text for text in json.loads(CORPUS.read_text("utf-8")) if text.strip()]


def hostile(text: str) -> list[Evidence]:
    text = text[:255]
    return [
        Evidence("a-1", text, text, "adm", "switch", (("00:00:5e:00:53:01", text),),
                 neighbours=(Near(text, "00:00:5e:00:53:02", text, text), Near("2", f"x{text}", text, f"y{text}"))),
        Evidence("a-2", f"b{text}", text, "adm", "switch", (("00:00:5e:00:53:02", text),)),
    ]  # fmt: skip


def test_a_page_has_the_same_elements_whatever_devices_call_themselves() -> None:
    plain = sorted(Outline(page(hostile("plain"))[1]).elements)

    for text in naughty():
        view, html = page(hostile(text), site=text[:255])
        if " ".join(text.split()) != text or not text.strip():
            continue
        outline = Outline(html)
        # Boxes and rows stand in the order of their names.
        assert sorted(outline.elements) == plain, text
        assert view.drawing is not None
        assert not {name for name, _ in outline.attributes if name.startswith("on") or name == "style"}
        assert not [
            told for name, told in outline.attributes if name == "href" and not (told or "").startswith(("/", "#"))
        ]


def test_names_are_shown_as_they_are() -> None:
    texts = [unescape(one) for one in Outline(page(hostile("<b>Å & 'sw'</b>"))[1]).texts]

    assert "<b>Å & 'sw'</b>" in texts


# --- where boxes stand ---


@given(parents=st.dictionaries(st.integers(0, 30), st.integers(-1, 30), max_size=31))
def test_boxes_never_lie_on_each_other_whatever_hangs_on_whom(parents: dict[int, int]) -> None:
    told = {f"{key}": f"{parent}" if parent >= 0 else "" for key, parent in parents.items()}

    found = layout(told)

    places = list(found.places.items())
    assert set(found.places) == set(told)
    for at, (key, one) in enumerate(places):
        assert 0 <= one.x <= found.width - WIDTH
        assert 0 <= one.y <= found.height - HEIGHT
        for other_key, other in places[at + 1 :]:
            apart = abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
            assert apart, (key, other_key)


def test_a_parent_stands_before_and_between_its_children() -> None:
    found = layout({"a": "", "b": "a", "c": "a", "d": "c"}).places

    assert found["a"].x < found["b"].x == found["c"].x < found["d"].x
    assert found["b"].y < found["a"].y < found["c"].y


def test_a_chain_of_hundreds_does_not_make_a_drawing_without_end() -> None:
    found = layout({f"{n}": f"{n - 1}" if n else "" for n in range(300)})

    assert found.width < 5000
    assert found.height < 3000


# --- behind ---


def test_who_is_alone_hangs_behind_nobody_and_a_long_way_is_cut() -> None:
    net = Network()
    for number in range(14):
        net.host(f"s{number:02}", "router" if number == 0 else "switch")
        if number:
            net.cable(f"s{number - 1:02}", "down", f"s{number:02}", "up")
    net.host("alone", "server", cards=())
    told = net.evidence(lldp=[f"s{number:02}" for number in range(14)])
    plan, hosts = plan_of(told), fleet_of(told).hosts

    assert behind("alone", plan, hosts) is None
    assert behind("gone", plan, hosts) is None
    far, root = behind("s13", plan, hosts), behind("s00", plan, hosts)
    assert far is not None
    assert root is not None
    assert ([step.name for step in far.steps][:2], far.steps[0].port, far.more) == (["s12", "s11"], "down", 5)
    assert (list(root.steps), root.below, root.word) == ([], 13, "")
