from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.probes import power
from driftvakt_agent.sample import NoData

BASE = "sys/class/power_supply/"


def test_a_laptop(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        BASE + "AC/online": "0\n",
        BASE + "AC/type": "Mains\n",
        BASE + "BAT0/capacity": "81\n",
        BASE + "BAT0/energy_now": "36580000\n",
        BASE + "BAT0/temp": "312\n",
        BASE + "BAT0/cycle_count": "12\n",
        BASE + "BAT0/status": "Full\n",
        BASE + "BAT0/type": "Battery\n",
        BASE + "BAT0/model_name": "LNV-45N1\xff\n".encode("latin-1"),
        BASE + "BAT0/alarm": "0\n",
    }

    assert shown(power.collect(machine(tmp_path, files))) == {
        'node_power_supply_online{power_supply="AC"}': 0,
        'node_power_supply_info{power_supply="AC",type="Mains"}': 1,
        'node_power_supply_capacity{power_supply="BAT0"}': 81,
        'node_power_supply_cyclecount{power_supply="BAT0"}': 12,
        'node_power_supply_energy_watthour{power_supply="BAT0"}': 36.58,
        'node_power_supply_temp_celsius{power_supply="BAT0"}': 31.2,
        'node_power_supply_info{model_name="LNV-45N1\ufffd",power_supply="BAT0",status="Full",type="Battery"}': 1,
    }


def test_odd_numbers_are_passed_over() -> None:
    series = shown(power.parse("BAT0", {"capacity": "unknown", "power_now": "nan", "voltage_now": ""}))

    assert series == {'node_power_supply_info{power_supply="BAT0"}': 1}


def test_no_supply(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(power.collect(machine(tmp_path)))
    (tmp_path / BASE).mkdir(parents=True)
    with pytest.raises(NoData):
        list(power.collect(machine(tmp_path)))
