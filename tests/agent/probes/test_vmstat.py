from probing import VM, machine, shown

from driftvakt_agent.probes import vmstat


def test_what_node_exporter_shows() -> None:
    series = shown(vmstat.collect(machine(VM)))

    assert sorted(series) == [
        "node_vmstat_oom_kill",
        "node_vmstat_pgfault",
        "node_vmstat_pgmajfault",
        "node_vmstat_pgpgin",
        "node_vmstat_pgpgout",
        "node_vmstat_pswpin",
        "node_vmstat_pswpout",
    ]


def test_fields_that_only_look_alike_are_left_out() -> None:
    text = "nr_free_pages 1\npgalloc_dma 2\npgsteal 3\npromote 4\noom_kill 5\npgpgnew 6\npgdefault 7\n\nfault 8\n"

    assert shown(vmstat.parse(text)) == {
        "node_vmstat_oom_kill": 5,
        "node_vmstat_pgpgnew": 6,
        "node_vmstat_pgdefault": 7,
    }
