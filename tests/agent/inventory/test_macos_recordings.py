"""The readers of macOS on recordings of real Macs, from a Power Mac with 10.4 on.

What is known and left out of the comparison:
    memory CAPTION, NUMSLOTS    the module's status in words; a running number
    cpu NAME, FAMILYNUMBER, …   by sysctl, which was not recorded
    videos RESOLUTION, PCISLOT of a bus    how it is set; the kind of bus, where no slot is told
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from mac_rows import every, rows_fit
from probing import CORPORA
from profiler_text import answer

from driftvakt_agent.inventory.macos import (
    batteries,
    disks,
    displays,
    hardware,
    memory,
    pci,
    printers,
    profiler,
    software,
    usb,
    volumes,
)

FOLDER = CORPORA / "inventory/macos_system_profiler"
Fact = tuple[str, object, object]
"""What, expected, found."""
_MB = 1 << 20
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings of real Macs are absent")


def text(name: str) -> profiler.Answer:
    return answer((FOLDER / name).read_text("utf-8"))


def plist(name: str) -> profiler.Answer:
    return profiler.parse((FOLDER / name).read_bytes())


def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CORPORA / "inventory/expected.json").read_text("utf-8"))
    return {name: one for name, one in found["macos_system_profiler"].items() if one}


def score(group: str, facts: Iterator[Fact]) -> None:
    told = list(facts)
    misses = [f"{what} is {found!r}, expected {wanted!r}" for what, wanted, found in told if wanted != found]
    hits = len(told) - len(misses)
    print(f"\nmacOS, {group}: {hits} of {len(told)} fields; misses: {misses}")
    assert told
    assert hits >= 0.98 * len(told), misses


def mb(value: object) -> int | None:
    return int(str(value)) * _MB if value else None


def plain(value: object) -> object:
    """Return a text that says something, None for what stands there where nothing does."""
    return None if value in (None, "", "Empty") or not str(value).strip("0x") else str(value).removeprefix("0x")


@recorded
def test_memory() -> None:
    def facts() -> Iterator[Fact]:
        for name, one in expected().items():
            rows = memory.parse(text(name).get("SPMemoryDataType", []))
            wanted = one.get("memory", [])
            yield f"{name}: modules", len(wanted) or len(rows), len(rows)
            for row, module in zip(rows, wanted, strict=False):
                yield f"{name}: size", mb(module["CAPACITY"]), row["size_bytes"]
                yield f"{name}: type", plain(module["TYPE"]), row["type"] or None
                yield f"{name}: speed", module["SPEED"] and int(module["SPEED"]), row["speed_mts"]
                yield f"{name}: serial", plain(module["SERIALNUMBER"]), row["serial"] or None

    score("memory", facts())


@recorded
def test_graphics_and_processors() -> None:
    def facts() -> Iterator[Fact]:
        for name, one in expected().items():
            told = text(name)
            cards = displays.parse(told.get("SPDisplaysDataType", []))["graphics"]
            for row, card in zip(cards, one.get("videos", []), strict="videos" in one):
                yield f"{name}: chip", card["CHIPSET"], row["chipset"]
                yield f"{name}: name", card["NAME"], row["name"]
                yield f"{name}: memory", mb(card["MEMORY"]), row["memory_bytes"]
                if card["PCISLOT"].startswith("Slot"):
                    yield f"{name}: slot", card["PCISLOT"], row["address"]
            for cpu in one.get("cpu", []):
                (row,) = hardware.parse(told["SPHardwareDataType"][0], {})["processors"]
                yield f"{name}: maker", cpu["MANUFACTURER"], row["manufacturer"]
                yield f"{name}: cores", int(cpu["CORE"]), row["cores"]
                yield f"{name}: speed", int(cpu["SPEED"]), row["max_speed_mhz"]

    score("graphics and processors", facts())


@recorded
def test_whole_machines() -> None:
    """Against the tree that GLPI Agent makes of two Macs: one of 2005 with 10.4, one of 2007 with 10.6."""

    def facts() -> Iterator[Fact]:
        for name, one in expected().items():
            if "parsed_tree" in one:
                yield from of_machine(name, one["parsed_tree"], text(name))

    score("whole machines", facts())


def of_machine(name: str, tree: Mapping[str, Any], told: profiler.Answer) -> Iterator[Fact]:
    overview = tree["Hardware"]["Hardware Overview"]
    found = hardware.parse(told["SPHardwareDataType"][0], {})
    (is_system,), (firmware,) = found["system"], found["firmware"]
    yield f"{name}: maker", "Apple", is_system["manufacturer"]
    yield f"{name}: model", overview.get("Model Identifier") or overview["Machine Model"], is_system["product"]
    yield f"{name}: serial", overview.get("Serial Number (system)") or overview["Serial Number"], is_system["serial"]
    yield f"{name}: uuid", overview.get("Hardware UUID", "").lower(), is_system["uuid"]
    yield f"{name}: firmware", overview["Boot ROM Version"], firmware["version"]
    yield from of_disks(name, tree, told)
    devices = {str(row["product"]): row for row in usb.parse(told["SPUSBDataType"])}
    for label, device in named(tree["USB"], "Product ID"):
        row = devices.get(label, {})
        yield f"{name}: {label}", device["Product ID"].removeprefix("0x"), row.get("product_id")
        yield f"{name}: {label}, vendor", device["Vendor ID"][2:6], row.get("vendor_id")
        yield f"{name}: {label}, maker", device.get("Manufacturer", ""), row.get("vendor")
        yield f"{name}: {label}, serial", device.get("Serial Number") or "", row.get("serial")
    cards = [(row["vendor_id"], row["device_id"]) for row in pci.parse(told.get("SPPCIDataType", []))]
    for label, card in (tree.get("PCI Cards") or {}).items():
        yield f"{name}: {label}", True, (card["Vendor ID"][2:], card["Device ID"][2:]) in cards
    queues = {row["name"]: row for row in printers.parse(told.get("SPPrintersDataType", []))}
    for label, queue in (tree.get("Printers") or {}).items():
        yield f"{name}: {label}, driver", queue["PPD"], queues[label]["driver"]
        yield f"{name}: {label}, port", queue["URI"], queues[label]["port"]


def of_disks(name: str, tree: Mapping[str, Any], told: profiler.Answer) -> Iterator[Fact]:
    rows = {
        str(row["model"]): row
        for kind, bus in disks.BUSES if bus != "usb" for row in disks.parse(told.get(kind, []), bus)
    }  # fmt: skip
    for bus in ("Serial-ATA", "ATA"):
        for label, disk in named(tree[bus], "Model"):
            model = " ".join(disk["Model"].split())
            row = rows.get(model, {})
            yield f"{name}: {label}", model, row.get("model")
            yield f"{name}: {label}, serial", (disk["Serial Number"] or "").strip(), row.get("serial")
            yield f"{name}: {label}, firmware", disk["Revision"], row.get("firmware")
            exact = re.search(r"\(([\d,]+) bytes\)", disk.get("Capacity", ""))
            if exact:
                yield f"{name}: {label}, size", int(exact[1].replace(",", "")), row.get("size_bytes")
            yield f"{name}: {label}, name", disk.get("BSD Name", model), row.get("name")


def named(tree: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what has a field of this name, however deep."""
    for label, one in tree.items():
        if isinstance(one, Mapping):
            if key in one:
                yield label, one
            yield from named(one, key)


@recorded
def test_property_lists() -> None:
    """As they were read by a person: disks of a Mac, of a virtual machine, and on USB; what else is plugged in."""

    def facts() -> Iterator[Fact]:
        for file, kind, bus, model, *wanted in (
            ("SPSerialATADataType.xml", "SPSerialATADataType", "sata", "WDC WD2500AAJS-40VWA1", "disk0",
             "WD-WCARY1264478", "58.01D02", 250059350016, "hdd", "passed"),
            ("SPSerialATADataType3.xml", "SPSerialATADataType", "sata", "VBOX HARDDISK", "disk0",
             "VB52cb5022-c69e4cc4", "1.0", 41943040000, "ssd", "passed"),
            ("SPSerialATADataType3.xml", "SPSerialATADataType", "sata", "VBOX CD-ROM", "VBOX CD-ROM",
             "VB1-1a2b3c4d", "1.0", None, "optical", ""),
            ("SPUSBDataType2.xml", "SPUSBDataType", "usb", "External USB 3.0", "disk3", "20150123045944", "1.07",
             465_760_000_000, "removable", ""),
            ("SPUSBDataType3.xml", "SPUSBDataType", "usb", "Mass Storage", "disk5", "8CA13C74", "1.03", 3_840_000_000,
             "removable", ""),
            ("SPCardReaderDataType_with_inserted_card.xml", "SPCardReaderDataType", "card", "SDHC Card", "disk2", "",
             "", 15931539456, "removable", ""),
        ):  # fmt: skip
            row = next((one for one in disks.parse(plist(file)[kind], bus) if one["model"] == model), {})
            columns = ("name", "serial", "firmware", "size_bytes", "type", "health")
            for column, value in zip(columns, wanted, strict=True):
                yield f"{file}: {model}, {column}", value, row.get(column)
        for file, count, product, *told in (
            ("SPUSBDataType2.xml", 9, "UDisk 2.0", "29-1.2", "abcd", "1234", "General", "1311141504461042257807"),
            ("SPUSBDataType3.xml", 13, "Built-in iSight", "253-4", "05ac", "8501", "Micron", ""),
            ("SPUSBDataType4.xml", 2, "USB Tablet", "159-2", "80ee", "0021", "VirtualBox", ""),
        ):
            found = usb.parse(plist(file)["SPUSBDataType"])
            yield f"{file}: devices", count, len(found)
            row = next(one for one in found if one["product"] == product)
            for column, value in zip(("port", "vendor_id", "product_id", "vendor", "serial"), told, strict=True):
                yield f"{file}: {product}, {column}", value, row[column]
        found = volumes.parse([], plist("SPUSBDataType2.xml")["SPUSBDataType"], encrypted=True)
        row = next(one for one in found if one["name"] == "disk3s2")
        parts = (row["parent"], row["filesystem"], row["mountpoint"], row["size_bytes"], row["label"], row["encrypted"])
        yield "disk3s2", ("disk3", "hfs+", "/", 30_000_000_000, "105", True), parts

    score("property lists", facts())


@recorded
def test_programs() -> None:
    raw = (FOLDER / "sample3.SPApplicationsDataType").read_text("utf-8")
    wanted = {
        (block[0], (re.search(r"^      Version: (.+)$", block[1], re.M) or ["", ""])[1].strip())
        for block in re.findall(r"^    (\S.*):\n\n((?:      .*\n)+)", raw, re.M)
    }
    rows = software.parse(answer(raw)["SPApplicationsDataType"])
    found = {(str(row["name"]), str(row["version"])) for row in rows}
    print(f"\nmacOS, programs: {len(wanted & found)} of {len(wanted)}; misses: {sorted(wanted ^ found)[:20]}")
    assert len(wanted) > 250
    assert {(name, " ".join(version.split())) for name, version in wanted} == found
    publishers = {row["name"]: row["publisher"] for row in rows}
    assert publishers["Cyberduck"] == "David Kocher"
    assert publishers["Microsoft Excel"] == "Microsoft Corporation"
    assert publishers["ApE"] == ""


@recorded
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("charging-SPPowerDataType", ("bq20z451", "SMP", "HD2J77")),
        ("10.6.6-intel", ("ASMB016", "DP", "")),
        ("10.4-powerpc", None),
    ],
)
def test_batteries(name: str, wanted: tuple[str, str, str] | None) -> None:
    rows = batteries.parse(text(name)["SPPowerDataType"])
    assert [(row["name"], row["manufacturer"], row["serial"]) for row in rows] == ([wanted] if wanted else [])


@recorded
def test_no_recording_breaks_a_reader() -> None:
    for file in FOLDER.iterdir():
        told = plist(file.name) if file.suffix == ".xml" else text(file.name)
        assert told or not re.search(r"^(Hardware|Memory|Power):", file.read_text("utf-8"), re.M)
        assert all(rows_fit(name, rows) for name, rows in every(told).items())
