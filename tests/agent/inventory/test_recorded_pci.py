"""PCI devices of recorded machines: what lspci printed, put back into /sys, read from there and looked up again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from probing import CORPORA, machine

from driftvakt_agent.inventory import graphics, pci
from driftvakt_collector.console.hardware import FOLDERS, HardwareNames

FOLDER = CORPORA / "inventory"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")
_HEAD = re.compile(r"(\S+) (.*) \[([0-9a-f]{4})\]: (.*) \[([0-9a-f]{4}):([0-9a-f]{4})\](?: \(rev ([0-9a-f]{2})\))?")


def tree(text: str, root: Path) -> Iterator[tuple[str, str]]:
    """Give the files of /sys that lspci printed this from; links to drivers are made."""
    for block in re.split(r"\n\s*\n", text.strip()):
        head = _HEAD.match(block)
        assert head is not None, block
        address, _, kind, _, vendor, device, revision = head.groups()
        place = f"sys/bus/pci/devices/{address if address.count(':') == 2 else f'0000:{address}'}"
        yield f"{place}/class", f"0x{kind}00\n"
        yield f"{place}/vendor", f"0x{vendor}\n"
        yield f"{place}/device", f"0x{device}\n"
        yield f"{place}/revision", f"0x{revision or '00'}\n"
        card = re.search(r"^\s+Subsystem: .*\[([0-9a-f]{4}):([0-9a-f]{4})\]", block, re.M)
        yield f"{place}/subsystem_vendor", f"0x{card.group(1) if card else '0000'}\n"
        yield f"{place}/subsystem_device", f"0x{card.group(2) if card else '0000'}\n"
        driver = re.search(r"^\s+Kernel driver in use: (\S+)", block, re.M)
        if driver is not None:
            (root / place).mkdir(parents=True)
            (root / "sys/bus/pci/drivers" / driver.group(1)).mkdir(parents=True, exist_ok=True)
            (root / place / "driver").symlink_to(root / "sys/bus/pci/drivers" / driver.group(1))
        windows = []
        for size, power in re.findall(r"^\s+Memory at .*[^-]prefetchable\).*\[size=(\d+)([KMG])\]", block, re.M):
            end = int(size) * {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[power] - 1
            windows.append(f"0x{0:016x} 0x{end:016x} 0x{0x14220C:016x}")
        yield f"{place}/resource", "\n".join(windows)


@recorded
def test_recordings(tmp_path: Path) -> None:
    names = HardwareNames()
    listed = any((folder / "pci.ids").exists() for folder in FOLDERS)
    hits, misses, known, unknown = 0, [], 0, []
    for name, facts in json.loads((FOLDER / "expected.json").read_text("utf-8"))["lspci"].items():
        root = tmp_path / name
        home = machine(root, dict(tree((FOLDER / "lspci" / name).read_text("utf-8"), root)))
        rows = {str(row["address"]): row for row in pci.take(home)["pci_devices"]}
        assert len(rows) == len(facts["devices"])
        for device in facts["devices"]:
            slot = device["PCISLOT"]
            row = rows[slot if slot.count(":") == 2 else f"0000:{slot}"]
            pairs = {
                "PCIID": f"{row['vendor_id']}:{row['device_id']}", "PCICLASS": str(row["class_id"])[:4],
                "PCISUBSYSTEMID": row["subsystem_id"], "REV": row["revision"], "DRIVER": row["driver"],
            }  # fmt: skip
            for key, found in pairs.items():
                if device.get(key) is None:
                    continue
                if found == device[key]:
                    hits += 1
                else:
                    misses.append(f"{name} {slot}: {key} is {found!r}, expected {device[key]!r}")
            told = names.of("pci_devices", {column: str(cell) for column, cell in row.items()})
            if device["MANUFACTURER"].split()[0] == str(told.get("maker", "")).split(" ")[0]:
                known += 1
            else:
                unknown.append(f"{device['MANUFACTURER']!r} is {told.get('maker')!r}")
        for video in facts["videos"]:
            slot = f"0000:{video['PCISLOT']}"
            (card,) = (one for one in graphics.take(home)["graphics"] if one["address"] == slot)
            fine = card["chipset"] == video["PCIID"]
            hits, misses = hits + fine, misses if fine else [*misses, f"{name} {slot}: {card} is not {video}"]
    print(f"\nlspci: {hits} of {hits + len(misses)} fields; misses: {misses}")
    print(f"lspci: maker of {known} of {known + len(unknown)} by the lists of hwdata; others: {sorted(set(unknown))}")
    assert hits >= 0.98 * (hits + len(misses))
    assert not listed or known >= 0.98 * (known + len(unknown))
