"""The firmware's table, which anybody may read on Windows; without it, processors by the registry.

Example, the eight bytes before the table:
    00 | 03 04 | 00 | 1c 0f 00 00         calling method, version 3.4, revision, length

Source: learn.microsoft.com, GetSystemFirmwareTable; MSSMBIOS_RawSMBiosTables.
"""

import sys
from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row, cpuinfo, smbios
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.keys import Values
from driftvakt_agent.sample import NoData

_PROVIDER = int.from_bytes(b"RSMB", "big")
_HEAD = 8
_MAX_TABLE = 1 << 22
_PROCESSORS = r"HARDWARE\DESCRIPTION\System\CentralProcessor"


def take(_host: Host) -> Found:
    """Return what the firmware says. Raises NoData on a machine that says nothing of itself."""
    found = parse(capture())
    if not found.get("processors"):
        found["processors"] = processors(keys.children(keys.MACHINE, _PROCESSORS))
    if not any(found.values()):
        raise NoData("this machine has no SMBIOS and no processors in the registry")
    return found


if sys.platform == "win32":

    def capture() -> bytes:
        """Return the raw answer of Windows, empty where there is none."""
        import ctypes

        ask = ctypes.windll.kernel32.GetSystemFirmwareTable
        size = int(ask(_PROVIDER, 0, None, 0))
        if not 0 < size < _MAX_TABLE:
            return b""
        buffer = ctypes.create_string_buffer(size)
        written = int(ask(_PROVIDER, 0, buffer, size))
        return buffer.raw[: min(written, size)]

else:

    def capture() -> bytes:
        return b""


def parse(raw: bytes) -> Found:
    """Return the sections of a raw answer."""
    if len(raw) <= _HEAD:
        return {}
    length = int.from_bytes(raw[4:_HEAD], "little")
    return dict(smbios.parse(raw[_HEAD : _HEAD + length], (raw[1], raw[2])))


def processors(children: Iterable[tuple[str, Values]]) -> list[Row]:
    """Return the processors of the registry: a key a hardware thread, all that are alike in one row."""
    found: dict[str, Row] = {}
    for _, values in children:
        name = " ".join(str(values.get("ProcessorNameString") or "").replace("\0", "").split())
        if not name:
            continue
        row = found.setdefault(name, {
            "socket": f"CPU {len(found)}",
            "manufacturer": cpuinfo.maker(str(values.get("VendorIdentifier") or "")),
            "model": name,
            "speed_mhz": cpuinfo.sold_speed(name),
            "cores": None,
            "threads": 0,
            "serial": "",
        })  # fmt: skip
        threads = row["threads"]
        row["threads"] = threads + 1 if isinstance(threads, int) else 1
    return list(found.values())
