import struct

import pytest
from probing import VM, machine, shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes import timex
from driftvakt_agent.sample import NoData

# The order of struct timex: modes; offset freq maxerror esterror; status; constant precision tolerance sec usec tick
# ppsfreq jitter; shift; stabil jitcnt calcnt errcnt stbcnt; tai.
UNSYNCHRONIZED = (0, 0, 0, 16000000, 16000000, 64, 2, 1, 32768000, 1795450928, 10378, 10000, *(0,) * 9)
BY_CHRONY = (0, -1500, 655360, 2500, 40, 0x2001, 7, 1, 32768000, 1795450928, 10378, 10000, *(0,) * 8, 37)


def clock(fields: tuple[int, ...]) -> bytes:
    return struct.pack("@I4li8li5li44x", *fields)


def test_a_clock_that_nobody_keeps() -> None:
    series = shown(timex.collect(machine(VM), lambda: (5, clock(UNSYNCHRONIZED))))

    assert len(series) == 17
    assert series["node_timex_sync_status"] == 0
    assert series["node_timex_maxerror_seconds"] == 16
    assert series["node_timex_frequency_adjustment_ratio"] == 1
    assert series["node_timex_status"] == 64
    assert series["node_timex_tick_seconds"] == 0.01


def test_a_clock_that_chrony_keeps_has_nanoseconds() -> None:
    series = shown(timex.collect(machine(VM), lambda: (0, clock(BY_CHRONY))))

    assert series["node_timex_sync_status"] == 1
    assert series["node_timex_offset_seconds"] == -1.5e-6
    assert series["node_timex_maxerror_seconds"] == 0.0025
    assert series["node_timex_estimated_error_seconds"] == 0.00004
    assert series["node_timex_frequency_adjustment_ratio"] == 1.00001
    assert series["node_timex_tai_offset_seconds"] == 37


def test_a_workstation_tells_if_the_clock_is_right() -> None:
    series = shown(timex.collect(machine(VM, profile="workstation"), lambda: (0, clock(BY_CHRONY))))

    assert list(series) == [
        "node_timex_sync_status",
        "node_timex_offset_seconds",
        "node_timex_maxerror_seconds",
    ]


def test_a_pulse_per_second() -> None:
    fields = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10000, 131072, 250, 4, 65536, 11, 12, 13, 14, 0)

    series = shown(timex.parse(0, clock(fields)))

    assert series["node_timex_pps_frequency_hertz"] == pytest.approx(2e-6)
    assert series["node_timex_pps_jitter_seconds"] == 0.00025
    assert series["node_timex_pps_shift_seconds"] == 4
    assert series["node_timex_pps_stability_hertz"] == pytest.approx(1e-6)
    assert series["node_timex_pps_jitter_total"] == 11
    assert series["node_timex_pps_calibration_total"] == 12
    assert series["node_timex_pps_error_total"] == 13
    assert series["node_timex_pps_stability_exceeded_total"] == 14


def test_this_machine() -> None:
    try:
        series = shown(timex.collect(Host()))
    except NoData as e:
        pytest.skip(str(e))

    assert series["node_timex_sync_status"] in (0, 1)
    assert 0.009 <= series["node_timex_tick_seconds"] <= 0.011
    assert abs(series["node_timex_frequency_adjustment_ratio"] - 1) < 0.001
