"""What the lists say against what reports: a table of cases, each with what must be found."""

from collections.abc import Sequence

import pytest

from driftvakt_collector.fleet.identity.keys import CHASSIS, MAC, NAME, SERIAL, Key
from driftvakt_collector.service.coverage.entry import Entry
from driftvakt_collector.service.coverage.reconcile import DAY, Listed, Thing, reconcile

NOW = 1_764_140_400.0
CARD = "3c:52:82:6a:11:0e"


def thing(name: str = "pc1", *, serial: str = "", mac: str = "", chassis: str = "", **told: object) -> Thing:
    keys = {Key(NAME, name)}
    keys |= {Key(kind, text) for kind, text in ((SERIAL, serial), (MAC, mac), (CHASSIS, chassis)) if text}
    facts = {"administration": "Stadsdel 3", "site": "s", "zone": "adm", "class_": "server", "heard": NOW - 60}
    return Thing(f"a-{name}", name, keys=frozenset(keys), **(facts | told))  # type: ignore[arg-type]


def contract(zone: str = "", **told: str) -> Listed:
    return Listed("contract-2026", "contract", zone, Entry(**told))  # type: ignore[arg-type]


def lease(zone: str = "", **told: str) -> Listed:
    return Listed("dhcp", "seen", zone, Entry(**told))  # type: ignore[arg-type]


def managed(**told: str) -> Listed:
    return Listed("ansible", "managed", "", Entry(**told))  # type: ignore[arg-type]


CASES: list[tuple[str, Sequence[Listed], Sequence[Thing], list[tuple[str, str]]]] = [
    ("all is as it should be", [contract(name="pc1", owner="stadsdel  3")], [thing()], []),
    ("no list, nothing to say", [], [thing()], []),
    ("in the contract, seen by nobody", [contract(name="pc9")], [], [("ghost", "pc9")]),
    ("in two lists, seen by nobody, is one ghost", [contract(name="pc9"), managed(name="PC9")], [], [("ghost", "pc9")]),
    ("a device that is called by its address reports for no other address", [lease(name="10.20.0.7")],
     [thing("10.20.0.8"), thing("10")], [("unmanaged", "10.20.0.7")]),
    ("one that is listed by the address that it is called by", [lease(name="10.20.0.8")], [thing("10.20.0.8")], []),
    ("in the network, does not report", [lease(mac=CARD, name="x")], [], [("unmanaged", "x")]),
    ("in the contract and the network", [contract(serial="5CG1", mac=CARD, name="pc9", owner="A"),
                                         lease(mac=CARD)], [], [("unmanaged", "pc9")]),
    ("reports, no contract has it", [contract(name="pc1")], [thing(), thing("pc2")], [("unbilled", "pc2")]),
    ("reports, only Ansible knows it", [managed(name="pc1")], [thing(), thing("pc2")], []),
    ("an EDU machine is no matter of ADM's contract", [contract("adm", name="pc1")],
     [thing(), thing("pc2", zone="edu")], []),
    ("a list of ADM sees nothing of EDU", [contract("adm", name="pc2")], [thing("pc2", zone="edu")],
     [("ghost", "pc2")]),
    ("another administration has it", [contract(name="pc1", owner="Stadsdel 4")], [thing()], [("owner", "pc1")]),
    ("a server that is quiet for two days", [], [thing(heard=NOW - 2 * DAY)], [("silent", "pc1")]),
    ("a PC that is quiet for two days", [], [thing(heard=NOW - 2 * DAY, class_="workstation")], []),
    ("a PC that is quiet for three weeks", [], [thing(heard=NOW - 21 * DAY, class_="workstation")],
     [("silent", "pc1")]),
    ("one that brings its inventory once a day", [], [thing(heard=NOW - 2 * DAY, every=DAY)], []),
    ("a relay is nobody's machine", [contract(name="pc1")], [thing(), thing("relay-1", class_="relay")], []),
    ("one that never reported is not silent", [], [thing(heard=0.0)], []),
    ("in the contract and enrolled, but never heard", [contract(name="pc1")], [thing(heard=0.0)], [("ghost", "pc1")]),
    ("run by somebody and enrolled, but never heard", [managed(name="pc1")], [thing(heard=0.0)], [("ghost", "pc1")]),
    ("in the network and enrolled, but never heard", [lease(mac=CARD, name="pc1")], [thing(heard=0.0)],
     [("unmanaged", "pc1")]),
    ("never heard, and for another administration", [contract(name="pc1", owner="Stadsdel 4")], [thing(heard=0.0)],
     [("ghost", "pc1"), ("owner", "pc1")]),
    ("never heard under its new name, but under its old one", [contract(serial="S123")],
     [thing("old", asset=7, serial="S123"), thing("new", asset=7, serial="S123", heard=0.0)], []),
    ("in the contract by name, in the network by name and card",
     [contract(name="pc9"), lease(mac=CARD, name="PC9")], [], [("unmanaged", "pc9")]),
    ("in the network under a name that was given away again", [contract(name="pc9", mac="3c:52:82:6a:11:0f"),
                                                              lease(mac=CARD, name="pc9")], [],
     [("ghost", "pc9"), ("unmanaged", "pc9")]),
    ("one name in two zones is two things", [contract("adm", name="pc9"), contract("edu", name="pc9")], [],
     [("ghost", "pc9"), ("ghost", "pc9")]),
    ("a list of all zones and one of a zone say one thing", [contract(name="pc9"), contract("edu", name="pc9")], [],
     [("ghost", "pc9")]),
    ("seen under that name in another zone", [contract("adm", name="pc9"), lease("edu", name="pc9")], [],
     [("ghost", "pc9"), ("unmanaged", "pc9")]),
    ("what is gone owes nothing", [contract(name="x")], [thing(heard=NOW - 100 * DAY)],
     [("ghost", "x"), ("silent", "pc1")]),
    ("known by the number on its label", [contract(serial="5cg 1", name="old-name")], [thing(serial="5CG1")], []),
    ("a chassis number is a serial number", [contract(serial="CH12")], [thing(chassis="CH12")], []),
    ("a short name", [contract(name="PC1")], [thing("pc1.stad.example")], []),
    ("a long name", [contract(name="pc1.stad.example")], [thing("pc1")], []),
    ("a name that was given away again", [contract(name="pc1", serial="OLD1")], [thing(serial="NEW1")],
     [("ghost", "pc1"), ("unbilled", "pc1")]),
    ("a name is enough where nothing contradicts", [contract(name="pc1", serial="OLD1")], [thing()], []),
    ("a reinstalled machine is one", [contract(name="new")],
     [thing("old", asset=7, heard=NOW - 5 * DAY), thing("new", asset=7)], []),
    ("a contract for the old name covers it", [contract(serial="S123")],
     [thing("old", asset=7, serial="S123", heard=NOW - 5 * DAY), thing("new", asset=7, serial="S123")], []),
    ("junk numbers match nobody", [contract(serial="To Be Filled By O.E.M.", name="pc2")], [thing(serial="")],
     [("ghost", "pc2"), ("unbilled", "pc1")]),
]  # fmt: skip


@pytest.mark.parametrize(("listed", "things", "expected"), [
    pytest.param(listed, things, expected, id=name) for name, listed, things, expected in CASES
])  # fmt: skip
def test_what_is_found(listed: Sequence[Listed], things: Sequence[Thing], expected: list[tuple[str, str]]) -> None:
    found, _ = reconcile(listed, things, NOW)
    assert sorted((one.kind, one.subject) for one in found) == sorted(expected)
    assert all(one.text and (one.owner or not one.origin) for one in found)


def test_a_finding_keeps_its_number_whatever_the_order() -> None:
    listed = [contract(name="pc9"), lease(mac=CARD), contract(name="pc1", owner="X")]
    one, _ = reconcile(listed, [thing(), thing("pc2")], NOW)
    other, _ = reconcile(listed[::-1], [thing("pc2"), thing()], NOW + 9)
    assert {finding.number for finding in one} == {finding.number for finding in other}
    assert len({finding.number for finding in one}) == len(one) == 4


def test_how_much_of_a_list_reports() -> None:
    listed = [contract(name=f"pc{number}") for number in range(4)]
    things = [thing("pc0"), thing("pc1"), thing("pc2", heard=NOW - 3 * DAY)]
    _, (share,) = reconcile(listed, things, NOW)
    assert (share.list, share.rows, share.known, share.reporting) == ("contract-2026", 4, 3, 2)


def test_the_owner_is_who_should_look() -> None:
    (wrong,), _ = reconcile([contract(name="pc1", owner="Stadsdel 4")], [thing()], NOW)
    assert (wrong.owner, wrong.origin) == ("Stadsdel 4", "a-pc1")
    (ghost,), _ = reconcile([contract(name="pc9", owner="Stadsdel 4")], [], NOW)
    assert ghost.owner == "Stadsdel 4"


def test_a_laptop_that_comes_and_goes_is_one_finding() -> None:
    (away,), _ = reconcile([contract(name="pc9", owner="A")], [], NOW)
    (there,), _ = reconcile([contract(name="pc9", owner="A"), lease(mac=CARD, name="pc9")], [], NOW + DAY)
    assert (away.kind, there.kind) == ("ghost", "unmanaged")
    assert away.number == there.number


def test_a_finding_that_two_lists_have_is_of_the_zone_that_one_of_them_names() -> None:
    (one,), _ = reconcile([contract(name="pc9", owner="A"), contract("edu", name="pc9")], [], NOW)
    assert (one.zone, one.owner) == ("edu", "A")


def test_what_is_unbilled_is_missed_in_the_contracts_of_its_zone() -> None:
    other = Listed("contract-edu", "contract", "edu", Entry("x"))
    found, _ = reconcile([contract(name="pc1"), other], [thing("pc1"), thing("pc2")], NOW)
    (one,) = [finding for finding in found if finding.kind == "unbilled"]
    assert one.text == "it reports, and is not in contract-2026"


@pytest.mark.parametrize(("mac", "told"), [
    pytest.param("da:a1:19:00:00:01", True, id="a phone"),
    pytest.param(CARD, False, id="a card with a maker's address"),
    pytest.param("52:54:00:12:34:56", False, id="a virtual machine"),
])  # fmt: skip
def test_a_made_up_address_is_told(mac: str, told: bool) -> None:  # a column of the table
    (one,), _ = reconcile([lease(mac=mac)], [], NOW)
    assert ("made up" in one.text) is told
