"""The cards of printers, and what an operator is told to look at, by what they tell of themselves."""

import pytest
from card_lines import Told, card, found, lines, supply


def test_supplies_are_marked_when_low_and_never_guessed() -> None:
    shown = card(
        "supplies",
        *supply(1, "Black Toner", 400, 1000), *supply(2, "Cyan Toner", 9, 100), *supply(3, "Magenta Toner", 1, 100),
        *supply(4, "Yellow Toner", -3, -2), *supply(5, "Drum", -2, -2), *supply(6, "Waste Toner", 100, 100, "4"),
    )  # fmt: skip

    assert lines(shown) == [
        "Magenta Toner | 1 % [bad]", "Cyan Toner | 9 % [warn]", "Black Toner | 40 %", "Yellow Toner | some [muted]",
        "Drum | unknown [muted]", "Waste Toner | 100 %",
    ]  # fmt: skip
    assert [row[1].length for row in shown.rows] == [1.0, 9.0, 40.0, None, None, 100.0]
    assert shown.rows[-1][0].note == "the room for waste that is left"


@pytest.mark.parametrize(("level", "type_", "expected"), [
    pytest.param(11, "3", [], id="enough"),
    pytest.param(10, "3", [("warn", "Svart has 10 % left: have a new one ready")], id="a tenth"),
    pytest.param(3, "3", [("bad", "Svart has 3 % left: change it")], id="nearly empty"),
    pytest.param(0, "3", [("bad", "Svart is empty: change it")], id="empty"),
    pytest.param(5, "4", [("warn", "Svart has room for 5 % more: have a new one ready")], id="waste"),
    pytest.param(-3, "3", [], id="nobody knows"),
])  # fmt: skip
def test_a_supply_that_runs_out(level: float, type_: str, expected: list[tuple[str, str]]) -> None:
    assert found(*supply(1, "Svart", level, 100, type_)) == expected


def test_trays_that_should_hold_paper() -> None:
    tray = "driftvakt_printer_tray_ratio"
    told = [(tray, {"tray": "Tray 1"}, 0.5), (tray, {"tray": "Fack 2"}, 0.0), (tray, {"tray": "MP Tray"}, 0.0),
            (tray, {"tray": "1.7"}, 0.0)]  # fmt: skip

    assert lines(card("trays", *told, absent=((tray, {"tray": "Roll"}),))) == [
        "Tray 1 | 50 %", "Fack 2 | empty [warn]", "MP Tray | empty", "tray 7 | empty", "Roll | unknown [muted]",
    ]  # fmt: skip
    assert found(*told) == [("warn", "No paper in Fack 2")]


def test_what_a_maker_tells_stands_in_for_a_level_that_is_only_some() -> None:
    ratio, low, lasts = (f"driftvakt_printer_supply_{one}" for one in ("ratio", "low", "left_pages"))
    told: list[Told] = [
        *supply(1, "Black Toner Cartridge", -3, 100), *supply(2, "Drum Unit", 60, 100, "9"),
        (ratio, {"supply": "Drum Unit"}, 0.6), (ratio, {"supply": "Black toner"}, 0.08),
        (ratio, {"supply": "Drum"}, 0.61), (ratio, {"supply": "Belt unit"}, 0.97),
        (low, {"supply": "Black toner"}, 1.0), (low, {"supply": "Cyan toner"}, 1.0),
        (lasts, {"supply": "Drum"}, 9688.0), (lasts, {"supply": "Laser unit"}, 48389.0),
    ]  # fmt: skip

    shown = card("supplies", *told)

    assert lines(shown) == [
        "Black Toner Cartridge | 8 % [warn]", "Cyan toner | low [warn]", "Drum Unit | 60 %", "Belt unit | 97 %",
        "Laser unit | 48 389 pages more",
    ]  # fmt: skip
    assert shown.rows[2][0].note.replace("\u00a0", " ") == "lasts 9 688 pages more"
    assert found(*told) == [
        ("warn", "Black Toner Cartridge has 8 % left: have a new one ready"),
        ("warn", "Cyan toner is low: have a new one ready"),
    ]


def test_a_supply_that_the_printer_gives_no_name_or_the_name_of_another_is_shown_once() -> None:
    ratio = "driftvakt_printer_supply_ratio"
    told: list[Told] = [
        *supply(1, "", 50, 100), *supply(2, "Toner (Black)", 40, 100), *supply(3, "Toner (Black)", 30, 100),
        (ratio, {"supply": "1.1"}, 0.5), (ratio, {"supply": "Toner (Black)"}, 0.4),
        (ratio, {"supply": "Toner (Black) (1.3)"}, 0.3),
    ]  # fmt: skip

    assert lines(card("supplies", *told)) == ["supply 1 | 50 %", "Toner (Black) | 40 %", "Toner (Black) | 30 %"]


def test_what_two_parts_tell_of_one_supply_is_kept() -> None:
    low, lasts = (f"driftvakt_printer_supply_{one}" for one in ("low", "left_pages"))
    told: list[Told] = [
        *supply(1, f"Black Drum Unit {'W' * 255}", -3, 100, "9"),
        (low, {"supply": "Black drum"}, 1.0), (low, {"supply": "Drum"}, 0.0), (lasts, {"supply": "Black drum"}, 90.0),
    ]  # fmt: skip

    shown = card("supplies", *told)

    assert [cell.text for cell in shown.rows[0][1:]] == ["low"]
    assert shown.rows[0][0].note.replace("\u00a0", " ") == "lasts 90 pages more"
    assert found(*told) == [("warn", f"Black Drum Unit {'W' * 63}… is low: have a new one ready")]


def test_pages_by_kind() -> None:
    total = "driftvakt_printer_pages_total"
    told: list[Told] = [
        ("prtMarkerLifeCount", {"hrDeviceIndex": "1"}, 1611.0), (total, {"kind": "all"}, 1611.0),
        (total, {"kind": "color"}, 902.0), (total, {"kind": "duplex"}, 538.0), (total, {"kind": "cyan"}, 2705.0),
    ]  # fmt: skip

    assert lines(card("printer", *told)) == [
        "Pages so far | 1 611", "Pages in color | 902", "Pages on both sides | 538", "Pages cyan | 2 705",
    ]  # fmt: skip


@pytest.mark.parametrize(("does", "device", "expected"), [
    pytest.param("idle", 2, "ready [ok]", id="ready"),
    pytest.param("printing", 2, "prints [ok]", id="prints"),
    pytest.param("idle", 3, "ready, and warns [warn]", id="a warning"),
    pytest.param("other", 5, "stopped [bad]", id="stopped"),
    pytest.param("warmup", 5, "warms up [ok]", id="on its way"),
    pytest.param("other", 2, "stands by [ok]", id="asleep"),
])  # fmt: skip
def test_what_a_printer_does(does: str, device: float, expected: str) -> None:
    states = [
        ("hrPrinterStatus", {"hrDeviceIndex": "1", "hrPrinterStatus": one}, float(one == does))
        for one in ("other", "idle", "printing", "warmup")
    ]

    shown = card("printer", *states, ("hrDeviceStatus", {"hrDeviceIndex": "1"}, device))

    assert lines(shown) == [f"State | {expected}"]


def test_an_open_cover() -> None:
    told = [
        ("prtCoverStatus", {"prtCoverIndex": index, "prtCoverStatus": word}, value)
        for index, word, value in (
            ("1", "coverOpen", 0.0), ("1", "coverClosed", 1.0), ("2", "coverOpen", 1.0), ("2", "coverClosed", 0.0)
        )
    ]  # fmt: skip

    assert lines(card("printer", *told)) == ["Covers | open: 2 [warn]"]
    assert found(*told) == [("warn", "A cover is open: close it")]
