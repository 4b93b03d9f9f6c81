r"""What Windows' own model says of its memory, its start and its volumes: Get-CimInstance as JSON.

Example:
    > Get-CimInstance Win32_OperatingSystem | Select-Object … | ConvertTo-Json -Compress
    {"Caption":"Microsoft Windows Server 2022 Standard","TotalVisibleMemorySize":8388084,"FreePhysicalMemory":5242880,
     "LastBootUpTime":"\/Date(1700000000000)\/","LocalDateTime":"\/Date(1700086400000)\/"}
    > Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3' | Select-Object … | ConvertTo-Json -Compress
    [{"DeviceID":"C:","FileSystem":"NTFS","Size":53687091200,"FreeSpace":21474836480,"VolumeName":""}]
"""

import json
import re

from driftvakt_collector.poll.ssh.text import last_line

_DATE = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/")

Row = dict[str, object]


def parse(text: str) -> list[Row]:
    """Return the objects: one alone is no list there. What is no JSON is nothing."""
    try:
        told = json.loads(last_line(text))
    except (ValueError, RecursionError):
        return []
    return [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]


def text(row: Row, name: str) -> str:
    """Return a text, empty for what is none."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def number(row: Row, name: str) -> int | None:
    """Return a whole number, None for what is none."""
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


def moment(row: Row, name: str) -> float | None:
    """Return a time as seconds since the epoch. PowerShell from 6 on writes it as an object with `value`."""
    value = row.get(name)
    if isinstance(value, dict):
        value = value.get("value")
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) / 1000 if found else None
