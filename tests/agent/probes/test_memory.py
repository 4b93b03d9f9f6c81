from probing import VM, machine, shown

from driftvakt_agent.probes import memory


def test_every_field_under_its_name_in_node_exporter() -> None:
    series = shown(memory.collect(machine(VM)))

    assert len(series) == len((VM / "proc/meminfo").read_text().splitlines())
    assert series["node_memory_MemTotal_bytes"] == 24684092 * 1024
    assert "node_memory_Active_anon_bytes" in series
    assert series["node_memory_HugePages_Total"] == 0


def test_a_workstation_tells_what_matters_there() -> None:
    series = shown(memory.collect(machine(VM, profile="workstation")))

    assert list(series) == [
        "node_memory_MemTotal_bytes",
        "node_memory_MemFree_bytes",
        "node_memory_MemAvailable_bytes",
        "node_memory_Buffers_bytes",
        "node_memory_Cached_bytes",
        "node_memory_SwapTotal_bytes",
        "node_memory_SwapFree_bytes",
        "node_memory_Dirty_bytes",
    ]


def test_odd_lines_are_passed_over() -> None:
    text = "MemTotal:  1024 kB\nnothing\nEmpty:\nWrong: lots kB\nNew(å): 7\n\n: 1 kB\nMemFree: 12 kB"

    series = shown(memory.parse(text))

    assert series == {
        "node_memory_MemTotal_bytes": 1048576,
        "node_memory_New_å": 7,
        "node_memory_MemFree_bytes": 12288,
        "node_memory__bytes": 1024,
    }


def test_a_kernel_before_3_14_has_no_available() -> None:
    assert "node_memory_MemAvailable_bytes" not in shown(memory.parse("MemTotal: 1 kB\nMemFree: 1 kB\n"))
