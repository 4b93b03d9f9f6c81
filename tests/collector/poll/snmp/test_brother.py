"""What printers of Brother answer in their own MIB, held against what was on their own pages at the time."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import recorded as recorded_devices
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp import facts
from driftvakt_collector.poll.snmp.driver import Value
from driftvakt_collector.poll.snmp.modules import brother
from driftvakt_collector.poll.snmp.text import text_of
from driftvakt_collector.poll.snmp.visit import Memory, Visit

ANSWERS = RECORDINGS.parent / "brother_private_mib"
recorded = pytest.mark.skipif(not ANSWERS.is_dir(), reason=f"no answers of printers in {ANSWERS}")
WHO: dict[str, Value] = {"1.3.6.1.2.1.1.1.0": b"Brother NC-8300w, Firmware Ver.1.00",
                         "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.2435.2.3.9.1"}  # fmt: skip
MARKER = "1.3.6.1.2.1.43.10.2.1.4"
SERIES = {
    "_remaining_pages": "supply_left_pages", "_drum_counter": "supply_printed_pages", "_status": "supply_low",
    "_toner_remaining": "supply_ratio", "_ink_remaining": "supply_ratio", "_remaining_life": "supply_ratio",
    "drum_counter": "supply_printed_pages",
}  # fmt: skip
PARTS = {"pf_kit_1": "Paper feeding kit 1", "fuser": "Fuser", "belt_unit": "Belt unit", "laser_unit": "Laser unit"}
KINDS = {"page": "all", "bw": "monochrome", "duplex_unit_pages": "duplex"}


def seen(told: Mapping[str, Value], memory: Memory | None = None) -> Visit:
    return recorded_devices.seen({**WHO, **told}, memory)


def answers(name: str) -> dict[str, Value]:
    told: dict[str, Value] = {}
    for oid, value in json.loads((ANSWERS / f"{name}.json").read_text("utf-8")).items():
        if isinstance(value, list):
            told[oid] = bytes.fromhex("".join(value) + "ff") if value else b"\xff"
        elif value is not None:
            told[oid] = int(value) if oid.startswith(MARKER) else value.encode()
    return told


def series(visited: Visit) -> dict[tuple[str, str], float | None]:
    """Return our own series by name and the text of their label."""
    return {
        (name, next(iter(dict(labels).values()), "")): value
        for (name, labels), value in zip(visited.layout.keys, visited.values, strict=True)
        if name.startswith("driftvakt_")
    }


def told(name: str, visited: Visit, octets: Value) -> object:
    """Return what we have of one field of what is known of a printer."""
    if name == "status":
        return text_of(visited.rows["brother_panel"][""]["brpsStatusText"]).lower()
    numbers = series(visited)
    if name.endswith(("_toner", "_ink")):
        # Whole tens of percents: the series has the finer number.
        assert isinstance(octets, bytes)
        return brother.records(octets).get(0x81 + ["black", "cyan", "magenta", "yellow"].index(name.split("_")[0]))
    for end, kind in SERIES.items():
        if name.endswith(end):
            part = name.removesuffix("_status" if kind == "supply_low" else "_counter" if "drum_c" in end else end)
            part = part if "ink" not in end and "toner" not in end else name.removesuffix("_remaining")
            value = numbers.get((f"driftvakt_printer_{kind}", PARTS.get(part) or part.replace("_", " ").capitalize()))
            if value is None:
                return None
            return value + 1 if kind == "supply_low" else round(value * 100) if kind == "supply_ratio" else value
    kind = name.removesuffix("_counter")
    found = numbers.get(("driftvakt_printer_pages_total", KINDS.get(kind, kind)))
    if found is None and kind == "page":
        # Older ones count in Printer-MIB alone.
        names = [one for one, _ in visited.layout.keys]
        return visited.values[names.index("prtMarkerLifeCount")]
    return found


def fields(name: str, expected: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    answered = answers(name)
    visited, identity = seen(answered), expected["identity"]
    yield f"{name} model", identity["model"], facts.model(visited)[0]
    yield f"{name} serial", identity["serial"], facts.serial(visited)
    yield f"{name} firmware", identity["firmware"], facts.version(visited)
    for field, value in expected["sensors"].items():
        yield f"{name} {field}", value, told(field, visited, answered[brother.MAINTENANCE])


@recorded
def test_what_is_known_of_each_is_found() -> None:
    right = total = 0
    misses = []
    for name, expected in json.loads((ANSWERS / "expected.json").read_text("utf-8"))["printers"].items():
        if expected is None:
            continue
        for field, wanted, got in fields(name, expected):
            total += 1
            right += wanted == got
            if wanted != got:
                misses.append(f"{field}: {got!r}, expected {wanted!r}")
    print(f"printers of Brother: {right} of {total} fields; misses:", *misses, sep="\n  ")
    assert total == 140
    assert right / total >= 0.97


@recorded
def test_a_printer_that_breaks_off_has_what_came_and_no_more() -> None:
    numbers = series(seen(answers("incomplete")))

    assert {key: value for key, value in numbers.items() if "pages" not in key[0]} == {
        ("driftvakt_printer_supply_ratio", "Black toner"): 0.71, ("driftvakt_printer_supply_ratio", "Drum"): 0.93,
        ("driftvakt_printer_supply_low", "Black toner"): 0.0, ("driftvakt_printer_supply_low", "Drum"): 0.0,
    }  # fmt: skip
    assert [key for key in numbers if "pages" in key[0]] == [("driftvakt_printer_supply_printed_pages", "Drum")]
    assert series(seen(answers("invalid"))) == {}


@pytest.mark.parametrize(("octets", "expected"), [
    pytest.param("6f010400000a28ff", {0x6F: 2600}, id="whole"),
    pytest.param("6f010400000a28", {0x6F: 2600}, id="without an end"),
    pytest.param("ff", {}, id="nothing"),
    pytest.param("", {}, id="empty"),
    pytest.param("6f010400000a28 41010400", {}, id="broken off"),
    pytest.param("6f010400000a28 4101020000ff", {}, id="another length"),
    pytest.param("6f010400000a28 00000a28410104", {}, id="shifted"),
    pytest.param("6f010400000a28 6f010400000001ff", {}, id="one code twice"),
    pytest.param("6f010400000a28 41010 4ffffffffff", {0x6F: 2600}, id="a number that is none"),
    pytest.param("870100a10100a20100a301008801", {}, id="another table"),
])  # fmt: skip
def test_octets_are_records_or_nothing(octets: str, expected: dict[int, int]) -> None:
    assert brother.records(bytes.fromhex(octets.replace(" ", ""))) == expected


def test_more_than_all_of_a_supply_is_no_share() -> None:
    octets = bytes.fromhex("6f010400002711 8101040000006e 4101040000ffff 310104000000 09ff".replace(" ", ""))

    assert brother.maintenance(octets, "MDL:HL-L2340DW;") == {}


def test_ink_is_no_toner() -> None:
    octets = bytes.fromhex("6f010400001f40ff")

    assert [labels for _, labels in brother.maintenance(octets, "MFG:Brother;MDL:DCP-T510W;")] == [
        (("supply", "Black ink"),)
    ]


def test_a_printer_that_answers_half_for_once_keeps_its_series() -> None:
    memory = Memory()
    whole: dict[str, Value] = {brother.COUNTERS: bytes.fromhex("000104000000070101040000000502010400000002ff")}
    first = seen(whole, memory)
    second = seen({brother.COUNTERS: bytes.fromhex("00010400")}, memory)
    third = seen({brother.COUNTERS: bytes.fromhex("0001040000000806010400000001ff")}, memory)

    assert series(first)["driftvakt_printer_pages_total", "all"] == 7
    assert second.layout is first.layout
    assert set(series(second).values()) == {None}
    assert series(third) == {
        ("driftvakt_printer_pages_total", "all"): 8, ("driftvakt_printer_pages_total", "duplex"): 1
    }  # fmt: skip
