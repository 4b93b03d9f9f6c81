"""46elks as its documentation tells it: takes SMS by a form, calls back with receipts and with SMS that came.

A call back that is not answered by 200 to 204 is tried again, as 46elks does.
"""

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

USER, PASSWORD = "u123", "abc"
_LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
Act = tuple[int, bytes] | float | None
"""How it misbehaves once: an answer of its own, or seconds that it takes; None for well."""


@dataclass(frozen=True)
class Sms:
    id: str
    sender: str
    to: str
    text: str
    receipts: str
    at: float = 0.0


@dataclass
class Elks:
    """acts: what happens to the next messages. sent: what it took; asked: how often it was called. histories: what it

    answers when it is asked next what it took.
    """

    histories: list[tuple[int, bytes]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    sent: list[Sms] = field(default_factory=list)
    asked: int = 0
    delivers: bool = True
    pace: float = 0.0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        elks = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, answer = elks.take(self.path, self.headers.get("authorization", ""), body)
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                status, answer = elks.history(self.path, self.headers.get("authorization", ""))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Who asked was killed meanwhile."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, path: str, login: str, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            self.asked += 1
            act = self.acts.pop(0) if self.acts else None
            number = self.asked
        if isinstance(act, tuple):
            return act
        time.sleep(act or self.pace)
        if path != "/a1/sms":
            return 404, b"Not found"
        if login != _LOGIN:
            return 401, b"API access requires Basic HTTP authentication"
        form = dict(parse_qsl(body.decode()))
        missing = [name for name in ("from", "to", "message") if not form.get(name)]
        if missing:
            return 400, f"Missing key {missing[0]}".encode()
        sms = Sms(
            f"s{number:032x}", form["from"], form["to"], form["message"], form.get("whendelivered", ""), time.time()
        )
        with self._lock:
            self.sent.append(sms)
        if sms.receipts and self.delivers:
            self.receipt(sms, "delivered")
        told = {
            "status": "created", "direction": "outgoing", "from": sms.sender, "to": sms.to, "message": sms.text,
            "created": _utc(sms.at), "parts": 1, "cost": 5200, "id": sms.id,
        }  # fmt: skip
        return 200, json.dumps(told, ensure_ascii=False).encode()

    def history(self, path: str, login: str) -> tuple[int, bytes]:
        """Tell what was sent, the newest first: of one number, before `start` and after `end`."""
        if self.histories:
            return self.histories.pop(0)
        told = urlsplit(path)
        if told.path != "/a1/sms":
            return 404, b"Not found"
        if login != _LOGIN:
            return 401, b"API access requires Basic HTTP authentication"
        asked = dict(parse_qsl(told.query))
        with self._lock:
            sent = list(reversed(self.sent))
        rows = [
            {
                "id": one.id, "created": created, "direction": "outgoing", "from": one.sender, "to": one.to,
                "message": one.text, "status": "created", "cost": 5200,
            } for one in sent
            if asked.get("to", one.to) == one.to and asked.get("end", "") < (created := _utc(one.at)) and
            created < asked.get("start", "9")
        ]  # fmt: skip
        return 200, json.dumps({"data": rows[: min(int(asked.get("limit", "100")), 100)]}, ensure_ascii=False).encode()

    def receipt(self, sms: Sms, status: str) -> None:
        """Call back that an SMS arrived or not, in a moment: the answer to the sender goes first."""
        fields = {"id": sms.id, "status": status}
        threading.Thread(target=self._call, args=(sms.receipts, fields, 0.05), daemon=True).start()

    def incoming(self, url: str, sender: str, text: str, key: str) -> str:
        """Bring an SMS from somebody; return what is said back."""
        fields = {
            "direction": "incoming", "id": key, "from": sender, "to": "+46766861001", "message": text,
            "created": "2026-11-27T10:00:00.000000",
        }  # fmt: skip
        return self._call(url, fields, 0.0)

    @staticmethod
    def _call(url: str, fields: dict[str, str], after: float) -> str:
        time.sleep(after)
        for _ in range(40):
            try:
                with urlopen(Request(url, urlencode(fields).encode()), timeout=5) as answer:
                    if 200 <= answer.status <= 204:
                        text: str = answer.read().decode()
                        return text
            except HTTPError as e:
                if e.code in (400, 404):
                    return f"{e.code}"
            except OSError:
                pass
            time.sleep(0.25)
        return "gave up"

    def to(self, number: str) -> list[Sms]:
        return [one for one in self.sent if one.to == number]


Met = Callable[[], Any]


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
