import time as clock
from collections.abc import Iterator
from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes import time


@pytest.fixture
def in_stockholm() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        clock.tzset()
        yield
    clock.tzset()


@pytest.mark.parametrize(
    ("now", "zone", "offset"),
    [
        pytest.param(1_764_000_000.25, "CET", 3600, id="in November"),
        pytest.param(1_751_000_000.5, "CEST", 7200, id="in June"),
    ],
)
@pytest.mark.usefixtures("in_stockholm")
def test_the_time_and_its_zone(now: float, zone: str, offset: int) -> None:
    host = Host(proc=f"{VM}/proc", sys=f"{VM}/sys", profile="workstation", now=lambda: now)

    series = shown(time.collect(host))

    assert series == {
        "node_time_seconds": now,
        f'node_time_zone_offset_seconds{{time_zone="{zone}"}}': offset,
    }


def test_the_counters_that_time_is_kept_by() -> None:
    series = shown(time.collect(machine(VM)))

    assert {key for key in series if "clocksource" in key} == {
        'node_time_clocksource_available_info{clocksource="tsc",device="0"}',
        'node_time_clocksource_available_info{clocksource="kvm-clock",device="0"}',
        'node_time_clocksource_current_info{clocksource="tsc",device="0"}',
    }


def test_a_machine_without_sys_still_has_a_time(tmp_path: Path) -> None:
    assert len(list(time.collect(machine(tmp_path)))) == 2
