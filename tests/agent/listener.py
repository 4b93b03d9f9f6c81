"""A real HTTP server in a thread that says exactly the bytes a test wants said, and keeps what it was told."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from driftvakt_wire.envelope import Envelope, split

_PATIENCE = 20.0
"""Seconds after which a test that went wrong fails instead of hanging."""


class Request:
    """One request. connection: which connection it came on, from 0. size: bytes of HTTP, head and body."""

    def __init__(self, head: bytes, body: bytes, connection: int) -> None:
        line, *rest = head.decode("latin-1").split("\r\n")
        self.line = line
        self.headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
        self.body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
        self.connection = connection
        self.size = len(head) + 4 + len(body)

    def envelopes(self) -> list[Envelope]:
        """The lines it carried, in their order."""
        return [split(line) for line in self.body.split(b"\n")]

    def records(self) -> list[dict[str, object]]:
        """The records of its lines, in their order."""
        return [json.loads(one.record) for one in self.envelopes()]

    def kinds(self) -> list[str]:
        return [str(record["kind"]) for record in self.records()]


Answer = Callable[[Request], bytes]
"""What a server says to a request; nothing means that it closes the connection."""


class Listener:
    """`with Listener(answer) as server:` serves on server.port until the block ends.

    context: for TLS. once: each connection is closed after one answer, whatever that says.
    """

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None, *, once: bool = False) -> None:
        self._answer = answer
        self._context = context
        self._once = once
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listening.getsockname()[1]
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def hang_up(self) -> None:
        """Close what connections there are, as a server does with those that were idle for too long."""
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.settimeout(_PATIENCE)
            number, self.connections = self.connections, self.connections + 1
            self._start(lambda connection=connection, number=number: self._serve(connection, number))  # type: ignore[misc]

    def _serve(self, plain: socket.socket, number: int) -> None:
        with plain:
            try:
                connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
                with connection:
                    self._open.append(connection)
                    while self._one(connection, number):
                        pass
            except OSError:
                return

    def _one(self, connection: socket.socket, number: int) -> bool:
        """Take a request and answer it; say if there may be another."""
        told = b""
        while b"\r\n\r\n" not in told:
            block = connection.recv(65536)
            if not block:
                return False
            told += block
        head, _, body = told.partition(b"\r\n\r\n")
        request = Request(head, b"", number)
        length = int(request.headers.get("content-length", "0"))
        while len(body) < length:
            body += connection.recv(65536)
        request = Request(head, body, number)
        self.requests.append(request)
        said = self._answer(request)
        connection.sendall(said)
        return said != b"" and not self._once and b"connection: close" not in said.lower()


def http(status: int, body: object = None, **headers: str) -> bytes:
    """A whole answer with a JSON body, or a bytes body as it is."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(text)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text


def taken(request: Request) -> dict[str, object]:
    """What a collector says when all is well."""
    return {"accepted": len(request.envelopes()), "duplicate": 0, "rejected": 0, "time": 1764000000.0, "next": 60.0}
