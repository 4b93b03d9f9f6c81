"""What 100,000 hosts take: memory while they report, and seconds until a killed collector is whole again."""

import os
import signal
import time
from collections.abc import Iterator
from itertools import islice

from bench import load
from bench.fleet import SERIES, Lines
from bench.server import Server, memory

HOSTS = 100_000
_BATCH = 500


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. The kill comes just before the next snapshot is due, the worst moment."""
    count = max(1000, int(HOSTS * scale))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Server() as server:
        lines = Lines(count)
        server.end()
        lines.enrol(server.data)
        server.start()
        first = server.started_in
        load.run(server.port, [load.request(lines.series())], 1)
        reports = lines.reports(10**9)
        _send(server, reports, count, rounds=2)
        held = memory(server.pid)
        server.end(signal.SIGTERM)
        server.start()
        warm = server.started_in
        # Five minutes of reports after the snapshot: what is replayed when it dies just before the next one.
        _send(server, reports, count, rounds=5)
        busy = memory(server.pid)
        server.end(signal.SIGKILL)
        server.start()
        began = time.perf_counter()
        _, body, _ = server.get("/metrics")
        known = sum(
            float(line.rpartition(" ")[2])
            for line in body.decode().splitlines()
            if line.startswith("driftvakt_hosts{") and 'state="ok"' in line
        )
        after = memory(server.pid)
        return {
            "hosts": count,
            "series a host": SERIES,
            "held: RSS MB": round(held["Rss"], 1),
            "held: anonymous MB": round(held["Anonymous"], 1),
            "after five more minutes of reports: RSS MB": round(busy["Rss"], 1),
            "start, nobody reported yet: s": round(first, 2),
            "start after a clean stop: s": round(warm, 2),
            "start after kill -9 with five minutes of journal: s": round(server.started_in, 2),
            "hosts known and not silent after it": int(known),
            "first /metrics after it: s": round(time.perf_counter() - began, 2),
            "after the restart: RSS MB": round(after["Rss"], 1),
            "after the restart: most ever MB": round(after["Hwm"], 1),
        }


def _send(server: Server, reports: Iterator[bytes], count: int, rounds: int) -> None:
    for _ in range(rounds):
        bodies = (load.request(b"\n".join(islice(reports, _BATCH))) for _ in range(count // _BATCH))
        result = load.run(server.port, bodies, 4)
        if set(result.statuses) != {200}:
            raise RuntimeError(f"not every request was taken: {dict(result.statuses)}")
