"""What switches and routers tell in their makers' own MIBs, held against their recordings."""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Value
from driftvakt_collector.poll.snmp.modules import edgeswitch

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
Series = dict[tuple[str, ...], float | None]
CPU, USED, TOTAL = "device_cpu_ratio", "device_memory_used_bytes", "device_memory_total_bytes"
MEMORY, WARM, PART, FAN = "device_memory_used_ratio", "sensor_celsius", "part_ok", "device_fan_rpm"
POE = "device_poe_used_ratio"
PEER = "device_high_availability_ok"
NAMES = "1.3.6.1.2.1.47.1.1.1.1.7"
"""entPhysicalName."""
CISCO, IOS = "9.9", ("9.1.634", "Cisco IOS Software, C3560 Software (C3560-IPSERVICESK9-M), Version 12.2(55)SE12")


def near(told: Series) -> object:
    return pytest.approx(told)


def told_by(name: str) -> Series:
    return series(seen(recording(name)), "device_", PART, WARM)


def ios(told: dict[str, Value], names: dict[str, str] | None = None) -> Series:
    made = made_up(*IOS, {f"{CISCO}.{oid}": value for oid, value in told.items()})
    made |= {f"{NAMES}.{index}": name.encode() for index, name in (names or {}).items()}
    return series(seen(made), "device_", PART, WARM)


@recorded
def test_a_switch_with_ios() -> None:
    assert told_by("ios_c3560") == near({
        (CPU, "1"): 0.07,
        (MEMORY, "Processor"): 20103300 / (20103300 + 55248600), (USED, "Processor"): 20103300,
        (MEMORY, "I/O"): 3594112 / (3594112 + 4794496), (USED, "I/O"): 3594112,
        (PART, "fan", "Switch#1, Fan#1"): 1, (PART, "power supply", "Sw1, PS1, RPS"): 1,
    })  # fmt: skip


@recorded
def test_a_switch_with_ios_xe_one_of_whose_power_supplies_has_failed() -> None:
    assert told_by("iosxe_ie32008t2s-ios17-12") == near({
        (CPU, "2"): 0.01,
        (MEMORY, "Processor"): 155265440 / (155265440 + 279062172), (USED, "Processor"): 155265440,
        (MEMORY, "processor 2"): 1028544 / (1028544 + 939652), (USED, "processor 2"): 1028544 * 1024,
        (WARM, "SW#1, Sensor#1"): 48, (WARM, "Slot 1 - Temp: LM75BXXX"): 48,
        (WARM, "FS Temperature Sensor 1/1"): 46.925,
        (PART, "power supply", "Sw1, PSA"): 1, (PART, "power supply", "Sw1, PSB"): 0,
    })  # fmt: skip


@recorded
def test_a_router_with_ios_xe() -> None:
    assert told_by("iosxe_isr4321") == near({
        (PART, "power supply", "Power Supply Module 0"): 1,
        (WARM, "Slot 6 - Temp: Internal"): 28, (WARM, "Slot 6 - Temp: Outlet"): 39, (WARM, "Slot 6 - Temp: CPU"): 33,
        (WARM, "subslot 0/0 transceiver 0 Temperature Sensor"): 34.558,
        (PEER, "standby supervisor"): None,
    })  # fmt: skip


@recorded
def test_a_switch_with_nx_os() -> None:
    found = told_by("nxos_n3k-3064pq")

    assert {key: value for key, value in found.items() if key[0] != WARM} == near({
        (CPU, "22"): 0.14, (MEMORY, "processor 22"): 2528860 / (2528860 + 1374112),
        (USED, "processor 22"): 2528860 * 1024, (PART, "power supply", "PowerSupply-1"): 1,
        (PART, "fan", "Fan Module-1"): 1, (PART, "fan", "PowerSupply-1 Fan-1"): 1, (PEER, "standby supervisor"): None,
    })  # fmt: skip
    assert found[WARM, "module-1 Back-Right (D0)"] == 31
    assert found[WARM, "Ethernet1/1 Lane 1 Transceiver Temperature Sensor"] == pytest.approx(30.855)
    assert sum(key[0] == WARM for key in found) == 12


def test_a_stack_that_lost_a_member_and_a_line_card_without_power() -> None:
    told = {"500.1.2.1.1.1.1001": 1, "500.1.2.1.1.1.2001": 2, "500.1.2.1.1.1.3001": 3, "500.1.2.1.1.6.1001": 4,
            "500.1.2.1.1.6.2001": 11, "500.1.2.1.1.6.3001": 9, "117.1.1.2.1.2.10": 8, "117.1.1.2.1.2.20": 5,
            "117.1.1.2.1.2.30": 3, "176.1.1.4.0": 5}  # fmt: skip
    names = {"10": "Switch 1 - Power Supply A", "20": "Linecard 3", "30": "PSU 2"}

    assert ios(dict(told), names) == {
        (PART, "stack member", "switch 1"): 1, (PART, "stack member", "switch 2"): 0,
        (PART, "stack member", "switch 3"): None, (PART, "power supply", "Switch 1 - Power Supply A"): 0,
        (PART, "power supply", "PSU 2"): None, (PART, "module", "Linecard 3"): 0, (PEER, "standby supervisor"): 0,
    }  # fmt: skip


@pytest.mark.parametrize("told", [
    pytest.param({"109.1.1.1.1.8.1": 101, "109.1.1.1.1.12.1": 5, "109.1.1.1.1.13.1": -6}, id="out of bounds"),
    pytest.param({"109.1.1.1.1.8.1": b"7", "48.1.1.1.2.1": 7, "48.1.1.1.5.1": 1, "48.1.1.1.6.1": 1}, id="other types"),
    pytest.param({"48.1.1.1.2.1": b"Driver text", "48.1.1.1.5.1": 40, "48.1.1.1.6.1": 1}, id="a pool of nobody's"),
    pytest.param({"91.1.1.1.1.4.1": 30}, id="no type"),
    pytest.param({"91.1.1.1.1.1.1": 8, "91.1.1.1.1.2.1": 9, "91.1.1.1.1.3.1": 0, "91.1.1.1.1.4.1": 32767}, id="none"),
    pytest.param({"91.1.1.1.1.1.1": 4, "91.1.1.1.1.2.1": 9, "91.1.1.1.1.3.1": 0, "91.1.1.1.1.4.1": 30}, id="volts"),
    pytest.param({"117.1.4.1.1.1.5": b"up", "500.1.2.1.1.6.1": "4", "176.1.1.4.0": b"9"}, id="texts"),
])  # fmt: skip
def test_a_switch_with_ios_that_tells_nonsense_tells_nothing(told: dict[str, Value]) -> None:
    names = {"1": "Sensor"}

    assert [key for key, value in ios(told, names).items() if value is not None and key[0] != USED] == []


@recorded
def test_a_switch_with_junos() -> None:
    board, engine, yellow = "FPC: QFX5100-48S-6Q @ 0/*/*", "Routing Engine 0", "warning"
    supplies: Series = {(PART, "power supply", f"Power Supply {n} @ 0/{n}/*"): 1 for n in (0, 1)}
    fans: Series = {(PART, "fan", f"Fan Tray {n} @ 0/{n}/*"): 1 for n in range(5)}

    assert told_by("junos_qfx5100") == near({
        (CPU, board): 0.17, (CPU, engine): 0.17, (MEMORY, board): 0.44, (MEMORY, engine): 0.44,
        (TOTAL, board): 1953 * 1024 * 1024, (TOTAL, engine): 1953 * 1024 * 1024, (WARM, board): 41, (WARM, engine): 26,
        **supplies, **fans, (PART, "module", board): 1, (PART, "module", engine): 1,
        (PART, "module", "PIC: 48x10G-6x40G @ 0/0/*"): 1, (PART, "module", "Routing Engine"): None,
        **{(PART, "module", f"PIC: @ 0/{n}/*"): None for n in (1, 2, 3)},
        ("device_alarm_active", "critical"): 0, ("device_alarm_active", yellow): 1,
    })  # fmt: skip


def test_a_switch_with_junos_whose_fan_and_module_have_failed() -> None:
    made = made_up("2636.1.1.1.4.82.5", "Juniper Networks, Inc. qfx5100 Ethernet Switch", {
        "2636.3.1.13.1.5.4.1.1.0": b"Fan 0", "2636.3.1.13.1.6.4.1.1.0": 6, "2636.3.1.15.1.6.4.1.1.0": 13,
        "2636.3.1.15.1.5.7.1.0.0": b"FPC 0", "2636.3.1.15.1.6.7.1.0.0": 3, "2636.3.1.15.1.8.7.1.0.0": 8,
        "2636.3.4.2.3.1.0": 3, "2636.3.4.2.2.1.0": 1, "2636.3.1.13.1.8.7.1.0.0": 99,
    })  # fmt: skip

    assert series(seen(made), "device_", PART) == {
        (PART, "fan", "Fan 0"): 0, (PART, "module", "FPC 0"): 0, ("device_alarm_active", "critical"): 1,
    } | {("device_alarm_active", "warning"): None}  # fmt: skip


@recorded
def test_a_router_with_routeros() -> None:
    assert told_by("routeros_rb750gr3") == {(WARM, "temperature"): 38, ("device_vpn_users", "all"): 0}


def test_gauges_of_routeros() -> None:
    gauges = {
        1: (b"cpu-temperature", 41, 1),
        2: (b"fan1-speed", 4200, 2),
        3: (b"psu2-state", 1, 6),
        4: (b"volts", 243, 3),
    }
    table = {f"14988.1.1.3.100.1.{sub}.{n}": told[sub - 2] for n, told in gauges.items() for sub in (2, 3, 4)}
    older = {"14988.1.1.3.10.0": 0, "14988.1.1.3.11.0": 425, "14988.1.1.3.15.0": 1, "14988.1.1.3.16.0": 2}

    found = series(seen(made_up("14988.1", "RouterOS CCR", {**table, **older})), "device_", PART, WARM)

    assert found == near({
        (WARM, "cpu-temperature"): 41, (FAN, "fan1-speed"): 4200, (PART, "part", "psu2-state"): 0,
        (WARM, "board"): None, (WARM, "processor"): 42.5, (PART, "power supply", "power supply"): 1,
        (PART, "power supply", "second power supply"): 0,
    })  # fmt: skip


@recorded
def test_a_procurve() -> None:
    assert told_by("procurve_e2910") == near({
        (CPU, "all"): 0.37, (MEMORY, "slot 1"): 27333552 / 100663296, (USED, "slot 1"): 27333552,
        (TOTAL, "slot 1"): 100663296, (PART, "fan", "Fan Sensor"): 1,
        **{(PART, "power supply", f"Power Supply {n} Sensor"): 1 for n in (1, 2, 3, 4)},
        (PART, "power supply", "RPS Power Supply Sensor"): None,
        (PART, "power supply", "External Power Supply 1 Sensor"): None,
        (PART, "power supply", "External Power Supply 2 Sensor"): 1,
        (PART, "temperature", "Over-temperature Sensor"): 1,
    })  # fmt: skip


@recorded
def test_a_switch_with_comware() -> None:
    assert told_by("comware_a5500") == near({
        (CPU, "Board"): 0.08, (MEMORY, "Board"): 0.47, (WARM, "Sensor1"): 38, (PART, "fan", "fan 1"): 1,
        (PART, "power supply", "power supply 1"): 1, (PART, "power supply", "power supply 2"): None,
    })  # fmt: skip


def test_boards_of_comware_and_no_ports() -> None:
    entity, names = "25506.2.6.1.1.1.1", {1: b"Slot 1", 2: b"Board 2", 3: b"GigabitEthernet1/0/1", 4: b"Module 3"}
    told: dict[str, Value] = {f"{entity}.19.{n}": state for n, state in ((1, 2), (2, 71), (3, 31), (4, 1))}
    called: dict[str, Value] = {f"{NAMES}.{n}": name for n, name in names.items()}

    assert series(seen(made_up("25506.11.1.24", "HPE Comware", told) | called), PART) == {
        (PART, "module", "Slot 1"): 1, (PART, "module", "Board 2"): 0, (PART, "module", "Module 3"): None,
    }  # fmt: skip


@recorded
def test_an_edgeswitch() -> None:
    warm = dict(enumerate((54, 38, 49, 47, 51, 45, 47, 43)))

    assert told_by("edgeswitch_es-24-250w") == near({
        (CPU, "all"): 0.143501, (MEMORY, "memory"): 1 - 85068 / 256404, (TOTAL, "memory"): 256404 * 1024,
        **{(PART, "fan", f"fan 1.{n}"): 1 for n in range(4)},
        **{(PART, "temperature", f"sensor 1.{n}"): 1 for n in warm},
        **{(WARM, f"sensor 1.{n}"): degrees for n, degrees in warm.items()},
    })  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [
    pytest.param(b"5 Secs ( 31.1134%)   60 Secs ( 16.7571%)  300 Secs ( 14.3501%)", 0.143501, id="three spans"),
    pytest.param(b"5 Secs (  4.12%)   60 Secs (100.00%)", 1.0, id="no five minutes"),
    pytest.param(b"900 Secs ( 7.0%)", None, id="another span"),
    pytest.param(b"300 Secs (175.0%)", None, id="more than all"),
    pytest.param(b"300 Secs ( 1e9%)", None, id="no number"),
    pytest.param(b"\xff\xfe" * 9000, None, id="octets"),
    pytest.param(b"", None, id="empty"),
])  # fmt: skip
def test_how_busy_an_edgeswitch_writes_it_out(text: bytes, expected: float | None) -> None:
    found = edgeswitch.load(text)

    assert next(iter(found.values()), None) == (None if expected is None else pytest.approx(expected))


@recorded
def test_a_switch_of_d_link() -> None:
    assert told_by("dlink_dgs-1510-28") == near({
        (CPU, "1.1"): 0.17, (MEMORY, "unit 1"): 72997 / 262144, (USED, "unit 1"): 72997 * 1024,
        (TOTAL, "unit 1"): 262144 * 1024, (WARM, "Center"): 30, (PART, "temperature", "Center"): 1,
        (PART, "fan", "Right Fan"): 1, (PART, "power supply", "Power 1"): 1, (PART, "power supply", "Power 2"): None,
    })  # fmt: skip


def test_a_jetstream_switch() -> None:
    monitor = "11863.6.4.1"
    told: dict[str, Value] = {f"{monitor}.1.1.1.3.1": 12, f"{monitor}.1.1.1.4.1": 9, f"{monitor}.2.1.1.2.1": 58}

    found = series(seen(made_up("11863.5.72", "JetStream 16-Port Gigabit L2 Managed Switch", told)), "device_")

    assert found == near({(CPU, "1"): 0.09, (MEMORY, "unit 1"): 0.58})


def test_a_switch_with_aos_cx() -> None:
    supply, fan = "47196.4.1.1.3.11.2.1.1", "47196.4.1.1.3.11.5.1.1"
    told: dict[str, Value] = {
        f"{supply}.4.1.1": b"1/1", f"{supply}.4.1.2": b"1/2", f"{supply}.11.1.1": 1, f"{supply}.11.1.2": 3,
        f"{supply}.11.1.3": 12, f"{fan}.4.1.1": b"1/1/1", f"{fan}.8.1.1": 5600, f"{fan}.10.1.1": 5, f"{fan}.8.1.2": -1,
    }  # fmt: skip

    found = series(seen(made_up("47196.4.1.1.1.254", "PL.10.10.0002", told)), "device_", PART)

    assert found == {
        (PART, "power supply", "1/1"): 1, (PART, "power supply", "1/2"): 0,
        (PART, "power supply", "power supply 1.3"): None, (PART, "fan", "1/1/1"): 0, (FAN, "1/1/1"): 5600,
        (FAN, "1.2"): None,
    }  # fmt: skip


def test_a_switch_that_feeds_access_points() -> None:
    feeds = "1.3.6.1.2.1.105.1.3.1.1"
    told: dict[str, Value] = {f"{feeds}.2.1": 370, f"{feeds}.3.1": 1, f"{feeds}.4.1": 363, f"{feeds}.2.2": 370,
                              f"{feeds}.3.2": 3, f"{feeds}.4.2": 0, f"{feeds}.2.3": 0, f"{feeds}.4.3": 0}  # fmt: skip

    found = series(seen(made_up("11.2.3.7.11.84", "HP J9146A E2910al-24G-PoE Switch", {}) | told), "device_", PART)

    assert found == near({
        (POE, "1"): 363 / 370, (POE, "2"): 0, (PART, "power over Ethernet", "unit 1"): 1,
        (PART, "power over Ethernet", "unit 2"): 0,
    })  # fmt: skip


@pytest.mark.parametrize(("object_id", "descr", "root"), [
    ("2636.1.1.1.4.82.5", "qfx5100 Ethernet Switch", "2636.3.1.13.1"), ("14988.1", "RouterOS", "14988.1.1.3"),
    ("11.2.3.7.11.84", "HP J9146A E2910al", "11.2.14.11.5.1"), ("25506.11.1.24", "HPE Comware", "25506.2.6.1.1.1.1"),
    ("9.6.1.37.240.1", "Cisco Business Wireless", "14179.1.1.5"), ("4413", "EdgeSwitch", "4413.1.1.1.1.4"),
    ("14823.1.2.71", "ArubaOS (MODEL: 105)", "14823.2.3.3.1.2.1.1"), ("171.10.137.2.1", "DGS", "171.14.5.1"),
    ("11863.5.72", "JetStream", "11863.6.4.1"), ("47196.4.1.1.1.254", "PL.10.10", "47196.4.1.1.3.11"),
    ("8072.3.2.10", "UAP-nanoHD 5.43", "10002.1.1.1.1"),
])  # fmt: skip
@pytest.mark.parametrize("value", [b"\xff" * 300, "1.3.6.1", -1, 1 << 80, float("nan")], ids=str)
def test_nonsense_in_every_column_is_no_trouble(object_id: str, descr: str, root: str, value: Value) -> None:
    columns = [
        f"{root}.{at}" for one in range(1, 40) for at in (f"{one}.0", f"{one}.1", f"1.{one}.1", f"1.1.{one}.1.1")
    ]

    found = series(seen(made_up(object_id, descr, dict.fromkeys(columns, value))), "device_", WARM)

    assert [(key, one) for key, one in found.items() if one is not None and not 0 <= one <= 1] == []
