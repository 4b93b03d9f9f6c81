"""A real collector to measure: its own process, its own data directory, one core."""

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO

_CORES = sorted(os.sched_getaffinity(0))
"""Those of this machine, before a benchmark pins itself to one: the collector must not share that."""
_READY = re.compile(r"serves on https?://[^:]+:(\d+)")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process with all its threads, those that ended too.

    The clock of another process, as clock_getcpuclockid(3) makes its number: the pid inverted, shifted by three, and
    2 for the scheduler's nanoseconds.
    """
    return time.clock_gettime((~pid << 3) | 2)


def memory(pid: int) -> dict[str, float]:
    """Return Rss, Pss and Anonymous of a process in MB (10^6 bytes), and Hwm, the most it ever had resident."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss", "Anonymous"):
            found[name] = int(rest.split()[0]) * 1024 / 1e6
    status = Path(f"/proc/{pid}/status").read_text()
    found["Hwm"] = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024 / 1e6  # type: ignore[union-attr]
    return found


def _pass_on(stream: IO[str]) -> None:
    """Show what goes wrong in it."""
    with stream:
        for line in stream:
            if not line.startswith("INFO"):
                sys.stderr.write(line)


class Server:
    """A collector in a directory of its own (on disk: its syncs count), pinned to the last core where there are two."""

    def __init__(self, data: Path | None = None) -> None:
        self._folder = None if data else tempfile.TemporaryDirectory(prefix="driftvakt-bench-", dir="/var/tmp")
        self.data = data or Path(self._folder.name) / "data"  # type: ignore[union-attr]
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.started_in = 0.0
        self.config: Path | None = None
        if not (self.data / "zones").exists():
            subprocess.run([*self._command("init"), "--data", str(self.data)], check=True, stdout=subprocess.DEVNULL)

    def _command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "driftvakt_collector", name]

    @property
    def pid(self) -> int:
        """Return its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; return when it serves."""
        told = ["--data", str(self.data), "--port", "0"] if self.config is None else ["--config", str(self.config)]
        command = [*self._command("serve"), *told]
        began = time.perf_counter()
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        os.sched_setaffinity(self._process.pid, {_CORES[-1]})
        assert self._process.stderr is not None
        said = ""
        for line in self._process.stderr:
            said += line
            found = _READY.search(line)
            if found:
                self.port = int(found.group(1))
                self.started_in = time.perf_counter() - began
                # It would wait for us when its words fill the pipe.
                threading.Thread(target=_pass_on, args=(self._process.stderr,), daemon=True).start()
                return
        raise RuntimeError(f"the collector did not start: {said}")

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, float]:
        """Return status, body and seconds of a GET."""
        if self.config is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        else:
            # Our own certificate on our own machine: what is measured is not whether it is trusted.
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=300, context=ssl._create_unverified_context()
            )
        began = time.perf_counter()
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - began
        connection.close()
        return response.status, body, seconds

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal, and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._folder is not None:
            self._folder.cleanup()
