"""Where the probes look: this machine, or a fixture tree in a test."""

import os
import time
from collections.abc import Callable, Mapping

from driftvakt_agent.sample import NoData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from driftvakt_agent.persons import Persons

_FIRST = 8192
"""Bytes of the first read: nearly every file of /proc is smaller. A larger buffer would be mapped and faulted in anew
for each file, which cost a seventh of a cycle."""
_CHUNK = 65536
INVENTORY = "inventory"
"""Where the folder of the inventory is kept in the memory of a host that takes one."""


class Host:
    """The paths, clocks and settings that a probe is given. Paths have no slash at the end.

    proc, sys: where those file systems are mounted. root: what "/" means for files as /etc/os-release.
    profile: `server` or `workstation`. now: seconds since the epoch. monotonic: seconds that never go back.
    settings: the `[probes.NAME]` tables of the configuration. memory: what a probe keeps from one cycle to the next,
    under its own name. persons: what masks names under the privacy profile `edu`, None under `full`.
    """

    __slots__ = ("memory", "monotonic", "now", "persons", "proc", "profile", "root", "settings", "sys")

    def __init__(
        self,
        proc: str = "/proc",
        sys: str = "/sys",
        root: str = "",
        profile: str = "server",
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        settings: Mapping[str, Mapping[str, object]] | None = None,
        privacy: str = "full",
    ) -> None:
        self.proc = proc
        self.sys = sys
        self.root = root
        self.profile = profile
        self.now = now
        self.monotonic = monotonic
        self.settings = settings or {}
        self.memory: dict[str, object] = {}
        self.persons = _persons(self) if privacy == "edu" else None


def _persons(host: Host) -> "Persons":
    # Imported here: an agent under `full` does not carry it.
    from driftvakt_agent.persons import Persons

    return Persons(host)


def read_bytes(path: str) -> bytes:
    """Return the whole file. os.read is four times cheaper than open() on /proc, where every file is small."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    try:
        chunk = os.read(fd, _FIRST)
        if len(chunk) < _FIRST // 2:
            # /proc gives what it has in one read, but only an empty read is the end.
            more = os.read(fd, _FIRST)
            if not more:
                return chunk
            chunk += more
        chunks = [chunk]
        while chunk:
            chunk = os.read(fd, _CHUNK)
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        os.close(fd)


def read_text(path: str) -> str:
    """Return the whole file as text. Bytes that are not UTF-8 become U+FFFD: a device's name must not stop a probe."""
    return read_bytes(path).decode("utf-8", "replace")


def read_or_no_data(path: str, why: str) -> str:
    """Return the text of a file that is missing where the machine lacks the thing; then raise NoData with `why`."""
    try:
        return read_text(path)
    except FileNotFoundError as e:
        raise NoData(why) from e


def read_number(path: str) -> float | None:
    """Return the number that a one-line file of /sys holds, None where it has none or refuses to say."""
    try:
        return float(read_bytes(path))
    except (OSError, ValueError):
        return None
