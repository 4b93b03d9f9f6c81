"""The cards of devices, and what an operator is told to look at, by what they tell of themselves."""

import pytest
from card_lines import Told, card, checked, found, lines, readings, supply

from driftvakt_collector.console import device_finding
from driftvakt_collector.console.card import MAX_ROWS
from driftvakt_collector.console.cards import cards


def port(index: int, name: str, alias: str = "", oper: float = 1, admin: float = 1, errors: float = 0) -> list[Told]:
    at = {"ifIndex": str(index), "ifAlias": alias, "ifDescr": "", "ifName": name}
    return [
        ("ifOperStatus", at, oper), ("ifAdminStatus", at, admin), ("ifHighSpeed", at, 1000),
        ("ifHCInOctets", at, 2048), ("ifHCOutOctets", at, 1024), ("ifHCInUcastPkts", at, 1e6),
        ("ifInErrors", at, errors), ("ifOutErrors", at, 0), ("ifInDiscards", at, 2), ("ifOutDiscards", at, 1),
    ]  # fmt: skip


def test_a_host_without_such_series_has_no_such_card() -> None:
    assert cards(readings(), 0.0) == []
    assert found() == []


def test_a_name_that_is_too_long_hides_nothing_of_a_finding() -> None:
    assert found(*supply(1, "W" * 255, 0, 100)) == [("bad", f"{'W' * 79}… is empty: change it")]


def test_a_ups_on_its_battery() -> None:
    told: list[Told] = [
        ("driftvakt_ups_on_battery", {}, 1.0), ("driftvakt_ups_battery_low", {}, 1.0),
        ("driftvakt_ups_battery_charge_ratio", {}, 0.15), ("driftvakt_ups_runtime_seconds", {}, 300.0),
        ("driftvakt_ups_on_battery_seconds", {}, 90.0), ("driftvakt_ups_load_ratio", {"phase": "1"}, 0.97),
        ("driftvakt_ups_battery_replace", {}, 1.0), ("driftvakt_ups_input_volts", {"phase": "1"}, 0.0),
    ]  # fmt: skip

    assert lines(card("ups", *told)) == [
        "Output | on battery [bad]", "Battery | nearly empty [bad]", "Charge | 15 % [bad]", "Lasts | 5 min",
        "On battery for | 1 min 30 s", "Load | 97 % [bad]", "Voltage in | 0 V",
    ]  # fmt: skip
    assert found(*told) == [
        ("bad", "Runs on its battery, which lasts 5 min more: find out where the power went"),
        ("bad", "The battery is nearly empty: shut down what hangs on it"),
        ("bad", "Carries 97 % of what it can: move something away"),
    ]


def test_a_ups_that_is_well() -> None:
    told: list[Told] = [
        ("driftvakt_ups_on_battery", {}, 0.0), ("upsBasicOutputStatus", {}, 2.0),
        ("driftvakt_ups_battery_replace", {}, 0.0), ("driftvakt_ups_load_ratio", {"phase": "1"}, 0.3),
        ("driftvakt_ups_load_ratio", {"phase": "2"}, 0.85),
    ]  # fmt: skip

    assert lines(card("ups", *told)) == [
        "Output | on line power [ok]", "Battery | good [ok]", "Load, phase 1 | 30 %", "Load, phase 2 | 85 % [warn]",
    ]  # fmt: skip
    assert found(*told) == []


@pytest.mark.parametrize(("name", "value", "expected"), [
    pytest.param("upsOutputSource", 4, ("warn", "The UPS is on bypass: what hangs on it is not protected"),
                 id="bypass"),
    pytest.param("upsBasicOutputStatus", 7, ("bad", "The UPS is off: what hangs on it may have no power"), id="off"),
    pytest.param("driftvakt_ups_battery_replace", 1, ("warn", "The battery is worn out: have it replaced"), id="worn"),
])  # fmt: skip
def test_a_ups_that_protects_nothing(name: str, value: float, expected: tuple[str, str]) -> None:
    assert found((name, {}, value)) == [expected]


def test_a_power_strip() -> None:
    told: list[Told] = [
        ("driftvakt_pdu_amperes", {"phase": "1"}, 1.3),
        ("driftvakt_pdu_amperes", {"phase": "2"}, 15.2),
        ("driftvakt_pdu_overload", {"phase": "1"}, 0.0),
        ("driftvakt_pdu_overload", {"phase": "2"}, 1.0),
        ("driftvakt_pdu_volts", {"phase": "1"}, 231.0),
        ("driftvakt_pdu_watts", {"unit": "1"}, 270.0),
        ("driftvakt_pdu_energy_joules_total", {"unit": "1"}, 1967.7 * 3.6e6),
        ("driftvakt_pdu_outlet_on", {"outlet": "Server"}, 1.0),
        ("driftvakt_pdu_outlet_on", {"outlet": "Spare"}, 0.0),
    ]

    assert lines(card("strip", *told)) == [
        "Phase 1 | 1.30 A", "Phase 2 | 15.2 A [warn]", "Voltage, phase 1 | 231 V", "Power | 270 W",
        "Energy so far | 1 968 kWh",
    ]  # fmt: skip
    assert lines(card("outlets", *told)) == ["Spare | off [muted]", "Server | on [ok]"]
    assert found(*told) == [("bad", "Phase 2 is near what it may carry: move something away")]


def test_a_phase_that_tells_no_current() -> None:
    told: list[Told] = [("driftvakt_pdu_overload", {"phase": "3"}, 1.0)]

    assert lines(card("strip", *told)) == ["Phase 3 | near its limit [bad]"]
    assert found(*told) == [("bad", "Phase 3 is near what it may carry: move something away")]


def test_interfaces_with_errors_come_first_and_then_those_that_are_up() -> None:
    told = [
        *port(1, "Gi0/1", oper=2), *port(2, "Gi0/2", admin=2, oper=2), *port(3, "Gi0/3", alias="uplänk A-huset"),
        *port(4, "Gi0/4", errors=50_000), *port(5, "", oper=7), *port(6, "lo"),
        ("ifType_info", {"ifIndex": "6", "ifType": "softwareLoopback"}, 1.0),
    ]  # fmt: skip

    shown = card("ports", *told)

    assert lines(shown) == [
        "Gi0/4 | up [ok] | 1 Gbit/s | 2 KiB | 1 KiB | 50 000 [warn] | 3",
        "Gi0/3 | up [ok] | 1 Gbit/s | 2 KiB | 1 KiB | 0 | 3",
        "Gi0/1 | down [muted] | – | 2 KiB | 1 KiB | 0 | 3",
        "interface 5 | down, for what it runs on [muted] | – | 2 KiB | 1 KiB | 0 | 3",
        "Gi0/2 | switched off [muted] | – | 2 KiB | 1 KiB | 0 | 3",
    ]
    assert shown.rows[1][0].note == "uplänk A-huset"
    assert shown.note.startswith("2 of 5 are up.")
    # Counters since who knows when are no reason to get up at night.
    assert found(*told) == []


def test_a_switch_of_many_ports_stays_readable() -> None:
    shown = card("ports", *(one for n in range(52) for one in port(n, f"Gi0/{n}", oper=1 + (n < 50))))

    assert [row[0].text for row in shown.rows[:3]] == ["Gi0/50", "Gi0/51", "Gi0/0"]
    assert (len(shown.rows), shown.more) == (MAX_ROWS, 52 - MAX_ROWS)


def sensor(index: int, name: str, kind: str, value: float, scale: float, places: float, state: float) -> list[Told]:
    at = {"entPhysicalIndex": str(index), "entPhysicalName": name, "entPhySensorType": kind}
    told = {"Value": value, "Scale": scale, "Precision": places, "OperStatus": state}
    return [(f"entPhySensor{what}", at, number) for what, number in told.items()]


def test_sensors_tell_their_unit_and_how_they_are() -> None:
    told: list[Told] = [
        ("driftvakt_sensor_celsius", {"sensor": "Rack"}, 25.34),
        ("driftvakt_sensor_humidity_ratio", {"sensor": "Rack"}, 0.54),
        *sensor(1, "Inlet", "celsius", 21625, 8, 0, 1), *sensor(2, "PSU 1", "voltsDC", 121, 9, 1, 1),
        *sensor(3, "Fan 1", "rpm", 0, 9, 0, 3), *sensor(4, "", "watts", 2, 10, 0, 2),
    ]  # fmt: skip

    assert lines(card("sensors-of-device", *told)) == [
        "Fan 1 | 0 rpm | broken [warn]", "Rack | 25.3 °C | ", "Rack | 54 % humidity | ", "Inlet | 21.6 °C | ok [ok]",
        "PSU 1 | 12.1 V | ok [ok]", "sensor 4 | 2 000 W | no value [muted]",
    ]  # fmt: skip
    assert found(*told) == [("warn", "1 sensor can't read what it should: Fan 1")]


def test_parts_that_are_not_ok() -> None:
    part = "driftvakt_part_ok"
    told = [(part, {"kind": "disk", "part": "Disk 1"}, 1.0), (part, {"kind": "disk", "part": "Disk 2"}, 0.0),
            (part, {"kind": "disk", "part": "Disk 3"}, 0.0), (part, {"kind": "fan", "part": "Fan 1"}, 0.0)]  # fmt: skip

    assert lines(card("parts", *told))[-2:] == ["Fan 1 | not ok [bad]", "Disk 1 | ok [ok]"]
    assert found(*told) == [("bad", "2 disks are not ok: Disk 2, Disk 3"), ("bad", "1 fan is not ok: Fan 1")]


def store(index: int, name: str, used: float) -> list[Told]:
    at = {"hrStorageIndex": str(index), "hrStorageDescr": name}
    sizes = {"AllocationUnits": 1024.0, "Size": 1024.0**2, "Used": used * 1024.0**2}
    return [(f"hrStorage{what}", at, number) for what, number in sizes.items()]


def test_file_systems_are_marked_and_memory_and_images_are_not() -> None:
    told = [
        *store(1, "Physical memory", 1.0), *store(2, "/dev/ad1s1f: var file system, mounted on: /var", 0.9),
        *store(3, "C:\\ Label:System  Serial Number 1a2b", 0.96), *store(4, "/rom", 1.0),
    ]  # fmt: skip

    assert lines(card("storage", *told)) == [
        "C:\\ Label:System  Serial Number 1a2b | 96 % [bad] | 41.0 MiB | 1 GiB", "/var | 90 % [warn] | 102 MiB | 1 GiB",
        "Physical memory | 100 % | 0 B | 1 GiB", "/rom | 100 % | 0 B | 1 GiB",
    ]  # fmt: skip
    assert [text for _, text in found(*told)] == [
        "C:\\ Label:System  Serial Number 1a2b is 96 % full, 41.0 MiB left", "/var is 90 % full, 102 MiB left"
    ]  # fmt: skip


def test_processors_and_memory() -> None:
    told: list[Told] = [
        ("hrProcessorLoad", {"hrDeviceIndex": "1"}, 20.0), ("hrProcessorLoad", {"hrDeviceIndex": "2"}, 60.0),
        ("memTotalReal", {}, 1024.0), ("memAvailReal", {}, 256.0), ("laLoadInt", {"laIndex": "1"}, 46.0),
    ]  # fmt: skip

    assert lines(card("system-of-device", *told)) == ["Busy | 40 %", "Memory | 75 %", "Load | 0.46"]


CPU, MEMORY, PAIR = (f"driftvakt_device_{what}" for what in ("cpu_ratio", "memory_used_ratio", "high_availability_ok"))


def test_processors_and_memory_by_the_maker_s_own_mib() -> None:
    told: list[Told] = [
        (CPU, {"cpu": "all"}, 0.97), (MEMORY, {"name": "memory"}, 0.22), (MEMORY, {"name": "I/O"}, 0.96),
        ("driftvakt_device_memory_total_bytes", {"name": "memory"}, 3113068 * 1024.0),
        ("memTotalReal", {}, 1024.0), ("memAvailReal", {}, 256.0),
    ]  # fmt: skip

    shown = card("system-of-device", *told)

    assert lines(shown) == ["Busy | 97 % [warn]", "Memory | 22 %", "Memory, I/O | 96 % [warn]"]
    assert shown.rows[1][0].note.replace("\u00a0", " ") == "of 3.0 GiB"
    assert found(*told) == [
        ("warn", "It is 97 % busy: find out what keeps it so"),
        ("warn", "Memory, I/O is 96 % full: find out what takes it"),
    ]


def test_processors_that_have_a_number_or_a_name() -> None:
    told: list[Told] = [(CPU, {"cpu": "22"}, 0.14), (CPU, {"cpu": "Routing Engine 0"}, 0.97)]

    assert lines(card("system-of-device", *told)) == [
        "Busy, processor 22 | 14 %",
        "Busy, Routing Engine 0 | 97 % [warn]",
    ]
    assert found(*told) == [("warn", "Routing Engine 0 is 97 % busy: find out what keeps it so")]


def test_a_firewall_whose_pair_and_tunnels_are_down() -> None:
    told: list[Told] = [
        (PAIR, {"name": "fw-a"}, 1.0),
        (PAIR, {"name": "fw-b"}, 0.0),
        ("driftvakt_device_sessions", {}, 190_000.0),
        ("driftvakt_device_sessions_ratio", {}, 0.951),
        ("driftvakt_device_vpn_users", {}, 12.0),
        ("driftvakt_device_tunnels", {}, 1.0),
        ("driftvakt_device_tunnel_up", {"tunnel": "Skolan"}, 0.0),
        ("driftvakt_device_tunnel_up", {"tunnel": "<b>Vattenverket"}, 1.0),
    ]

    assert lines(card("gateway", *told)) == [
        "High availability | in step [ok]", "High availability | would not take over [bad]",
        "Sessions | 190 000 [warn]", "Users by VPN | 12", "Tunnels that are up | 1",
    ]  # fmt: skip
    assert lines(card("tunnels", *told)) == ["Skolan | down [bad]", "<b>Vattenverket | up [ok]"]
    assert found(*told) == [
        ("bad", "High availability is not given: fw-b would not take over"), ("bad", "1 tunnel is down: Skolan"),
        ("warn", "Follows 95 % of the sessions that fit: new ones will be refused"),
    ]  # fmt: skip


def test_a_switch_that_can_feed_no_more_and_a_channel_that_is_crowded() -> None:
    told: list[Told] = [
        ("driftvakt_device_poe_used_ratio", {"unit": "1"}, 0.98),
        ("driftvakt_wireless_channel_busy_ratio", {"radio": "ap-aula, radio 0"}, 0.31),
        ("driftvakt_wireless_channel_busy_ratio", {"radio": "ap-aula, radio 1"}, 0.72),
    ]

    assert lines(card("system-of-device", *told)) == ["Power over Ethernet | 98 % [warn]"]
    assert lines(card("radios", *told)) == ["ap-aula, radio 1 | 72 % [warn]", "ap-aula, radio 0 | 31 %"]
    assert found(*told) == [("warn", "Power over Ethernet is 98 % taken: what is plugged in next stays dark")]


def test_alarms_and_fans() -> None:
    told: list[Told] = [
        ("driftvakt_device_alarm_active", {"severity": "critical"}, 0.0),
        ("driftvakt_device_alarm_active", {"severity": "warning"}, 1.0),
        ("driftvakt_device_fan_rpm", {"fan": "fan1"}, 4200.0),
    ]

    assert lines(card("alarms-of-device", *told)) == ["Critical | none [ok]", "Warning | raised [warn]"]
    assert lines(card("fans", *told)) == ["fan1 | 4 200 rpm"]
    assert found(*told) == [("warn", "Raises an alarm (warning): its own log says which")]


def test_wireless_networks_and_access_points() -> None:
    told: list[Told] = [
        ("unifiVapNumStations", {"unifiVapIndex": "1", "unifiVapEssId": "skolan"}, 4.0),
        ("unifiVapNumStations", {"unifiVapIndex": "2", "unifiVapEssId": "skolan"}, 14.0),
        ("unifiVapNumStations", {"unifiVapIndex": "3", "unifiVapEssId": "gäst"}, 2.0),
        ("bsnAPOperationStatus", {"bsnAPDot3MacAddress": "0.1", "bsnAPName": "ap-aula"}, 1.0),
        ("bsnAPOperationStatus", {"bsnAPDot3MacAddress": "0.2", "bsnAPName": "ap-bibliotek"}, 2.0),
    ]

    assert lines(card("networks", *told)) == ["skolan | 18", "gäst | 2"]
    assert lines(card("access-points", *told)) == ["ap-bibliotek | leaves [bad]", "ap-aula | with its controller [ok]"]
    assert found(*told) == [("bad", "1 access point is not with the controller: ap-bibliotek")]


def test_numbers_that_no_device_has_break_no_card() -> None:
    told = [
        *supply(1, "Svart", 100, 100), *port(1, "Gi0/1"), *sensor(1, "Inlet", "celsius", 1, 1, 1, 1),
        *store(1, "/", 0.5), *checked(probe_ssl_earliest_cert_expiry=1.0, driftvakt_probe_kerberos_skew_seconds=1.0),
        ("driftvakt_ups_load_ratio", {"phase": "1"}, 1.0), ("driftvakt_ups_battery_charge_ratio", {}, 1.0),
        ("driftvakt_printer_supply_left_pages", {"supply": "Drum"}, 1.0),
        (CPU, {"cpu": "all"}, 1.0), (MEMORY, {"name": "memory"}, 1.0), (PAIR, {"name": "peer"}, 1.0),
        *((f"driftvakt_device_{what}", {}, 1.0) for what in ("sessions", "sessions_ratio", "vpn_users", "fan_rpm")),
        ("driftvakt_device_poe_used_ratio", {"unit": "1"}, 1.0), ("driftvakt_wireless_channel_busy_ratio", {}, 1.0),
        *((f"driftvakt_pdu_{what}", {"phase": "1"}, 1.0) for what in ("amperes", "watts", "volts", "overload")),
        ("driftvakt_device_memory_total_bytes", {"name": "memory"}, 1.0),
        ("driftvakt_pdu_energy_joules_total", {}, 1.0),
        ("hrProcessorLoad", {}, 1.0), ("upsOutputSource", {}, 1.0), ("driftvakt_poller_lag_seconds", {}, 1.0),
    ]  # fmt: skip

    for number in (1e300, -1e300, 5e-324, 0.0):
        strange = readings(*((name, labels, number) for name, labels, _ in told))
        device_finding.findings(strange)
        for one in cards(strange, 1e-9):
            assert all(0 <= cell.length <= 100 for row in one.rows for cell in row if cell.length is not None)
