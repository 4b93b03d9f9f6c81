"""The morning when a school term begins: 7,500 new PCs enrol within an hour, and tell all they have.

The hour is played twelve times as fast, in its own pattern: two lessons begin, and with each come a third of them. Each
PC enrols over TLS at the listener of its zone with a token that is bound to its school's wave, reports, and brings what
the collector then lacks. 300 are installed anew in the same hour, and 300 stand on 50 docks by turns.
"""

import contextlib
import http.client
import json
import os
import random
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path

from sqlalchemy import text

from bench.city import City
from bench.herd import _free_port
from bench.pupil import Pupil
from bench.server import Server, cpu_seconds, memory
from driftvakt_collector.store import tokens, zones
from driftvakt_collector.store.engine import Store
from driftvakt_wire.enrolment import token_secret

COMPUTERS = 750
"""At scale 1; a term's beginning is `--scale 10`. Fewer come in less time, so that as many come in a second."""
_WHOLE = 7500
AGAIN = 0.04
"""The part that is installed anew in the same hour."""
SPEED = 12.0
_HOUR = 3600.0
_LESSONS = ((0.4, 600.0, 150.0), (0.3, 2400.0, 200.0))
"""What part of them comes around which second of the hour, and how closely."""
_SCHOOLS = 30
_ZONE = "edu"
_WORKERS = 48
_APPROVES_EVERY = 3.0
_PATIENCE = 400.0

Job = Callable[[], float | None]
"""Does a step; returns the seconds until it shall be tried again, None when it is done."""


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 10 for 7,500 computers."""
    count = max(100, round(COMPUTERS * scale))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Server() as server:
        server.end()
        schools = _tokens(server.data, count)
        port = _free_port()
        server.config = server.data.parent / "collector.toml"
        server.config.write_text(
            f'data = "{server.data}"\nport = 0\n[zones.{_ZONE}]\nlisten = "127.0.0.1"\nport = {port}\n'
            f'names = ["localhost"]\n'
        )
        server.start()
        morning = _Morning(server, port, schools, count)
        before = cpu_seconds(server.pid)
        wall = morning.play()
        used = memory(server.pid)
        spent = cpu_seconds(server.pid) - before
        placed = _until_placed(server.data, len(morning.pupils))
        server.end()
        figures = morning.figures() | {
            "wall s for the hour": round(wall),
            "the hour to that": round(_HOUR / wall * count / _WHOLE, 1),
            "collector: CPU s": round(spent, 1),
            "collector: RSS MB": round(used["Rss"]),
            "collector: most ever MB": round(used["Hwm"]),
            "s until all have their asset": round(placed),
        }
        return figures | _checked(server.data, morning.pupils)


def _tokens(data: Path, count: int) -> list[tuple[str, bytes]]:
    """Make a token for each school, for exactly as many as will come; return ids and secrets."""
    master = zones.load(data)[_ZONE]
    store = Store(f"sqlite:///{data / 'store.db'}")
    now = datetime.now(UTC)
    found = []
    for school in range(_SCHOOLS):
        uses = sum(1 for number in range(count) if number % _SCHOOLS == school)
        uses += sum(1 for number in range(round(count * AGAIN)) if number % _SCHOOLS == school)
        row = tokens.TokenRow(
            f"t-{school:016x}", _ZONE, "Utbildningsförvaltningen", f"Skola {school}", "workstation", f"ht-{school}",
            approve=True, uses=uses, used=0, cidr=("127.0.0.0/8",), names=(), created_at=now,
            expires_at=now + timedelta(days=1),
        )  # fmt: skip
        store.write_now(lambda connection, one=row: tokens.save(connection, one))  # type: ignore[misc]
        found.append((row.id, token_secret(master, row.id)))
    store.close()
    return found


def arrivals(count: int, seed: int = 1) -> list[float]:
    """Return the second of the hour at which each comes."""
    dice = random.Random(seed)
    found = []
    for _ in range(count):
        lot = dice.random()
        for share, middle, spread in _LESSONS:
            if lot < share:
                found.append(min(max(dice.gauss(middle, spread), 0.0), _HOUR))
                break
            lot -= share
        else:
            found.append(dice.random() * _HOUR)
    return found


class _Morning:
    """All PCs. latencies: of each kind of request, in seconds."""

    def __init__(self, server: Server, port: int, schools: list[tuple[str, bytes]], count: int) -> None:
        self._server = server
        self._port = port
        self._speed = SPEED * _WHOLE / count
        self._context = ssl.create_default_context(cafile=str(server.data / "ca" / f"{_ZONE}.crt"))
        self._context.check_hostname = False
        self._jobs: list[tuple[float, int, Job]] = []
        self._turn = threading.Condition()
        self._numbers = 0
        self._open = 0
        self._pending: list[str] = []
        self.pupils: list[Pupil] = []
        self.latencies: dict[str, list[float]] = {"enrolment": [], "report": [], "parts": []}
        self.statuses: Counter[str] = Counter()
        self.late = 0.0
        city = City(count)
        for number, at in enumerate(arrivals(count)):
            token, secret = schools[number % len(schools)]
            self._come(Pupil(city, number, token, secret, _ZONE), at / self._speed)
            if number < round(count * AGAIN):
                # Half an hour later it is on the network again, with another system on it.
                self._come(Pupil(city, number, token, secret, _ZONE, again=True), (at + _HOUR / 2) / self._speed)

    def _come(self, pupil: Pupil, at: float) -> None:
        self.pupils.append(pupil)
        self._put(at, lambda: self._enrol(pupil))

    def _put(self, at: float, job: Job) -> None:
        with self._turn:
            self._numbers += 1
            heappush(self._jobs, (at, self._numbers, job))
            self._turn.notify()

    def play(self) -> float:
        """Let all come; return the seconds that it took."""
        self._began = time.perf_counter()
        approving = time.perf_counter()
        with ThreadPoolExecutor(_WORKERS) as pool:
            while True:
                now = time.perf_counter() - self._began
                if time.perf_counter() - approving > _APPROVES_EVERY:
                    approving = time.perf_counter()
                    self._approve()
                with self._turn:
                    if not self._jobs and not self._open:
                        break
                    if not self._jobs or self._jobs[0][0] > now:
                        self._turn.wait(min(0.2, self._jobs[0][0] - now if self._jobs else 0.2))
                        continue
                    at, _, job = heappop(self._jobs)
                    self._open += 1
                self.late = max(self.late, now - at)
                pool.submit(self._do, job)
        return time.perf_counter() - self._began

    def _do(self, job: Job) -> None:
        try:
            again = job()
        except (OSError, http.client.HTTPException) as e:
            self.statuses[type(e).__name__] += 1
            again = 1.0
        if again is not None:
            self._put(time.perf_counter() - self._began + again, job)
        with self._turn:
            self._open -= 1
            self._turn.notify()

    def _approve(self) -> None:
        """Do what the operator does with those who were installed anew: say yes to each by its name."""
        with self._turn:
            origins, self._pending = self._pending, []
        if origins:
            command = [sys.executable, "-m", "driftvakt_collector", "host", "approve", *origins]
            subprocess.run(
                [*command, "--config", str(self._server.config)], check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def _enrol(self, pupil: Pupil) -> float | None:
        with self._connection(pupil) as connection:
            status, answer, wait = self._post(connection, "enrolment", "/v1/enrol", pupil.asks())
        if status != 200:
            return wait
        pupil.enrolled(answer)
        if pupil.state == "pending":
            with self._turn:
                self._pending.append(pupil.origin)
        lines = [pupil.report(time.time())]
        self._put(time.perf_counter() - self._began, lambda: self._report(pupil, lines))
        return None

    def _report(self, pupil: Pupil, lines: list[bytes]) -> float | None:
        """Send a report, then what it is asked for, then the next: until nothing is asked for."""
        with self._connection(pupil) as connection:
            while lines:
                kind = "parts" if len(lines) > 1 else "report"
                status, answer, wait = self._post(connection, kind, "/v1/records", b"\n".join(lines))
                if status != 200:
                    return wait
                told = json.loads(answer)
                pupil.taken += len(lines)
                wanted = told.get("want", {}).get(pupil.origin, [])
                lines[:] = pupil.brings(wanted) if kind == "report" else [pupil.report(time.time())]
        return None

    @contextlib.contextmanager
    def _connection(self, pupil: Pupil):  # type: ignore[no-untyped-def]
        # Each has an address of its own, as on a school's network.
        there = f"127.{1 + (pupil.number >> 16)}.{pupil.number >> 8 & 255}.{pupil.number & 255}"
        made = http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=60, context=self._context, source_address=(there, 0)
        )
        try:
            yield made
        finally:
            made.close()

    def _post(
        self, connection: http.client.HTTPSConnection, kind: str, path: str, body: bytes
    ) -> tuple[int, bytes, float]:
        """Return status, body, and the seconds to wait before it is tried again. The handshake counts as latency."""
        began = time.perf_counter()
        connection.request("POST", path, body)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 200:
            self.latencies[kind].append(time.perf_counter() - began)
        self.statuses[f"{kind} {answer.status}"] += 1
        return answer.status, text, float(answer.getheader("retry-after") or 2)

    def figures(self) -> dict[str, object]:
        """Return what was seen from the PCs."""
        figures: dict[str, object] = {"computers": len({one.number for one in self.pupils})}
        figures["of these installed anew"] = len(self.pupils) - len({one.number for one in self.pupils})
        for kind, spent in self.latencies.items():
            spent.sort()
            for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                figures[f"{kind}: ms {name}"] = round(spent[int(len(spent) * part)] * 1e3, 1)
        figures["answers"] = ", ".join(f"{kind}: {count}" for kind, count in sorted(self.statuses.items()))
        figures["latest start of a step, s"] = round(self.late, 2)
        figures["lines produced"] = sum(one.produced for one in self.pupils)
        figures["lines on disk, by the answers"] = sum(one.taken for one in self.pupils)
        return figures


def _until_placed(data: Path, count: int) -> float:
    """Wait until every host stands on an asset; return the seconds. What was installed anew is the last to."""
    began = time.perf_counter()
    store = Store(f"sqlite:///{data / 'store.db'}")
    query = text("SELECT count(*) FROM asset_source")
    while time.perf_counter() - began < _PATIENCE:
        if store.read(lambda connection: connection.execute(query).scalar_one()) >= count:
            break
        time.sleep(2)
    store.close()
    return time.perf_counter() - began


def _checked(data: Path, pupils: list[Pupil]) -> dict[str, object]:
    """Hold what is in the store against what was sent."""
    store = Store(f"sqlite:///{data / 'store.db'}")

    def rows(query: str) -> list[tuple[str, ...]]:
        return [tuple(row) for row in store.read(lambda connection: connection.execute(text(query)).all())]

    kept = {(row[0], row[1]): row[2] for row in rows("SELECT origin, name, digest FROM host_section")}
    sent = {(one.origin, name): mark for one in pupils for name, (mark, _) in one.sections.items()}
    asset = {row[0]: row[1] for row in rows("SELECT source, asset FROM asset_source")}
    machines: dict[str, set[int]] = {}
    for one in pupils:
        machines.setdefault(asset.get(one.origin, f"none for {one.origin}"), set()).add(one.number)
    assets: dict[int, set[str]] = {}
    for one in pupils:
        assets.setdefault(one.number, set()).add(asset.get(one.origin, "none"))
    used = rows("SELECT sum(used), sum(uses) FROM token")[0]
    store.close()
    return {
        "sections sent": len(sent),
        "sections stored as sent": sum(kept.get(key) == mark for key, mark in sent.items()),
        "hosts": len({one.origin for one in pupils}),
        "assets": len(machines),
        "wrong merges": sum(len(numbers) > 1 for numbers in machines.values()),
        "machines with two assets": sum(len(found) > 1 for found in assets.values()),
        "uses of tokens, of how many": f"{used[0]} of {used[1]}",
    }
