from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import sockstat
from driftvakt_agent.sample import NoData


def test_the_captured_machine() -> None:
    series = shown(sockstat.collect(machine(VM)))

    assert len(series) == 20
    assert {"node_sockstat_sockets_used", "node_sockstat_TCP_mem_bytes", "node_sockstat_FRAG6_memory"} <= series.keys()


def test_memory_is_counted_in_pages() -> None:
    series = shown(sockstat.parse("TCP: inuse 4 mem 3\nFRAG: inuse 0 memory 7\n", page=16384))

    assert series == {
        "node_sockstat_TCP_inuse": 4,
        "node_sockstat_TCP_mem": 3,
        "node_sockstat_TCP_mem_bytes": 49152,
        "node_sockstat_FRAG_inuse": 0,
        "node_sockstat_FRAG_memory": 7,
    }


@pytest.mark.parametrize("text", ["", "\n", "NEW:\n", "TCP: inuse\n"])
def test_a_state_without_a_number_is_left_out(text: str) -> None:
    assert shown(sockstat.parse(text, page=4096)) == {}


def test_a_machine_without_ipv6(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/net/sockstat": "sockets: used 14\n"})

    assert shown(sockstat.collect(host)) == {"node_sockstat_sockets_used": 14}


def test_a_machine_without_sockets(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(sockstat.collect(machine(tmp_path)))
