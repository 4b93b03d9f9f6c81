"""What UPSs and sensors of rooms tell in their makers' own MIBs beside the standard one, held against recordings."""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Value

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
Series = dict[tuple[str, ...], float | None]
PART, WARM, WATTS = "part_ok", "sensor_celsius", "ups_output_watts"


def known(told: dict[str, Value], *names: str) -> Series:
    return {key: value for key, value in series(seen(told), *names).items() if value is not None}


@recorded
def test_a_ups_of_apc_with_a_monitor_of_the_room() -> None:
    assert known(recording("apc_smx750i"), "part_", "sensor_", "ups_on_bypass") == {
        (WARM, "Port 1 Temp 1"): 23, (PART, "contact", "Door"): 0, (PART, "contact", "Fan"): 1, ("ups_on_bypass",): 0,
    }  # fmt: skip


def apc(told: dict[str, Value]) -> dict[str, Value]:
    return made_up("318.1.3.27", "APC Web/SNMP Management Card", {f"318.1.1.{oid}": one for oid, one in told.items()})


@pytest.mark.parametrize(("result", "expected"), [(1, 1), (2, 0), (3, None), (4, None), (b"1", None)])
def test_the_last_test_of_a_battery(result: Value, expected: float | None) -> None:
    assert series(seen(apc({"1.7.2.3.0": result})), "part_").get((PART, "self-test", "self-test")) == expected


@pytest.mark.parametrize(("wanted", "state", "expected"), [
    pytest.param(2, 1, {(PART, "contact", "Water"): 1}, id="as it should be"),
    pytest.param(2, 2, {(PART, "contact", "Water"): 0}, id="water"),
    pytest.param(2, 3, {}, id="disabled"),
    pytest.param(1, 2, {}, id="nobody wants to know"),
])  # fmt: skip
def test_a_contact(wanted: int, state: int, expected: Series) -> None:
    told: dict[str, Value] = {"10.2.2.4.1.3.1": wanted, "10.2.3.4.1.2.1": b"Water", "10.2.3.4.1.3.1": state}

    assert known(apc(told), "part_") == expected


@recorded
def test_a_ups_of_eaton() -> None:
    found = known(recording("eaton-mgeups_9px"), "part_", "sensor_", WATTS, "ups_battery_replace", "ups_battery_low")

    assert found == {
        (PART, "battery", "battery"): 1, (PART, "charger", "charger"): 1, (PART, "temperature", "temperature"): 1,
        (WARM, "ambient"): 17, (WATTS, "1"): 310, ("ups_battery_replace",): 0, ("ups_battery_low",): 0,
    }  # fmt: skip


def test_a_ups_that_tells_only_in_the_mib_of_mge() -> None:
    told: dict[str, Value] = {"705.1.5.9.0": 1, "705.1.5.11.0": 1, "705.1.5.14.0": 1, "705.1.5.15.0": 1,
                              "705.1.7.3.0": 1, "705.1.7.4.0": 1, "705.1.7.11.0": 1}  # fmt: skip

    assert known(made_up("705.1", "Galaxy 5500", told), "part_", "ups_") == {
        (PART, "battery", "battery"): 0, (PART, "charger", "charger"): 0, (PART, "temperature", "temperature"): 0,
        ("ups_battery_replace",): 1, ("ups_battery_low",): 1, ("ups_on_battery",): 1, ("ups_on_bypass",): 1,
    }  # fmt: skip


@recorded
def test_the_watts_of_ups_with_the_standard_mib_and_of_one_that_has_0_there() -> None:
    assert known(recording("netmanplus_204"), WATTS) == {(WATTS, "1"): 184}
    # The other phases have -4 and -26 watts.
    assert known(recording("generex-ups_cs141"), WATTS) == {(WATTS, "2"): 469}
    assert known(recording("cyberpower_pr2200rt2uc"), WATTS) == {(WATTS, "1"): 69}


@recorded
def test_sensors_of_rooms() -> None:
    assert known(recording("hwg-ste2"), "part_", "sensor_") == {
        (WARM, "Datorrum 2"): 20.3, (PART, "contact", "Input 1"): 1, (PART, "contact", "Input 2"): 1,
        (PART, "sensor", "Flood"): 1, (PART, "sensor", "Datorrum 2"): 1,
    }  # fmt: skip
    assert known(recording("avtech_roomalert12e"), "part_", "sensor_") == pytest.approx({
        (WARM, "internal"): 25.34, (WARM, "external 1"): 27.62, ("sensor_humidity_ratio", "external 1"): 0.276,
    })  # fmt: skip


def test_water_on_the_floor() -> None:
    told: dict[str, Value] = {
        "21796.4.9.3.1.2.1": b"Flood", "21796.4.9.3.1.3.1": 5, "21796.4.9.3.1.5.1": 1, "21796.4.9.3.1.7.1": 5,
        "21796.4.9.1.1.3.1": b"Door", "21796.4.9.1.1.4.1": 1,
    }  # fmt: skip

    assert known(made_up("21796.4.9", "STE2", told), "part_", "sensor_") == {
        (PART, "sensor", "Flood"): 0, (PART, "contact", "Door"): 0,
    }  # fmt: skip


def test_a_room_alert_with_two_sensors_and_a_socket_without_one() -> None:
    room = "20916.1.10.1"
    told: dict[str, Value] = {f"{room}.3.1.0": 1950, f"{room}.3.3.0": 0, f"{room}.4.1.0": 0, f"{room}.4.3.0": 0}

    assert known(made_up("20916.1.10", "Room Alert 12E v1.0", told), "sensor_") == {(WARM, "external 2"): 19.5}
