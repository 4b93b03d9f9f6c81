"""A browser of a few lines: asks an ASGI application, keeps cookies, follows nothing."""

import asyncio
import zlib
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


class Visitor:
    """Somebody at an address. `headers` go with each POST, as a browser sends them from our own page."""

    def __init__(self, application: Any, address: str = "192.0.2.7") -> None:
        self._application = application
        self._address = address
        self.cookies: dict[str, str] = {}
        self.headers = {"origin": "http://console.test", "sec-fetch-site": "same-origin"}

    def get(self, url: str, **headers: str) -> Answer:
        return self._ask("GET", url, b"", headers)

    def post(self, url: str, **fields: str) -> Answer:
        return self._ask("POST", url, urlencode(fields).encode(), self.headers)

    def login(self, secret: str, **fields: str) -> Answer:
        return self.post("/login", name="admin", secret=secret, **fields)

    def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        return asyncio.run(self.ask(method, url, body, headers))

    async def ask(self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """Ask within a loop that runs already."""
        path, _, query = url.partition("?")
        told = {"host": "console.test", "accept-encoding": "gzip", **(headers or {})}
        if self.cookies:
            told["cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "scheme": "http", "server": ("console.test", 80), "root_path": "",
            "client": (self._address, 50000), "headers": [(k.encode(), v.encode()) for k, v in told.items()],
        }  # fmt: skip
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        try:
            await self._application(scope, receive, send)
        except ValueError:
            # Starlette answers first, then lets the server log what it was.
            if not sent:
                raise
        found = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in sent[1:])
        if found.get("content-encoding") == "gzip":
            content = zlib.decompress(content, 16 + zlib.MAX_WBITS)
        if "set-cookie" in found:
            name, _, text = found["set-cookie"].partition(";")[0].partition("=")
            self.cookies[name] = text.strip('"')
        return Answer(sent[0]["status"], found, content)


class Outline(HTMLParser):
    """What a page is made of: elements with their attributes' names, in order, and which are not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
