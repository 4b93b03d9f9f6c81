"""The status file: what the running agent last said of itself, for `driftvakt-agent status`."""

import json
import os
from collections.abc import Mapping

from driftvakt_agent.disk import write_all
from driftvakt_agent.log import Once

_WHOLE = 1024
_TRIES = 5
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class StatusFile:
    """Writes the file. It is made once, and from then on written over: a new one each minute cost a tenth of a cycle.

    What is there is always padded to whole kilobytes, so that it hardly ever changes its length.
    """

    __slots__ = ("_fd", "_path", "_size")

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1
        self._size = 0

    def write(self, status: Mapping[str, object], once: Once) -> None:
        """Write it. A folder that can't be written is said once; the agent goes on."""
        # Not json.dump, which is Python all the way and takes three times as long.
        text = json.dumps(status).encode()
        text += b" " * (-len(text) % _WHOLE)
        try:
            if self._fd >= 0 and os.fstat(self._fd).st_nlink == 0:
                # Somebody removed it.
                self.close()
            if self._fd < 0 or self._size != len(text) or not hasattr(os, "pwrite"):
                self._make(text)
            else:
                os.pwrite(self._fd, text, 0)
        except OSError as e:
            self.close()
            once.trouble(
                "status file",
                f"cannot write {self._path}: {e.strerror}; set 'status_file' to a folder of the agent's own",
            )
        else:
            once.fine("status file")

    def close(self) -> None:
        """Let the file go."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _make(self, text: bytes) -> None:
        """Put a new file in the place of what is there, in one step."""
        self.close()
        part = self._path + ".part"
        # Made anew and never through a link: what stands there may be somebody else's.
        try:
            fd = os.open(part, _NEW, 0o644)
        except FileExistsError:
            os.unlink(part)
            fd = os.open(part, _NEW, 0o644)
        try:
            write_all(fd, text)
            os.replace(part, self._path)
        except OSError:
            os.close(fd)
            raise
        if hasattr(os, "pwrite"):
            self._fd, self._size = fd, len(text)
        else:
            os.close(fd)


def read_status(path: str) -> dict[str, object] | None:
    """Return what the file says, None where there is none or it can't be read."""
    for _ in range(_TRIES):
        try:
            with open(path, encoding="utf-8") as file:
                status = json.load(file)
        except OSError:
            return None
        except ValueError:
            # It may be that it is being written over right now.
            continue
        return status if isinstance(status, dict) else None
    return None


def healthy(status: Mapping[str, object], now: float, *, lives: bool = True) -> tuple[bool, str]:
    """Return whether the agent does its work, and the sentence that says so. lives: its process is there."""
    at, interval, delivered = (_number(status, name) for name in ("at", "interval", "delivered_at"))
    if status.get("stopped"):
        return False, f"not running: it was stopped {now - at:.0f} s ago"
    if not lives:
        return False, f"not running: its process {status.get('pid')} is gone; it last wrote {now - at:.0f} s ago"
    if now - at > 3 * interval:
        return False, f"not running: the status file is {now - at:.0f} s old"
    if not delivered:
        return False, f"running, but nothing was delivered yet: {status.get('trouble') or 'no try so far'}"
    if status.get("trouble"):
        return False, f"running; last delivery {now - delivered:.0f} s ago, now: {status['trouble']}"
    return True, f"running; delivered {now - delivered:.0f} s ago"


def process_lives(status: Mapping[str, object]) -> bool:
    """Say if the process that wrote the file is still there; where we can't tell, it is taken to be."""
    pid = status.get("pid")
    if not isinstance(pid, int) or pid <= 0 or not hasattr(os, "kill") or os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _number(status: Mapping[str, object], name: str) -> float:
    value = status.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
