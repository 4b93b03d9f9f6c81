"""What power strips tell in their makers' own MIBs, held against what stands in their recordings."""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Value

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
Series = dict[tuple[str, ...], float | None]
POWERNET = "318.1.1"


def strip(told: dict[str, Value]) -> Series:
    made = {f"{POWERNET}.{oid}": value for oid, value in told.items()}
    return series(
        seen(made_up("318.1.3.4.6", "APC Web/SNMP Management Card (MB:v4.1.0)", made)), "pdu_", "part", "sensor"
    )


@recorded
def test_a_strip_of_apc() -> None:
    found = series(seen(recording("apc_ap8959eu3")), "pdu_", "part_ok", "sensor_")
    outlets = {key[1]: value for key, value in found.items() if key[0] == "pdu_outlet_on"}

    assert {key: value for key, value in found.items() if key[0] != "pdu_outlet_on"} == pytest.approx({
        ("pdu_amperes", "1"): 1.4, ("pdu_overload", "1"): 0, ("pdu_volts", "1"): 231, ("pdu_watts", "1"): 270,
        ("pdu_energy_joules_total", "1"): 1967.7 * 3.6e6, ("part_ok", "power supply", "first of unit 1"): 1,
        ("part_ok", "power supply", "second of unit 1"): 1,
    })  # fmt: skip
    assert len(outlets) == 24
    assert [name for name, on in outlets.items() if not on] == ["outlet 23"]


def test_a_strip_that_carries_too_much() -> None:
    told: dict[str, Value] = {
        "26.6.3.1.4.1": 2, "26.6.3.1.4.2": 3, "26.6.3.1.4.3": 4, "26.8.3.1.4.1": 4, "12.2.3.1.1.3.1": 3,
        "26.4.3.1.13.1": 2, "26.4.3.1.14.1": 3,
    }  # fmt: skip

    assert strip(told) == {
        ("pdu_overload", "1"): 0, ("pdu_overload", "2"): 1, ("pdu_overload", "3"): 1, ("pdu_overload", "bank 1"): 1,
        ("part_ok", "power supply", "first of unit 1"): 0, ("part_ok", "power supply", "second of unit 1"): None,
    }  # fmt: skip


def test_an_older_strip() -> None:
    assert strip({"12.2.3.1.1.3.1": 2, "12.2.3.1.1.3.2": 4, "12.2.3.1.1.2.1": 14}) == {
        ("pdu_amperes", "1"): pytest.approx(1.4), ("pdu_overload", "1"): 0, ("pdu_overload", "2"): 1,
    }  # fmt: skip


def test_a_probe_that_is_plugged_into_a_strip() -> None:
    probe = "26.10.2.2.1"
    told: dict[str, Value] = {
        f"{probe}.3.1": b"Cold aisle", f"{probe}.6.1": 2, f"{probe}.8.1": 215, f"{probe}.10.1": 41,
        f"{probe}.3.2": b"", f"{probe}.6.2": 1, f"{probe}.8.2": -1, f"{probe}.10.2": -1,
    }  # fmt: skip

    assert strip(told) == {
        ("sensor_celsius", "Cold aisle"): 21.5, ("sensor_humidity_ratio", "Cold aisle"): pytest.approx(0.41),
    }  # fmt: skip


@pytest.mark.parametrize("told", [
    pytest.param({"26.4.3.1.5.1": -1, "26.4.3.1.9.1": -1, "26.6.3.1.6.1": -1, "26.6.3.1.4.1": 5}, id="not supported"),
    pytest.param({"26.4.3.1.5.1": b"27", "26.6.3.1.6.1": "231", "4.4.2.1.3.1": b"on"}, id="other types"),
    pytest.param({"4.4.2.1.3.1": 4, "4.4.2.1.4.1": b"Server"}, id="an outlet of which nothing is known"),
    pytest.param({"26.10.2.2.1.8.1": 215, "26.10.2.2.1.10.1": 41}, id="a probe that does not talk"),
])  # fmt: skip
def test_a_strip_that_tells_nonsense_tells_nothing(told: dict[str, Value]) -> None:
    assert [(key, value) for key, value in strip(told).items() if value is not None] == []
