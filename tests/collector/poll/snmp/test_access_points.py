"""What access points and their controllers tell in their makers' own MIBs, held against their recordings."""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Value

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
CPU, TOTAL, MEMORY = "device_cpu_ratio", "device_memory_total_bytes", "device_memory_used_ratio"
PART, CHANNEL = "part_ok", "wireless_channel_busy_ratio"
Series = dict[tuple[str, ...], float | None]


def near(told: Series) -> object:
    return pytest.approx(told)


def told_by(name: str) -> Series:
    return series(seen(recording(name)), "device_", PART, CHANNEL)


@recorded
def test_access_points_and_their_controllers() -> None:
    channels = {(1, 0): 10, (1, 1): 19, (2, 0): 15, (2, 1): 7, (3, 0): 7, (3, 1): 6, (4, 0): 31, (4, 1): 6}
    first, second = "24:de:c6:c3:50:a4", "24:de:c6:c3:52:da"

    assert told_by("aruba-instant_105") == near({
        (CPU, first): 0.09, (CPU, second): 0.05, (TOTAL, first): 128745472, (TOTAL, second): 128745472,
        (MEMORY, first): 1 - 55951360 / 128745472, (MEMORY, second): 1 - 50995200 / 128745472,
        (PART, "access point", first): 1, (PART, "access point", second): 1,
        (CHANNEL, f"{first}, radio 0"): 0, (CHANNEL, f"{first}, radio 1"): 0.21, (CHANNEL, f"{second}, radio 0"): 0,
        (CHANNEL, f"{second}, radio 1"): 0.13,
    })  # fmt: skip
    assert told_by("unifi_nanohd") == near({
        (MEMORY, "memory"): 1 - 31048 / 124372, (TOTAL, "memory"): 124372 * 1024, (CHANNEL, "ng"): 0,
        (CHANNEL, "na"): 0,
    })  # fmt: skip
    assert told_by("ciscowlc_cbw240ac") == near({
        (CPU, "all"): 0.06, (MEMORY, "memory"): 1 - 420400 / 1015612, (TOTAL, "memory"): 1015612 * 1024,
        **{(PART, "radio", f"ap{ap}, radio {n}"): 1 for ap in (1, 2, 3, 4) for n in (0, 1)},
        **{(CHANNEL, f"ap{ap}, radio {n}"): percent / 100 for (ap, n), percent in channels.items()},
    })  # fmt: skip


def test_a_radio_that_is_down_and_one_that_somebody_switched_off() -> None:
    point, radio = "14179.2.2.1.1.3.1.2.3.4.5.6", "14179.2.2.2.1"
    told: dict[str, Value] = {
        point: b"ap-aula", f"{radio}.12.1.2.3.4.5.6.0": 1, f"{radio}.34.1.2.3.4.5.6.0": 1,
        f"{radio}.12.1.2.3.4.5.6.1": 1, f"{radio}.34.1.2.3.4.5.6.1": 2, f"{radio}.12.9.9.9.9.9.9.0": 2,
        f"{radio}.34.9.9.9.9.9.9.0": 1,
    }  # fmt: skip

    found = series(seen(made_up("9.6.1.37.240.1", "Cisco Business Wireless", told)), PART)

    assert found == {(PART, "radio", "ap-aula, radio 0"): 0, (PART, "radio", "radio 9.9.9.9.9.9.0"): 1}
