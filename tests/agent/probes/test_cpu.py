import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import cpu


def test_a_server_tells_each_processor_apart() -> None:
    series = shown(cpu.collect(machine(VM)))

    assert len(series) == 2 * 10
    assert series['node_cpu_seconds_total{cpu="0",mode="user"}'] == 20.59
    assert series['node_cpu_seconds_total{cpu="1",mode="idle"}'] == 1776.52
    assert series['node_cpu_guest_seconds_total{cpu="1",mode="nice"}'] == 0


def test_a_workstation_tells_only_the_sum() -> None:
    series = shown(cpu.collect(machine(VM, profile="workstation")))

    assert series == {
        'node_cpu_seconds_total{cpu="all",mode="user"}': 68.21,
        'node_cpu_seconds_total{cpu="all",mode="nice"}': 0,
        'node_cpu_seconds_total{cpu="all",mode="system"}': 41.38,
        'node_cpu_seconds_total{cpu="all",mode="idle"}': 3591.91,
        'node_cpu_seconds_total{cpu="all",mode="iowait"}': 4.3,
        'node_cpu_seconds_total{cpu="all",mode="irq"}': 0,
        'node_cpu_seconds_total{cpu="all",mode="softirq"}': 0.97,
        'node_cpu_seconds_total{cpu="all",mode="steal"}': 0.09,
    }


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        pytest.param("cpu 1 2 3 4\ncpu0 1 2 3 4\n", 4, id="Linux 2.4 had four columns"),
        pytest.param("cpu 1 2 3 4 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8 9\n", 9, id="without guest_nice"),
        pytest.param("cpu0 1 2 3 4 5 6 7 8 9 10 11 12\n", 10, id="columns to come are not guessed at"),
        pytest.param("cpufreq 1 2\nintr 5\ncpu0 1\n", 2, id="what follows the interrupts is not looked at"),
        pytest.param("\n", 0, id="an empty line"),
    ],
)
def test_other_kernels(text: str, modes: int) -> None:
    assert len(list(cpu.parse(text, each=True))) == modes


def test_processors_that_are_off_leave_a_hole_in_the_numbers() -> None:
    series = shown(cpu.parse("cpu 3\ncpu0 100\ncpu3 250\nintr 1\n", each=True))

    assert series == {
        'node_cpu_seconds_total{cpu="0",mode="user"}': 1,
        'node_cpu_seconds_total{cpu="3",mode="user"}': 2.5,
    }
