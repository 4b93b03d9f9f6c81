"""Records a second on one core: parsed, verified, synced to the journal, applied to state. Single and in batches."""

import os
from itertools import islice

from bench import load
from bench.fleet import SERIES, Lines
from bench.server import Server, cpu_seconds

HOSTS = 2000
_BATCH = 500


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for the published ones, less for a quick look."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    figures: dict[str, object] = {"hosts": HOSTS, "series a record": SERIES}
    with Server() as server:
        lines = Lines(HOSTS)
        server.end()
        lines.enrol(server.data)
        server.start()
        load.run(server.port, [load.request(lines.series())], 1)
        reports = lines.reports(10**9)
        for name, rounds, connections in (("single, 256 connections", 40, 256), ("single, 8 connections", 10, 8)):
            requests = [load.request(line) for line in islice(reports, int(HOSTS * rounds * scale))]
            figures |= _one(server, name, requests, 1, connections)
        plain = [b"\n".join(islice(reports, _BATCH)) for _ in range(int(400 * scale))]
        figures |= _one(server, "batch of 500", [load.request(body) for body in plain], _BATCH, 4)
        figures["bytes a record"] = round(len(plain[0]) / _BATCH)
        zstd = _zstd([b"\n".join(islice(reports, _BATCH)) for _ in range(int(400 * scale))])
        figures |= _one(server, "batch of 500, zstd", [load.request(body, "zstd") for body in zstd], _BATCH, 4)
        figures["bytes a record, zstd"] = round(len(zstd[0]) / _BATCH)
    return figures


def _one(server: Server, name: str, requests: list[bytes], lines: int, connections: int) -> dict[str, object]:
    before = cpu_seconds(server.pid)
    result = load.run(server.port, requests, connections)
    spent = cpu_seconds(server.pid) - before
    if set(result.statuses) != {200}:
        raise RuntimeError(f"{name}: not every request was taken: {dict(result.statuses)}")
    records = len(requests) * lines
    return {
        f"{name}: records/s": round(records / result.seconds),
        f"{name}: records/cpu-s": round(records / spent),
        f"{name}: CPU us a record": round(spent / records * 1e6, 2),
        f"{name}: latency ms p50": round(result.p50, 2),
        f"{name}: latency ms p99": round(result.p99, 2),
    }


def _zstd(bodies: list[bytes]) -> list[bytes]:
    from backports import zstd

    return [zstd.compress(body, 3) for body in bodies]
