r"""Volumes with a letter: their size, file system, label and number, and whether BitLocker encrypts them.

Network drives are left out: they are of whoever is logged in, and one whose server is gone holds whoever asks.

Source: learn.microsoft.com, GetDriveTypeW, GetVolumeInformationW, GetDiskFreeSpaceExW; Win32_EncryptableVolume, which
tells it to administrators alone.
"""

import sys
from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.sample import NoData

_REMOVABLE, _FIXED, _NETWORK, _OPTICAL, _MEMORY = 2, 3, 4, 5, 6
_TYPES = {_REMOVABLE: "removable", _FIXED: "partition", _NETWORK: "network", _OPTICAL: "optical", _MEMORY: "memory"}
_TEXT = 261
_ASK_NOBODY = 1


class Drive:
    """letter: as C:. kind: as GetDriveTypeW counts. number: of the file system, eight hexadecimal digits."""

    __slots__ = ("filesystem", "kind", "label", "letter", "number", "size")

    def __init__(self, letter: str, kind: int, filesystem: str, label: str, number: str, size: int | None) -> None:
        self.letter = letter
        self.kind = kind
        self.filesystem = filesystem
        self.label = label
        self.number = number
        self.size = size


def take(host: Host) -> Found:
    rows = parse(capture(), cim.objects(host, "Win32_EncryptableVolume"))
    if not rows:
        raise NoData("no volume has a letter")
    return {"volumes": rows}


def parse(drives: Iterable[Drive], encryptable: Iterable[Instance]) -> list[Row]:
    """Return the volumes; a drive without a disc in it has none."""
    protected = {
        cim.text(one, "DriveLetter").upper(): cim.whole(one, "ProtectionStatus") == 1
        for one in encryptable if cim.whole(one, "ProtectionStatus") in (0, 1)
    }  # fmt: skip
    return [{
        "name": one.letter,
        "type": _TYPES.get(one.kind, ""),
        "size_bytes": one.size,
        "filesystem": one.filesystem.lower(),
        "mountpoint": one.letter,
        "uuid": f"{one.number[:4]}-{one.number[4:]}" if len(one.number) == 8 else one.number,
        "label": one.label,
        "encrypted": protected.get(one.letter.upper()),
    } for one in drives if one.filesystem or one.size]  # fmt: skip


if sys.platform == "win32":

    def capture() -> list[Drive]:
        import ctypes

        kernel = ctypes.windll.kernel32
        letters = kernel.GetLogicalDrives()
        # Or Windows asks whoever sits there to put a disc into the drive.
        before = kernel.SetErrorMode(_ASK_NOBODY)
        try:
            found = [_drive(f"{chr(65 + place)}:") for place in range(26) if letters >> place & 1]
        finally:
            kernel.SetErrorMode(before)
        return [one for one in found if one is not None]

    def _drive(letter: str) -> Drive | None:
        import ctypes

        kernel = ctypes.windll.kernel32
        root = ctypes.c_wchar_p(f"{letter}\\")
        kind = int(kernel.GetDriveTypeW(root))
        if kind not in _TYPES or kind == _NETWORK:
            return None
        label, filesystem = ctypes.create_unicode_buffer(_TEXT), ctypes.create_unicode_buffer(_TEXT)
        number, size = ctypes.c_uint32(), ctypes.c_uint64()
        known = kernel.GetVolumeInformationW(
            root, label, _TEXT, ctypes.byref(number), None, None, filesystem, _TEXT
        )  # fmt: skip
        sized = kernel.GetDiskFreeSpaceExW(root, None, ctypes.byref(size), None)
        return Drive(letter, kind, filesystem.value if known else "", label.value if known else "",
                     f"{number.value:08X}" if known else "", size.value if sized else None)  # fmt: skip

else:

    def capture() -> list[Drive]:
        return []
