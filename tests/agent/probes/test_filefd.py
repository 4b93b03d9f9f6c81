from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.probes import filefd
from driftvakt_agent.sample import NoData


@pytest.mark.parametrize(
    ("text", "maximum"),
    [
        pytest.param("328\t0\t2466177\n", 2466177, id="a limit by memory"),
        pytest.param("328\t0\t9223372036854775807\n", 9223372036854775807, id="no limit, as systemd sets it"),
    ],
)
def test_files_that_are_open_and_may_be(tmp_path: Path, text: str, maximum: int) -> None:
    series = shown(filefd.collect(machine(tmp_path, {"proc/sys/fs/file-nr": text})))

    assert series == {"node_filefd_allocated": 328, "node_filefd_maximum": maximum}


def test_a_container_may_hide_it(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(filefd.collect(machine(tmp_path)))
