"""The way up from each host: nearer to a root with each step, whatever rings and doubts there are."""

import pytest
from networks import Network

from driftvakt_collector.fleet.topology.evidence import Evidence, Near
from driftvakt_collector.fleet.topology.link import End, How, Link
from driftvakt_collector.fleet.topology.solve import solve
from driftvakt_collector.fleet.topology.tree import Tree, grow, unknown


def link(one: str, other: str, confidence: float = 1.0, how: How = How.LLDP_BOTH, thing: str = "") -> Link:
    return Link(End(one), End(other, thing=thing), how, confidence, "adm", supplier=False, why="It is so.")


def tree(classes: dict[str, str], *links: Link, roots: tuple[str, ...] = ()) -> Tree:
    return grow({name: Evidence(name, name, zone="adm", class_=of) for name, of in classes.items()}, links, roots)


CHAIN = {"r": "router", "a": "switch", "b": "switch", "pc": "workstation"}


def test_the_way_goes_up_to_the_router() -> None:
    found = tree(CHAIN, link("a", "r"), link("a", "b"), link("b", "pc", 0.85, How.FDB))

    assert found.path("pc") == ["b", "a", "r"]
    assert (found.path("r"), found.steps["pc"], found.children["b"]) == ([], 3, ["pc"])


def test_what_the_collector_stands_behind_is_the_root_before_any_router() -> None:
    found = tree(CHAIN, link("a", "r"), link("a", "b"), link("b", "pc"), roots=("b", "gone"))

    assert found.path("r") == ["a", "b"]


def test_a_ring_gives_two_ways_up_to_what_is_opposite() -> None:
    classes = {"r": "router", "a": "switch", "b": "switch", "c": "switch"}
    found = tree(classes, link("r", "a"), link("r", "b"), link("a", "c"), link("b", "c"))

    assert found.parents["c"] == ("a", "b")
    assert found.path("c") == ["a", "r"]


def test_a_doubtful_link_is_a_way_only_where_there_is_no_other() -> None:
    links = link("a", "r"), link("b", "a"), link("b", "r", 0.3)

    assert tree(CHAIN, *links).parents["b"] == ("a",)
    assert tree(CHAIN, links[0], links[2]).parents["b"] == ("r",)


def test_nothing_is_reached_over_a_machine_whatever_it_says() -> None:
    classes = {**CHAIN, "liar": "workstation"}
    links = link("a", "r"), link("b", "a"), link("liar", "r", 0.7), link("b", "liar", 0.7)

    assert tree(classes, *links).parents["b"] == ("a",)
    longer = link("a", "r"), link("pc-switch", "a"), link("b", "pc-switch"), *links[2:]
    assert tree({**classes, "pc-switch": "switch"}, *longer).path("b") == ["pc-switch", "a", "r"]
    assert tree(classes, *links[2:]).path("b") == []


def test_an_island_hangs_on_its_default_router_by_the_one_with_most_links() -> None:
    classes = {**CHAIN, "far": "switch", "farther": "switch", "end": "printer"}
    links = (
        link("a", "r"),
        link("far", "farther"),
        link("farther", "end"),
        link("farther", "b"),
    )
    ways = link("r", "far", 0.3, How.GATEWAY), link("r", "farther", 0.3, How.GATEWAY)

    found = tree(classes, *links, *ways)

    assert found.path("far") == ["farther", "r"]
    assert found.path("end") == ["farther", "r"]


def test_a_default_router_is_no_short_way_where_the_long_one_is_known() -> None:
    found = tree(CHAIN, link("a", "r"), link("a", "b"), link("b", "pc"), link("r", "b", 0.3, How.GATEWAY))

    assert found.path("pc") == ["b", "a", "r"]


def test_a_router_below_a_router_is_no_root() -> None:
    net = Network()
    net.host("top", "router", addresses=("10.9.9.1",))
    net.host("site", "router", gateway="10.9.9.1")
    net.host("switch", "switch")
    net.cable("site", "1", "switch", "48")

    evidence = net.evidence(lldp=net.hosts)
    found = grow({one.origin: one for one in evidence}, solve(evidence).links)

    assert found.path("switch") == ["site", "top"]


def test_without_a_router_the_switch_with_most_links_is_the_root() -> None:
    found = tree({"a": "switch", "b": "switch", "x": "", "y": ""}, link("a", "b"), link("b", "x"), link("b", "y"))

    assert found.path("a") == ["b"]
    assert found.path("b") == []


def test_an_unknown_thing_between_two_hosts_stands_in_the_way_and_one_at_the_end_does_not() -> None:
    thing = unknown("adm", "hub")
    found = tree(CHAIN, link("a", "r"), link("a", "", 0.8, How.LLDP, "hub"), link("b", "", 0.8, How.LLDP, "hub"),
                 link("b", "", 0.8, How.LLDP, "phone"))  # fmt: skip

    assert found.path("b") == [thing, "a", "r"]
    assert unknown("adm", "phone") not in found.parents


def test_what_many_sites_call_by_one_name_joins_none_of_them() -> None:
    evidence = {
        name: Evidence(name, name, site, "adm", "switch") for name, site in (("a", "x"), ("b", "y"), ("c", "x"))
    }  # fmt: skip

    def joined(thing: str, *names: str) -> bool:
        return len(grow(evidence, [link(name, "", 0.8, How.CDP, thing) for name in names]).parents) > 1

    assert not joined("Switch", "a", "b")
    assert joined("Switch", "a", "c")
    assert joined("00:00:5e:00:53:01", "a", "b")


@pytest.mark.parametrize("classes", [{}, {"a": "switch"}])
def test_nothing_has_no_way(classes: dict[str, str]) -> None:
    found = tree(classes)

    assert found.path("a") == []
    assert found.children == {}


def test_thousands_in_a_row_are_no_recursion_and_a_way_is_bounded() -> None:
    names = [f"s{number:04}" for number in range(3000)]
    beside = zip(["", *names], names, [*names[1:], ""], strict=False)
    evidence = [
        Evidence(name, name, zone="adm", class_="switch",
                 neighbours=tuple(Near(other, other, name, other) for other in (above, below) if other))
        for above, name, below in beside
    ]  # fmt: skip

    found = grow({one.origin: one for one in evidence}, solve(evidence).links, ("s0000",))

    assert found.steps["s2999"] == 2999
    assert len(found.path("s2999")) == 64
