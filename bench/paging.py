"""How fast a burst of alerts becomes pages: decided on, an incident each, an SMS and a mail, all of it in the store.

The ways to people take no time. Beside it Alertmanager, which calls one URL an alert and keeps no incident.
"""

import asyncio
import contextlib
import io
import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from urllib.request import Request, urlopen

from driftvakt_collector.__main__ import main as command
from driftvakt_collector.alert.alert import Alert, Change, Severity, Source, What, fingerprint
from driftvakt_collector.alert.notify.message import Message, Sent
from driftvakt_collector.alert.outbox import Channel
from driftvakt_collector.alert.words import Words
from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.store import outbox

ALERTS = 2000
PEOPLE = 200
_PATIENCE = 180.0
_PEER = """
route: {{receiver: us, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: us, webhook_configs: [{{url: "http://127.0.0.1:{port}/", max_alerts: 0}}]}}]
"""


class _Nobody:
    """Takes messages, and notes how long each was on its way."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.taken: list[float] = []

    async def send(self, message: Message) -> Sent:
        self.taken.append(time.time() - message.at)
        return Sent(f"n{len(self.taken)}")

    async def close(self) -> None:
        return


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for 2,000 alerts at once."""
    count = max(50, round(ALERTS * scale))
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_ours(Path(folder) / "data", count))
    with tempfile.TemporaryDirectory() as folder:
        theirs = _theirs(Path(folder), count)
    if theirs is None:
        found["Alertmanager"] = "not installed"
    else:
        ours = float(str(found["incidents a second"]))
        found |= {"Alertmanager: calls a second": round(theirs), "ratio": round(ours / theirs, 3)}
    return found


async def _ours(data: Path, count: int) -> dict[str, object]:
    _made(data)
    app = App(Config(data=data))
    ways = {name: _Nobody(name) for name in ("sms", "email")}
    app.alarms.outbox.channels = {name: Channel(way) for name, way in ways.items()}
    await app.start()
    try:
        await app.alarms.refresh()
        burst = [_alert(number) for number in range(count)]
        began, spent = time.perf_counter(), time.process_time()
        app.alarms.engine.take(Change(What.RAISED, one, time.time()) for one in burst)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            await asyncio.sleep(0.05)
            waiting = app.store.read(lambda one: outbox.standing(one, time.time()))
            if len(ways["sms"].taken) + len(ways["email"].taken) and not waiting and not app.alarms.engine.waiting:
                break
        took, spent = time.perf_counter() - began, time.process_time() - spent
    finally:
        await app.stop()
    waits = sorted(ways["sms"].taken + ways["email"].taken)
    return {
        "alerts at once": count, "people": min(PEOPLE, count), "messages": len(waits),
        "seconds until all were out": round(took, 1), "incidents a second": round(count / took, 1),
        "CPU ms an incident": round(spent * 1e3 / count, 2),
        "seconds from incident to message, 99 of 100": round(waits[int(len(waits) * 0.99)], 1),
    }  # fmt: skip


def _made(data: Path) -> None:
    """Make a collector's data with people, of whom each is told of what is wrong with a service of their own."""

    def run(*words: str) -> None:
        if command([*words, "--data", str(data)]) != 0:
            raise RuntimeError(f"this failed: driftvakt {' '.join(words)}")

    with _quiet():
        run("init")
        path = data.parent / "plan.toml"
        for number in range(PEOPLE):
            name = f"p{number}"
            run("person", "add", name, "--phone", f"+4670{number:07}", "--email", f"{name}@stad.example")
            path.write_text(f'name = "{name}"\n[[step]]\nnotify = ["{name}"]\nchannels = ["sms", "email"]\n', "utf-8")
            run("escalation", "apply", str(path))
        path.write_text(
            "\n".join(f'[[route]]\npolicy = "p{number}"\nservices = ["s{number}"]' for number in range(PEOPLE)), "utf-8"
        )
        run("escalation", "apply", str(path))


def _alert(number: int) -> Alert:
    subject = f"server-{number}"
    return Alert(
        fingerprint(Source.RULE, "DiskFull", subject, ()), Source.RULE, "DiskFull", Severity.CRITICAL,
        Words(f"Disken på {subject} är full", f"The disk of {subject} is full"), time.time(), subject, subject, "adm",
        "SLK", "Stadshuset", "server", f"s{number % PEOPLE}",
    )  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


# --- the peer ---


def _theirs(folder: Path, count: int) -> float | None:
    """Return how many alerts a second Alertmanager tells of; None where it is not installed."""
    program = which("prometheus-alertmanager")
    if program is None:
        return None
    heard: set[str] = set()
    over = threading.Event()

    class Ear(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.update(one["labels"]["alertname"] for one in told["alerts"])
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            if len(heard) >= count:
                over.set()

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 1024

    server = Server(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (folder / "am.yml").write_text(_PEER.format(port=server.server_address[1]), "utf-8")
    process = subprocess.Popen(
        [program, f"--config.file={folder / 'am.yml'}", f"--storage.path={folder / 'am'}",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _ready(f"http://127.0.0.1:{port}/-/ready")
        now = datetime.now(UTC).isoformat()
        alerts = [{"labels": {"alertname": f"F{number}", "severity": "critical"}, "startsAt": now}
                  for number in range(count)]  # fmt: skip
        began = time.perf_counter()
        _post(f"http://127.0.0.1:{port}/api/v2/alerts", alerts)
        if not over.wait(_PATIENCE):
            return len(heard) / _PATIENCE
        return count / (time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(20)
        server.shutdown()
        server.server_close()


def _ready(url: str) -> None:
    end = time.monotonic() + 20.0
    while time.monotonic() < end:
        with suppress(OSError), urlopen(url, timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


def _post(url: str, alerts: Sequence[object]) -> None:
    with urlopen(Request(url, json.dumps(alerts).encode(), {"content-type": "application/json"}), timeout=60):
        return
