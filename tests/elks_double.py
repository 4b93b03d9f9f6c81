"""46elks as it is, on loopback: it takes SMS, and posts receipts and SMS that came in until it is answered with 2xx.

    with FakeElks().running() as elks:
        settings = ElksSettings("u", secret, "+46766861234", receipts=…, base_url=elks.base_url)
        …
        elks.receipt(elks.sent[0], "delivered")
        elks.incoming("+46701234567", "K 4F7P", to_url=…)

Behaviours are scripted, one a request: "ok", "401", "403", "429", "500", "slow", "html", "drop", …
"""

import base64
import contextlib
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from driftvakt_collector.alert.notify import sms

ACCOUNT, SECRET = "u-api", "hemligt-åäö"
_RETRIES = 5


@dataclass(frozen=True)
class ElksSms:
    """An SMS that was taken. form: all that was posted."""

    id: str
    sender: str
    to: str
    message: str
    whendelivered: str
    parts: int
    form: Mapping[str, str]


@dataclass
class FakeElks:
    """script: behaviours of the next requests; then all is well. sent: what was taken. asked: every form that came.

    answers: what our side said to each callback: status and text.
    """

    script: list[str] = field(default_factory=list)
    sent: list[ElksSms] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    account: str = ACCOUNT
    secret: str = SECRET
    credit: bool = True
    port: int = 0
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/a1"

    @contextlib.contextmanager
    def running(self) -> Iterator["FakeElks"]:
        """Serve while the block lasts."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                fake._handle(self)

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        # The threads of lines that are kept open would be waited for.
        server.block_on_close = False
        self.port = server.server_address[1]
        thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            server.shutdown()
            server.server_close()
            thread.join(5)

    def _handle(self, request: BaseHTTPRequestHandler) -> None:  # noqa: C901  one table of behaviours
        raw = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        form = dict(urllib.parse.parse_qsl(raw.decode("utf-8"), keep_blank_values=True))
        with self._lock:
            self.asked.append(form)
            how = self.script.pop(0) if self.script else "ok"
        wanted = "Basic " + base64.b64encode(f"{self.account}:{self.secret}".encode()).decode()
        if how == "slow":
            self._over.wait(30)
        if how == "drop":
            request.close_connection = True
            request.connection.close()
        elif how in ("slow-taken", "drop-taken"):
            # It is taken, and the answer never comes.
            self._take(form)
            if how == "slow-taken":
                self._over.wait(30)
            request.close_connection = True
            request.connection.close()
        elif how == "401" or request.headers.get("Authorization") != wanted:
            _answer(request, 401, "Unauthorized", "text/plain")
        elif how == "403" or not self.credit:
            _answer(request, 403, json.dumps({"error": "Not enough credits"}))
        elif how == "429":
            _answer(request, 429, "Slow down", "text/plain", {"Retry-After": "17"})
        elif how in ("500", "502", "503"):
            _answer(request, int(how), "<html><h1>Internal Server Error</h1></html>", "text/html")
        elif how == "html":
            _answer(request, 200, "<html>Welcome to the hotel's network</html>", "text/html")
        elif how == "no-id":
            _answer(request, 200, json.dumps({"status": "created"}))
        elif how == "list":
            _answer(request, 200, "[]")
        elif how == "failed":
            _answer(request, 200, json.dumps(self._told(self._take(form), "failed")))
        elif how == "flood":
            _answer(request, 500, "x" * 5_000_000, "text/plain")
        elif wrong := _wrong(form):
            _answer(request, 400, wrong, "text/plain")
        else:
            _answer(request, 200, json.dumps(self._told(self._take(form), "created"), ensure_ascii=False))

    def _take(self, form: Mapping[str, str]) -> ElksSms:
        with self._lock:
            self._number += 1
            made = ElksSms(
                f"s{self._number:032x}", form["from"], form["to"], form["message"], form.get("whendelivered", ""),
                sms.parts(form["message"]), form,
            )  # fmt: skip
            self.sent.append(made)
        return made

    @staticmethod
    def _told(one: ElksSms, status: str) -> dict[str, object]:
        return {
            "status": status, "direction": "outgoing", "from": one.sender, "created": _now(), "parts": one.parts,
            "to": one.to, "cost": 5200 * one.parts, "message": one.message, "id": one.id,
        }  # fmt: skip

    def receipt(self, one: ElksSms, status: str, *, times: int = 1) -> list[int]:
        """Post a receipt to where the sender asked for it; again until 2xx. times: how often it comes all the same.

        Returns the statuses that our side answered.
        """
        form = {"id": one.id, "status": status}
        if status == "delivered":
            form["delivered"] = _now()
        return [self._called(one.whendelivered, form) for _ in range(times)]

    def incoming(
        self, sender: str, text: str, *, to: str = "+46766861234", to_url: str, id_: str = "", times: int = 1
    ) -> list[str]:
        """Post an SMS that came in to a URL of ours; returns what our side answered, which goes back as an SMS."""
        with self._lock:
            self._number += 1
            id_ = id_ or f"s{self._number:032x}"
        form = {"direction": "incoming", "id": id_, "from": sender, "to": to, "created": _now(), "message": text}
        texts = []
        for _ in range(times):
            self._called(to_url, form)
            texts.append(self.answers[-1][1])
        return texts

    def _called(self, url: str, form: Mapping[str, str]) -> int:
        status = 0
        for attempt in range(_RETRIES):
            try:
                with urllib.request.urlopen(  # what is called is on loopback
                    urllib.request.Request(url, urllib.parse.urlencode(form).encode("ascii")), timeout=10
                ) as response:
                    status, text = response.status, response.read().decode("utf-8", "replace")
            except urllib.error.HTTPError as e:
                with e:
                    status, text = e.code, e.read().decode("utf-8", "replace")
            except OSError as e:
                status, text = 0, str(e)
            self.answers.append((status, text))
            if 200 <= status <= 204:
                break
            if attempt + 1 < _RETRIES:
                time.sleep(0.01)
        return status


def _wrong(form: Mapping[str, str]) -> str:
    for name in ("from", "to", "message"):
        if not form.get(name):
            return f"Missing key {name}"
    if not sms.is_number(form["to"]):
        return json.dumps({"error": "Invalid to number"})
    return ""


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat()


def _answer(
    request: BaseHTTPRequestHandler, status: int, text: str, kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    body = text.encode("utf-8")
    with contextlib.suppress(OSError):
        request.send_response(status)
        request.send_header("Content-Type", f"{kind}; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
