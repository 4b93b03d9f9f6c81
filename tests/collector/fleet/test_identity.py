from dataclasses import replace
from typing import Any

import pytest
from identity_scenarios import BARE, IMAGED, OTHER, PC, SCENARIOS, TWIN_UUID, WHITE, Told
from machinery import World, texts
from memory_book import MemoryBook

from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.identity import evidence as evidences
from driftvakt_collector.fleet.identity.decide import Asset, Bound, Running, at_once, compare
from driftvakt_collector.fleet.identity.keys import (
    BOARD,
    CHASSIS,
    DISK,
    MAC,
    MACHINE,
    NAME,
    SERIAL,
    UUID,
    Key,
    clean,
)
from driftvakt_collector.fleet.register import RegisterError
from driftvakt_collector.store.section import Body

HOUR = 3600.0


class Desk:
    """Lets sources tell one after the other, an hour apart."""

    def __init__(self) -> None:
        self.book = MemoryBook()
        self.heard: dict[str, Running] = {}
        self.alive: set[str] = set()
        self.now = 1.7e9

    def tell(self, source: str, told: Told) -> None:
        self.now += HOUR
        for other in self.alive:
            self.heard[other] = self.heard[other]._replace(end=self.now + 300)
        self.heard[source] = Running(self.now - 60, self.now + 300)
        if told.alive:
            self.alive.add(source)
        register.learn(self.book, told.evidence(source), self.heard.get, self.now)

    def sweep(self) -> list[int]:
        return register.sweep(self.book, self.book.crowded(), self.heard.get, self.now)

    @property
    def groups(self) -> str:
        found: dict[int, str] = {}
        for source in sorted(self.book.sources):
            number = self.book.home(source)
            found[number] = found.get(number, "") + source
        return "|".join(sorted(found.values()))

    @property
    def asked(self) -> bool:
        return any(self.book.questions.values())


@pytest.mark.parametrize(("steps", "groups", "asked", "why"),
                         [pytest.param(*rest, id=name) for name, *rest in SCENARIOS])  # fmt: skip
def test_which_thing_it_is(steps: list[tuple[str, Told]], groups: str, asked: bool, why: str) -> None:
    desk = Desk()
    for source, told in steps:
        desk.tell(source, told)

    assert (desk.groups, desk.asked) == (groups, asked), [(one.action, one.text) for one in desk.book.notes]
    assert why in desk.book.notes[-1].text


def test_there_are_scenarios_enough() -> None:
    assert len(SCENARIOS) >= 40


def test_a_value_that_many_have_tells_nothing() -> None:
    desk = Desk()
    same = WHITE.but(uuid=TWIN_UUID, board="B-OF-ALL", alive=True)
    for number in range(8):
        desk.tell(f"p{number}", same.but(mac=f"00:1b:21:cc:01:0{number}", disk=f"DISK{number}", machine=f"id-{number}"))

    assert len(desk.book.on) == 8
    assert desk.book.notes[-1].text == "nothing that is known has its serial numbers or cards"


def test_two_that_turn_out_to_run_at_once_are_parted() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", IMAGED.but(alive=True))
    assert desk.groups == "ab"
    # The line of the first one's site was cut; now it is back, and has run all the time.
    desk.heard["a"] = Running(desk.heard["a"].begin, desk.now + HOUR)
    desk.heard["b"] = desk.heard["b"]._replace(end=desk.now + HOUR)

    [number] = desk.sweep()

    assert desk.groups == "a|b"
    assert desk.book.notes[number - 1].text == "b and a run at the same time: two things"
    assert desk.sweep() == []
    desk.tell("b", IMAGED.but(disk="NEWDISK77"))
    assert desk.groups == "a|b"


def test_what_was_joined_can_be_parted_and_stays_parted() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", IMAGED)

    register.undo(desk.book, 2, "åsa", desk.now)

    assert desk.groups == "a|b"
    assert desk.book.notes[1].undone
    assert desk.book.notes[2].text == "åsa undid decision 2"
    desk.tell("b", IMAGED.but(disk="NEWDISK77"))
    assert desk.groups == "a|b"


def test_what_was_moved_can_be_put_back_and_stays_there() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("a", OTHER.but(disk=PC.disk, machine="id-1"))
    assert desk.book.home("a") == 2

    register.undo(desk.book, 2, "åsa", desk.now)

    assert desk.book.home("a") == 1
    desk.tell("a", OTHER.but(disk=PC.disk, machine="id-1", name="again"))
    assert desk.book.home("a") == 1
    assert desk.book.notes[-1].text == "an operator put it there"


def test_an_operator_merges_and_thinks_better_of_it() -> None:
    desk = Desk()
    desk.tell("a", WHITE)
    desk.tell("a", WHITE.but(uuid=OTHER.uuid, mac="00:1b:21:cc:00:99"))
    desk.tell("b", OTHER)
    assert desk.book.questions["a"] == [1]
    number = register.merge(desk.book, 3, 2, "åsa", desk.now)

    assert desk.groups == "ab"
    assert desk.book.questions["a"] == [1]
    register.undo(desk.book, number, "åsa", desk.now)
    assert desk.groups == "a|b"
    assert (desk.book.home("a"), desk.book.home("b")) == (2, 3)


def test_an_operator_parts_two() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", IMAGED)
    number = register.split(desk.book, "b", "åsa", desk.now)

    assert desk.groups == "a|b"
    assert Key(SERIAL, "4XK2P13") in desk.book.assets((desk.book.home("a"),))[0].keys
    register.undo(desk.book, number, "åsa", desk.now)
    assert desk.groups == "ab"


@pytest.mark.parametrize(("wish", "words"), [
    pytest.param(lambda book: register.undo(book, 99, "åsa", 0.0), "there is no decision 99", id="unknown"),
    pytest.param(lambda book: register.undo(book, 1, "åsa", 0.0), "moved nothing", id="a first sight"),
    pytest.param(lambda book: register.split(book, "b", "åsa", 0.0), "only one", id="alone"),
    pytest.param(lambda book: register.split(book, "x", "åsa", 0.0), "told no inventory", id="nobody"),
    pytest.param(lambda book: register.merge(book, 1, 1, "åsa", 0.0), "must be two", id="itself"),
    pytest.param(lambda book: register.merge(book, 1, 99, "åsa", 0.0), "must be two", id="not there"),
    pytest.param(lambda book: register.merge(book, 1, 2, "åsa", 0.0), "zones never mix", id="zones"),
])  # fmt: skip
def test_a_wish_that_cant_be_done_says_why(wish: Any, words: str) -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", OTHER.but(zone="edu"))

    with pytest.raises(RegisterError, match=words):
        wish(desk.book)


def test_undoing_in_the_wrong_order_says_which_comes_first() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", IMAGED)
    register.split(desk.book, "b", "åsa", desk.now)

    with pytest.raises(RegisterError, match="undo the later decision first"):
        register.undo(desk.book, 2, "åsa", desk.now)


@pytest.mark.parametrize("seed", range(3))
def test_a_world_of_machines_is_never_mixed_up(seed: int) -> None:
    world = World(seed)
    world.run(1500)

    assert not world.wrong, "\n".join(texts(world))
    assert world.duplicates <= 3


def test_every_join_of_a_world_can_be_undone() -> None:
    world = World(7)
    world.run(400)
    joins = [one for one in world.memory.notes if one.action in ("join", "move")]
    assert len(joins) > 30
    undone = 0
    for one in reversed(joins):
        if world.book.home(one.moves[0].source) != one.moves[0].end:
            continue
        register.undo(world.book, one.id, "åsa", world.now)
        undone += 1
        assert world.book.home(one.moves[0].source) != one.moves[0].end
    assert undone > 30


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(SERIAL, " 4xk 2p13 ", "4XK2P13", id="case and blanks"),
        pytest.param(SERIAL, "To be filled by O.E.M.", None, id="oem"),
        pytest.param(SERIAL, "Default string", None, id="default"),
        pytest.param(SERIAL, "System Serial Number", None, id="words"),
        pytest.param(SERIAL, "0123456789", None, id="in order"),
        pytest.param(SERIAL, "123456789012", None, id="in order, twice"),
        pytest.param(SERIAL, "00000000", None, id="zeros"),
        pytest.param(SERIAL, "........", None, id="dots"),
        pytest.param(SERIAL, "A1", None, id="too short"),
        pytest.param(SERIAL, "Ö" * 500, None, id="one letter"),
        pytest.param(SERIAL, "VMware-56 4d 1a", "VMWARE-564D1A", id="of a virtual machine"),
        pytest.param(UUID, "00000000-0000-0000-0000-000000000000", None, id="no UUID"),
        pytest.param(UUID, "fefefefe-fefe-fefe-fefe-fefefefefefe", None, id="a pattern"),
        pytest.param(UUID, "Not Settable", None, id="words for a UUID"),
        pytest.param(
            UUID, "{4C4C4544-0058-4B10-8032-B4C04F503133}", "44454c4c-5800-104b-8032-b4c04f503133", id="in braces"
        ),
        pytest.param(MAC, "00:00:00:00:00:00", None, id="no MAC"),
        pytest.param(MAC, "01:00:5e:00:00:01", None, id="a group"),
        pytest.param(MAC, "02:42:ac:11:00:02", None, id="a container's"),
        pytest.param(MAC, "robert'); drop table asset", None, id="hostile"),
        pytest.param(NAME, "PC-Åsa", "pc-åsa", id="a name"),
        pytest.param(NAME, "", None, id="no name"),
    ],
)
def test_keys_are_written_one_way_and_junk_is_none(kind: str, text: str, expected: str | None) -> None:
    found = clean(kind, text)
    assert (found.value if found else None) == expected


def body(*rows: dict[str, Any]) -> Body:
    columns = list(rows[0])
    return Body(columns, [[row[name] for name in columns] for row in rows])


def test_evidence_comes_from_the_inventory() -> None:
    found = evidences.of_inventory(
        "a-1",
        "adm",
        {
            "system": body({"serial": "4XK2P13", "uuid": "4C4C4544-0058-4B10-8032-B4C04F503133"}),
            "baseboard": body({"serial": "BOARD1"}, {"serial": "RISER1"}),
            "chassis": body({"serial": "Default string"}),
            "operating_system": body({"hostname": "pc-1", "machine_id": "ab12", "virtual": ""}),
            "storage": body(
                {"serial": "DISK1", "type": "ssd", "bus": "sata"},
                {"serial": "STICK", "type": "ssd", "bus": "usb"},
                {"serial": "DVD11", "type": "optical", "bus": "sata"},
            ),
            "network_interfaces": body(
                {
                    "mac": "00:1b:21:00:00:01",
                    "permanent_mac": "00:1b:21:00:00:99",
                    "type": "ethernet",
                    "driver": "e1000e",
                    "bus_address": "0000:00:1f.6",
                },
                {
                    "mac": "00:50:b6:00:00:01",
                    "permanent_mac": "",
                    "type": "ethernet",
                    "driver": "r8152",
                    "bus_address": "0000:00:14.0",
                },
                {
                    "mac": "00:50:b6:00:00:02",
                    "permanent_mac": "",
                    "type": "ethernet",
                    "driver": "later",
                    "bus_address": "0000:00:14.0",
                },
                {"mac": "00:50:b6:00:00:03", "permanent_mac": "", "type": "bridge", "driver": "", "bus_address": ""},
            ),
            "pci_devices": body(
                {"address": "0000:00:14.0", "class_id": "0c0330"}, {"address": "0000:00:1f.6", "class_id": "020000"}
            ),
        },
    )

    assert {(key.kind, key.value) for key in found.keys} == {
        (SERIAL, "4XK2P13"), (UUID, "44454c4c-5800-104b-8032-b4c04f503133"), (BOARD, "BOARD1"), (DISK, "DISK1"),
        (MAC, "00:1b:21:00:00:99"), (MACHINE, "ab12"), (NAME, "pc-1"),
    }  # fmt: skip
    assert evidences.read("a-1", "adm", evidences.write(found)) == found


def test_an_inventory_of_nothing_is_no_evidence() -> None:
    assert evidences.of_inventory("a-1", "adm", {}).keys == frozenset()
    assert evidences.of_inventory("a-1", "adm", {"system": Body([], [])}).keys == frozenset()
    hostile = {"system": body({"serial": 12, "uuid": None}), "storage": body({"serial": True, "type": 1})}
    assert evidences.of_inventory("a-1", "adm", hostile).keys == frozenset()


def test_a_host_with_ten_thousand_disks_is_bounded() -> None:
    many = body(*({"serial": f"DISK{number}", "type": "ssd", "bus": "sata"} for number in range(10_000)))
    assert len(evidences.of_inventory("a-1", "adm", {"storage": many}).keys) == 64


def test_a_comparison_says_nothing_of_what_one_side_lacks() -> None:
    assert compare([Key(SERIAL, "A111")], [Key(UUID, "u")]) == (0, (), (), False)
    assert compare([], []).weight == 0
    assert compare([Key(CHASSIS, "A111")], [Key(CHASSIS, "B111")]).other == (CHASSIS,)


def test_running_at_once_needs_more_than_two_minutes() -> None:
    one, other = Bound("a", Running(0, 1000), 1), Bound("b", Running(900, 2000), 2)
    assert at_once((one, other)) is None
    assert at_once((other, replace(one, running=Running(0, 1100)))) == (replace(one, running=Running(0, 1100)), other)
    assert at_once((replace(one, running=None), other)) is None
    assert Asset(1, "adm", frozenset()).sources == ()


def test_who_claims_to_have_started_just_now_runs_beside_others_all_the_same() -> None:
    desk = Desk()
    desk.tell("v", PC.but(alive=True))
    desk.tell("x", Told("4XK2P13", "", "", "", "", "", "", ""))

    assert desk.groups == "v|x"


def test_what_moves_away_leaves_nothing_of_its_own_on_another_ones_asset() -> None:
    desk = Desk()
    desk.tell("v", PC)
    desk.tell("x", Told("4XK2P13", "", "", "", "", "", "", ""))
    desk.tell("x", OTHER.but(serial="4XK2P13", alive=True))
    desk.tell("v", PC.but(name="still-here", alive=True))
    desk.tell("z", BARE)
    desk.sweep()
    assert desk.groups == "v|x|z"

    desk.tell("v", PC.but(serial=""))
    assert desk.book.home("v") == 1
    assert Key(MAC, OTHER.mac) not in desk.book.assets((1,))[0].keys


def test_a_join_that_is_undone_leaves_no_keys_behind() -> None:
    desk = Desk()
    bare = PC.but(serial="", uuid="", chassis="", board="")
    desk.tell("a", bare)
    desk.tell("b", IMAGED.but(serial="WRONG77"))
    register.undo(desk.book, 2, "åsa", desk.now)

    assert Key(SERIAL, "WRONG77") not in desk.book.assets((1,))[0].keys
    desk.tell("a", PC)
    assert desk.book.home("a") == 1


def test_a_merge_leaves_no_ghost_and_holds_for_both() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", OTHER)
    register.merge(desk.book, 1, 2, "åsa", desk.now)
    assert desk.book.assets((2,))[0].keys == frozenset()

    desk.tell("a", PC.but(name="renamed"))
    assert desk.groups == "ab"
    desk.tell("c", OTHER.but(machine="id-77", disk="D777"))
    assert desk.groups == "abc"


def test_an_undo_can_be_undone_and_holds() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("b", OTHER)
    merged = register.merge(desk.book, 1, 2, "åsa", desk.now)
    undone = register.undo(desk.book, merged, "åsa", desk.now)
    assert desk.groups == "a|b"
    register.undo(desk.book, undone, "åsa", desk.now)

    assert desk.groups == "ab"
    assert desk.book.apart("b") == set()
    desk.tell("b", OTHER.but(name="renamed"))
    assert desk.groups == "ab"


def test_a_question_follows_the_asset_that_it_is_about() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("m", OTHER)
    desk.tell("q", PC.but(mac="00:1b:21:aa:00:55", disk="S5555", machine="id-55"))
    assert desk.book.questions["q"] == [1]
    register.merge(desk.book, 2, 1, "åsa", desk.now)

    assert desk.book.questions["q"] == [2]
    assert register.answer_no(desk.book, "q", desk.now) == 1
    assert desk.book.apart("q") == {"a", "m"}


def test_no_to_an_asset_that_nothing_stands_on_keeps_the_host_where_it_is() -> None:
    desk = Desk()
    desk.tell("a", WHITE)
    desk.tell("a", WHITE.but(uuid=OTHER.uuid, mac="00:1b:21:cc:00:99"))
    register.answer_no(desk.book, "a", desk.now)
    desk.tell("a", WHITE)

    assert desk.book.home("a") == 2


def test_one_that_lies_each_minute_fills_no_register() -> None:
    desk = Desk()
    for number in range(30):
        desk.now -= HOUR - 60
        desk.tell("x", OTHER.but(serial=f"LIE{number:05}", uuid="", chassis="", board=f"B{number:05}", mac="", disk=""))

    assert len(desk.book.things) == 1 + register.MOVES


def test_a_serial_number_that_is_written_anew_is_no_other_machine() -> None:
    desk = Desk()
    desk.tell("a", PC)
    desk.tell("a", PC.but(serial="NEWSER99"))

    assert desk.book.home("a") == 1


@pytest.mark.parametrize("text", ["ΐΰ" * 64, "A1" + "ŉ" * 126, "AB\0CDQ9X"])
def test_a_key_fits_into_its_column(text: str) -> None:
    for kind in (SERIAL, NAME):
        found = clean(kind, text)
        assert found is None or (len(found.value) <= 128 and "\0" not in found.value)
