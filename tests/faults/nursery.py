"""Programs that start in no time: a process that has imported everything forks one for each trial.

`Nursery` is the test's side. The other side is this file as a program: it reads a JSON line for each child, forks it,
and tells how it ended. A child connects back, waits for the word to go, then runs `function(folder, say, **told)`.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

Say = Callable[[str], None]
PATIENCE = 60.0
_PR_SET_PDEATHSIG, _PR_SET_PTRACER, _ANY = 1, 0x59616D61, -1


class NurseryError(Exception):
    """A child did not do what every child does; the text says what, and what it wrote."""


class Child:
    """One program that was forked. It does nothing before `go`."""

    def __init__(self, number: int, pid: int, peer: socket.socket, words: Path, ended: "Ended") -> None:
        self.pid = pid
        self.words = words
        self._number = number
        self._peer = peer
        self._lines = peer.makefile("r", encoding="utf-8")
        self._ended = ended

    def go(self) -> None:
        self._peer.sendall(b"go\n")

    def hear(self) -> str:
        """Return the next thing that the program says; nothing when it is dead."""
        try:
            return self._lines.readline().rstrip("\n")
        except ConnectionError:
            return ""
        except TimeoutError as e:
            raise NurseryError(f"process {self.pid} said nothing for {PATIENCE:.0f} s; it wrote: {self.wrote()}") from e

    def kill(self) -> None:
        """End it now, whatever it does; nothing when it has ended."""
        if self._ended.status(self._number) is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(NurseryError):
            self.wait()

    def terminate(self) -> None:
        if self._ended.status(self._number) is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Return its exit code, negative for the signal that killed it."""
        try:
            return self._ended.wait(self._number)
        except TimeoutError as e:
            os.kill(self.pid, signal.SIGKILL)
            raise NurseryError(f"process {self.pid} does not end; it wrote: {self.wrote()}") from e
        finally:
            self._lines.close()
            self._peer.close()

    def wrote(self) -> str:
        """Return the end of what it wrote to its standard error."""
        return self.words.read_text("utf-8", "replace")[-1500:]


class Ended:
    """How children ended, by their number."""

    def __init__(self) -> None:
        self._statuses: dict[int, int] = {}
        self._changed = threading.Condition()

    def put(self, number: int, status: int) -> None:
        with self._changed:
            self._statuses[number] = status
            self._changed.notify_all()

    def status(self, number: int) -> int | None:
        with self._changed:
            return self._statuses.get(number)

    def wait(self, number: int) -> int:
        with self._changed:
            if not self._changed.wait_for(lambda: number in self._statuses, PATIENCE):
                raise TimeoutError
            return self._statuses[number]


class Nursery:
    """Forks programs that have `modules` imported. Safe to use from several threads."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = list(modules)
        self._number = 0
        self._lock = threading.Lock()
        self._ended = Ended()

    def __enter__(self) -> "Nursery":
        self._folder = tempfile.TemporaryDirectory(prefix="driftvakt-nursery-")
        path = str(Path(self._folder.name) / "s")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._listener.settimeout(PATIENCE)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", __file__, path, *self._modules],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stdout.close()
        self._listener.close()
        self._folder.cleanup()

    def born(self, program: str, folder: Path, words: Path, **told: object) -> Child:
        """Fork a child for `module:function`. words: the file that its standard error goes to, added at the end."""
        assert self._process.stdin is not None
        with self._lock:
            self._number += 1
            number = self._number
            order = {"number": number, "program": program, "folder": str(folder), "words": str(words), "told": told}
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            peer, _ = self._listener.accept()
            peer.settimeout(PATIENCE)
            pid = int(peer.recv(64))
        return Child(number, pid, peer, words, self._ended)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            number, status = json.loads(line)
            self._ended.put(number, status)


# --- the other side ---


def _serve(path: str, modules: Sequence[str]) -> None:
    """Fork until nobody asks any more; then no child is left."""
    for name in modules:
        importlib.import_module(name)
    # Or each child would look through all of that for garbage, and copy the pages it writes its marks on.
    gc.collect()
    gc.freeze()
    children: dict[int, int] = {}

    def reap(_number: int, _frame: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                line = json.dumps([children.pop(pid), os.waitstatus_to_exitcode(status)])
                with contextlib.suppress(BrokenPipeError):
                    os.write(1, line.encode() + b"\n")

    signal.signal(signal.SIGCHLD, reap)
    for line in iter(sys.stdin.buffer.readline, b""):
        order = json.loads(line)
        # A child that ends at once must not be reaped before it is written down.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _live(path, order)
        children[pid] = order["number"]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _live(path: str, order: dict[str, object]) -> None:
    """Be a child, and never return."""
    code = 1
    try:
        words = os.open(str(order["words"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(words, 1)
        os.dup2(words, 2)
        prctl = ctypes.CDLL(None).prctl
        # Where the test itself is killed, nothing of it may go on.
        prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
        prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANY), 0, 0, 0)
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(path)
        peer.sendall(b"%d\n" % os.getpid())
        if peer.recv(16) != b"go\n":
            os._exit(1)
        module, _, name = str(order["program"]).partition(":")
        run = getattr(importlib.import_module(module), name)
        code = run(Path(str(order["folder"])), lambda text: peer.sendall(text.encode() + b"\n"), **order["told"]) or 0  # type: ignore[arg-type]
    except BaseException:  # noqa: BLE001  whatever it is, the test must read it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
