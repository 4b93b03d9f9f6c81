"""Processors by /proc/cpuinfo, on recordings of many architectures, and where the firmware says nothing."""

import json
from pathlib import Path

import pytest
from probing import CORPORA, machine

from driftvakt_agent.inventory import cpuinfo, firmware

RECORDED, MORE = CORPORA / "inventory", CORPORA / "cpuinfo_archspec"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings are not beside this checkout")

TWO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model name\t: Intel(R) Xeon(R) CPU           E5620  @ 2.40GHz
cpu MHz\t\t: 1600.000
physical id\t: 0
siblings\t: 8
cpu cores\t: 4

processor\t: 1
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) CPU           E5620  @ 2.40GHz
cpu MHz\t\t: 2400.000
physical id\t: 1
siblings\t: 8
cpu cores\t: 4
"""


def test_a_row_a_socket() -> None:
    rows = cpuinfo.parse(TWO)

    assert rows[0] == {
        "socket": "CPU 0", "manufacturer": "Intel", "model": "Intel(R) Xeon(R) CPU E5620 @ 2.40GHz",
        "speed_mhz": 2400, "cores": 4, "threads": 8, "serial": "",
    }  # fmt: skip
    assert [row["socket"] for row in rows] == ["CPU 0", "CPU 1"]
    # How fast it runs at this moment is no fact of the machine.
    assert cpuinfo.parse(TWO.replace("1600.000", "2300.123")) == rows


@pytest.mark.parametrize("text", ["", "\n\n\n", ":\n:", "processor\t: 0\n", "model name: \x00\n", "x" * 100_000])
def test_what_says_nothing_is_no_processor_with_a_name(text: str) -> None:
    assert all(row["model"] in ("", "\x00") for row in cpuinfo.parse(text))


def test_where_the_firmware_is_closed_the_kernel_tells(tmp_path: Path) -> None:
    files = {"proc/cpuinfo": TWO, "sys/class/dmi/id/sys_vendor": "Dell Inc.\n"}
    found = firmware.take(machine(tmp_path, files))

    assert [row["cores"] for row in found["processors"]] == [4, 4]
    assert found["system"] == [{"manufacturer": "Dell Inc."}]


def test_a_board_without_smbios(tmp_path: Path) -> None:
    found = firmware.take(machine(tmp_path, {
        "sys/firmware/devicetree/base/model": b"Raspberry Pi 4 Model B Rev 1.4\0",
        "sys/firmware/devicetree/base/serial-number": b"10000000abcd1234\0",
        "proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n"
                        "processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nHardware\t: BCM2835\n",
    }))  # fmt: skip

    assert found["system"] == [{"product": "Raspberry Pi 4 Model B Rev 1.4", "serial": "10000000abcd1234"}]
    (row,) = found["processors"]
    assert (row["manufacturer"], row["model"], row["cores"]) == ("ARM", "Cortex-A72", 2)


@recorded
def test_the_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    """Against what GLPI Agent makes of them: it counts ARM, PowerPC and SPARC by the core, we by the socket."""
    told = json.loads((RECORDED / "expected.json").read_text("utf-8"))["cpuinfo"]
    facts: list[tuple[str, object, object]] = []
    for name, groups in told.items():
        rows = cpuinfo.parse((RECORDED / "cpuinfo" / name).read_text("utf-8", "replace"))
        assert rows, name
        wanted: list[dict[str, str]] = next(
            (rows for key, rows in (groups or {}).items() if key.startswith("cpu_")), []
        )
        for place, one in enumerate(wanted):
            row = rows[min(place, len(rows) - 1)]
            facts.append((f"{name} {place} name", one.get("NAME") or row["model"], row["model"]))
            if one.get("MANUFACTURER"):
                facts.append((f"{name} {place} maker", one["MANUFACTURER"], row["manufacturer"]))
            if one.get("SPEED"):
                facts.append((f"{name} {place} speed", int(one["SPEED"]), row["speed_mhz"]))
            if one.get("SERIAL"):
                facts.append((f"{name} {place} serial", one["SERIAL"], row["serial"]))
            if isinstance(row["cores"], int) and isinstance(row["threads"], int) and one.get("CORE"):
                facts.append((f"{name} {place} cores", int(one["CORE"]), row["cores"]))
    missed = [fact for fact in facts if fact[1] != fact[2]]
    with capsys.disabled():
        print(f"\ncpuinfo: {len(facts) - len(missed)} of {len(facts)} fields", *missed, sep="\n  ")
    assert len(missed) <= 0.02 * len(facts)


@pytest.mark.skipif(not MORE.is_dir(), reason="the recordings are not beside this checkout")
@pytest.mark.parametrize(("name", "model", "cores"), [
    ("linux-amazon-cortex_a72", "Cortex-A72", 1), ("linux-rhel9-neoverse_n2", "Neoverse-N2", 1),
    ("linux-rocky8-a64fx", "A64FX", 1), ("linux-rhel8-power9", "POWER9, altivec supported", None),
    ("linux-sifive-u74mc", "sifive,u74-mc", None), ("linux-asahi-m1", "Icestorm-M1", 1),
    ("linux-rocky9-zen5", "AMD Ryzen 9 9950X 16-Core Processor", 16), ("linux-ubuntu26.04-olympus", "Olympus", 1),
])  # fmt: skip
def test_processors_of_other_architectures(name: str, model: str, cores: int | None) -> None:
    (row,) = cpuinfo.parse((MORE / name).read_text("utf-8", "replace"))
    assert (row["model"], row["cores"]) == (model, cores)
    assert row["manufacturer"]


@pytest.mark.skipif(not MORE.is_dir(), reason="the recordings are not beside this checkout")
def test_every_recording_has_a_name_and_a_maker() -> None:
    for path in sorted(MORE.glob("[!L]*")):
        rows = cpuinfo.parse(path.read_text("utf-8", "replace"))
        assert rows, path
        assert all(row["model"] and row["manufacturer"] for row in rows), path
