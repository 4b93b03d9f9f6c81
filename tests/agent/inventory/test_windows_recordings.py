"""The readers of Windows on registries and CIM of recorded machines, against what GLPI Agent made of them.

What is known and left out of the comparison:
    cpu DESCRIPTION       no column; family, model and stepping are compared where its identification is told
    memory CAPTION, DESCRIPTION, NUMSLOTS, REMOVABLE    a word of WMI's own in the machine's language; a running number
    video RESOLUTION      how it is set, not what it is
    drives FREE, DESCRIPTION, TYPE, SYSTEMDRIVE, CREATEDATE, VOLUMN    status, words, and the label once more
    softwares COMMENTS, GUID, HELPLINK, …    no column: name, version, publisher and day are what a program is known by
    softwares ARCH        which of the two registries was read, and the recordings do not say
    softwares FROM uwp    the raw input (what a script of GLPI's own printed) is not among the recordings
    usb_printers_serial of xppro2    its Enum\\USB is not among the recordings
    networks_type null    no connection in the registry, and so no interface
"""

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cim_text import instances
from probing import CORPORA
from registry_text import Registry

from driftvakt_agent.inventory import Row
from driftvakt_agent.inventory.windows import (
    firewalls,
    graphics,
    network,
    parts,
    printers,
    software,
    sql_server,
    updates,
    usb,
    virtual_machines,
    volumes,
)  # fmt: skip
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.inventory.windows.keys import Value

FOLDER = CORPORA / "inventory"
Fact = tuple[str, str, str]
"""What, expected, found."""
_CPUS = r"HARDWARE\DESCRIPTION\System\CentralProcessor"
_UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
_MB = 1 << 20
_SETUPS: dict[str, dict[str, Value]] = {
    rf"SOFTWARE\Microsoft\Microsoft SQL Server\{place}\Setup": {"Version": version, "Edition": edition}
    for place, version, edition in (
        ("MSSQL10_50.QUINTIQSQL", "10.53.6000.34", "Standard Edition"),
        ("MSSQL11.SQLEXPRESS", "11.0.2100.60", "Express Edition"),
    )
}
"""The keys of the two instances, which the export of Instance Names stops short of. Version and edition are those that
the expected names were made with."""
_DIFFERS = {
    ("xp", "NAME"): "GLPI takes the family by the firmware, which is not recorded; ours is the processor's own name",
    ("7", "CORE"): "GLPI counts one core by the firmware, and four in CORECOUNT, with which ours is compared",
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")


class Machine:
    """A recorded machine. children: of its registry. objects: of its CIM."""

    def __init__(self, name: str) -> None:
        self.name = name
        files = [path for path in sorted((FOLDER / "win_reg").iterdir()) if path.name.startswith(f"{name}-")]
        self.children = Registry(*files, keys=_SETUPS if name.startswith("mssql") else {}).children

    def objects(self, kind: str) -> list[Instance]:
        path = FOLDER / "win_wmi" / f"{self.name}-{kind}.wmi"
        return list(instances(path)) if path.exists() else []


def text(value: object) -> str:
    """Return a fact as text; what firmware says in place of an answer is none."""
    told = "" if value is None else str(value)
    return "" if told in ("None", "Unknown") else told


def day(told: object) -> str:
    return "-".join(reversed(str(told).split("/"))) if told else ""


def near(expected: object, found: object) -> str:
    """Return the expected speed where ours is within half a percent of it: who measures at the start differs so."""
    wanted, ours = int(str(expected)), int(str(found))
    return str(wanted) if abs(wanted - ours) <= wanted / 200 else str(ours)


def plain(name: object) -> str:
    """Return a processor's name as GLPI writes it: without trademarks."""
    return " ".join(re.sub(r"\((R|TM)\)", "", str(name)).split())


def cpu_facts(machine: Machine, told: list[dict[str, Any]]) -> Iterator[Fact]:
    rows = parts.processors(machine.children(_CPUS), machine.objects("Win32_Processor"))
    yield "cpu count", str(len(told)), str(len(rows))
    # GLPI has the sockets in the firmware's order, Windows in its own.
    told = sorted(told, key=lambda one: (one["NAME"], int(one["SPEED"])))
    rows.sort(key=lambda row: (plain(row["model"]), int(str(row["speed_mhz"]))))
    for expected, row in zip(told, rows, strict=False):
        if (machine.name, "NAME") not in _DIFFERS:
            yield "cpu NAME", expected["NAME"], plain(row["model"])
        yield "cpu MANUFACTURER", expected["MANUFACTURER"], text(row["manufacturer"])
        yield "cpu SPEED", expected["SPEED"], near(expected["SPEED"], row["speed_mhz"])
        yield "cpu SERIAL", text(expected["SERIAL"]), text(row["serial"])
        yield "cpu CORE", text(expected.get("CORECOUNT") or expected["CORE"]), text(row["cores"])
        each = (
            row["threads"] // row["cores"]
            if isinstance(row["threads"], int) and isinstance(row["cores"], int)
            else None
        )
        yield "cpu THREAD", text(expected["THREAD"]), text(each)
    ids = {one["ID"] for one in told if one["ID"].strip("0")}
    ours = {bytes.fromhex(str(row["signature"]))[::-1].hex().upper() for row in rows if row["signature"]}
    yield "cpu ID", str(sorted(ids)), str(sorted(ours))
    for expected in told:
        number = int(expected["ID"][8:], 16)
        if number:
            family, model = number >> 8 & 0xF, number >> 4 & 0xF | number >> 12 & 0xF0
            yield (
                "cpu family, model, stepping",
                f"{expected['FAMILYNUMBER']} {expected['MODEL']} {expected['STEPPING']}",
                (f"{family} {model} {number & 0xF}"),
            )


def memory_facts(machine: Machine, told: list[dict[str, Any]]) -> Iterator[Fact]:
    rows = parts.memory(machine.objects("Win32_PhysicalMemory"), machine.objects("Win32_PhysicalMemoryArray"))
    yield "memory count", str(len(told)), str(len(rows))
    for expected, row in zip(told, rows, strict=False):
        size = row["size_bytes"]
        yield "memory CAPACITY", expected["CAPACITY"], str(size // _MB if isinstance(size, int) else None)
        for key, column in (("FORMFACTOR", "form"), ("SERIALNUMBER", "serial"), ("SPEED", "speed_mts"),
                            ("TYPE", "type"), ("MEMORYCORRECTION", "correction")):  # fmt: skip
            if key in expected:
                yield f"memory {key}", text(expected[key]), text(row[column])


def software_facts(machine: Machine, told: list[dict[str, Any]]) -> Iterator[Fact]:
    rows = software.parse(machine.children(_UNINSTALL), "x86")
    sql_server.name_editions(rows, sql_server.editions(machine.children))
    yield from named("software", [one for one in told if one["FROM"] == "registry"], rows, (
        ("VERSION", "version", text), ("PUBLISHER", "publisher", text), ("INSTALLDATE", "installed", day)))  # fmt: skip


def hotfix_facts(machine: Machine, told: list[dict[str, Any]]) -> Iterator[Fact]:
    rows = updates.parse(machine.objects("Win32_QuickFixEngineering"), ())
    yield from named("hotfix", told, rows, (
        ("COMMENTS", "title", text), ("INSTALLDATE", "installed", day),
        ("RELEASE_TYPE", "security", lambda told: "yes" if told == "Security Update" else "unknown")))  # fmt: skip


def video_facts(machine: Machine, told: list[dict[str, Any]]) -> Iterator[Fact]:
    rows = graphics.adapters(machine.children(graphics.PATH), {})
    for row in rows:
        size = row["memory_bytes"]
        row["memory"] = size // _MB if isinstance(size, int) else None
    # A remote display adapter is made anew with each session from afar: no fact about the machine.
    lasting = [one for one in told if "Remote Display" not in one["NAME"]]
    yield from named("video", lasting, rows, (("CHIPSET", "chipset", text), ("MEMORY", "memory", text)))


def drive_facts(machine: Machine, told: list[dict[str, Any]]) -> Iterator[Fact]:
    disks = [volumes.Drive(str(one["DeviceID"]), int(str(one["DriveType"])), str(one.get("FileSystem", "")),
                           str(one.get("VolumeName", "")), str(one.get("VolumeSerialNumber", "")),
                           int(str(one["Size"])) if "Size" in one else None)
             for one in machine.objects("Win32_LogicalDisk")]  # fmt: skip
    rows = volumes.parse(disks, ())
    for row in rows:
        size = row["size_bytes"]
        row["megabytes"] = size // _MB if isinstance(size, int) else None
        row["number"] = str(row["uuid"]).replace("-", "")
    # GLPI calls CIFS what a server of Windows shares; Windows itself names the server's file system.
    for one in told:
        if one["FILESYSTEM"] == "CIFS":
            one["FILESYSTEM"] = "NTFS"
    # Without a disc in it a drive is no volume.
    filled = [{**one, "NAME": one["LETTER"]} for one in told if one["TOTAL"]]
    yield from named("drive", filled, rows, (
        ("FILESYSTEM", "filesystem", lambda told: text(told).lower()), ("LABEL", "label", text),
        ("SERIAL", "number", text), ("TOTAL", "megabytes", text)))  # fmt: skip


def printer_facts(machine: Machine, told: dict[str, Any]) -> Iterator[Fact]:
    if not any(machine.children(r"SYSTEM\CurrentControlSet\Enum\USB")):
        return
    found = printers.usb_serials(machine.children)
    for port, expected in told.items():
        yield f"serial number of {port}", text(expected), found.get(port, "no such port")


def network_facts(machine: Machine, told: dict[str, Any]) -> Iterator[Fact]:
    kinds = {
        text(values.get("PnpInstanceID")): text(network.connection(values, machine.children).get("type"))
        for key, _ in machine.children(network.CONNECTIONS)
        for _, values in machine.children(rf"{network.CONNECTIONS}\{key}")
    }
    for place, expected in told.items():
        yield f"type of {place}", text(expected), kinds.get(place, "")


def named(what: str, told: list[dict[str, Any]], rows: list[Row], columns: Any) -> Iterator[Fact]:
    """Give the facts of things that are known by their names."""
    ours = {str(row["name"]): row for row in rows}
    yield f"{what} names", str(sorted(one["NAME"] for one in told)), str(sorted(ours))
    for one in told:
        row = ours.get(one["NAME"], {})
        for key, column, shown in columns:
            yield f"{what} {one['NAME']} {key}", shown(one.get(key)), text(row.get(column))


FACTS: dict[str, Any] = {
    "cpu": cpu_facts, "memory": memory_facts, "softwares": software_facts, "hotfixes": hotfix_facts,
    "video": video_facts, "drives": drive_facts, "usb_printers_serial": printer_facts, "networks_type": network_facts,
}  # fmt: skip


def test_the_facts_of_recorded_machines(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads((FOLDER / "expected.json").read_text("utf-8"))["win_by_machine"]
    facts: list[tuple[str, str, Fact]] = []
    for name, one in told.items():
        for group, expected in (one["expected"] or {}).items():
            facts += [(group, name, fact) for fact in FACTS[group](Machine(name), expected)]
    misses = [one for one in facts if one[2][1] != one[2][2]]
    with capsys.disabled():
        for group in FACTS:
            of_group = [one for one in facts if one[0] == group]
            print(f"\nwin_by_machine {group}: {sum(one not in misses for one in of_group)} of {len(of_group)}", end="")
        print(f"\nwin_by_machine: {len(facts) - len(misses)} of {len(facts)} facts; missed: {misses}")
        print(f"compared otherwise or not at all: {_DIFFERS}")

    assert len(facts) > 200
    assert len(misses) / len(facts) <= 0.02


def test_cyrillic_and_french_are_intact() -> None:
    russian = software.parse(Machine("10_russian").children(_UNINSTALL), "x86")
    french = virtual_machines.parse(Machine("2008").objects("MSVM_ComputerSystem"), (), (), ())
    (patch, *_) = Machine("xp").objects("Win32_QuickFixEngineering")

    assert {(row["name"], row["publisher"]) for row in russian} >= {
        ("КриптоПро CSP", "Компания КриптоПро"), ("1C Предприятие 7.7", ""),
    }  # fmt: skip
    assert [row["name"] for row in french] == ["vm-0450-glpi"]
    assert patch["CSName"] == "ORDI-DE-GONÉRI"
    assert Machine("7").objects("Win32_PhysicalMemory")[0]["Caption"] == "Mémoire physique"


def test_a_virtual_machine_of_hyper_v() -> None:
    machine = Machine("2008")
    (row,) = virtual_machines.parse(*(
        machine.objects(f"MSVM_{kind}") for kind in
        ("ComputerSystem", "MemorySettingData", "ProcessorSettingData", "SyntheticEthernetPortSettingData")
    ))  # fmt: skip

    assert (row["name"], row["uuid"]) == ("vm-0450-glpi", "6a257fa0-fa76-4bf4-a3fb-67aee79316bd")
    assert (row["memory_bytes"], row["cpus"], row["mac"]) == (2048 * _MB, 2, "")


def test_the_firewall_of_a_recorded_machine() -> None:
    rows = firewalls.parse(Machine("10").children, ())

    assert [(row["profile"], row["enabled"]) for row in rows] == [("domain", True), ("private", True), ("public", True)]


@pytest.mark.parametrize(("name", "count"), [("7", 17), ("7ter", 5), ("xppro1", 24)])
def test_what_was_plugged_in_to_recorded_machines(name: str, count: int) -> None:
    rows = usb.parse(Machine(name).children, None)

    assert len({row["port"] for row in rows}) == len(rows) == count
    assert all(re.fullmatch("[0-9a-f]{4}", str(row[column])) for row in rows for column in ("vendor_id", "product_id"))
    assert all(re.fullmatch("[0-9a-f]{2}", str(row["class_id"])) for row in rows)


def test_a_machine_whose_firmware_has_no_table() -> None:
    machine = Machine("proxmox")
    (row,) = parts.system(machine.objects("Win32_ComputerSystem"), (), machine.objects("Win32_Bios"))
    (bios,) = parts.firmware(machine.objects("Win32_Bios"))

    assert (row["manufacturer"], row["product"], row["serial"]) == ("BOCHS_", "BXPC____", "")
    assert (bios["version"], bios["date"]) == ("BOCHS - 1", "2014-04-01")


def test_a_scanner_that_says_more_than_its_serial_number() -> None:
    (scanner,) = Machine("bar-code-scanner").objects("CIM_LogicalDevice")
    children = Registry(keys={rf"SYSTEM\CurrentControlSet\Enum\{scanner['DeviceID']}": {}}).children
    (row,) = usb.parse(children, None)

    assert (row["vendor_id"], row["product_id"]) == ("05e0", "1200")
    assert row["serial"] == "28A1CC69D1D8AE4585EDA53F7CD6CB88"


@pytest.mark.parametrize("name", ["windows-10", "windows-11", "windows-2008"])
def test_the_addresses_that_ipconfig_shows(name: str) -> None:
    """The same adapters, as psutil would tell of them: nothing that lasts is lost, and nothing else is there."""
    adapters = json.loads((CORPORA / "commands" / name / "ipconfig.json").read_text("utf-8"))["adapters"]
    told, wanted, macs = {}, set(), set()
    for one in adapters:
        v4 = [(found["address"], found["subnet_mask"]) for found in one["ipv4_addresses"]]
        v6 = [(found["address"], None) for found in one["ipv6_addresses"]]
        local = [(found["address"], None) for found in one["link_local_ipv6_addresses"]]
        mac = (
            [SimpleNamespace(family=-1, address=one["physical_address"], netmask=None)]
            if one["physical_address"]
            else []
        )
        told[one["name"]] = [*mac, *(SimpleNamespace(family=2, address=address, netmask=mask)
                                     for address, mask in (*v4, *v6, *local))]  # fmt: skip
        wanted |= {(one["name"], address) for address, _ in (*v4, *v6) if not address.startswith(("169.254.", "fe80:"))}
        macs |= {one["physical_address"].lower().replace("-", ":")} if one["physical_address"] else set()

    found = network.parse(told, {}, -1)

    assert {(str(row["interface"]), str(row["address"])) for row in found["addresses"]} == wanted
    assert {str(row["mac"]) for row in found["network_interfaces"] if row["mac"]} == macs
    assert all(row["prefix"] is not None for row in found["addresses"] if ":" not in str(row["address"]))
    assert macs


@pytest.mark.parametrize("name", ["systeminfo", "systeminfo-hyperv", "systeminfo-hyperv-utc"])
def test_the_patches_that_systeminfo_shows(name: str) -> None:
    told = json.loads((CORPORA / "commands" / "windows-10" / f"{name}.json").read_text("utf-8"))["hotfixs"]

    assert [row["name"] for row in updates.parse([{"HotFixID": one} for one in told], ())] == told


def test_every_recorded_machine_is_read() -> None:
    """Whatever a recording has, every reader takes it or says that there is nothing."""
    told = json.loads((FOLDER / "expected.json").read_text("utf-8"))["win_by_machine"]
    for name in told:
        machine = Machine(name)
        parts.processors(machine.children(_CPUS), machine.objects("Win32_Processor"))
        printers.parse(machine.children)
        usb.parse(machine.children, None)
        network.connections(machine.children)
        firewalls.parse(machine.children, ())
