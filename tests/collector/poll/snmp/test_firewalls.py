"""What firewalls tell in their makers' own MIBs, held against what stands in their recordings."""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Value

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
FORTIGATE, PAN = "12356.101", "25461.2.1.2"
SYNC, MEMBER, MODE = f"{FORTIGATE}.13.2.1.1.12", f"{FORTIGATE}.13.2.1.1.11", f"{FORTIGATE}.13.1.1.0"


def fortigate(told: dict[str, Value]) -> dict[tuple[str, ...], float | None]:
    return series(seen(made_up("12356.101.1.1041", "Gatan", told)), "device_", "part_ok")


def pan(told: dict[str, Value]) -> dict[tuple[str, ...], float | None]:
    return series(seen(made_up("25461.2.3.54", "Palo Alto Networks PA-440", told)), "device_")


@recorded
def test_a_fortigate() -> None:
    assert series(seen(recording("fortigate_100e")), "device_", "part_ok") == {
        ("device_cpu_ratio", "all"): pytest.approx(0.06),
        ("device_memory_used_ratio", "memory"): pytest.approx(0.22),
        ("device_memory_total_bytes", "memory"): 3113068 * 1024,
        ("device_sessions",): 1380,
        ("device_tunnels",): 2,
        ("device_tunnel_up", "ESMAO-Lomtec"): 1,
        ("device_tunnel_up", "ESMAO"): 1,
        ("device_vpn_users", "virtual domain 1"): 0,
    }


def test_a_fortigate_in_a_cluster_whose_second_member_is_out_of_step() -> None:
    members: dict[str, Value] = {f"{MEMBER}.1": b"fw-a", f"{MEMBER}.2": b"fw-b", f"{SYNC}.1": 1, f"{SYNC}.2": 0}

    assert fortigate({MODE: 3, **members}) == {
        ("device_high_availability_ok", "fw-a"): 1, ("device_high_availability_ok", "fw-b"): 0,
    }  # fmt: skip
    assert fortigate({MODE: 1, **members}) == {}
    assert fortigate(members) == {}


def test_tunnels_and_sensors_of_a_fortigate() -> None:
    sensor, tunnel = f"{FORTIGATE}.4.3.2.1", f"{FORTIGATE}.12.2.2.1"
    told: dict[str, Value] = {
        f"{sensor}.2.1": b"PS1 VIN", f"{sensor}.2.2": b"CPU Core", f"{sensor}.4.1": 0, f"{sensor}.4.2": 1,
        f"{tunnel}.2.1": b"Skolan", f"{tunnel}.2.2": b"Skolan", f"{tunnel}.20.1": 2, f"{tunnel}.20.2": 1,
    }  # fmt: skip

    assert fortigate(told) == {
        ("part_ok", "sensor", "PS1 VIN"): 1, ("part_ok", "sensor", "CPU Core"): 0,
        ("device_tunnel_up", "Skolan"): 1, ("device_tunnel_up", "Skolan (2)"): 0,
    }  # fmt: skip


@pytest.mark.parametrize("told", [
    pytest.param({"4.1.3.0": b"6 %", "4.1.4.0": b"", "4.1.5.0": "1.3.6", "4.1.8.0": b"\xff\xfe"}, id="texts"),
    pytest.param({"4.1.3.0": 101, "4.1.4.0": 255, "4.1.5.0": 0, "4.1.8.0": -1}, id="out of bounds"),
    pytest.param({"4.1.3.0": 1 << 70, "4.1.4.0": -(1 << 70), "4.1.5.0": 1 << 90}, id="huge"),
    pytest.param({"12.2.2.1.20.1": b"up", "13.1.1.0": b"3", "13.2.1.1.12.1": 1, "4.3.2.1.4.1": "0.0"}, id="tables"),
])  # fmt: skip
def test_a_fortigate_that_tells_nonsense_tells_nothing(told: dict[str, Value]) -> None:
    found = fortigate({f"{FORTIGATE}.{oid}": value for oid, value in told.items()})

    assert [(key, value) for key, value in found.items() if value is not None] == []


@recorded
def test_a_firewall_of_palo_alto_that_stands_alone() -> None:
    assert series(seen(recording("panos_440")), "device_") == {
        ("device_high_availability_ok", "this one"): None,
        ("device_high_availability_ok", "its peer"): None,
        ("device_sessions",): 241,
        ("device_sessions_ratio",): pytest.approx(241 / 199998),
        ("device_vpn_users", "all"): 0,
    }


@pytest.mark.parametrize(("state", "expected"), [
    (b"active", 1), (b"passive", 1), (b"active-primary", 1), (b"suspended", 0), (b"non-functional", 0),
    (b"tentative", 0), (b"disabled", None), (b"unknown", None), (b"", None),
])  # fmt: skip
def test_a_pair_of_palo_alto(state: bytes, expected: float | None) -> None:
    found = pan({f"{PAN}.1.11.0": b"active", f"{PAN}.1.12.0": state})

    assert found["device_high_availability_ok", "this one"] == 1
    assert found["device_high_availability_ok", "its peer"] == expected


@pytest.mark.parametrize("told", [
    pytest.param({"1.11.0": 1, "3.3.0": b"241", "3.2.0": 10}, id="other types"),
    pytest.param({"3.3.0": -1, "3.2.0": 0, "5.1.3.0": 4294967295}, id="out of bounds"),
    pytest.param({"3.2.0": 199998}, id="only how many fit"),
])  # fmt: skip
def test_a_firewall_of_palo_alto_that_tells_nonsense_tells_nothing(told: dict[str, Value]) -> None:
    found = pan({f"{PAN}.{oid}": value for oid, value in told.items()})

    assert [(key, value) for key, value in found.items() if value is not None] == []


def test_more_sessions_than_fit_are_told_and_no_share() -> None:
    found = pan({f"{PAN}.3.3.0": 300, f"{PAN}.3.2.0": 200})

    assert found == {("device_sessions",): 300, ("device_sessions_ratio",): None}
