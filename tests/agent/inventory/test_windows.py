"""The readers of Windows, on registries as machines export them, and on answers as Windows gives them."""

import re
from collections import namedtuple
from types import SimpleNamespace

import pytest
from probing import CORPORA
from registry_text import Registry

from driftvakt_agent.host import Host
from driftvakt_agent.inventory.windows import firmware, network, parts, services, software, system
from driftvakt_agent.inventory.windows.keys import Value
from driftvakt_agent.sample import NoData

FOLDER = CORPORA / "inventory" / "win_reg"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")


def test_programs_and_not_their_updates() -> None:
    rows = software.parse([
        ("7-Zip", {"DisplayName": "7-Zip 23.01 (x64)", "DisplayVersion": "23.01", "Publisher": "Igor Pavlov",
                   "EstimatedSize": 5667, "InstallDate": "20231102"}),
        ("KB2565063", {"DisplayName": "Security Update"}), ("x", {"DisplayName": "Hidden", "SystemComponent": 1}),
        ("y", {"DisplayName": "Part", "ParentKeyName": "Office"}), ("z", {}), ("a", {"DisplayName": "  "}),
        ("b", {"DisplayName": "Läsare", "InstallDate": "13/10/2022", "EstimatedSize": "x"}),
    ], "amd64")  # fmt: skip
    assert rows[0] == {
        "source": "registry", "name": "7-Zip 23.01 (x64)", "architecture": "amd64", "version": "23.01",
        "publisher": "Igor Pavlov", "size_bytes": 5667 * 1024, "installed": "2023-11-02",
    }  # fmt: skip
    assert [(row["name"], row["installed"], row["size_bytes"]) for row in rows[1:]] == [("Läsare", "", None)]


@recorded
@pytest.mark.parametrize("name", ["10_russian-Uninstall.reg", "mssql-Uninstall.reg", "mssql_engine-Uninstall.reg"])
def test_programs_of_recorded_machines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = list(Registry(FOLDER / name).children(r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"))
    rows = software.parse(found, "amd64")
    named = [values for _, values in found if values.get("DisplayName") and values.get("SystemComponent") != 1
             and not values.get("ParentKeyName") and values.get("ReleaseType") is None]  # fmt: skip
    wanted = [" ".join(str(values["DisplayName"]).split()) for values in named]
    with capsys.disabled():
        print(f"\n{name}: {len(rows)} programs of {len(named)}")
    assert [row["name"] for row in rows] == wanted
    assert rows
    if "russian" in name:
        # Not one letter became another on the way.
        assert any(re.search("[а-яА-Я]{3}", f"{row['name']} {row['publisher']}") for row in rows)
    assert not any("\ufffd" in str(row) for row in rows)


@recorded
@pytest.mark.parametrize(("name", "model", "threads"), [
    ("7-CentralProcessor.reg", "Intel(R) Core(TM) i5-2300 CPU @ 2.80GHz", 4),
    ("2019-amd-epyc-CentralProcessor.reg", "AMD EPYC 7302 16-Core Processor", 4),
])  # fmt: skip
def test_processors_by_the_registry(name: str, model: str, threads: int) -> None:
    found = list(Registry(FOLDER / name).children(r"HARDWARE\DESCRIPTION\System\CentralProcessor"))
    (row,) = parts.processors(found, ())

    assert (row["model"], row["threads"], row["manufacturer"]) == (model, threads, model.partition("(")[0].split()[0])


def test_the_firmware_as_windows_hands_it_over() -> None:
    table = bytes((1, 8, 1, 0, 0, 0, 0, 1)) + b"3FHW8Z1\0\0"
    raw = b"\0\3\0\0" + len(table).to_bytes(4, "little") + table + b"more than it says"
    assert firmware.parse(raw)["system"][0]["serial"] == "3FHW8Z1"
    assert firmware.parse(b"") == firmware.parse(b"\0" * 8) == {}


VALUES: dict[tuple[str, str], Value] = {
    ("CurrentVersion", "ProductName"): "Windows 10 Enterprise", ("CurrentVersion", "DisplayVersion"): "23H2",
    ("CurrentVersion", "CurrentBuildNumber"): "22631", ("CurrentVersion", "UBR"): 3007,
    ("CurrentVersion", "CurrentMajorVersionNumber"): 10, ("CurrentVersion", "CurrentMinorVersionNumber"): 0,
    ("Control", "PEFirmwareType"): 2, ("State", "UEFISecureBootEnabled"): 1,
    ("TimeZoneInformation", "TimeZoneKeyName"): "W. Europe Standard Time\0\0x",
    ("Cryptography", "MachineGuid"): "3f2b1c5d", ("BIOS", "SystemManufacturer"): "VMware, Inc.",
}  # fmt: skip


def test_which_windows_it_is() -> None:
    row = system.parse(lambda key, name: VALUES.get((key.rpartition("\\")[2], name)), "PC0815", "AMD64")  # type: ignore[arg-type,return-value]
    assert (row["name"], row["title"], row["version"]) == ("windows", "Windows 11 Enterprise 23H2", "23H2")
    assert (row["kernel"], row["architecture"], row["boot"], row["secure_boot"]) == (
        "10.0.22631.3007",
        "x86_64",
        "uefi",
        True,
    )
    assert (row["timezone"], row["virtual"]) == ("W. Europe Standard Time", "vmware")
    assert row["machine_id"] not in ("", "3f2b1c5d")
    bare = system.parse(lambda _key, _name: None, "x", "ARM64")
    assert (bare["secure_boot"], bare["virtual"], bare["architecture"]) == (None, "", "aarch64")


def test_services_and_no_drivers() -> None:
    rows = services.parse([
        ("Spooler", {"Type": 0x110, "Start": 2, "DisplayName": "@%systemroot%\\x.exe,-1", "ObjectName": "LocalSystem",
                     "ImagePath": "%SystemRoot%\\System32\\spoolsv.exe"}),
        ("MSSQL", {"Type": 0x10, "Start": 4, "DisplayName": "SQL Server", "ObjectName": "NT Service\\MSSQL",
                   "ImagePath": '"C:\\Program Files\\SQL\\sqlservr.exe" -sMSSQL -pSecret'}),
        ("ACPI", {"Type": 1, "Start": 0}), ("CDPUserSvc_4a2b", {"Type": 0xE0, "Start": 2}), ("x", {}),
        ("y", {"Type": 0x20, "Start": 3, "ImagePath": "C:\\a b\\y.EXE -k secret"}),
    ])  # fmt: skip
    assert [(row["name"], row["title"], row["start"], row["program"]) for row in rows] == [
        ("Spooler", "", "enabled", "%SystemRoot%\\System32\\spoolsv.exe"),
        ("MSSQL", "SQL Server", "disabled", "C:\\Program Files\\SQL\\sqlservr.exe"),
        ("y", "", "static", "C:\\a b\\y.EXE"),
    ]  # fmt: skip


def test_cards_and_their_addresses() -> None:
    one = namedtuple("one", "family address netmask")
    stats = {"Ethernet": SimpleNamespace(mtu=1500)}
    found = network.parse({
        "Ethernet": [one(-1, "3C-52-82-6A-11-0E", None), one(2, "10.0.0.5", "255.255.255.0"),
                     one(23, "fe80::1", None), one(2, "169.254.3.4", "255.255.0.0"), one(23, "2001:db8::5", None)],
        "Wi-Fi 2": [one(-1, "3C-52-82-6A-11-0F", None)],
        "vEthernet (WSL)": [one(-1, "00-15-5D-00-00-01", None)],
        "Loopback Pseudo-Interface 1": [one(2, "127.0.0.1", "255.0.0.0")],
    }, stats, -1)  # fmt: skip
    assert [(row["name"], row["type"]) for row in found["network_interfaces"]] == [
        ("Ethernet", "ethernet"), ("Wi-Fi 2", "wifi"), ("vEthernet (WSL)", "virtual"),
        ("Loopback Pseudo-Interface 1", "loopback"),
    ]  # fmt: skip
    assert found["network_interfaces"][0]["mac"] == "3c:52:82:6a:11:0e"
    assert [(row["address"], row["prefix"], row["scope"]) for row in found["addresses"]] == [
        ("10.0.0.5", 24, "global"), ("2001:db8::5", None, "global"), ("127.0.0.1", 8, "host"),
    ]  # fmt: skip


@pytest.mark.parametrize("reader", [software, firmware, system, services])
def test_elsewhere_there_is_nothing_of_it(reader: object) -> None:
    with pytest.raises(NoData):
        reader.take(Host())  # type: ignore[attr-defined]
