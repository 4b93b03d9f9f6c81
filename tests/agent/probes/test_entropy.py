from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.probes import entropy
from driftvakt_agent.sample import NoData


def test_what_there_is_and_can_be(tmp_path: Path) -> None:
    files = {"proc/sys/kernel/random/entropy_avail": "1337\n", "proc/sys/kernel/random/poolsize": "4096\n"}

    series = shown(entropy.collect(machine(tmp_path, files)))

    assert series == {"node_entropy_available_bits": 1337, "node_entropy_pool_size_bits": 4096}


def test_a_pool_without_a_size(tmp_path: Path) -> None:
    series = shown(entropy.collect(machine(tmp_path, {"proc/sys/kernel/random/entropy_avail": "256\n"})))

    assert series == {"node_entropy_available_bits": 256}


def test_none_here(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(entropy.collect(machine(tmp_path)))
