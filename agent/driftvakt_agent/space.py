"""How much room the spool may take, and whether there is some."""

import os
from collections.abc import Callable

from driftvakt_agent.disk import failed

_SHARE = 0.05
"""Part of a file system that is left free, whatever the settings say."""
Free = Callable[[str], tuple[int, int]]
"""Gives the bytes that are free on the file system of a folder, and all that it has."""


class Limits:
    """size: bytes. age: seconds. free: bytes that are left to others on the file system."""

    __slots__ = ("age", "free", "size")

    def __init__(self, size: int = 64 << 20, age: float = 7 * 86400.0, free: int = 200 << 20) -> None:
        self.size = size
        self.age = age
        self.free = free


def free_space(folder: str) -> tuple[int, int]:
    """Return the bytes that are free for us on the file system of a folder, and all that it has. Raises OSError."""
    if not hasattr(os, "statvfs"):
        import shutil

        used = shutil.disk_usage(folder)
        return used.free, used.total
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize


def lacks(folder: str, size: int, more: int, limits: Limits, free: Free) -> str:
    """Say why there is no room, nothing when there is. size: of the spool then. more: bytes to be written."""
    if size > limits.size:
        return f"cannot write to {folder}: it is full; raise 'spool_mb'"
    try:
        left, total = free(folder)
    except OSError as e:
        raise failed("look at", folder, e) from e
    if left - more < max(limits.free, total * _SHARE):
        return (
            f"cannot write to {folder}: too little is free on its file system; free some space, or lower "
            "'spool_free_mb'"
        )
    return ""
