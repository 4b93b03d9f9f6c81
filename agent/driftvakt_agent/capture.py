"""`driftvakt-agent capture`: what only root may read, written down for the agent, which is not root.

Run by a timer of root's, and never asked for anything: it takes no input but files that are root's, reads, and ends.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence

from driftvakt_agent.disk import replace
from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Row, captured, certificates, guests, smart, smart_series
from driftvakt_agent.sample import ProbeError

_MAX_TABLE, _MAX_OUTPUT = 1 << 20, 4 << 20
_SECONDS = 60.0
_MAX_DISKS = 500
_MODE = 0o640

Scan = Callable[[Host], Iterable[Row]]
Run = Callable[[Sequence[str]], bytes]
"""Runs a command and returns what it printed. Raises ProbeError."""


class Capture:
    """files: what is to be written, by name. failed: why something could not be read, by what it is."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failed: dict[str, str] = {}


def capture(host: Host, before: dict[str, object], run: "Run | None" = None) -> Capture:
    """Read all of it. before: the sections of last time, for disks that sleep now and are not to be woken."""
    taken = Capture()
    taken.files = _tables(host)

    def disks(_: Host) -> list[Row]:
        rows, taken.files[captured.SERIES] = read_disks(run or _run, _rows(before.get("storage")))
        return rows

    sections: dict[str, list[Row]] = {}
    scans: tuple[tuple[str, Scan], ...] = (
        ("certificates", certificates.scan), ("virtual_machines", guests.scan), ("storage", disks),
    )  # fmt: skip
    for section, scan in scans:
        try:
            found = list(scan(host))
        except Exception as e:  # noqa: BLE001  the seam: what one thing does wrong is never another's
            taken.failed[section] = f"{e.__class__.__name__}: {e}"[:300]
            found = _rows(before.get(section))
        if found:
            sections[section] = found
    told = {"sections": sections, "failed": taken.failed}
    taken.files[captured.FILE] = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()
    return taken


def _tables(host: Host) -> dict[str, bytes]:
    """Return the firmware's tables; nothing on a machine without SMBIOS."""
    found = {}
    for name in captured.TABLES:
        try:
            raw = read_bytes(f"{host.sys}/firmware/dmi/tables/{name}")
        except OSError:
            continue
        if len(raw) <= _MAX_TABLE:
            found[name] = raw
    return found


def read_disks(run: Run, before: Iterable[Row]) -> tuple[list[Row], bytes]:
    """Return a row a disk that smartctl knows, and their figures as series; nothing where there is no smartctl.

    Raises ProbeError.
    """
    known = {str(row.get("name")): row for row in before}
    rows: list[Row] = []
    pages: list[smart_series.Page] = []
    for device, kind in _disks(run)[:_MAX_DISKS]:
        name = device.removeprefix("/dev/") + (f" {kind}" if "," in kind else "")
        # Which kind it is, smartctl finds out better with the disk open than by its name; but not behind a controller.
        behind = ["-d", kind] if "," in kind else []
        # A disk that sleeps stays asleep; it is as it was.
        told = _json(run, ["smartctl", "--json=c", "-n", "standby", "-i", "-H", "-A", *behind, device])
        row = smart.parse(told)
        if not (row.get("serial") or row.get("model")):
            row = known.get(name, {})
        else:
            pages.append(smart_series.Page(name, told))
        if row:
            rows.append({**row, "name": name})
    return rows, smart_series.render(pages)


def write(folder: str, taken: Capture) -> None:
    """Write what is new, readable for the folder's group. Raises OSError."""
    os.makedirs(folder, mode=0o750, exist_ok=True)
    for name, raw in taken.files.items():
        path = os.path.join(folder, name)
        try:
            same = read_bytes(path) == raw
        except OSError:
            same = False
        # The agent takes its inventory anew when a file here is another.
        if not same:
            replace(path, raw, _MODE)


def _disks(run: Run) -> list[tuple[str, str]]:
    """Return the device and kind of each disk. smartctl is not there on most virtual machines, which have no SMART."""
    try:
        devices = _json(run, ["smartctl", "--json=c", "--scan"]).get("devices")
    except FileNotFoundError:
        return []
    found = []
    for one in devices if isinstance(devices, list) else ():
        name, kind = (one.get("name"), one.get("type")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str) and isinstance(kind, str) and name.startswith("/dev/") and not kind.startswith("-"):
            found.append((name, kind))
    return found


def _json(run: Run, command: Sequence[str]) -> dict[str, object]:
    try:
        told = json.loads(run(command))
    except (ValueError, RecursionError) as e:
        raise ProbeError(f"cannot read what {command[0]} says: it needs a smartmontools of 7.0 or later") from e
    return told if isinstance(told, dict) else {}


def _rows(told: object) -> list[Row]:
    return [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []


def _run(command: Sequence[str]) -> bytes:
    """Run it, whatever it ends with: of smartctl those are bits that say how the disk is.

    Raises FileNotFoundError where there is no such program.
    """
    import subprocess

    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            timeout=_SECONDS, check=False, cwd="/",
        )  # fmt: skip
    except FileNotFoundError:
        raise
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ProbeError(f"cannot run {' '.join(command)!r}: {e}") from e
    return done.stdout[:_MAX_OUTPUT]
