from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import pressure
from driftvakt_agent.sample import NoData

SOME = "some avg10=0.28 avg60=0.06 avg300=0.04 total=2530135\n"
FULL = "full avg10=0.28 avg60=0.06 avg300=0.04 total=2383308\n"


def test_the_captured_machine() -> None:
    series = shown(pressure.collect(machine(VM)))

    assert list(series) == [
        "node_pressure_cpu_waiting_seconds_total",
        "node_pressure_io_waiting_seconds_total",
        "node_pressure_io_stalled_seconds_total",
        "node_pressure_memory_waiting_seconds_total",
        "node_pressure_memory_stalled_seconds_total",
    ]


def test_interrupts_where_the_kernel_accounts_for_them(tmp_path: Path) -> None:
    series = shown(pressure.collect(machine(tmp_path, {"proc/pressure/irq": FULL})))

    assert series == {"node_pressure_irq_stalled_seconds_total": 2.383308}


def test_cpu_before_linux_5_13_has_no_full_line(tmp_path: Path) -> None:
    series = shown(pressure.collect(machine(tmp_path, {"proc/pressure/cpu": SOME})))

    assert series == {"node_pressure_cpu_waiting_seconds_total": 2.530135}


def test_a_kernel_without_it_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="CONFIG_PSI"):
        list(pressure.collect(machine(tmp_path)))


@pytest.mark.parametrize("text", ["", "some avg10=0.00\n", "some total=many\n", "full total=1\n"])
def test_no_number_is_no_answer(text: str) -> None:
    assert pressure.parse(text, "some") is None
