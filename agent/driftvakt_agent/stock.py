"""The inventory as the running agent knows it: the digests of its sections, and nothing more.

It is taken by a child, `driftvakt-agent inventory`, which is gone with all that it loaded: once an hour, and sooner
when a look at the places where software, disks and cards are listed says that something changed.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping

from driftvakt_agent.host import Host
from driftvakt_agent.log import Once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from driftvakt_agent.config import Config

_DEADLINE = 300.0
_FILES = ("/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/lib/apk/db/installed", "/etc/os-release")
_FOLDERS = ("/block", "/class/net", "/bus/usb/devices", "/bus/pci/devices")


class Stock:
    """digests: section name to digest. every: seconds between two inventories, 0 for none at all.

    start: begins a child that is told the folder and the privacy profile, and returns its process id; given by a test.
    """

    __slots__ = (
        "_child", "_due", "_ends", "_every", "_folder", "_host", "_once", "_privacy", "_seen", "_start", "digests",
    )  # fmt: skip

    def __init__(
        self, folder: str, every: float, splay: float, host: Host, once: Once,
        start: Callable[[str, str], int] | None = None,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._privacy = "full" if host.persons is None else "edu"
        self._every = every
        self._host = host
        self._once = once
        self._start = start or (_spawn if hasattr(os, "posix_spawn") else None)
        self._child = 0
        self._ends = 0.0
        # Not with the first report: somebody stands there and waits for that. And not all hosts in one minute.
        self._due = host.monotonic() + splay
        self._seen: tuple[object, ...] = ()
        self.digests: Mapping[str, str] = {}
        if every:
            self.digests = self._index()

    def turn(self) -> None:
        """Begin what is due, and take in what is done. Called once a cycle; never waits."""
        if not self._every or self._start is None:
            return
        now = self._host.monotonic()
        if self._child:
            self._look(now)
            return
        seen = signs(self._host)
        if now >= self._due or (self._seen and seen != self._seen):
            self._seen = seen
            self._due = now + self._every
            self._ends = now + _DEADLINE
            try:
                self._child = self._start(self._folder, self._privacy)
            except OSError as e:
                self._once.trouble("inventory", f"cannot start the inventory: {e.strerror}")

    def body(self, mark: str) -> tuple[str, bytes] | None:
        """Return name and body of the section with this digest, None where there is none."""
        for name, digest in self.digests.items():
            if digest == mark:
                try:
                    with open(os.path.join(self._folder, f"{name}.json"), "rb") as file:
                        return name, file.read()
                except OSError as e:
                    self._once.trouble("inventory", f"cannot read the section {name}: {e.strerror}")
        return None

    def _look(self, now: float) -> None:
        """See if the child has ended; end one that takes too long."""
        try:
            ended, status = os.waitpid(self._child, os.WNOHANG)
        except ChildProcessError:
            ended, status = self._child, 0
        if not ended:
            if now >= self._ends:
                os.killpg(self._child, signal.SIGKILL)
            return
        self._child = 0
        if status:
            code = os.waitstatus_to_exitcode(status)
            self._once.trouble("inventory", f"the inventory ended with {code}; run: driftvakt-agent inventory")
        else:
            self._once.fine("inventory")
            self.digests = self._index()

    def _index(self) -> dict[str, str]:
        try:
            with open(os.path.join(self._folder, "index.json"), encoding="utf-8") as file:
                digests = json.load(file)["digests"]
            return {str(name): str(mark) for name, mark in digests.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def signs(host: Host) -> tuple[object, ...]:
    """Return what changes when software, disks, cards or the name do, without looking into anything."""
    found: list[object] = [_stamp(host.root + path) for path in _FILES]
    for folder in _FOLDERS:
        try:
            found.append(tuple(sorted(os.listdir(host.sys + folder))))
        except OSError:
            found.append(None)
    found.append(os.uname().nodename)
    return tuple(found)


def stock_of(config: "Config", host: Host, splay: float, once: Once) -> Stock:
    """Return the stock of a configuration; it stands beside the status file, where the agent may write."""
    folder = os.path.join(os.path.dirname(config.status_file), "inventory")
    return Stock(folder, config.inventory_every if config.status_file else 0.0, splay, host, once)


def _stamp(path: str) -> tuple[int, int]:
    try:
        told = os.stat(path)
    except OSError:
        return 0, 0
    return told.st_mtime_ns, told.st_size


def _spawn(folder: str, privacy: str) -> int:
    command = [sys.executable, "-m", "driftvakt_agent", "inventory", "--out", folder, "--privacy", privacy]
    nowhere = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    return os.posix_spawn(command[0], command, os.environ, file_actions=nowhere, setpgroup=0)
