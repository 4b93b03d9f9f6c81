"""The cards of disks, pools, virtual machines and what a device draws, and what an operator is told of them."""

import pytest

from driftvakt_collector.console import device_finding
from driftvakt_collector.console.card import MAX_ROWS, Card
from driftvakt_collector.console.cards import cards
from driftvakt_collector.console.readings import Reading, Readings

Told = tuple[str, dict[str, str], float]
FAILING, BAD, LIFE = (f"driftvakt_device_disk_{what}" for what in ("failing", "bad_sectors", "life_ratio"))
POOL, RUNNING = "driftvakt_device_pool_used_ratio", "driftvakt_guest_running"
GIB = 1024.0**3


def readings(*told: Told) -> Readings:
    return Readings([Reading(*one) for one in told], {}, at=1_795_450_000.0, absent=())


def card(key: str, *told: Told) -> Card:
    return next(one for one in cards(readings(*told), 0.0) if one.key == key)


def lines(shown: Card) -> list[str]:
    return [
        " | ".join(cell.text + (f" [{cell.tone}]" if cell.tone else "") for cell in row).replace("\u00a0", " ")
        for row in shown.rows
    ]


def found(*told: Told) -> list[tuple[str, str]]:
    shown = {one.key for one in cards(readings(*told), 0.0)}
    said = device_finding.findings(readings(*told))
    assert {one.anchor for one in said} <= shown
    return [(one.tone, one.text.replace("\u00a0", " ")) for one in said]


def test_disks() -> None:
    told: list[Told] = [
        (FAILING, {"disk": "Disk 1"}, 0.0), (FAILING, {"disk": "Disk 2"}, 1.0), (BAD, {"disk": "Disk 1"}, 511.0),
        (BAD, {"disk": "Disk 2"}, 3.0), (BAD, {"disk": "Disk 3"}, 0.0), (LIFE, {"disk": "Cache 1"}, 0.07),
    ]  # fmt: skip

    shown = card("disks-of-device", *told)

    assert shown.columns == ("Disk", "Says", "Bad sectors", "Life left")
    assert lines(shown) == [
        "Disk 1 | well [ok] | 511 [warn] | ", "Disk 2 | will fail [bad] | 3 [warn] | ", "Cache 1 |  |  | 7.0 % [warn]",
        "Disk 3 |  | 0 | ",
    ]  # fmt: skip
    assert found(*told) == [
        ("bad", "Disk 2 says that it will fail: save what is on it and change it"),
        ("warn", "Disk 1 has bad sectors: have a new disk ready if they grow"),
        ("warn", "Cache 1 is nearly written to the end: have a new one ready"),
    ]


def test_disks_that_are_well_have_no_column_for_what_they_do_not_tell() -> None:
    told: list[Told] = [(FAILING, {"disk": "Disk 1"}, 0.0), (FAILING, {"disk": "Disk 2"}, 0.0)]

    assert card("disks-of-device", *told).columns == ("Disk", "Says")
    assert found(*told) == []


@pytest.mark.parametrize(("share", "expected"), [
    (0.79, []), (0.8, [("warn", "Pool tank is 80 % full: make room or add disks")]),
    (0.95, [("bad", "Pool tank is 95 % full: make room or add disks")]),
])  # fmt: skip
def test_a_pool_that_is_nearly_full(share: float, expected: list[tuple[str, str]]) -> None:
    assert found((POOL, {"pool": "tank"}, share)) == expected


def test_virtual_machines() -> None:
    told: list[Told] = [
        (RUNNING, {"guest": "web01"}, 0.0), (RUNNING, {"guest": "db01"}, 1.0), (RUNNING, {"guest": "App"}, 1.0),
        ("driftvakt_guest_memory_bytes", {"guest": "db01"}, 16 * GIB),
        ("driftvakt_guest_memory_bytes", {"guest": "web01"}, 4 * GIB),
        ("driftvakt_guest_cpus", {"guest": "db01"}, 8.0),
    ]  # fmt: skip

    shown = card("guests", *told)

    assert lines(shown) == [
        "App | runs [ok] | – | –", "db01 | runs [ok] | 8 | 16 GiB", "web01 | off [muted] | – | 4 GiB",
    ]  # fmt: skip
    assert shown.note.replace("\u00a0", " ") == "2 of 3 machines run, with 16 GiB of memory."
    assert found(*told) == []


def test_no_card_has_more_rows_than_a_page_takes() -> None:
    many: list[Told] = [(RUNNING, {"guest": f"vm{n}"}, 1.0) for n in range(MAX_ROWS + 5)]
    many += [(FAILING, {"disk": f"Disk {n}"}, 1.0) for n in range(MAX_ROWS + 5)]

    assert [(len(card(key, *many).rows), card(key, *many).more) for key in ("guests", "disks-of-device")] == [
        (MAX_ROWS, 5), (MAX_ROWS, 5),
    ]  # fmt: skip
    assert found(*many) == [
        ("bad", "Disk 0, Disk 1, Disk 2 and 42 more say that they will fail: save what is on it and change it")
    ]


def test_a_name_that_is_too_long_hides_nothing_of_a_finding() -> None:
    assert found((FAILING, {"disk": "W" * 255}, 1.0)) == [
        ("bad", f"{'W' * 79}… says that it will fail: save what is on it and change it")
    ]


@pytest.mark.parametrize(("newer", "expected"), [(1.0, "there is newer [warn]"), (0.0, "the newest [ok]")])
def test_what_a_device_draws_and_whether_there_is_newer_software(newer: float, expected: str) -> None:
    told: list[Told] = [("driftvakt_device_watts", {"name": "system"}, 198.0),
                        ("driftvakt_device_update_available", {}, newer)]  # fmt: skip

    assert lines(card("system-of-device", *told)) == ["Power drawn | 198 W", f"Software | {expected}"]


def test_what_hangs_on_a_ups() -> None:
    told: list[Told] = [("driftvakt_ups_on_battery", {}, 0.0), ("driftvakt_ups_output_watts", {"phase": "1"}, 310.0)]

    assert lines(card("ups", *told)) == ["Output | on line power [ok]", "Power out | 310 W"]


def test_pages_that_were_printed_and_copied() -> None:
    total = "driftvakt_printer_pages_total"
    told: list[Told] = [
        ("prtMarkerLifeCount", {"hrDeviceIndex": "1"}, 33810.0), (total, {"kind": "copy monochrome"}, 3672.0),
        (total, {"kind": "print color"}, 6711.0), (total, {"kind": "scan"}, 5653.0),
    ]  # fmt: skip

    assert lines(card("printer", *told)) == [
        "Pages so far | 33 810", "Pages copied in black | 3 672", "Pages printed in color | 6 711",
        "Pages scanned | 5 653",
    ]  # fmt: skip


def test_parts_of_which_there_are_many_are_called_by_their_plural() -> None:
    told: list[Told] = [("driftvakt_part_ok", {"kind": "battery", "part": f"battery {n}"}, 0.0) for n in (1, 2)]

    assert found(*told) == [("bad", "2 batteries are not ok: battery 1, battery 2")]
