"""Lines a second through a relay on one core: taken, synced, packed, handed on to a collector, settled, dropped."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from bench import load
from bench.fleet import Lines
from bench.server import Server, cpu_seconds, memory
from driftvakt_collector.store import hosts, zones
from driftvakt_collector.store.engine import Store
from driftvakt_wire.envelope import derive_key

HOSTS = 1500
_BATCH = 500
_ORIGIN = "r-bench"
_READY = re.compile(r"serves on https?://[^:]+:(\d+) and")
_ACCEPTED = re.compile(rb'^driftvakt_ingest_lines_total\{result="accepted"\} (\S+)', re.M)
_PATIENCE = 120.0
_WAVE = 10_000
"""Lines that are sent before the next wait: about 6 MB, and the relay keeps 8 in memory."""


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. The collector and the load share the other core, so what counts is the relay's own time."""
    cores = sorted(os.sched_getaffinity(0))
    figures: dict[str, object] = {"hosts": HOSTS}
    with Server() as server, tempfile.TemporaryDirectory(prefix="driftvakt-bench-", dir="/var/tmp") as folder:
        lines = Lines(HOSTS)
        server.end()
        lines.enrol(server.data)
        key = _enrol(server.data)
        server.start()
        os.sched_setaffinity(server.pid, {cores[0]})
        os.sched_setaffinity(0, {cores[0]})
        relay = Relay(Path(folder), key, f"http://127.0.0.1:{server.port}", cores[-1])
        try:
            reports = lines.reports(10**9)
            _wave(relay, server, [load.request(lines.series())], 1, 1)
            _wave(relay, server, [load.request(line) for line in islice(reports, HOSTS)], 1, 8)
            figures["memory MB, idle"] = round(memory(relay.pid)["Rss"], 1)
            single = [load.request(line) for line in islice(reports, int(HOSTS * 20 * scale))]
            figures |= _one(relay, server, "single, 32 connections", single, 1, 32)
            batches = [load.request(b"\n".join(islice(reports, _BATCH))) for _ in range(int(200 * scale))]
            figures |= _one(relay, server, "batch of 500", batches, _BATCH, 1)
            figures["memory MB, after"] = round(memory(relay.pid)["Rss"], 1)
        finally:
            relay.end()
    return figures


def _one(
    relay: "Relay", server: Server, name: str, requests: list[bytes], lines: int, connections: int
) -> dict[str, object]:
    """Send in waves that the relay holds in memory: what it takes faster than it hands on is backlog, and throttled."""
    count = len(requests) * lines
    each = _WAVE // lines
    spent, began = cpu_seconds(relay.pid), time.perf_counter()
    results = [
        _wave(relay, server, requests[at : at + each], lines, connections) for at in range(0, len(requests), each)
    ]
    seconds = time.perf_counter() - began
    spent = cpu_seconds(relay.pid) - spent
    return {
        f"{name}: lines taken/s": round(count / sum(one.seconds for one in results)),
        f"{name}: lines through/s": round(count / seconds),
        f"{name}: lines through/cpu-s": round(count / spent),
        f"{name}: CPU us a line": round(spent / count * 1e6, 2),
        f"{name}: latency ms p50": round(max(one.p50 for one in results), 2),
        f"{name}: latency ms p99": round(max(one.p99 for one in results), 2),
    }


def _wave(relay: "Relay", server: Server, requests: list[bytes], lines: int, connections: int) -> load.Load:
    """Send requests to the relay, and wait until the collector has all of their lines."""
    wanted = _accepted(server) + len(requests) * lines
    result = load.run(relay.port, requests, connections)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"not every request was taken: {dict(result.statuses)}")
    end = time.monotonic() + _PATIENCE
    while (have := _accepted(server)) < wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"only {have} of {wanted} lines came through")
        time.sleep(0.01)
    return result


def _accepted(server: Server) -> int:
    found = _ACCEPTED.search(server.get("/metrics")[1])
    return int(float(found.group(1))) if found else 0


def _enrol(data: Path) -> bytes:
    row = hosts.HostRow(_ORIGIN, 1, _ORIGIN, "adm", "Bench", "Bench", "relay")
    store = Store(f"sqlite:///{data / 'store.db'}")
    store.write_now(lambda connection: hosts.save(connection, [row]))
    store.close()
    return derive_key(zones.load(data)["adm"], _ORIGIN, 1)


class Relay:
    """A relay in a process of its own, on one core."""

    def __init__(self, folder: Path, key: bytes, upstream: str, core: int) -> None:
        self._folder = folder
        (folder / "relay.key").write_text(key.hex())
        config = folder / "relay.toml"
        config.write_text(
            f'origin = "{_ORIGIN}"\nzone = "adm"\nkey_file = "relay.key"\ndata = "spool"\nport = 0\nspool_free_mb = 0\n'
            f"upstreams = {json.dumps([upstream])}\n"
        )
        command = [sys.executable, "-m", "driftvakt_collector", "relay", "--config", str(config)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        os.sched_setaffinity(self.pid, {core})
        assert self._process.stderr is not None
        said = ""
        for line in self._process.stderr:
            said += line
            found = _READY.search(line)
            if found:
                self.port = int(found.group(1))
                return
        raise RuntimeError(f"the relay did not start: {said}")

    def end(self) -> None:
        """End it, and wait until it is gone."""
        self._process.terminate()
        self._process.wait(60)
        assert self._process.stderr is not None
        self._process.stderr.close()
