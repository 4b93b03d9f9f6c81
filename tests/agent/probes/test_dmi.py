from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.probes import dmi
from driftvakt_agent.sample import NoData


def test_what_may_be_read_is_a_label(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "sys/class/dmi/id/sys_vendor": "Dell Inc. \n",
        "sys/class/dmi/id/product_name": "PowerEdge R6515\n",
        "sys/class/dmi/id/product_version": b"\xff\x1c\n",
        "sys/class/dmi/id/modalias": "dmi:x\n",
    }
    host = machine(tmp_path, files)
    # The kernel refuses what only root may read; a directory in its place refuses root as well.
    (tmp_path / "sys/class/dmi/id/product_serial").mkdir()

    (sample,) = dmi.collect(host)

    assert sample.labels == (
        ("product_name", "PowerEdge R6515"),
        ("product_version", "\ufffd\x1c"),
        ("system_vendor", "Dell Inc."),
    )


def test_no_firmware_that_tells(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(dmi.collect(machine(tmp_path)))
