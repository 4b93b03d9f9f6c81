"""What only root may read, as the root timer left it (`driftvakt-agent capture`).

    /var/lib/driftvakt-root/root.json   {"sections":{"storage":[{"name":"sda","health":"passed",…}],…},"failed":{}}
    /var/lib/driftvakt-root/DMI         the firmware's table, and smbios_entry_point
    /var/lib/driftvakt-root/smart.prom  series of the disks' own figures

The folder is root's, so that nobody else can lead root's writing elsewhere; the agent's group may read it.
"""

import json

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Row

FOLDER = "/var/lib/driftvakt-root"
FILE, SERIES, TABLES = "root.json", "smart.prom", ("DMI", "smbios_entry_point")
FILES = (FILE, SERIES, *TABLES)
MAX_FILE = 4 << 20


def rows(host: Host, section: str) -> list[Row]:
    """Return the rows of a section that root left, nothing where there are none."""
    found = host.memory.get(FILE)
    if not isinstance(found, dict):
        found = host.memory[FILE] = read(host.root + FOLDER)
    told = found.get(section)
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def read(folder: str) -> dict[str, object]:
    """Return the sections of the file in a folder."""
    try:
        raw = read_bytes(f"{folder}/{FILE}")
        told = json.loads(raw) if len(raw) <= MAX_FILE else None
    except (OSError, ValueError, RecursionError):
        return {}
    sections = told.get("sections") if isinstance(told, dict) else None
    return sections if isinstance(sections, dict) else {}
