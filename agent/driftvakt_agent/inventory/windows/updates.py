r"""Patches that are installed: as CIM lists them, and as the servicing stack keeps them.

Example:
    Win32_QuickFixEngineering
        HotFixID     KB5031356
        Description  Security Update
        InstalledOn  10/11/2023                (month first, in every language; on Vista a FILETIME in hexadecimal)
    HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages
      \Package_for_KB5031356~31bf3856ad364e35~amd64~~19041.3570.1.7
        CurrentState     112                   (0x70 installed)
        InstallTimeHigh  31062128
        InstallTimeLow   2466517568            (together a FILETIME)

Source: learn.microsoft.com, Win32_QuickFixEngineering and FILETIME.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim, keys
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.inventory.windows.keys import Keys
from driftvakt_agent.sample import NoData

_PACKAGES = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
_KB = re.compile(r"KB\d{4,10}", re.I)
_PACKAGE = re.compile(r"Package(?:_\d+)?_for_(KB\d{4,10})(?:_\w+)?~", re.I)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?")
_HEXADECIMAL = re.compile(r"[0-9a-f]{16}", re.I)
_INSTALLED = 0x70
_TICKS, _FROM_1601 = 10_000_000, 11_644_473_600


def take(host: Host) -> Found:
    rows = parse(cim.objects(host, "Win32_QuickFixEngineering"), keys.machine(_PACKAGES))
    if not rows:
        raise NoData("Windows lists no patch")
    return {"updates": rows}


def parse(fixes: Iterable[Instance], packages: Keys) -> list[Row]:
    """Return the patches, each once, by its number."""
    found: dict[str, Row] = {}
    for one in fixes:
        number, title = _KB.fullmatch(cim.text(one, "HotFixID")), cim.text(one, "Description")
        # What Windows XP calls "File 1" is no number of anything.
        if number is not None:
            security = "yes" if title.startswith("Security Update") else "unknown"
            _add(found, number.group(), title, security, day(cim.text(one, "InstalledOn")))
    for name, values in packages:
        number = _PACKAGE.match(name)
        if number is not None and values.get("CurrentState") == _INSTALLED:
            high, low = values.get("InstallTimeHigh"), values.get("InstallTimeLow")
            ticks = high << 32 | low & 0xFFFFFFFF if isinstance(high, int) and isinstance(low, int) else 0
            _add(found, number.group(1), "", "unknown", _day_of(ticks))
    return list(found.values())


def _add(found: dict[str, Row], name: str, title: str, security: str, installed: str) -> None:
    name = name.upper()
    row = found.setdefault(name, {
        # No architecture: a patch is of the whole machine, and CIM does not say.
        "source": "windows", "name": name, "architecture": "", "state": "installed", "security": security,
        "title": title, "origin": "", "installed": installed,
    })  # fmt: skip
    row["installed"] = row["installed"] or installed


def day(text: str) -> str:
    """Return the day of one of the ways in which Windows writes it; empty for another."""
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return iso.group(1)
    if _HEXADECIMAL.fullmatch(text):
        return _day_of(int(text, 16))
    found = _DAY.fullmatch(text.partition(" ")[0])
    if found is None:
        return ""
    month, of_month, year = map(int, found.groups())
    return f"{year}-{month:02}-{of_month:02}" if 1 <= month <= 12 and 1 <= of_month <= 31 else ""


def _day_of(ticks: int) -> str:
    """Return the day of a FILETIME: tenths of microseconds since 1601."""
    seconds = ticks // _TICKS - _FROM_1601
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d") if 0 < seconds < 1 << 33 else ""
