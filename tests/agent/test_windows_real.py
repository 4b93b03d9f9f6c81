"""The code for Windows, run for real: a CPython for Windows under Wine, with its registry and its firmware table."""

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

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import take
from driftvakt_agent.inventory.windows import firmware
told = {{}}
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


def test_the_command_writes_what_the_agent_reads(windows: Windows) -> None:
    out = windows.folder / "inventory"
    done = windows.python(
        f"import sys, runpy\nsys.path[:0] = [{windows_path(ROOT / 'agent')!r}, {windows_path(PYTHON)!r}]\n"
        f"sys.argv = ['driftvakt-agent', 'inventory', '--out', {windows_path(out)!r}]\n"
        "runpy.run_module('driftvakt_agent', run_name='__main__')\n"
    )
    assert (out / "index.json").exists(), done.stdout + done.stderr
    assert "packages" in json.loads((out / "index.json").read_text())["digests"]
