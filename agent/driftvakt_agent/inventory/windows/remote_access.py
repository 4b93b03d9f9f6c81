r"""Programs by which somebody can take the machine over from afar, and what the machine is called there.

Example:
    HKLM\SOFTWARE\TeamViewer
        ClientID    1234567890
        Version     15.47.3
    C:\ProgramData\AnyDesk\system.conf
        ad.anynet.id=987654321

Source: the programs' own files; AnyDesk has its number in no registry.
"""

import os
import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.keys import Children, text
from driftvakt_agent.sample import NoData

_SOFTWARE = "SOFTWARE"
_ANYDESK = re.compile(r"^ad\.anynet\.id=(\d{6,12})\s*$", re.M)
_MAX_FILE = 1 << 16


def take(_host: Host) -> Found:
    rows = teamviewer(keys.machine) or teamviewer(lambda path: keys.children(keys.MACHINE, path, old=True))
    folder = os.environ.get("PROGRAMDATA", "")
    rows += anydesk(_read(rf"{folder}\AnyDesk\system.conf") if folder else "")
    if not rows:
        raise NoData("no program for access from afar is here")
    return {"remote_access": rows}


def teamviewer(children: Children) -> list[Row]:
    values = keys.values(rf"{_SOFTWARE}\TeamViewer", children)
    number = values.get("ClientID")
    if not isinstance(number, int):
        return []
    return [{"kind": "teamviewer", "id": str(number), "version": text(values.get("Version"))}]


def anydesk(settings: str) -> list[Row]:
    found = _ANYDESK.search(settings)
    return [{"kind": "anydesk", "id": found.group(1), "version": ""}] if found else []


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_FILE)
    except OSError:
        return ""
