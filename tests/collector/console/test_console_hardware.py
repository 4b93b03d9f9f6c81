from collections.abc import Mapping
from pathlib import Path

import pytest
from town import WALL, town

from driftvakt_collector.console import inventory_page
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.hardware import FOLDERS, HardwareNames
from driftvakt_collector.store.section import Body, Cell

PCI = """# comment
001c  PEAK-System
\t0001  PCAN-PCI
8086  Intel Corporation
# a comment in between
\t15e3  Ethernet Connection (5) I219-LM
\t\t1028 06dc  Latitude E7470
\t9d03  Sunrise Point-LP SATA Controller [AHCI mode]
8087  Åländska Kretsar AB
ffff  Illegal Vendor ID
C 02  Network controller
\t00  Ethernet controller
\t80  Network controller
C 03  Display controller
"""
USB = """0bda  Realtek Semiconductor Corp.
\t8153  RTL8153 Gigabit Ethernet Adapter
C 00  (Defined at Interface level)
"""
PNP = "ACR\tAcer Technologies\nDEL\tDell Inc.\n"


@pytest.fixture
def names(tmp_path: Path) -> HardwareNames:
    for name, text in (("pci.ids", PCI), ("usb.ids", USB), ("pnp.ids", PNP)):
        (tmp_path / name).write_text(text)
    return HardwareNames((tmp_path / "absent", tmp_path))


@pytest.mark.parametrize(("section", "row", "expected"), [
    pytest.param("pci_devices", {"vendor_id": "8086", "device_id": "15e3", "class_id": "020000"},
                 {"maker": "Intel Corporation", "device": "Ethernet Connection (5) I219-LM",
                  "class": "Ethernet controller"}, id="a card"),
    pytest.param("pci_devices", {"vendor_id": "8086", "device_id": "9D03", "class_id": "030000"},
                 {"maker": "Intel Corporation", "device": "Sunrise Point-LP SATA Controller [AHCI mode]",
                  "class": "Display controller"}, id="capitals, a class without that subclass"),
    pytest.param("graphics", {"chipset": "8086:15e3"},
                 {"device": "Ethernet Connection (5) I219-LM", "maker": "Intel Corporation"}, id="graphics"),
    pytest.param("graphics", {"chipset": ""}, {}, id="graphics without a number"),
    pytest.param("pci_devices", {"vendor_id": "8087", "device_id": "0001"}, {"maker": "Åländska Kretsar AB"},
                 id="a device of another maker is not this one's"),
    pytest.param("pci_devices", {"vendor_id": "1234", "device_id": "15e3"}, {}, id="nobody's"),
    pytest.param("pci_devices", {"vendor_id": "C 02", "device_id": "\n"}, {}, id="hostile"),
    pytest.param("pci_devices", {"vendor_id": None, "device_id": 4}, {}, id="no text"),
    pytest.param("pci_devices", {}, {}, id="nothing told"),
    pytest.param("usb_devices", {"vendor_id": "0bda", "product_id": "8153"},
                 {"maker": "Realtek Semiconductor Corp.", "device": "RTL8153 Gigabit Ethernet Adapter"}, id="usb"),
    pytest.param("monitors", {"maker_id": "DEL"}, {"maker": "Dell Inc."}, id="a monitor"),
    pytest.param("monitors", {"maker_id": "d\n\t"}, {}, id="a hostile monitor"),
    pytest.param("packages", {"vendor_id": "8086"}, {}, id="no hardware"),
])  # fmt: skip
def test_numbers_become_names(
    names: HardwareNames, section: str, row: dict[str, str | None], expected: dict[str, str]
) -> None:
    assert names.of(section, row) == expected


def test_without_lists_numbers_stay_numbers(tmp_path: Path) -> None:
    assert HardwareNames((tmp_path,)).of("pci_devices", {"vendor_id": "8086", "device_id": "15e3"}) == {}


@pytest.mark.skipif(not any((folder / "pci.ids").exists() for folder in FOLDERS), reason="Debian's hwdata is missing")
def test_the_lists_of_this_machine() -> None:
    names = HardwareNames()

    assert names.of("pci_devices", {"vendor_id": "8086", "device_id": "15e3", "class_id": "020000"}) == {
        "device": "Ethernet Connection (5) I219-LM", "maker": "Intel Corporation", "class": "Ethernet controller",
    }  # fmt: skip
    assert names.of("monitors", {"maker_id": "DEL"}) == {"maker": "Dell Inc."}


def test_the_page_shows_names_beside_numbers_and_finds_by_them(names: HardwareNames) -> None:
    host = next(iter(town(1).hosts.values()))
    cards = [["0000:00:1f.6", "8086", "15e3"], ["0000:00:17.0", "8086", "9d03"]]
    sections = {"pci_devices": Body(["address", "vendor_id", "device_id"], [list[Cell](card) for card in cards])}

    def shown(find: str) -> inventory_page.Table:
        return inventory_page.build(host, sections, (), WALL, Clock("UTC"), find, hardware=names).tables[0]

    assert shown("").columns == ["Address", "Device", "Maker", "Vendor id", "Device id"]
    assert [row[1] for row in shown("i219").rows] == ["Ethernet Connection (5) I219-LM"]
    assert inventory_page.build(host, sections, (), WALL, Clock("UTC"), "i219").tables == []


def test_a_machine_with_twenty_thousand_cards_does_not_take_the_time(names: HardwareNames) -> None:
    asked = []

    class Counting(HardwareNames):
        def of(self, section: str, row: Mapping[str, Cell]) -> dict[str, Cell]:
            asked.append(row)
            return {}

    host = next(iter(town(1).hosts.values()))
    sections = {"pci_devices": Body(["address", "vendor_id"], [["x", "8086"] for _ in range(20_000)])}
    inventory_page.build(host, sections, (), WALL, Clock("UTC"), hardware=Counting(()))

    assert len(asked) == inventory_page.MAX_NAMED
