from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import conntrack
from driftvakt_agent.sample import NoData

COUNT = "proc/sys/net/netfilter/nf_conntrack_count"
MAX = "proc/sys/net/netfilter/nf_conntrack_max"


def test_the_captured_machine() -> None:
    series = shown(conntrack.collect(machine(VM)))

    assert len(series) == 10
    assert series["node_nf_conntrack_entries_limit"] == 262144


def test_columns_are_summed_and_found_by_name() -> None:
    series = shown(conntrack.parse("entries found  drop new_one\n00000021 00000001 0000000a 1\n00000021 2 b 1\n"))

    assert series == {"node_nf_conntrack_stat_found": 3, "node_nf_conntrack_stat_drop": 21}


def test_only_root_may_read_the_statistics(tmp_path: Path) -> None:
    series = shown(conntrack.collect(machine(tmp_path, {COUNT: "123\n", MAX: "65536\n"})))

    assert series == {"node_nf_conntrack_entries": 123, "node_nf_conntrack_entries_limit": 65536}


def test_a_machine_without_a_firewall(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="nf_conntrack"):
        list(conntrack.collect(machine(tmp_path)))


def test_an_empty_file() -> None:
    assert shown(conntrack.parse("")) == {}
