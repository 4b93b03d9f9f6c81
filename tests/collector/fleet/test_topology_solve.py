"""Networks of which the truth is known are found again, and what is false or missing makes a link less sure."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Cable, Network, ends, pairs, truth, wired

from driftvakt_collector.fleet.topology.evidence import Evidence, Near
from driftvakt_collector.fleet.topology.link import LIKELY, SURE, How, Link
from driftvakt_collector.fleet.topology.part import Seen
from driftvakt_collector.fleet.topology.solve import Solution, solve
from driftvakt_collector.fleet.topology.tree import grow


def city() -> Network:
    """Three switches in two sites, a router, and what hangs on them."""
    net = Network()
    net.host("router", "router")
    for name, site in (("core", "huset"), ("access", "huset"), ("school", "skolan")):
        net.host(name, "switch", site=site)
    for number in range(1, 4):
        net.host(f"pc-{number}", "workstation")
        net.cable("access", f"Gi1/0/{number}", f"pc-{number}")
    net.host("printer", "printer", site="skolan")
    net.cable("router", "ge0", "core", "Te1/1/1")
    net.cable("core", "Gi1/0/48", "access", "Gi1/0/48")
    net.cable("core", "Gi1/0/47", "school", "Gi1/0/47")
    net.cable("school", "Gi1/0/5", "printer")
    return net


SWITCHES = ("core", "access", "school")
NETWORK = ("router", *SWITCHES)


def the(solution: Solution, one: str, other: str) -> Link:
    found = [link for link in solution.links if {link.one.origin, link.other.origin} == {one, other}]
    assert len(found) == 1, found
    return found[0]


# --- made networks ---


def test_neighbours_that_both_tell_are_certain() -> None:
    net = city()

    found = solve(net.evidence(lldp=NETWORK))

    between = [cable for cable in net.cables if cable[2] in NETWORK]
    assert ends(found) == truth(between)
    assert {(link.how, link.confidence) for link in found.links} == {(How.LLDP_BOTH, 1.0)}


def test_machines_get_the_switch_whose_port_sees_them_and_nothing_else() -> None:
    net = city()

    found = solve(net.evidence(lldp=NETWORK, fdb=SWITCHES))

    assert pairs(found) == wired(net.cables)
    link = the(found, "access", "pc-2")
    assert (link.how, link.one.port, link.confidence >= LIKELY) == (How.FDB, "Gi1/0/2", True)
    assert link.why == "access sees it on Gi1/0/2, and no bridge behind that port."


@pytest.mark.parametrize("mute", SWITCHES)
def test_a_switch_without_lldp_is_found_by_what_it_sees(mute: str) -> None:
    net = city()

    found = solve(net.evidence(lldp=[one for one in NETWORK if one != mute], fdb=SWITCHES))

    assert pairs(found, LIKELY) == wired(net.cables)


def test_without_any_lldp_tables_alone_find_it_all() -> None:
    net = city()

    assert pairs(solve(net.evidence(fdb=SWITCHES)), LIKELY) == wired(net.cables)


def test_behind_a_switch_that_tells_no_table_machines_are_found_by_the_one_above() -> None:
    net = city()

    found = solve(net.evidence(lldp=NETWORK, fdb=("core", "school")))

    assert pairs(found) == wired(net.cables)
    assert the(found, "access", "pc-1").why.endswith("behind access, which tells no forwarding table.")


def test_where_no_bridge_is_seen_a_machine_hangs_on_the_port_that_sees_the_fewest() -> None:
    net = city()
    hidden = {net.hosts[name].cards[0][0] for name in NETWORK}
    told = [
        replace(one, forwarding=tuple(seen for seen in one.forwarding if seen.mac not in hidden))
        for one in net.evidence(fdb=SWITCHES)
    ]

    machines = [cable for cable in net.cables if cable[2].startswith("pc-")]
    assert wired(machines) <= pairs(solve(told), LIKELY)


def test_a_bundle_of_cables_is_as_many_links_and_hides_no_machine() -> None:
    net = city()
    net.cable("core", "Gi1/0/46", "access", "Gi1/0/46")
    for switch in ("core", "access"):
        net.lags |= {(switch, "Gi1/0/48"): "Po1", (switch, "Gi1/0/46"): "Po1"}

    found = solve(net.evidence(lldp=NETWORK, fdb=SWITCHES))

    both = [link for link in found.links if {link.one.origin, link.other.origin} == {"core", "access"}]
    assert [(link.one.port, link.other.port) for link in both] == [("Gi1/0/46",) * 2, ("Gi1/0/48",) * 2]
    assert {link.confidence for link in both} == {1.0}
    assert pairs(found) == wired(net.cables)


def test_what_one_end_alone_tells_is_less_sure() -> None:
    net = city()
    deaf = [replace(one, neighbours=()) if one.origin == "school" else one for one in net.evidence(lldp=NETWORK)]

    link = the(solve(deaf), "core", "school")

    assert (link.how, LIKELY < link.confidence < SURE) == (How.LLDP, True)
    assert link.why == "Only core tells of it by LLDP; school tells of no neighbour at all."


def test_two_hosts_of_one_name_in_two_zones_are_never_mixed_up() -> None:
    net = city()
    net.host("a-core", "switch", name="core", zone="edu", cards=())
    told = net.evidence(cdp=NETWORK)
    told.append(Evidence("edu-1", "edu-1", "s", "edu", "switch", neighbours=(Near("1", "CORE", "9", "CORE", "cdp"),)))

    found = solve(told)

    assert pairs(found) == wired(cable for cable in net.cables if cable[2] in NETWORK) | {
        frozenset({"a-core", "edu-1"})
    }
    assert {link.zone for link in found.links if "edu-1" in (link.one.origin, link.other.origin)} == {"edu"}


def test_a_name_that_two_have_in_one_zone_is_nobody() -> None:
    told = [
        Evidence("a", "twin", "", "adm", "switch"), Evidence("b", "TWIN", "", "adm", "switch"),
        Evidence("c", "c", "", "adm", "switch", neighbours=(Near("1", "twin", "2", "twin"),)),
    ]  # fmt: skip

    (link,) = solve(told).links

    assert (link.other.origin, link.other.thing) == ("", "twin")
    assert "more than one host here has its name" in link.why


def test_recabling_is_the_new_truth_though_one_end_has_not_noticed() -> None:
    net = city()
    old = {one.origin: one for one in net.evidence(lldp=NETWORK, fdb=SWITCHES)}
    net.cables.remove(("core", "Gi1/0/47", "school", "Gi1/0/47"))
    net.cable("access", "Gi1/0/47", "school", "Gi1/0/47")
    new = net.evidence(lldp=NETWORK, fdb=SWITCHES)
    late = [replace(one, neighbours=old["core"].neighbours) if one.origin == "core" else one for one in new]

    assert pairs(solve(new)) == wired(net.cables)
    found = solve(late)
    assert pairs(found, LIKELY) == wired(net.cables)
    stale = the(found, "core", "school")
    assert stale.confidence < LIKELY
    assert stale.why.endswith("school sees something else on Gi1/0/47, so one of them is out of date.")


def test_a_machine_that_two_switches_see_at_their_edge_is_in_doubt() -> None:
    net = city()
    told = net.evidence(lldp=NETWORK, fdb=SWITCHES)
    moved = Seen(net.hosts["pc-1"].cards[0][0], "Gi1/0/9")
    told = [replace(one, forwarding=(*one.forwarding, moved)) if one.origin == "school" else one for one in told]

    link = next(link for link in solve(told).links if link.other.origin == "pc-1")

    assert link.confidence < LIKELY
    assert "out of date" in link.why


def test_what_is_cabled_to_itself_or_in_a_ring_breaks_nothing() -> None:
    net = city()
    net.cable("access", "Gi1/0/47", "school", "Gi1/0/48")
    net.cable("core", "Gi1/0/1", "core", "Gi1/0/2")

    found = solve(net.evidence(lldp=NETWORK, fdb=SWITCHES))

    assert not [link for link in found.links if link.one.origin == link.other.origin]
    assert frozenset({"access", "school"}) in pairs(found)
    tree = grow({one.origin: one for one in net.evidence()}, found.links)
    assert tree.path("pc-1") == ["access", "core", "router"]
    assert tree.path("printer") == ["school", "core", "router"]


def test_ports_are_the_same_however_they_are_abbreviated_and_a_mac_is_a_port_s_name() -> None:
    one = Evidence("a", "a", "", "adm", "switch", (("00:00:5e:00:53:01", "GigabitEthernet1/0/1"),),
                   neighbours=(Near("Gi1/0/1", "b", "24", "b"),))  # fmt: skip
    other = Evidence("b", "b", "", "adm", "switch",
                     neighbours=(Near("Port 24", "a", "00:00:5e:00:53:01", "a.example.se"),))  # fmt: skip

    (link,) = solve([one, other]).links

    assert (link.how, link.confidence) == (How.LLDP_BOTH, 1.0)


def test_cdp_and_lldp_of_one_cable_are_one_link() -> None:
    net = city()

    found = solve(net.evidence(lldp=NETWORK, cdp=NETWORK))

    assert len(found.links) == 3
    assert {link.how for link in found.links} == {How.LLDP_BOTH}


def test_a_telephone_that_tells_of_itself_in_both_ways_is_one_thing() -> None:
    near = Near("Gi1/0/7", "SEP1234", "Port 1", "SEP1234", "cdp"), Near("Gi1/0/7", "00:00:5e:00:53:99", "1", "SEP1234")

    (link,) = solve([Evidence("a", "a", "", "adm", "switch", neighbours=near)]).links

    assert (link.how, link.other.thing) == (How.LLDP, "00:00:5e:00:53:99")


def test_a_neighbour_that_nobody_knows_is_told_as_it_calls_itself() -> None:
    told = Evidence("a", "a", "", "adm", "switch", neighbours=(Near("7", "00:00:5e:00:53:99", "x", "SEP1234"),))

    (link,) = solve([told]).links

    assert (link.other.origin, link.other.thing, link.other.name) == ("", "00:00:5e:00:53:99", "SEP1234")


def test_the_router_is_the_last_resort_and_what_the_supplier_delivers_is_said() -> None:
    router = Evidence("r", "r", "", "adm", "router", addresses=("10.0.0.1",), supplier=True)
    alone = Evidence("pc", "pc", "", "adm", "workstation", gateway="10.0.0.1")
    other = Evidence("edu", "edu", "", "edu", "workstation", gateway="10.0.0.1")

    (link,) = solve([router, alone, other]).links

    assert (link.one.origin, link.other.origin, link.how, link.supplier) == ("r", "pc", How.GATEWAY, True)
    assert link.confidence < LIKELY


def test_whoever_hangs_on_a_switch_needs_no_last_resort_and_a_switch_keeps_its_own() -> None:
    net = city()
    net.host("border", "router", addresses=("10.9.9.1",))
    told = [replace(one, gateway="10.9.9.1") for one in net.evidence(lldp=NETWORK, fdb=SWITCHES)]

    by_gateway = {link.other.origin for link in solve(told).links if link.how is How.GATEWAY}

    assert by_gateway == set(NETWORK)


def test_a_machine_behind_its_telephone_or_its_hypervisor_hangs_on_that() -> None:
    net = city()
    net.host("phone", "phone")
    net.host("desk", "workstation")
    net.cable("access", "Gi1/0/9", "phone", "lan")
    net.cable("phone", "pc", "desk")

    found = solve(net.evidence(lldp=(*NETWORK, "phone"), fdb=SWITCHES))

    assert the(found, "phone", "desk").confidence >= LIKELY


def test_addresses_of_nobody_are_counted_where_they_hang_and_named_nowhere() -> None:
    net = city()
    told = net.evidence(lldp=NETWORK, fdb=SWITCHES)
    more = tuple(Seen(f"02:00:00:00:00:{n:02x}", "Gi1/0/30") for n in range(5))
    more += tuple(Seen(f"02:00:00:00:00:{n:02x}", "Gi1/0/48") for n in range(5, 9))
    told = [replace(one, forwarding=one.forwarding + more) if one.origin == "access" else one for one in told]

    found = solve(told)

    assert found.strangers == {"access": 5}
    assert pairs(found) == wired(net.cables)


# --- whatever there is ---


@st.composite
def trees(draw: st.DrawFn) -> Network:
    """Switches in a tree, with machines on them; some of the cables are bundles."""
    net = Network()
    net.host("s0", "switch")
    switches = draw(st.integers(1, 12))
    for number in range(1, switches):
        net.host(f"s{number}", "switch")
        above = draw(st.integers(0, number - 1))
        for cable in range(draw(st.sampled_from((1, 1, 1, 2)))):
            net.cable(f"s{above}", f"Gi1/{number}/{cable}", f"s{number}", f"Te0/{cable}")
    for number in range(draw(st.integers(0, 20))):
        net.host(f"m{number}", draw(st.sampled_from(("workstation", "printer", "camera"))))
        net.cable(f"s{draw(st.integers(0, switches - 1))}", f"Gi9/{number}", f"m{number}")
    return net


@given(net=trees())
def test_any_tree_in_which_all_tell_their_neighbours_is_found_exactly(net: Network) -> None:
    found = solve(net.evidence(lldp=net.hosts))

    assert ends(found) == truth(net.cables)
    assert all(link.confidence == 1.0 for link in found.links)


@given(net=trees())
@settings(max_examples=60)
def test_any_tree_of_switches_that_tell_is_found_with_its_machines(net: Network) -> None:
    switches = [origin for origin, one in net.hosts.items() if one.class_ == "switch"]

    assert pairs(solve(net.evidence(lldp=switches, fdb=switches))) == wired(net.cables)


@given(net=trees())
@settings(max_examples=60)
def test_any_tree_of_which_only_tables_tell_is_found_too(net: Network) -> None:
    switches = [origin for origin, one in net.hosts.items() if one.class_ == "switch"]

    found = solve(net.evidence(fdb=switches))

    assert pairs(found) == wired(net.cables)


TEXT = st.sampled_from(("", "1", "Gi1/0/1", "a", "b", "00:00:5e:00:53:01", "00:00:5e:00:53:02", "<b>", "\0", "?x", "İ"))
NEAR = st.builds(Near, TEXT, TEXT, TEXT, TEXT, st.sampled_from(("lldp", "cdp")), TEXT)
HOST = st.builds(
    Evidence, origin=st.sampled_from("abcdef"), name=TEXT, site=TEXT, zone=st.sampled_from(("adm", "edu")),
    class_=st.sampled_from(("switch", "router", "workstation", "")),
    cards=st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple), addresses=st.lists(TEXT, max_size=2).map(tuple),
    chassis=st.lists(TEXT, max_size=2).map(tuple), neighbours=st.lists(NEAR, max_size=6).map(tuple),
    forwarding=st.lists(st.builds(Seen, TEXT, TEXT, st.integers(0, 9)), max_size=8).map(tuple), gateway=TEXT,
)  # fmt: skip


@given(hosts=st.lists(HOST, max_size=8), roots=st.lists(st.sampled_from("abcdefg"), max_size=2))
@settings(max_examples=300)
def test_no_garbage_makes_it_fail_or_go_round_in_a_circle(hosts: list[Evidence], roots: list[str]) -> None:
    found = solve(hosts)
    known = {one.origin: one for one in hosts}
    tree = grow(known, found.links, roots)

    assert found == solve(hosts)
    for link in found.links:
        assert link.one.origin != link.other.origin
        assert 0 < link.confidence <= 1
        assert link.why.endswith(".")
        assert known[link.one.origin].zone == link.zone
        assert not link.other.origin or known[link.other.origin].zone == link.zone
    for origin in known:
        path = tree.path(origin)
        assert origin not in path
        assert len(set(path)) == len(path)


def as_cables(found: Solution) -> set[Cable]:
    return {(link.one.origin, link.one.port, link.other.origin, link.other.port) for link in found.links}


@given(net=trees(), order=st.randoms())
@settings(max_examples=30)
def test_the_order_in_which_hosts_are_told_says_nothing(net: Network, order: object) -> None:
    told = net.evidence(lldp=net.hosts)
    other = sorted(told, key=lambda _: order.random())  # type: ignore[attr-defined]

    assert as_cables(solve(told)) == as_cables(solve(other))
