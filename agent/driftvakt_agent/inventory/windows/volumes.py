"""Volumes with a letter: their size, file system, label and number.

Source: learn.microsoft.com, GetVolumeInformationW; psutil for the rest.
"""

import sys

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_TEXT = 261


def take(_host: Host) -> Found:
    import psutil

    rows: list[Row] = []
    for one in psutil.disk_partitions(all=False):
        try:
            size = psutil.disk_usage(one.mountpoint).total
        except OSError:
            # A drive without a disc in it.
            continue
        label, number = information(one.mountpoint)
        name = one.mountpoint.rstrip("\\")
        rows.append({
            "name": name, "type": "optical" if "cdrom" in one.opts else "partition", "size_bytes": size,
            "filesystem": one.fstype.lower(), "mountpoint": name, "uuid": number, "label": label,
        })  # fmt: skip
    if not rows:
        raise NoData("no volume has a letter")
    return {"volumes": rows}


if sys.platform == "win32":

    def information(root: str) -> tuple[str, str]:
        """Return label and number of a volume, empty where Windows does not say. root: as C: and a backslash."""
        import ctypes

        label = ctypes.create_unicode_buffer(_TEXT)
        number = ctypes.c_uint32()
        done = ctypes.windll.kernel32.GetVolumeInformationW(
            ctypes.c_wchar_p(root), label, _TEXT, ctypes.byref(number), None, None, None, 0
        )
        return (label.value, f"{number.value >> 16:04X}-{number.value & 0xFFFF:04X}") if done else ("", "")

else:

    def information(root: str) -> tuple[str, str]:  # noqa: ARG001
        return "", ""
