"""What becomes of finds: devices to ask, a list for the ledger, and no thing twice."""

from dataclasses import replace

from driftvakt_collector.poll.discovery.known import Acquaintance, Known
from driftvakt_collector.poll.discovery.outcome import as_rows, list_name, outcome
from driftvakt_collector.poll.discovery.sweep import Find, Told
from driftvakt_collector.service.coverage import LIST_NAME
from driftvakt_collector.store.subnets import SubnetRow

ROW = SubnetRow("adm", "10.20.0.0/24", "A-huset", "Idrott", "S:t Erik", 86_400, 50, True, 0.0, "root")
SWITCH = Told("lan", "sw-å", "switch", "Cisco", "C2960S", "FOC1", frozenset({"00:1b:a9:00:00:01"}),
              frozenset({"10.20.0.2", "10.30.0.2"}))  # fmt: skip
PC = Acquaintance("a-1", "pc-1", frozenset({"00:1b:a9:00:00:09"}), frozenset({"10.20.0.9"}))
NOW = 1.7e9


def names() -> object:
    return iter(f"d-{number}" for number in range(9)).__next__


def test_what_takes_a_credential_is_asked_from_now_on() -> None:
    found = outcome(ROW, [Find("10.20.0.2", "", SWITCH)], Known([]), NOW, names())  # type: ignore[arg-type]

    ((host, device),) = found.devices
    assert (host.name, host.class_, host.site, host.administration, host.supplier) == (
        "sw-å", "switch", "A-huset", "Idrott", "S:t Erik",
    )  # fmt: skip
    assert (device.address, device.credential, device.added_by) == ("10.20.0.2", "lan", "discovery")
    assert (found.known, found.unknown, found.entries) == (0, 0, ())


def test_a_thing_with_two_addresses_is_added_once() -> None:
    row = replace_network(ROW)
    finds = [Find("10.30.0.2", "", SWITCH), Find("10.20.0.2", "00:1b:a9:00:00:01", replace(SWITCH, macs=frozenset()))]

    assert len(outcome(row, finds, Known([]), NOW, names()).devices) == 1  # type: ignore[arg-type]


def test_one_that_we_know_is_neither_added_nor_unknown() -> None:
    finds = [Find("10.20.0.9", "00:1b:a9:00:00:09", None, PC), Find("10.20.0.10", "00:1b:a9:00:00:09", None, PC)]
    found = outcome(ROW, finds, Known([PC]), NOW, names())  # type: ignore[arg-type]

    assert (found.devices, found.known, found.unknown) == ((), 1, 0)
    assert [(entry.name, entry.owner, entry.site) for entry in found.entries] == [("pc-1", "Idrott", "A-huset")]


def test_who_says_nothing_is_listed_with_its_card_and_address() -> None:
    finds = [Find("10.20.0.20", "3c:52:82:00:00:01"), Find("10.20.0.21")]
    found = outcome(ROW, finds, Known([]), NOW, names())  # type: ignore[arg-type]

    assert [(entry.name, entry.mac) for entry in found.entries] == [
        ("10.20.0.20", "3c:52:82:00:00:01"), ("10.20.0.21", ""),
    ]  # fmt: skip
    assert found.unknown == 2
    info, rows = as_rows(ROW, found, NOW, private=False)
    assert (info.name, info.kind, info.who, len(rows)) == ("found-adm-10-20-0-0-24", "seen", "discovery", 2)


def test_nothing_is_added_where_only_a_list_is_wanted() -> None:
    found = outcome(ROW._replace(adds=False), [Find("10.20.0.2", "", SWITCH)], Known([]), NOW, names())  # type: ignore[arg-type]

    assert (found.devices, found.unknown) == ((), 1)
    assert [(entry.name, entry.serial) for entry in found.entries] == [("sw-å", "FOC1")]


def test_what_somebody_removed_is_not_brought_back() -> None:
    finds = [Find("10.20.0.2", "", SWITCH)]
    found = outcome(ROW, finds, Known([]), NOW, names(), removed={"10.20.0.2"})  # type: ignore[arg-type]

    assert (found.devices, found.unknown) == ((), 1)


def test_a_hostile_name_is_one_bounded_line() -> None:
    told = replace(SWITCH, name="<script>\n" + "x" * 5000)
    ((host, _),) = outcome(ROW, [Find("10.20.0.2", "", told)], Known([]), NOW, names()).devices  # type: ignore[arg-type]

    assert len(host.name) <= 255
    assert host.name.isprintable()


def test_names_of_lists_are_names_of_lists_and_differ() -> None:
    long = ["skolornas-stora-natverk-a", "skolornas-stora-natverk-b"]
    made = {list_name(zone, "255.255.255.128/25") for zone in (*long, "adm")}

    assert len(made) == 3
    assert all(LIST_NAME.fullmatch(one) for one in made)


def test_an_address_with_another_card_is_another_thing() -> None:
    known = Known([PC])

    assert known.find("10.20.0.9") == PC
    assert known.find("10.20.0.77", ["00:1b:a9:00:00:09"]) == PC
    assert known.find("10.20.0.9", ["3c:52:82:00:00:01"]) is None
    known.add(PC._replace(origin="a-2"))
    assert known.find("10.20.0.9") is None


def replace_network(row: SubnetRow) -> SubnetRow:
    return row._replace(network="10.30.0.0/24")


def liar(seen: str, macs: set[str], addresses: set[str]) -> Find:
    """Return a printer that says other things are itself."""
    return Find("10.20.0.1", seen, Told("lan", "ond", "printer", "", "", "X1", frozenset(macs), frozenset(addresses)))


def test_one_that_says_all_addresses_are_its_own_hides_nobody() -> None:
    everything = {f"10.20.0.{number}" for number in range(1, 255)}
    finds = [liar("66:66:66:66:66:66", {"66:66:66:66:66:66"}, everything), Find("10.20.0.2", "", SWITCH),
             Find("10.20.0.20", "3c:52:82:00:00:01"), Find("10.20.0.21")]  # fmt: skip

    found = outcome(ROW, finds, Known([]), NOW, names())  # type: ignore[arg-type]

    assert [host.name for host, _ in found.devices] == ["ond", "sw-å"]
    assert [entry.name for entry in found.entries] == ["10.20.0.20", "10.20.0.21"]


def test_one_that_says_it_has_anothers_card_is_not_that_one() -> None:
    (card,) = PC.macs
    for find in (liar("66:66:66:66:66:66", {card}, set()), liar("66:66:66:66:66:66", {card}, set(PC.addresses))):
        found = outcome(ROW, [find], Known([PC]), NOW, names())  # type: ignore[arg-type]
        assert ([host.name for host, _ in found.devices], found.known) == (["ond"], 0)


def test_one_that_says_it_has_the_cards_of_those_who_come_after_hides_none_of_them() -> None:
    theirs = {f"02:00:00:00:00:{number:02x}" for number in range(9)}
    honest = [
        Find(f"10.20.0.{number + 10}", mac, Told("lan", f"sw-{number}", "switch", "", "", f"S{number}",
                                                 frozenset({mac}), frozenset()))
        for number, mac in enumerate(sorted(theirs)[:4])
    ]  # fmt: skip
    finds = [liar("66:66:66:66:66:66", {"66:66:66:66:66:66", *theirs}, set()), *honest]

    assert len(outcome(ROW, finds, Known([]), NOW, names()).devices) == 5  # type: ignore[arg-type]
