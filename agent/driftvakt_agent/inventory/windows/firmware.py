"""The firmware's table, which anybody may read on Windows; where it lacks something, what Windows itself says of it.

Example, the eight bytes before the table:
    00 | 03 04 | 00 | 1c 0f 00 00         calling method, version 3.4, revision, length

Source: learn.microsoft.com, GetSystemFirmwareTable; MSSMBIOS_RawSMBiosTables.
"""

import sys

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, smbios
from driftvakt_agent.inventory.windows import cim, keys, parts
from driftvakt_agent.sample import NoData

_PROVIDER = int.from_bytes(b"RSMB", "big")
_HEAD = 8
_MAX_TABLE = 1 << 22
_PROCESSORS = r"HARDWARE\DESCRIPTION\System\CentralProcessor"


def take(host: Host) -> Found:
    """Return what the firmware says. Raises NoData on a machine that says nothing of itself."""
    found = parse(capture())
    if not found.get("system"):
        bios = cim.objects(host, "Win32_BIOS")
        products = cim.objects(host, "Win32_ComputerSystemProduct")
        found["system"] = parts.system(cim.objects(host, "Win32_ComputerSystem"), products, bios)
        found["firmware"] = found.get("firmware") or parts.firmware(bios)
    if not found.get("processors"):
        found["processors"] = parts.processors(keys.machine(_PROCESSORS), cim.objects(host, "Win32_Processor"))
    if not found.get("memory"):
        arrays = cim.objects(host, "Win32_PhysicalMemoryArray")
        found["memory"] = parts.memory(cim.objects(host, "Win32_PhysicalMemory"), arrays)
    if not any(found.values()):
        raise NoData("this machine has no SMBIOS, and Windows names no processor")
    return {section: rows for section, rows in found.items() if rows}


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
