from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import softnet
from driftvakt_agent.sample import NoData


def test_the_captured_machine() -> None:
    series = shown(softnet.collect(machine(VM)))

    assert len(series) == 2 * 7
    assert series['node_softnet_processed_total{cpu="1"}'] > 0


def test_a_processor_that_is_off_has_no_line() -> None:
    text = f"0000000a {'00000000 ' * 11}00000000\n0000000b {'00000000 ' * 11}00000002\n"

    series = shown(softnet.parse(text))

    assert series['node_softnet_processed_total{cpu="0"}'] == 10
    assert series['node_softnet_processed_total{cpu="2"}'] == 11


def test_kernels_before_5_10_have_fewer_columns() -> None:
    series = shown(softnet.parse("00000001 00000002 00000003\n0000000a 0000000b 0000000c\n\n"))

    assert series == {
        'node_softnet_processed_total{cpu="0"}': 1,
        'node_softnet_dropped_total{cpu="0"}': 2,
        'node_softnet_times_squeezed_total{cpu="0"}': 3,
        'node_softnet_processed_total{cpu="1"}': 10,
        'node_softnet_dropped_total{cpu="1"}': 11,
        'node_softnet_times_squeezed_total{cpu="1"}': 12,
    }


def test_none_here(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(softnet.collect(machine(tmp_path)))
