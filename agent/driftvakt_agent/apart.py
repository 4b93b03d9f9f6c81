"""A probe in a process of its own: what it imports and allocates is gone when it ends, and so is a hang.

For probes that run a few times a day and would otherwise be half of the agent's memory for the rest of it. The child is
`driftvakt-agent probe NAME`; it writes one JSON document to its standard output.
"""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator

from driftvakt_agent.host import INVENTORY, Host
from driftvakt_agent.sample import Happening, NoData, ProbeError, Sample

MAX_OUTPUT = 1 << 20
_CHUNK = 65536


def available() -> bool:
    """Say if this platform can start a process cheaply."""
    return hasattr(os, "posix_spawn")


def collect_apart(name: str, seconds: float) -> Callable[[Host], Iterator[Sample | Happening]]:
    """Return the `collect` of a probe that runs in a child, which is killed after `seconds`."""

    def collect(host: Host) -> Iterator[Sample]:
        command = [sys.executable, "-m", "driftvakt_agent", "probe", name]
        folder = host.memory.get(INVENTORY)
        if isinstance(folder, str):
            command += ["--inventory", folder]
        code, output = _run(command, seconds)
        if code is None:
            raise ProbeError(f"gave no answer within {seconds:g} s")
        try:
            told = json.loads(output)
            rows = [(str(row[0]), float(row[1]), tuple((str(k), str(v)) for k, v in row[2])) for row in told["samples"]]
        except (ValueError, TypeError, KeyError, IndexError) as e:
            raise ProbeError(f"its process ended with {code} and said nothing of use") from e
        for metric, value, labels in rows:
            yield Sample(metric, value, labels)
        if told.get("error"):
            raise ProbeError(str(told["error"]))
        if told.get("empty"):
            raise NoData(str(told["empty"]))

    return collect


def answer(samples: list[Sample], error: str = "", empty: str = "") -> str:
    """Return what the child writes."""
    rows = [(one.name, one.value, one.labels) for one in samples]
    return json.dumps({"samples": rows, "error": error, "empty": empty})


def _run(command: list[str], seconds: float) -> tuple[int | None, bytes]:
    """Return exit code and output; None for one that had to be killed."""
    reading, writing = os.pipe()
    try:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
        ]
        try:
            # Its own process group, so that what it started can be ended with it.
            pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions, setpgroup=0)
        finally:
            os.close(writing)
        until = time.monotonic() + seconds
        output, whole = _read(reading, until)
    finally:
        os.close(reading)
    while whole:
        # It has said all that it had to say, and so ends in a moment.
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), output
        whole = time.monotonic() < until
        time.sleep(0.005)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None, output


def _read(reading: int, until: float) -> tuple[bytes, bool]:
    """Return what came, and whether it came to its end in time."""
    output = b""
    while len(output) <= MAX_OUTPUT:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return output, False
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            return output, True
        output += chunk
    return output, False
