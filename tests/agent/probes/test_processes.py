from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes import processes

REST = "0 1 1 0 -1 4194560 9061 9416027 94 2620 36 98 54406 13885 20 0"


def stat(pid: int, name: str, state: str, threads: int = 1) -> str:
    return f"{pid} ({name}) {state} {REST} {threads} 0 29 109604864 2507 18446744073709551615 1 1 0\n"


@pytest.mark.parametrize(
    "name",
    ["systemd", "(sd-pam)", "tmux: server", "a) Z 9 (b", "räka å ä ö", ") ) )", ""],
)
def test_a_name_may_hold_anything(name: str) -> None:
    assert processes.parse(stat(1, name, "S", threads=7).encode()) == ("S", 7)


def test_a_server_tells_states(tmp_path: Path) -> None:
    files = {
        "proc/1/stat": stat(1, "systemd", "S"),
        "proc/2/stat": stat(2, "kthreadd", "I"),
        "proc/30/stat": stat(30, "java", "S", threads=3),
        "proc/30/task/30/stat": stat(30, "java", "S", threads=3),
        "proc/30/task/31/stat": stat(31, "GC", "R", threads=3),
        "proc/30/task/32/stat": stat(32, "I/O", "D", threads=3),
        "proc/31/cmdline": "ended since it was listed",
        "proc/self/stat": "not a number",
        "proc/sys/kernel/pid_max": "4194304\n",
        "proc/sys/kernel/threads-max": "192730\n",
    }

    series = shown(processes.collect(machine(tmp_path, files)))

    assert series == {
        "node_processes_pids": 3,
        "node_processes_threads": 5,
        'node_processes_state{state="S"}': 2,
        'node_processes_state{state="I"}': 1,
        'node_processes_threads_state{thread_state="S"}': 2,
        'node_processes_threads_state{thread_state="I"}': 1,
        'node_processes_threads_state{thread_state="R"}': 1,
        'node_processes_threads_state{thread_state="D"}': 1,
        "node_processes_max_processes": 4194304,
        "node_processes_max_threads": 192730,
    }


def test_a_workstation_tells_how_many(tmp_path: Path) -> None:
    files = {"proc/1/stat": "", "proc/22/stat": "", "proc/loadavg": "0.21 0.37 0.39 1/719 19737\n"}

    series = shown(processes.collect(machine(tmp_path, files, profile="workstation")))

    assert series == {"node_processes_pids": 2, "node_processes_threads": 719}


def test_a_container_that_hides_the_limits(tmp_path: Path) -> None:
    series = shown(processes.collect(machine(tmp_path, {"proc/1/stat": stat(1, "init", "S")})))

    assert "node_processes_max_processes" not in series


def test_this_machine() -> None:
    series = shown(processes.collect(Host()))

    pids, threads = series["node_processes_pids"], series["node_processes_threads"]
    assert 1 <= pids <= threads
    assert sum(count for key, count in series.items() if key.startswith("node_processes_state")) == pids
