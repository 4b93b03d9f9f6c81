"""A herd: thousands of agents that come back in the same moment, over TLS, each with an hour of backlog.

What counts: how long until the last of them is known to live again, that nobody is answered with a fault, and that
the backlog drains without making a live report late.
"""

import asyncio
import os
import random
import resource
import ssl
import subprocess
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import uvloop

from bench.fleet import Lines
from bench.server import Server, cpu_seconds

AGENTS = 5000
BACKLOG = 60
_TOGETHER = 256
"""Handshakes that one machine of ours can make at a time; 5,000 agents have 5,000 machines."""


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for 5,000 agents."""
    agents = max(50, round(AGENTS * scale))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * agents)), hard))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Server() as server:
        server.end()
        lines = Lines(agents)
        lines.enrol(server.data)
        cert = _certificate(server.data.parent)
        server.config = server.data.parent / "collector.toml"
        server.config.write_text(f'data = "{server.data}"\nport = 0\ntls_cert = "{cert[0]}"\ntls_key = "{cert[1]}"\n')
        server.start()
        reports = lines.reports(10**9)
        backlog = [list(islice(reports, agents)) for _ in range(BACKLOG)]
        live = list(islice(reports, agents))
        before = cpu_seconds(server.pid)
        herd = _Herd(server.port, live, [list(one) for one in zip(*backlog, strict=True)])
        uvloop.run(herd.come(lines.series()))
        spent = cpu_seconds(server.pid) - before
    waits = sorted(herd.waits)
    return {
        "agents": agents,
        "lines of backlog": agents * BACKLOG,
        "live: s until p50 is known": round(waits[len(waits) // 2], 2),
        "live: s until p99 is known": round(waits[int(len(waits) * 0.99)], 2),
        "live: s until the last is known": round(waits[-1], 2),
        "backlog drained after s": round(herd.drained, 2),
        "answers by status": ", ".join(f"{code}: {count}" for code, count in sorted(herd.statuses.items())),
        "CPU s of the collector": round(spent, 2),
    }


def _certificate(folder: Path) -> tuple[Path, Path]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return cert, key


class _Herd:
    """All agents, in one process. waits: seconds from the moment of return to each one's first answered report."""

    def __init__(self, port: int, live: list[bytes], backlog: list[list[bytes]]) -> None:
        self._port = port
        self._live = live
        self._backlog = backlog
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._dice = random.Random(1)
        self._handshakes = asyncio.Semaphore(_TOGETHER)
        self.waits: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.drained = 0.0

    async def come(self, series: bytes) -> None:
        """Tell the set that all share, then let all come at once; return when nobody has anything left."""
        reader, writer = await self._connect()
        await self._post(reader, writer, series, backlog=False)
        writer.close()
        self.statuses.clear()
        began = time.perf_counter()
        await asyncio.gather(*(self._agent(number, began) for number in range(len(self._live))))
        self.drained = time.perf_counter() - began

    async def _agent(self, number: int, began: float) -> None:
        async with self._handshakes:
            reader, writer = await self._connect()
            while True:
                status, wait = await self._post(reader, writer, self._live[number], backlog=False)
                if status == 200:
                    break
                await asyncio.sleep(wait * (1 + 0.2 * self._dice.random()))
            self.waits.append(time.perf_counter() - began)
        while True:
            # As an agent paces it: two seconds, and its own place within them.
            await asyncio.sleep(2 * (0.5 + self._dice.random()))
            status, wait = await self._post(reader, writer, b"\n".join(self._backlog[number]), backlog=True)
            if status == 200:
                break
            await asyncio.sleep(wait * (1 + 0.2 * self._dice.random()))
        writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, ssl=self._context)

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes, *, backlog: bool
    ) -> tuple[int, float]:
        """Post; return the status, and the seconds that the collector asked for."""
        extra = "Driftvakt-Backlog: 1\r\n" if backlog else ""
        head = f"POST /v1/records HTTP/1.1\r\nHost: bench\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        told = dict(line.split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
        await reader.readexactly(int(told["content-length"]))
        status = int(answer[9:12])
        self.statuses[status] += 1
        return status, float(told.get("retry-after", 0))
