"""Installed programs, as the list in Settings has them: of the machine in both registries, and of each user.

Never by Win32_Product of WMI: asking it makes Windows Installer check, and repair, every package.

Example:
    HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\7-Zip
        DisplayName     7-Zip 23.01 (x64)
        DisplayVersion  23.01
        Publisher       Igor Pavlov
        EstimatedSize   5667          (KiB)
        InstallDate     20231102

Source: learn.microsoft.com, "Uninstall Registry Key".
"""

import re
from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys, sql_server
from driftvakt_agent.inventory.windows.keys import Values
from driftvakt_agent.sample import NoData

_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
_UPDATE = re.compile(r"KB\d{6,8}(\.\w+)?")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MAX_USERS = 200


def take(_host: Host) -> Found:
    found: list[Row] = []
    for old, architecture in ((False, "amd64"), (True, "x86")):
        found += parse(keys.children(keys.MACHINE, _PATH, old=old), architecture)
    for place, (user, _) in enumerate(keys.children(keys.USERS, "")):
        if place < _MAX_USERS and not user.endswith("_Classes"):
            found += parse(keys.children(keys.USERS, rf"{user}\{_PATH}"), "")
    if not found:
        raise NoData("the registry names no program")
    sql_server.name_editions(found, sql_server.editions(keys.machine))
    # A key that both registries share is seen twice.
    unique = {(row["name"], row["version"], row["publisher"]): row for row in reversed(found)}
    return {"packages": list(unique.values())}


def parse(children: Iterable[tuple[str, Values]], architecture: str) -> list[Row]:
    """Return the programs: what has a name, is no update of another, and is not hidden by Windows itself."""
    rows: list[Row] = []
    for key, values in children:
        name = _text(values.get("DisplayName"))
        if not name or values.get("SystemComponent") == 1 or _text(values.get("ParentKeyName")):
            continue
        if _text(values.get("ReleaseType")) in ("Hotfix", "Security Update", "Update Rollup") or _UPDATE.fullmatch(key):
            continue
        size = values.get("EstimatedSize")
        rows.append({
            "source": "registry",
            "name": name,
            "architecture": architecture,
            "version": _text(values.get("DisplayVersion")),
            "publisher": _text(values.get("Publisher")),
            "size_bytes": size * 1024 if isinstance(size, int) and size > 0 else None,
            "installed": _day(_text(values.get("InstallDate"))),
        })  # fmt: skip
    return rows


def _day(text: str) -> str:
    found = _DAY.fullmatch(text)
    return "-".join(found.groups()) if found else ""


def _text(value: object) -> str:
    return " ".join(value.replace("\0", "").split()) if isinstance(value, str) else ""
