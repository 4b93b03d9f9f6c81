"""Services of Windows, and whether they start by themselves. Drivers are none of them.

Example:
    HKLM\\SYSTEM\\CurrentControlSet\\Services\\Spooler
        DisplayName  @%systemroot%\\system32\\spoolsv.exe,-1
        Start        2        (2 by itself, 3 when it is asked for, 4 never)
        Type         0x110    (0x10 a process of its own, 0x20 one that is shared)
        ObjectName   LocalSystem
        ImagePath    %SystemRoot%\\System32\\spoolsv.exe

Source: learn.microsoft.com, CreateServiceW and "HKLM\\SYSTEM\\CurrentControlSet\\Services".
"""

from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.keys import Values
from driftvakt_agent.sample import NoData

_PATH = r"SYSTEM\CurrentControlSet\Services"
_STARTS = {2: "enabled", 3: "static", 4: "disabled"}
_PROCESSES = 0x30
_PER_USER = 0x80


def take(_host: Host) -> Found:
    rows = parse(keys.children(keys.MACHINE, _PATH))
    if not rows:
        raise NoData("the registry names no service")
    return {"services": rows}


def parse(children: Iterable[tuple[str, Values]]) -> list[Row]:
    """Return the services. Those that are made anew for each person who logs in have a name by chance: not they."""
    rows: list[Row] = []
    for name, values in children:
        kind, start = values.get("Type"), values.get("Start")
        if not isinstance(kind, int) or not kind & _PROCESSES or kind & _PER_USER or start not in (2, 3, 4):
            continue
        title = values.get("DisplayName")
        rows.append({
            "name": name,
            # One that begins with @ stands in a file of texts, in the language of the machine.
            "title": title if isinstance(title, str) and not title.startswith("@") else "",
            "start": _STARTS[start],
            "run_as": str(values.get("ObjectName") or ""),
            "program": program(str(values.get("ImagePath") or "")),
        })  # fmt: skip
    return rows


def program(command: str) -> str:
    """Return the program of a command line, without what may be a secret behind it."""
    text = command.strip()
    if text.startswith('"'):
        return text[1:].partition('"')[0]
    low = text.lower()
    end = low.find(".exe")
    return text[: end + 4] if end > 0 else text.partition(" ")[0]
