"""The inventory as the running agent knows it: the digests of its sections, and nothing more.

It is taken by a child, `driftvakt-agent inventory`, which is gone with all that it loaded: once an hour, and sooner
when a look at the places where software, disks and cards are listed says that something changed.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping

from driftvakt_agent.host import INVENTORY, Host
from driftvakt_agent.log import Once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

    from driftvakt_agent.config import Config

    Child = int | Popen[bytes]

_DEADLINE = 300.0
_TAKE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from driftvakt_agent.inventory.take import take_down;"
    " sys.exit(take_down(*sys.argv[2:]))"
)
"""What `driftvakt-agent inventory --out DIR` does, in half its time: nothing else is imported."""
_FILES = ("/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/lib/apk/db/installed", "/etc/os-release",
          "/var/lib/driftvakt-root/root.json", "/var/lib/driftvakt-root/DMI")  # fmt: skip
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
        start: "Callable[[str, str], Child] | None" = None,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._privacy = "full" if host.persons is None else "edu"
        self._every = every
        self._host = host
        self._once = once
        self._start: Callable[[str, str], Child] = start or _spawn
        self._child: Child = 0
        self._ends = 0.0
        # Not with the first report: somebody stands there and waits for that. And not all hosts in one minute.
        self._due = host.monotonic() + splay
        self._seen: tuple[object, ...] = ()
        self.digests: Mapping[str, str] = {}
        if every:
            host.memory[INVENTORY] = folder
            self.digests = self._index()

    def turn(self) -> None:
        """Begin what is due, and take in what is done. Called once a cycle; never waits."""
        if not self._every:
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
        code = _poll(self._child)
        if code is None:
            if now >= self._ends:
                _kill(self._child)
            return
        self._child = 0
        if code:
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
    found.append(platform_name())
    return tuple(found)


def platform_name() -> str:
    """Return what the machine is called now."""
    return os.environ.get("COMPUTERNAME", "") if sys.platform == "win32" else os.uname().nodename


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


def command(folder: str, privacy: str, python: str = sys.executable) -> list[str]:
    """Return the command of the child that takes the inventory into a folder."""
    if sys.platform != "linux":
        return [python, "-m", "driftvakt_agent", "inventory", "--out", folder, "--privacy", privacy]
    # Without what other packages want done at each start of Python: here it needs the standard library, and us.
    packages = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # At our own level: of another the compiled modules may not be there, and can't be written.
    level = ["-" + "O" * sys.flags.optimize] if sys.flags.optimize else []
    return [python, "-I", "-S", *level, "-c", _TAKE, packages, folder, privacy]


if sys.platform == "win32":

    def _spawn(folder: str, privacy: str) -> "Child":
        import subprocess

        nowhere = subprocess.DEVNULL
        return subprocess.Popen(
            command(folder, privacy), stdin=nowhere, stdout=nowhere, creationflags=subprocess.CREATE_NO_WINDOW
        )

    def _poll(child: "Child") -> int | None:
        return None if isinstance(child, int) else child.poll()

    def _kill(child: "Child") -> None:
        if not isinstance(child, int):
            child.kill()

else:

    def _spawn(folder: str, privacy: str) -> "Child":
        # In a few hundred bytes, where subprocess costs the running agent half a megabyte.
        words = command(folder, privacy)
        nowhere = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        ]
        return os.posix_spawn(words[0], words, os.environ, file_actions=nowhere, setpgroup=0)

    def _poll(child: "Child") -> int | None:
        """Return the exit code of a child that has ended, None of one that runs."""
        assert isinstance(child, int)
        try:
            ended, status = os.waitpid(child, os.WNOHANG)
        except ChildProcessError:
            return 0
        return os.waitstatus_to_exitcode(status) if ended else None

    def _kill(child: "Child") -> None:
        assert isinstance(child, int)
        os.killpg(child, signal.SIGKILL)
