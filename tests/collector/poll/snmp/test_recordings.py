"""Recordings of 49 real devices, played by snmpsim: what becomes of them, held against what is known of each."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from simulated import RECORDINGS, Simulator

from driftvakt_collector.poll.snmp import facts
from driftvakt_collector.poll.snmp.driver import SnmpDriver, Value
from driftvakt_collector.poll.snmp.fast import FastDriver
from driftvakt_collector.poll.snmp.text import text_of
from driftvakt_collector.poll.snmp.visit import Memory, Visit, visit

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}"),
]
EXPECTED: dict[str, Any] = json.loads((RECORDINGS / "expected.json").read_text()) if RECORDINGS.is_dir() else {}
CLASSES = {
    "printer": {"printer"}, "switch": {"switch"}, "ups": {"ups"}, "router_firewall": {"router", "firewall"},
    "wireless": {"access point", "wireless controller"}, "environment": {"sensor", "pdu"}, "nas": {"storage"},
    "server_os": {"server", "hypervisor"}, "other": {"camera", "pdu", "management"},
}  # fmt: skip
Fact = tuple[str, object, object]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    made = Simulator(RECORDINGS, tmp_path_factory.mktemp("snmpsim"))
    yield made
    made.stop()


def seen(simulator: Simulator, name: str, driver: SnmpDriver | None = None) -> Visit:
    async def ask() -> Visit:
        used = driver or FastDriver()
        try:
            return await visit(used, simulator.peer(name), Memory(), facts=True)
        finally:
            await used.close()

    return asyncio.run(ask())


def number(visit: Visit, name: str, **labels: str) -> float | int | None:
    """Return the value of a series whose labels include these."""
    for (one, told), value in zip(visit.layout.keys, visit.values, strict=True):
        if one == name and labels.items() <= dict(told).items():
            return value
    return None


def told(visit: Visit, expected: dict[str, Any]) -> Iterator[Fact]:
    """Give each fact that is known of a device: what it is, what it should be, what we found."""
    known = expected["derived"]
    yield "class", True, visit.identity.device.class_ in CLASSES[expected["category"]]
    if known.get("sysDescr"):
        yield "sysDescr", text_of(known["sysDescr"].encode()), text_of(visit.identity.descr.encode())
    yield "sysObjectID", known["sysObjectID"], visit.identity.object_id
    for name, value in (("sysName", visit.identity.name), ("sysLocation", visit.identity.location)):
        if known.get(name):
            yield name, text_of(known[name].encode()), value
    if "sysUpTime_ticks" in known:
        yield "uptime", known["sysUpTime_ticks"] / 100, visit.identity.uptime
    yield from of_nameplate(visit, expected.get("librenms_expected", {}))
    yield from of_interfaces(visit, known)
    yield from of_printer(visit, known)
    yield from of_ups(visit, known)
    yield from of_others(visit, known)


def of_nameplate(visit: Visit, known: dict[str, Any]) -> Iterator[Fact]:
    if known.get("serial") not in (None, "<private>"):
        yield "serial", known["serial"], facts.serial(visit)
    if known.get("hardware"):
        product, sku = facts.model(visit)
        vendor = visit.identity.device.vendor
        chassis = [row for row in visit.rows.get("entPhysicalTable", {}).values() if row.get("entPhysicalClass") == 3]
        names = {product, f"{vendor} {product}", f"{sku} {product}", sku, product.removeprefix(f"{vendor} ")}
        names |= {text_of(row.get("entPhysicalDescr", b"")) for row in chassis[:1]}
        yield "model", known["hardware"], known["hardware"] if known["hardware"] in names else product
    if known.get("version"):
        yield "version", known["version"], facts.version(visit)


def of_interfaces(visit: Visit, known: dict[str, Any]) -> Iterator[Fact]:
    table, x_table = visit.rows.get("ifTable", {}), visit.rows.get("ifXTable", {})
    ports = {index: row for index, row in table.items() if row}

    def count(**wanted: int) -> int:
        return sum(all(row.get(name) == value for name, value in wanted.items()) for row in ports.values())

    yield "ifTable rows", known["ifTable_rows"], len(ports)
    yield "ifXTable rows", known["ifXTable_rows"], len(x_table)
    for name, wanted in (
        ("if_oper_up", {"ifOperStatus": 1}), ("if_oper_down", {"ifOperStatus": 2}),
        ("if_admin_up", {"ifAdminStatus": 1}),
        ("if_admin_up_oper_down", {"ifAdminStatus": 1, "ifOperStatus": 2}), ("if_ethernet", {"ifType": 6}),
        ("if_ethernet_oper_up", {"ifType": 6, "ifOperStatus": 1}),
    ):  # fmt: skip
        if name in known:
            yield name, known[name], count(**wanted)
    if "if_alias_nonempty" in known:
        aliases = sum(bool(text_of(row.get("ifAlias", b""))) for row in x_table.values())
        yield "if_alias_nonempty", known["if_alias_nonempty"], aliases


def of_printer(visit: Visit, known: dict[str, Any]) -> Iterator[Fact]:
    supplies = visit.rows.get("prtMarkerSuppliesTable", {})
    if "supplies" in known:
        yield "supplies", len(known["supplies"]), len(supplies)
    for one in known.get("supplies", ()):
        name = text_of(one["descr"].encode()) or one["index"]
        ratio = number(visit, "driftvakt_printer_supply_ratio", supply=name)
        percent = None if one["percent"] is None else pytest.approx(one["percent"], abs=1)
        yield f"supply {one['index']}", percent, None if ratio is None else ratio * 100
        row = supplies.get(one["index"], {})
        found = text_of(row.get("prtMarkerSuppliesDescription", b"")) or one["index"]
        yield f"supply {one['index']}, name", name, found
        if "type" in one:
            yield f"supply {one['index']}, type", one["type"], row.get("prtMarkerSuppliesType")
    inputs = visit.rows.get("prtInputTable", {})
    for one in known.get("input_trays", ()):
        row = inputs.get(one["index"], {})
        yield f"tray {one['index']}", (one["max"], one["current"]), (
            row.get("prtInputMaxCapacity"), row.get("prtInputCurrentLevel"))  # fmt: skip
    for index, count in known.get("prtMarkerLifeCount", {}).items():
        device, marker = index.split(".")
        found = number(visit, "prtMarkerLifeCount", hrDeviceIndex=device, prtMarkerIndex=marker)
        yield f"life count {index}", count, found
    for serial in known.get("prtGeneralSerialNumber", {}).values():
        if serial and serial != "<private>":
            yield "printer's serial number", serial, facts.serial(visit)
    for index, text in known.get("hrPrinterDetectedErrorState_hex", {}).items():
        state = visit.rows["hrPrinterTable"][index]["hrPrinterDetectedErrorState"]
        yield "error state", text, state.hex() if isinstance(state, bytes) else state
    for index, status in known.get("hrDeviceStatus", {}).items():
        yield f"device {index}", status, visit.rows.get("hrDeviceTable", {}).get(index, {}).get("hrDeviceStatus")


_RFC1628 = {
    "batteryStatus": "upsBatteryStatus", "secondsOnBattery": "upsSecondsOnBattery",
    "estMinutesRemaining": "upsEstimatedMinutesRemaining", "estChargePercent": "upsEstimatedChargeRemaining",
    "batteryVoltage_dV": "upsBatteryVoltage", "batteryTemp_C": "upsBatteryTemperature",
    "outputSource": "upsOutputSource", "alarmsPresent": "upsAlarmsPresent",
    "manufacturer": "upsIdentManufacturer", "model": "upsIdentModel",
    "sw": "upsIdentUPSSoftwareVersion", "agent": "upsIdentAgentSoftwareVersion",
}  # fmt: skip


def of_ups(visit: Visit, known: dict[str, Any]) -> Iterator[Fact]:
    rows = visit.rows.get("ups", {}).get("", {})
    standard = known.get("ups_rfc1628", {})
    for name, column in _RFC1628.items():
        if name in standard:
            yield name, standard[name], plain(rows.get(column))
    for name, series, scale in (
        ("inputVoltage", "driftvakt_ups_input_volts", 1.0), ("outputVoltage", "driftvakt_ups_output_volts", 1.0),
        ("outputPercentLoad", "driftvakt_ups_load_ratio", 100.0),
    ):  # fmt: skip
        for phase, value in standard.get(name, {}).items():
            found = number(visit, series, phase=phase)
            yield f"{name} {phase}", pytest.approx(value), None if found is None else found * scale
    apc = known.get("ups_apc", {})
    if apc:
        yield "charge", 1.0, number(visit, "driftvakt_ups_battery_charge_ratio")
        yield (
            "runtime",
            pytest.approx(apc["runtimeRemaining_minutes"] * 60),
            number(visit, "driftvakt_ups_runtime_seconds"),
        )
        yield "battery's temperature", apc["batteryTemp_C"], number(visit, "driftvakt_ups_battery_celsius")
        yield "input", apc["inputVoltage"], number(visit, "driftvakt_ups_input_volts")
        yield "output", apc["outputVoltage"], number(visit, "driftvakt_ups_output_volts")
        yield "load", pytest.approx(0.202), number(visit, "driftvakt_ups_load_ratio")
        yield "on battery", 0.0, number(visit, "driftvakt_ups_on_battery")
    mge = known.get("ups_mge", {})
    if mge:
        yield "runtime", mge["batRemaining_s"], number(visit, "driftvakt_ups_runtime_seconds")
        yield "charge", mge["batLevel_pct"] / 100, number(visit, "driftvakt_ups_battery_charge_ratio")
        yield "battery", pytest.approx(mge["batVoltage"] / 10), number(visit, "driftvakt_ups_battery_volts")
    if standard.get("batteryTemp_C") == 0:
        yield "no temperature is none", None, number(visit, "driftvakt_ups_battery_celsius")


def of_others(visit: Visit, known: dict[str, Any]) -> Iterator[Fact]:
    rows = visit.rows
    for one in known.get("hrStorage", ()):
        row = rows["hrStorageTable"][one["index"]]
        unit = row.get("hrStorageAllocationUnits")
        yield f"storage {one['index']}", text_of(one["descr"].encode()), text_of(row["hrStorageDescr"])
        for name, column in (("size_bytes", "hrStorageSize"), ("used_bytes", "hrStorageUsed")):
            if one.get(name) is not None:
                units = row.get(column)
                found = units * unit if isinstance(units, int) and isinstance(unit, int) else None
                yield f"storage {one['index']}, {name}", one[name], found
    for index, load in known.get("hrProcessorLoad", {}).items():
        yield f"processor {index}", load, rows.get("hrProcessorTable", {}).get(index, {}).get("hrProcessorLoad")
    for name, table in (
        ("entPhysical_count", "entPhysicalTable"), ("lldp_remote_count", "lldpRemTable"),
        ("cdp_neighbour_count", "cdpCacheTable"), ("dot1qTpFdb_count", "dot1qTpFdbTable"),
        ("dot1dTpFdb_count", "dot1dTpFdbTable"),
    ):  # fmt: skip
        if name in known:
            yield name, known[name], len(rows.get(table, {}))
    if "lldp_remote_sysnames" in known:
        names = [text_of(row["lldpRemSysName"]) for row in rows["lldpRemTable"].values() if "lldpRemSysName" in row]
        wanted = [text_of(one.encode()) for one in known["lldp_remote_sysnames"]]
        yield "lldp names", sorted(filter(None, wanted)), sorted(filter(None, names))
    if "cdp_neighbours" in known:
        yield "cdp names", sorted(known["cdp_neighbours"]), sorted(
            text_of(row["cdpCacheDeviceId"]) for row in rows["cdpCacheTable"].values())  # fmt: skip
    yield from of_names(visit, known)


def of_names(visit: Visit, known: dict[str, Any]) -> Iterator[Fact]:
    rows = visit.rows
    for index, name in known.get("dot1qVlanStaticName", {}).items():
        yield f"vlan {index}", name, text_of(rows["dot1qVlanStaticTable"][index].get("dot1qVlanStaticName"))
    if "airespace_ap_names" in known:
        yield "access points", known["airespace_ap_names"], [
            text_of(row["bsnAPName"]) for row in rows["bsnAPTable"].values() if "bsnAPName" in row]  # fmt: skip
    if "hrMemorySize_kB" in known:
        yield "memory", known["hrMemorySize_kB"], number(visit, "hrMemorySize")


def plain(value: Value | None) -> object:
    return text_of(value) if isinstance(value, bytes) else value


def test_what_is_known_of_each_is_found(simulator: Simulator) -> None:
    right = total = 0
    misses: list[str] = []
    for name, expected in sorted(EXPECTED.items()):
        visited = seen(simulator, name)
        found = [(what, wanted == got, wanted, got) for what, wanted, got in told(visited, expected)]
        good = sum(is_right for _, is_right, _, _ in found)
        right, total = right + good, total + len(found)
        device = visited.identity.device
        print(f"{name}: {good} of {len(found)}; {device.class_}, {device.vendor}, {facts.model(visited)[0]}")
        misses += [f"{name} {what}: {got!r}, expected {wanted!r}" for what, good, wanted, got in found if not good]
        assert facts.sections(visited)
        assert len(set(visited.layout.keys)) == len(visited.layout.keys)
    print(f"devices: {right} of {total} fields; misses:", *misses, sep="\n  ")
    assert len(EXPECTED) == 49
    assert right / total >= 0.97
