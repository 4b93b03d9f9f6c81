"""HTTP/1.1 by hand over one kept connection: http.client and what it imports cost 2 MB of the agent's memory.

Source: RFC 9112. Only what a collector or a relay answers is understood; anything else is an error that says so.
"""

import socket
import ssl
import time
import zlib
from collections.abc import Callable

from driftvakt_agent.config import ConfigError, split_url
from driftvakt_wire import RELEASE

_MAX_HEAD = 16 << 10
_MAX_BODY = 4 << 20
_COMPRESS_FROM = 300
_WINDOW = 13
"""Bits of the window for a body that fits into it: zlib then takes 64 kB for a moment instead of 256."""
_MEMORY = 6
_BACKLOG = b"Driftvakt-Backlog: 1\r\n"
_FOREVER = float("inf")


class SendError(Exception):
    """Nothing is known of the lines: send them again. The text says what was tried, where, and what went wrong."""


class Response:
    """status: of HTTP. retry_after: seconds the collector asked for, 0 when it did not."""

    __slots__ = ("body", "retry_after", "status")

    def __init__(self, status: int, body: bytes, retry_after: float) -> None:
        self.status = status
        self.body = body
        self.retry_after = retry_after


class Sender:
    """Posts to one collector. url: where it is. sent, received: bytes of HTTP since the start, without TLS.

    timeout: seconds to connect, seconds to send, and seconds until the whole answer is there. context: of TLS, where
    several share one.
    """

    __slots__ = (
        "_address", "_context", "_ends", "_head", "_host", "_monotonic", "_port", "_rest", "_socket", "_timeout",
        "received", "sent", "url",
    )  # fmt: skip

    def __init__(
        self,
        url: str,
        ca_file: str = "",
        timeout: float = 15.0,
        monotonic: Callable[[], float] = time.monotonic,
        context: ssl.SSLContext | None = None,
    ) -> None:
        tls, self._host, self._port = split_url(url)
        self.url = url
        self._address = ""
        self._timeout = timeout
        self._context = (context or trusting(ca_file)) if tls else None
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._head = (
            f"POST /v1/records HTTP/1.1\r\nHost: {shown}:{self._port}\r\nUser-Agent: driftvakt-agent/{RELEASE}\r\n"
        ).encode()
        self._socket: socket.socket | None = None
        self._rest = b""
        self._monotonic = monotonic
        self._ends = 0.0
        self.sent = 0
        self.received = 0

    def post(self, body: bytes, *, backlog: bool = False, patience: float = _FOREVER) -> Response:
        """Post lines. A kept connection that the other side had closed is opened again, once. Raises SendError.

        backlog: it is the past, and can wait at the other end too. patience: seconds, where less than the usual.
        """
        encoding = _BACKLOG if backlog else b""
        timeout = min(self._timeout, patience)
        if len(body) >= _COMPRESS_FROM:
            window = _WINDOW if len(body) <= 1 << _WINDOW else zlib.MAX_WBITS
            packer = zlib.compressobj(6, zlib.DEFLATED, 16 + window, _MEMORY)
            body = packer.compress(body) + packer.flush()
            encoding += b"Content-Encoding: gzip\r\n"
        request = b"%s%sContent-Length: %d\r\n\r\n%s" % (self._head, encoding, len(body), body)
        fresh = self._socket is None
        try:
            return self._exchange(request, timeout)
        except (OSError, SendError, ValueError) as e:
            self.close()
            if fresh:
                raise SendError(f"cannot deliver to {self.url}: {_reason(e)}") from e
        try:
            return self._exchange(request, timeout)
        except (OSError, SendError, ValueError) as e:
            self.close()
            raise SendError(f"cannot deliver to {self.url}: {_reason(e)}") from e

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            try:
                self._socket.close()
            finally:
                self._socket = None
                self._rest = b""

    def _exchange(self, request: bytes, timeout: float) -> Response:
        if self._socket is None:
            self._socket = self._connect(timeout)
        self._socket.settimeout(timeout)
        self._socket.sendall(request)
        self.sent += len(request)
        self._ends = self._monotonic() + timeout
        head = self._until(b"\r\n\r\n", _MAX_HEAD).decode("latin-1").split("\r\n")
        version, _, rest = head[0].partition(" ")
        if not version.startswith("HTTP/1.") or not _is_number(rest[:3]):
            raise SendError("what answers there does not speak HTTP")
        headers = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self._body(headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        retry_after = headers.get("retry-after", "")
        return Response(int(rest[:3]), body, float(retry_after) if _is_number(retry_after) else 0.0)

    def _connect(self, timeout: float) -> socket.socket:
        try:
            plain = socket.create_connection((_ascii(self._host), self._port), timeout)
        except socket.gaierror:
            if not self._address:
                raise
            # No name server answers: where it was found last it may still be, and TLS says if it is the one.
            plain = socket.create_connection((self._address, self._port), timeout)
        self._address = str(plain.getpeername()[0])
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._context is None:
                return plain
            return self._context.wrap_socket(plain, server_hostname=_ascii(self._host))
        except BaseException:
            plain.close()
            raise

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        length = headers.get("content-length", "0")
        if not _is_number(length) or int(length) > _MAX_BODY:
            raise SendError(f"the answer has a length of {length[:20]!r}")
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        whole = bytearray()
        while True:
            size = int(self._until(b"\r\n", _MAX_HEAD).partition(b";")[0], 16)
            if size < 0 or len(whole) + size > _MAX_BODY:
                raise SendError("the answer is too large")
            whole += self._exactly(size)
            self._until(b"\r\n", _MAX_HEAD)
            if size == 0:
                return bytes(whole)

    def _until(self, mark: bytes, limit: int) -> bytes:
        while mark not in self._rest:
            if len(self._rest) > limit:
                raise SendError("the answer is not HTTP")
            self._rest += self._read()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._rest += self._read()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _read(self) -> bytes:
        assert self._socket is not None
        left = self._ends - self._monotonic()
        if left <= 0:
            # An answer that comes byte by byte would else hold the agent for hours.
            raise TimeoutError
        self._socket.settimeout(left)
        block = self._socket.recv(16384)
        if not block:
            raise SendError("the connection was closed before the answer was whole")
        self.received += len(block)
        return block


def trusting(ca_file: str) -> ssl.SSLContext:
    """Return a context that trusts the collector's own CA only, or the system's where none is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as e:
            raise ConfigError(f"'ca_file': cannot read {ca_file}: {e.strerror}") from e
    else:
        context.load_default_certs()
    return context


def _ascii(host: str) -> str:
    """Return the host's name as bytes where it has no å ä ö, so that Python loads no tables for international names.

    The annotation is that of the functions it is given to; they take bytes as well.
    """
    return host.encode() if host.isascii() else host  # type: ignore[return-value]


def _is_number(text: str) -> bool:
    """Say if these are digits, of which float() and int() make a number: `isdigit` also says so of superscripts."""
    return 0 < len(text) < 16 and text.isascii() and text.isdigit()


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return f"its certificate is not trusted: {why}; check 'ca_file' and the host's name"
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return "what listens there does not speak TLS; does it serve http://, or is it another port?"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; is the collector running?"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or error.__class__.__name__
