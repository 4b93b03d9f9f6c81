"""The code for Windows, run for real: a CPython for Windows under Wine, with its registry, calls and firmware."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collecting import ROOT

PYTHON = Path(os.environ.get("DRIFTVAKT_WINDOWS", ROOT / ".venv" / "windows"))
"""A folder with python.exe, and with psutil beside it. `./run test` makes it."""
WINE = next((path for name in ("wine64", "wine", "/usr/lib/wine/wine64") if (path := shutil.which(name))), None)

pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("windows"),
    pytest.mark.skipif(WINE is None, reason="Wine is not installed: apt-get install wine64"),
    pytest.mark.skipif(not (PYTHON / "python.exe").exists(), reason=f"no Python for Windows in {PYTHON}"),
]

SCRIPT = r"""
import json, sys, traceback
sys.path[:0] = [{agent!r}, {python!r}]
import winreg
PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
PROGRAMS = [
    ("a", 0, "7-Zip 23.01 (x64)", "23.01", "Igor Pavlov", 5667, "20231102"),
    ("b", 0, "Обновление для системы", "1.2", "Корпорация Майкрософт", None, ""),
    ("c", 0, "Éditeur français", "2.0", "Société générale", 10, "20240131"),
    ("d", 1, "Försäkringskassans läsare", "3.1", "Försäkringskassan", None, ""),
]
for key, old, name, version, publisher, size, day in PROGRAMS:
    view = winreg.KEY_WOW64_32KEY if old else winreg.KEY_WOW64_64KEY
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, PATH + "\\" + key, 0, winreg.KEY_WRITE | view) as made:
        told = {{"DisplayName": name, "DisplayVersion": version, "Publisher": publisher, "InstallDate": day}}
        for field, text in told.items():
            winreg.SetValueEx(made, field, 0, winreg.REG_SZ, text)
        if size is not None:
            winreg.SetValueEx(made, "EstimatedSize", 0, winreg.REG_DWORD, size)
with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, PATH + "\\mine", 0, winreg.KEY_WRITE) as made:
    winreg.SetValueEx(made, "DisplayName", 0, winreg.REG_SZ, "Annas program")

def write(path, old=0, **values):
    view = winreg.KEY_WOW64_32KEY if old else winreg.KEY_WOW64_64KEY
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE | view) as made:
        for field, value in values.items():
            kind = {{int: winreg.REG_DWORD, list: winreg.REG_MULTI_SZ, bytes: winreg.REG_BINARY}}.get(type(value))
            winreg.SetValueEx(made, field.replace("_", " "), 0, kind or winreg.REG_SZ, value)

ENUM, CONTROL = r"SYSTEM\CurrentControlSet\Enum", r"SYSTEM\CurrentControlSet\Control"
POLICY = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
NUMBER = "{{f175266e-e5b1-50c6-b78c-5c9f79551a9e}}"
GRAPHICS = "{{4d36e968-e325-11ce-bfc1-08002be10318}}"
write(CONTROL + r"\Print\Printers\Färg på trean", Name="Färg på trean", Port="USB007", Printer_Driver="HP",
      Attributes=8)
write(ENUM + r"\USBPRINT\hp5550\7&17e8a3c3&0&USB007", ContainerID=NUMBER)
write(ENUM + r"\USBPRINT\hp5550\7&17e8a3c3&0&USB007\Device Parameters", PortName="USB007")
write(ENUM + r"\USB\VID_03F0&PID_6004\MY26K1K34C2L", ContainerID=NUMBER, FriendlyName="hp deskjet",
      CompatibleIDs=[r"USB\Class_07&SubClass_01&Prot_02", r"USB\Class_07"])
write(ENUM + r"\USB\ROOT_HUB30\4&1&0&0", Service="USBHUB3")
write(ENUM + r"\PCI\VEN_10DE&DEV_1402&SUBSYS_36C31458&REV_A1\4&1286464&0&0008", Service="nvlddmkm",
      LocationInformation="@System32\\drivers\\pci.sys,#65536;PCI bus %1, device %2, function %3;(1,0,0)",
      CompatibleIDs=[r"PCI\VEN_10DE&CC_030000"])
write(CONTROL + "\\Class\\" + GRAPHICS + r"\0077", DriverDesc="NVIDIA GeForce GTX 950",
      MatchingDeviceId=r"pci\ven_10de&dev_1402")
with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, CONTROL + "\\Class\\" + GRAPHICS + r"\0077", 0,
                    winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY) as made:
    winreg.SetValueEx(made, "HardwareInformation.qwMemorySize", 0, winreg.REG_QWORD, 6 << 30)
EDID = b"\0" + b"\xff" * 6 + b"\0" + bytes.fromhex("10aca34001020304") + bytes(112)
write(ENUM + r"\DISPLAY\DEL40A3\5&2b6d32b&0&UID4352", Service="monitor")
write(ENUM + r"\DISPLAY\DEL40A3\5&2b6d32b&0&UID4352\Device Parameters", EDID=EDID)
write(ENUM + r"\ACPI\MSFT0101\1", Service="TPM")
write(POLICY + r"\DomainProfile", EnableFirewall=1)
write(POLICY + r"\PublicProfile", EnableFirewall=0)
write(r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
      r"\Package_for_KB5031356~31bf3856ad364e35~amd64~~19041.3570.1.7",
      CurrentState=112, InstallTimeHigh=31062128, InstallTimeLow=2466517568)
write(r"SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\InboxApplications"
      r"\Microsoft.Windows.FileExplorer_10.0.19041.423_neutral_neutral_cw5n1h2txyewy")
write(r"SOFTWARE\TeamViewer", old=1, ClientID=1234567890, Version="15.47.3")
write(r"SOFTWARE\Microsoft\Office\16.0\Registration\{{9}}", ProductName="Office 2016", ProductID="00339-1",
      DigitalProductID=b"secret")
write(r"SOFTWARE\Microsoft\Microsoft SQL Server\Instance Names\SQL", A="MSSQL16.A")
write(r"SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL16.A\Setup", Version="16.0.1000.6", Edition="Developer Edition")
write(PATH + r"\sql", DisplayName="SQL Server 2022 Database Engine Services", DisplayVersion="16.0.1000.6")

from importlib import import_module
from driftvakt_agent.host import Host
from driftvakt_agent.inventory import take, windows
from driftvakt_agent.inventory.windows import accounts, cim, devices, disks, firmware, system
from driftvakt_agent.sample import NoData
told = {{"readers": {{}}}}
host = Host()
for name in windows.READERS:
    try:
        told["readers"][name] = sorted(import_module("driftvakt_agent.inventory." + name).take(host))
    except NoData as e:
        told["readers"][name] = str(e)
told["cim"] = len(cim.capture())
told["tpm"] = system.asked_tpm()
told["users"] = accounts.capture_users()
told["groups"] = accounts.capture_groups()
told["disks"] = [(disk.name, len(disk.descriptor), disk.size) for disk in disks.capture()]
told["own"] = devices.own_name(devices.Device("x", "y", r"ROOT\x\y", {{}}))
told["school"] = sorted(take.take(Host(privacy="edu")).bodies)
taken = take.take(Host())
told["failed"] = taken.failed
told["sections"] = {{name: json.loads(body) for name, body in taken.bodies.items()}}
raw = firmware.capture()
told["table"] = len(raw)
told["version"] = [raw[1], raw[2]] if raw else None
with open({out!r}, "w", encoding="utf-8") as file:
    json.dump(told, file)
"""


class Windows:
    """A Wine of its own. run: runs a Python for Windows in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ},
            "WINEPREFIX": str(folder / "prefix"), "HOME": str(folder), "WINEDEBUG": "-all", "WINEARCH": "win64",
            "WINEDLLOVERRIDES": "mscoree,mshtml=", "LC_ALL": "C.UTF-8",
        }  # fmt: skip

    def run(self, *arguments: str, patience: float = 120.0) -> "subprocess.CompletedProcess[str]":
        assert WINE is not None
        return subprocess.run(
            [WINE, *arguments], env=self.environment, capture_output=True, text=True, timeout=patience, check=False
        )

    def python(self, script: str) -> "subprocess.CompletedProcess[str]":
        path = self.folder / "script.py"
        path.write_text(script, "utf-8")
        return self.run(str(PYTHON / "python.exe"), windows_path(path))

    def end(self) -> None:
        server = shutil.which("wineserver") or shutil.which("wineserver64") or "/usr/lib/wine/wineserver64"
        subprocess.run([server, "-k"], env=self.environment, check=False, timeout=60, capture_output=True)


def windows_path(path: Path) -> str:
    """Return what Wine calls a path of this machine."""
    return "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    made = Windows(tmp_path_factory.mktemp("wine"))
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def told(windows: Windows) -> dict[str, Any]:
    out = windows.folder / "told.json"
    script = SCRIPT.format(
        agent=windows_path(ROOT / "agent"), python=windows_path(PYTHON), out=windows_path(out)
    )  # fmt: skip
    done = windows.python(script)
    assert out.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return found


def rows(told: dict[str, Any], section: str) -> list[dict[str, Any]]:
    body = told["sections"][section]
    return [dict(zip(body["columns"], row, strict=True)) for row in body["rows"]]


def test_no_reader_fails(told: dict[str, Any]) -> None:
    assert told["failed"] == {}


def test_programs_of_both_registries_and_of_users_with_every_letter(told: dict[str, Any]) -> None:
    found = {row["name"]: row for row in rows(told, "packages")}
    assert found["7-Zip 23.01 (x64)"]["size_bytes"] == 5667 * 1024
    assert found["7-Zip 23.01 (x64)"]["installed"] == "2023-11-02"
    assert found["Обновление для системы"]["publisher"] == "Корпорация Майкрософт"
    assert found["Éditeur français"]["publisher"] == "Société générale"
    assert found["Försäkringskassans läsare"]["architecture"] == "x86"
    assert "Annas program" in found


def test_the_firmware_table(told: dict[str, Any]) -> None:
    assert told["table"] > 8
    assert told["version"][0] >= 2
    assert rows(told, "system")
    assert rows(told, "processors")[0]["model"]


def test_which_windows_and_what_it_has(told: dict[str, Any]) -> None:
    (system,) = rows(told, "operating_system")
    assert system["name"] == "windows"
    assert "Windows" in system["title"]
    assert system["hostname"]
    assert {row["name"] for row in rows(told, "volumes")} >= {"C:"}
    assert rows(told, "network_interfaces")


def test_each_reader_gives_something_or_says_that_there_is_nothing(told: dict[str, Any]) -> None:
    given = {name.partition(".")[2] for name, said in told["readers"].items() if isinstance(said, list)}
    # Wine has no CIM: what it alone knows is absent.
    assert told["cim"] == 0
    assert set(told["readers"]) - {f"windows.{name}" for name in given} == {
        "windows.antivirus", "windows.batteries", "windows.virtual_machines",
    }  # fmt: skip


def test_what_is_plugged_in_and_set_up(told: dict[str, Any]) -> None:
    (printer,) = rows(told, "printers")
    (usb,) = rows(told, "usb_devices")
    # Wine has a card of its own for the screen.
    card = {row["vendor_id"]: row for row in rows(told, "pci_devices")}["10de"]
    (screen,) = rows(told, "monitors")
    graphics = {row["name"]: row for row in rows(told, "graphics")}

    assert (printer["name"], printer["serial"], printer["shared"]) == ("Färg på trean", "MY26K1K34C2L", True)
    assert (usb["vendor_id"], usb["product"], usb["class_id"]) == ("03f0", "hp deskjet", "07")
    assert (card["address"], card["subsystem_id"], card["class_id"]) == ("0000:01:00.0", "1458:36c3", "030000")
    assert (screen["connector"], screen["maker_id"]) == ("5&2b6d32b&0&UID4352", "DEL")
    assert graphics["NVIDIA GeForce GTX 950"]["memory_bytes"] == 6 << 30


def test_what_protects_it_and_what_is_patched(told: dict[str, Any]) -> None:
    (patch,) = rows(told, "updates")

    assert {row["profile"]: row["enabled"] for row in rows(told, "firewalls")} == {"domain": True, "public": False}
    assert (patch["name"], patch["state"], patch["installed"]) == ("KB5031356", "installed", "2023-10-06")
    assert rows(told, "operating_system")[0]["tpm"] == "2.0"


def test_apps_editions_licences_and_access_from_afar(told: dict[str, Any]) -> None:
    named = {(row["source"], row["name"]) for row in rows(told, "packages")}
    licences = {row["product_id"]: row["full_name"] for row in rows(told, "licences")}

    assert ("uwp", "Microsoft.Windows.FileExplorer") in named
    assert ("registry", "SQL Server 2022 Developer Edition Database Engine Services") in named
    assert licences["00339-1"] == "Office 2016"
    assert "secret" not in json.dumps(told["sections"])
    assert [(row["kind"], row["id"]) for row in rows(told, "remote_access")] == [("teamviewer", "1234567890")]


def test_the_calls_that_no_registry_replaces(told: dict[str, Any]) -> None:
    assert told["users"]
    assert {row["name"] for row in rows(told, "local_users")} == {name for name, *_ in told["users"]}
    assert isinstance(told["groups"], list)
    assert told["tpm"] in ("", "1.2", "2.0")
    assert told["own"] == ""
    assert all(length >= 36 for _, length, _ in told["disks"])


def test_at_a_school_no_account_is_told(told: dict[str, Any]) -> None:
    assert "packages" in told["school"]
    assert not {"local_users", "local_groups"} & set(told["school"])


def test_the_command_writes_what_the_agent_reads(windows: Windows) -> None:
    out = windows.folder / "inventory"
    done = windows.python(
        f"import sys, runpy\nsys.path[:0] = [{windows_path(ROOT / 'agent')!r}, {windows_path(PYTHON)!r}]\n"
        f"sys.argv = ['driftvakt-agent', 'inventory', '--out', {windows_path(out)!r}]\n"
        "runpy.run_module('driftvakt_agent', run_name='__main__')\n"
    )
    assert (out / "index.json").exists(), done.stdout + done.stderr
    assert "packages" in json.loads((out / "index.json").read_text())["digests"]
