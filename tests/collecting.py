"""A real collector in a process of its own, and senders that sign lines for it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from driftvakt_collector.store import hosts, zones
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire import encode
from driftvakt_wire.envelope import derive_key, digest, sign
from driftvakt_wire.records import Record
from driftvakt_wire.records import encode as encode_record

ROOT = Path(__file__).resolve().parents[1]
MASTER = bytes(range(32))
"""The master key of zone adm in tests that need no directory."""
PATIENCE = 30.0

Key = tuple[str, Sequence[tuple[str, str]]]


@dataclass
class Sender:
    """One host that reports. `seq` is the number of its newest line."""

    origin: str
    master: bytes = MASTER
    gen: int = 1
    epoch: str = "e1"
    seq: int = 0
    key: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.key = derive_key(self.master, self.origin, self.gen)

    def line(self, record: Record | bytes, seq: int | None = None) -> bytes:
        """Return the next line, or the one of that number."""
        self.seq = self.seq + 1 if seq is None else seq
        body = record if isinstance(record, bytes) else encode_record(record)
        return sign(self.key, self.origin, self.gen, self.epoch, self.seq, body)


def host_row(number: int, **told: str) -> HostRow:
    """Return an enrolment in zone adm; what is told goes before what is made up."""
    facts = {
        "origin": f"a-{number:04}", "name": f"host-{number}", "zone": "adm", "administration": "SLK",
        "site": f"site-{number % 3}", "class_": "server",
    }  # fmt: skip
    return HostRow(gen=1, **{**facts, **told})  # type: ignore[arg-type]  # no number is told


def series_body(*keys: Key, families: Mapping[str, tuple[str, str]] | None = None) -> tuple[str, bytes]:
    """Return a series set and its digest."""
    body = encode.series_set(keys, families or {})
    return digest(body), body


def prepare(data: Path, rows: Iterable[HostRow], url: str = "") -> list[Sender]:
    """Make a data directory with these hosts enrolled. url: of the store, where it is not SQLite in `data`."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    enrolled = list(rows)
    for zone in {row.zone for row in enrolled} or {"adm"}:
        zones.create(data, zone)
    store = Store(url or f"sqlite:///{data / 'store.db'}")
    store.migrate()
    store.write_now(lambda connection: hosts.save(connection, enrolled))
    store.close()
    masters = zones.load(data)
    return [Sender(row.origin, masters[row.zone], row.gen) for row in enrolled]


def until(met: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for a condition; fail when it does not come."""
    end = time.monotonic() + patience
    while not met():
        assert time.monotonic() < end, f"waited {patience:.0f} s in vain: {what}"
        time.sleep(0.005)


class Collector:
    """A collector on a free port. settings: TOML beside `data` and `port`; url: of the store, where not SQLite."""

    def __init__(self, data: Path, settings: str = "", url: str = "") -> None:
        self.data = data
        self.port = 0
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._config = data.parent / f"{data.name}.toml"
        if url:
            secret = data.parent / f"{data.name}.url"
            secret.write_text(url, "utf-8")
            settings += f"\nstore_url_file = {json.dumps(str(secret))}"
        self._config.write_text(f"data = {json.dumps(str(data))}\nport = 0\n{settings}\n", "utf-8")

    def __enter__(self) -> "Collector":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def launch(self) -> None:
        """Start it; `await_ready` tells when it serves."""
        self.starts += 1
        paths = os.pathsep.join(str(ROOT / name) for name in ("agent", "collector"))
        with self.said.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "driftvakt_collector", "serve", "--config", str(self._config)],
                stderr=err, stdout=err, env=os.environ | {"PYTHONPATH": paths},
            )  # fmt: skip

    def start(self) -> None:
        self.launch()
        self.await_ready()

    def await_ready(self) -> None:
        found: list[str] = []

        def serves() -> bool:
            assert self._process is not None
            text = self.said.read_text("utf-8", "replace")
            assert self._process.poll() is None, f"it ended: {text}"
            found[:] = re.findall(r"serves on https?://\S+:(\d+) ", text)
            return bool(found)

        until(serves, "the collector to serve")
        self.port = int(found[0])

    @property
    def said(self) -> Path:
        """What the process that was started last wrote."""
        return self.data.parent / f"{self.data.name}.{self.starts}.log"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)

    def stop(self) -> int:
        """End it as systemd does; return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def get(self, path: str, **headers: str) -> str:
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urlopen(request, timeout=PATIENCE) as answer:
            text: bytes = answer.read()
        return text.decode()

    def post(self, *lines: bytes, encoding: str = "", body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        """Send lines, or a body as it is; return status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {"content-encoding": encoding} if encoding else {}
            connection.request("POST", "/v1/records", b"\n".join(lines) if body is None else body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()
