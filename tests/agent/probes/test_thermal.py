from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.probes import thermal
from driftvakt_agent.sample import NoData

ZONE = "sys/class/thermal/thermal_zone0/"


def test_zones_and_coolers(tmp_path: Path) -> None:
    files = {
        ZONE + "type": "cpu-thermal\n",
        ZONE + "temp": "12376\n",
        "sys/class/thermal/cooling_device3/type": "Processor\n",
        "sys/class/thermal/cooling_device3/cur_state": "1\n",
        "sys/class/thermal/cooling_device3/max_state": "3\n",
        "sys/class/thermal/uevent": "",
    }

    assert shown(thermal.collect(machine(tmp_path, files))) == {
        'node_thermal_zone_temp{type="cpu-thermal",zone="0"}': 12.376,
        'node_cooling_device_cur_state{name="3",type="Processor"}': 1,
        'node_cooling_device_max_state{name="3",type="Processor"}': 3,
    }


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="the sensor sleeps"),
        pytest.param({ZONE + "temp": "40000", ZONE + "mode": "disabled\n"}, id="the zone is off"),
        pytest.param({ZONE + "temp": "warm"}, id="no number"),
    ],
)
def test_a_zone_that_does_not_tell(tmp_path: Path, more: dict[str, str]) -> None:
    assert shown(thermal.collect(machine(tmp_path, {ZONE + "type": "iwlwifi", **more}))) == {}


def test_no_zone(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(thermal.collect(machine(tmp_path)))
    (tmp_path / "sys/class/thermal").mkdir(parents=True)
    with pytest.raises(NoData):
        list(thermal.collect(machine(tmp_path)))
