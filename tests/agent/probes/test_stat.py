from probing import VM, machine, shown

from driftvakt_agent.probes import stat


def test_a_server_tells_all() -> None:
    series = shown(stat.collect(machine(VM)))

    assert series == {
        "node_intr_total": 328780,
        "node_context_switches_total": 693206,
        "node_boot_time_seconds": 1795449555,
        "node_forks_total": 12537,
        "node_procs_running": 1,
        "node_procs_blocked": 0,
    }


def test_a_workstation_tells_three() -> None:
    series = shown(stat.collect(machine(VM, profile="workstation")))

    assert list(series) == ["node_boot_time_seconds", "node_procs_running", "node_procs_blocked"]


def test_missing_and_unknown_lines() -> None:
    assert shown(stat.parse("cpu 1 2\nbtime 7\n\nnew 1 2 3\nctxt\t5\n")) == {"node_boot_time_seconds": 7}
