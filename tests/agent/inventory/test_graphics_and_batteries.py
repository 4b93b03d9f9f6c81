"""Graphics and batteries, on trees of /sys as real machines have them."""

from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.inventory import batteries, firmware, graphics
from driftvakt_agent.sample import NoData

RESOURCE = """\
0x00000000e0000000 0x00000000efffffff 0x000000000014220c
0x00000000f0000000 0x00000000f01fffff 0x000000000014220c
0x000000000000e000 0x000000000000e0ff 0x0000000000040101
0x0000000000000000 0x0000000000000000 0x0000000000000000
"""


def test_cards_that_draw(tmp_path: Path) -> None:
    pci = "sys/bus/pci/devices"
    home = machine(tmp_path, {
        f"{pci}/0000:00:02.0/class": "0x030000\n", f"{pci}/0000:00:02.0/vendor": "0x8086\n",
        f"{pci}/0000:00:02.0/device": "0x1916\n", f"{pci}/0000:00:02.0/resource": RESOURCE,
        f"{pci}/0000:01:00.0/class": "0x030200\n", f"{pci}/0000:01:00.0/vendor": "0x1002\n",
        f"{pci}/0000:01:00.0/device": "0x73bf\n", f"{pci}/0000:01:00.0/mem_info_vram_total": "17163091968\n",
        f"{pci}/0000:00:1f.3/class": "0x040300\n",
    })  # fmt: skip

    assert graphics.take(home)["graphics"] == [
        {"name": "", "address": "0000:00:02.0", "chipset": "8086:1916", "memory_bytes": 256 << 20},
        {"name": "", "address": "0000:01:00.0", "chipset": "1002:73bf", "memory_bytes": 17163091968},
    ]


@pytest.mark.parametrize("files", [{}, {"sys/bus/pci/devices/0000:00:1f.3/class": "0x040300\n"}])
def test_a_machine_without_graphics(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(NoData):
        graphics.take(machine(tmp_path, files))


@pytest.mark.parametrize("text", ["", "no numbers here\n", "0x1 0x2\n", "\n" * 9, "0x9 0x1 0x2000\n"])
def test_a_card_that_shows_no_memory(text: str) -> None:
    assert graphics.window(text) is None


def test_batteries_of_the_machine_and_not_of_its_mouse(tmp_path: Path) -> None:
    power = "sys/class/power_supply"
    home = machine(tmp_path, {
        f"{power}/BAT0/type": "Battery\n", f"{power}/BAT0/manufacturer": "SMP\n",
        f"{power}/BAT0/model_name": "DELL JHXPY53\n", f"{power}/BAT0/serial_number": " 3682\n",
        f"{power}/BAT0/technology": "Li-poly\n", f"{power}/BAT0/energy_full_design": "57532000\n",
        f"{power}/BAT0/voltage_min_design": "8541000\n",
        f"{power}/BAT1/type": "Battery\n", f"{power}/BAT1/charge_full_design": "4000000\n",
        f"{power}/BAT1/voltage_min_design": "10800000\n", f"{power}/BAT1/serial_number": "0000\n",
        f"{power}/BAT2/type": "Battery\n", f"{power}/BAT2/present": "0\n",
        f"{power}/AC/type": "Mains\n",
        f"{power}/hidpp_battery_0/type": "Battery\n",
        f"{power}/mouse/type": "Battery\n", f"{power}/mouse/scope": "Device\n",
    })  # fmt: skip

    rows = batteries.rows(home)

    assert [(row["name"], row["serial"], row["chemistry"], row["capacity_mwh"], row["voltage_mv"]) for row in rows] == [
        ("DELL JHXPY53", "3682", "Lithium Polymer", 57532, 8541), ("BAT1", "", "", 43200, 10800),
    ]  # fmt: skip
    assert firmware.take(home)["batteries"] == rows
