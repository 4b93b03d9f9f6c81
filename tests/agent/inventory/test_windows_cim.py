"""What PowerShell says of CIM: asked once, read whatever it is, and no fault where there is none."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_agent.host import Host
from driftvakt_agent.inventory.windows import (
    accounts,
    antivirus,
    apps,
    batteries,
    cim,
    disks,
    firewalls,
    graphics,
    licences,
    monitors,
    parts,
    pci,
    printers,
    remote_access,
    updates,
    usb,
    virtual_machines,
    volumes,
)  # fmt: skip
from driftvakt_agent.inventory.windows.cim import CimError
from driftvakt_agent.sample import NoData


def test_an_answer_by_its_classes_and_in_every_letter() -> None:
    told = {"AntiVirusProduct": [{"displayName": "Защитник — Försvar", "productState": 397568}],
            "Win32_Processor": {"Name": "one alone"}, "FirewallProduct": {"value": [{"displayName": "F"}], "Count": 1},
            "Somebody_Else": [{"x": 1}], "BatteryStaticData": [None, 7, "x"]}  # fmt: skip

    answer = cim.parse(json.dumps(told).encode())

    assert answer["AntiVirusProduct"][0]["displayName"] == "Защитник — Försvar"
    assert answer["Win32_Processor"] == [{"Name": "one alone"}]
    assert answer["FirewallProduct"] == [{"displayName": "F"}]
    assert answer["BatteryStaticData"] == answer["MSFT_PhysicalDisk"] == []
    assert "Somebody_Else" not in answer


@pytest.mark.parametrize("said", [b"not json", b"[" * 100_000, b"[1]", b"{", b'"x"', b"\xff\xfe{}"])
def test_what_is_no_answer_is_a_fault_that_says_so(said: bytes) -> None:
    with pytest.raises(CimError, match="cannot read what PowerShell said"):
        cim.parse(said)


def test_it_is_asked_once_for_all_also_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def late() -> bytes:
        asked.append(1)
        raise CimError("PowerShell did not say in 120 s what CIM knows of this machine")

    monkeypatch.setattr(cim, "capture", late)
    host = Host()
    for reader in (antivirus, updates, disks):
        with pytest.raises(CimError):
            reader.take(host)

    assert asked == [1]


def test_the_script_asks_for_no_key_and_names_each_class_once() -> None:
    script = cim.script()

    asked = {name: properties.split() for _, name, _, properties in cim.CLASSES}
    assert all(len(re.findall(f"'{name}'", script)) == 1 for name in asked)
    assert not any("key" in one.lower() for properties in asked.values() for one in properties)
    assert script.count("(") == script.count(")")
    assert script.count("{") == script.count("}")
    # A command line holds 32,767 characters; in base64 each is 2.7.
    assert len(script) < 10_000


@pytest.mark.parametrize("reader", [
    accounts, antivirus, apps, batteries, disks, firewalls, graphics, licences, monitors, pci, printers,
    remote_access, updates, usb, virtual_machines, volumes,
])  # fmt: skip
def test_elsewhere_there_is_nothing_of_it(reader: object) -> None:
    with pytest.raises(NoData):
        reader.take(Host())  # type: ignore[attr-defined]


def test_programs_against_malware() -> None:
    rows = antivirus.parse(
        [{"displayName": "ESET Security", "productState": 266240}, {"displayName": "Old", "productState": 262160},
         {"displayName": "Windows Defender", "productState": 393472}, {"displayName": ""}, {"displayName": "Mute"}],
        [{"AMProductVersion": "4.18.23090.2008", "AntivirusEnabled": False}],
    )  # fmt: skip

    assert [(row["name"], row["version"], row["enabled"], row["up_to_date"]) for row in rows] == [
        ("ESET Security", "", True, True), ("Old", "", False, False),
        ("Windows Defender", "4.18.23090.2008", False, True), ("Mute", "", None, None),
    ]  # fmt: skip


def test_a_server_has_no_security_center_but_defender() -> None:
    told = {"AMProductVersion": "4.18.1", "AntivirusEnabled": True, "AntivirusSignatureAge": 9}

    (row,) = antivirus.parse([], [told])

    assert (row["name"], row["version"], row["enabled"], row["up_to_date"]) == (
        "Microsoft Defender Antivirus", "4.18.1", True, False,
    )  # fmt: skip


def test_memory_of_today_by_the_number_of_the_firmware() -> None:
    (row,) = parts.memory(
        [{"DeviceLocator": "DIMM 0", "Capacity": 17179869184, "SMBIOSMemoryType": 34, "MemoryType": 0, "FormFactor": 12,
          "Speed": 4800, "SerialNumber": "12AB"}], [{"MemoryErrorCorrection": 6}],
    )  # fmt: skip

    assert (row["type"], row["form"], row["size_bytes"], row["correction"]) == (
        "DDR5",
        "SODIMM",
        16 << 30,
        "Multi-bit ECC",
    )


def test_a_battery() -> None:
    (row,) = parts.batteries([{"DeviceName": "DELL GPM0365", "SerialNumber": " 2147", "DesignedCapacity": 59997,
                               "ManufactureDate": "20190312000000.000000+000"}])  # fmt: skip

    assert (row["serial"], row["capacity_mwh"], row["date"]) == ("2147", 59997, "2019-03-12")


def test_volumes_and_which_are_encrypted() -> None:
    rows = volumes.parse(
        [volumes.Drive("C:", 3, "NTFS", "System", "D8637C61", 1 << 40), volumes.Drive("D:", 5, "", "", "", None),
         volumes.Drive("E:", 3, "NTFS", "", "00000001", 1), volumes.Drive("F:", 2, "FAT32", "", "", 1)],
        [{"DriveLetter": "C:", "ProtectionStatus": 1}, {"DriveLetter": "E:", "ProtectionStatus": 0},
         {"DriveLetter": "F:", "ProtectionStatus": 2}],
    )  # fmt: skip

    assert [(row["name"], row["type"], row["uuid"], row["encrypted"]) for row in rows] == [
        ("C:", "partition", "D863-7C61", True), ("E:", "partition", "0000-0001", False), ("F:", "removable", "", None),
    ]  # fmt: skip


def test_accounts_are_left_out_at_a_school() -> None:
    with pytest.raises(NoData, match="of persons"):
        accounts.take(Host(privacy="edu"))


def test_accounts_and_groups() -> None:
    users = accounts.parse_users([("anna", "Anna Å", 0x10200, 1001), ("Guest", "", 0x10223, 501)])
    groups = accounts.parse_groups([("Administratörer", 544, ["PC\\bo", "PC\\anna", ""]), ("Many", None, ["x"] * 60)])

    assert [(row["name"], row["uid"], row["may_log_in"]) for row in users] == [
        ("anna", 1001, True),
        ("Guest", 501, False),
    ]
    assert groups[0] == {"name": "Administratörer", "gid": 544, "members": "PC\\anna, PC\\bo"}
    assert str(groups[1]["members"]).endswith("and 10 more")


def test_a_virtual_machine_has_its_cards_address() -> None:
    uuid = "6A257FA0-FA76-4BF4-A3FB-67AEE79316BD"
    (row,) = virtual_machines.parse(
        [{"Name": "HOST", "ElementName": "HOST"}, {"Name": uuid, "ElementName": "web1"}],
        [{"InstanceID": f"Microsoft:{uuid}\\4764", "VirtualQuantity": "2048"},
         {"InstanceID": "Microsoft:Definition\\4764\\Default", "VirtualQuantity": 512}], [],
        [{"InstanceID": f"Microsoft:{uuid}\\AB\\C", "Address": "00155D000A01"}],
    )  # fmt: skip

    assert (row["name"], row["memory_bytes"], row["cpus"], row["mac"]) == ("web1", 2 << 30, None, "00:15:5d:00:0a:01")


ODD = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.lists(st.integers(), max_size=2)
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """An answer with every class and property, and anything at all as their values."""
    return json.dumps({
        name: draw(st.lists(st.fixed_dictionaries(dict.fromkeys(properties.split(), ODD)), max_size=2) | ODD)
        for _, name, _, properties in cim.CLASSES
    }).encode()  # fmt: skip


@given(answers())
def test_whatever_cim_says_stops_nobody(said: bytes) -> None:
    told = cim.parse(said)

    antivirus.parse(told["AntiVirusProduct"], told["MSFT_MpComputerStatus"])
    firewalls.parse(lambda _: (), told["FirewallProduct"])
    updates.parse(told["Win32_QuickFixEngineering"], ())
    disks.parse((), told["MSFT_PhysicalDisk"])
    volumes.parse([volumes.Drive("C:", 3, "NTFS", "", "", 1)], told["Win32_EncryptableVolume"])
    licences.parse(lambda _: (), told["SoftwareLicensingProduct"])
    parts.system(told["Win32_ComputerSystem"], told["Win32_ComputerSystemProduct"], told["Win32_BIOS"])
    parts.firmware(told["Win32_BIOS"])
    parts.processors([("0", {"ProcessorNameString": "x"})], told["Win32_Processor"])
    parts.memory(told["Win32_PhysicalMemory"], told["Win32_PhysicalMemoryArray"])
    parts.batteries(told["BatteryStaticData"])
    virtual_machines.parse(*(told[name] for name in told if name.startswith("Msvm_")))
