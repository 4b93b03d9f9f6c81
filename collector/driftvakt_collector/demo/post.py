"""HTTP/1.1 to the collector's door over one kept connection, as an agent speaks it, without a thread for each."""

import asyncio
import json
import zlib
from typing import Any
from urllib.parse import urlsplit

from driftvakt_wire import RELEASE

_COMPRESS_FROM = 300
_TIMEOUT = 15.0


class PostError(Exception):
    """Nothing is known of the lines: send them again."""


class Connection:
    """A connection that is opened when it is needed, and again after a fault."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._head = (
            f"POST /v1/records HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nUser-Agent: driftvakt-demo/{RELEASE}\r\n"
        ).encode()
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Post lines; return status and answer. Raises PostError."""
        encoding = b""
        if len(body) >= _COMPRESS_FROM:
            packer = zlib.compressobj(6, wbits=16 + zlib.MAX_WBITS)
            body = packer.compress(body) + packer.flush()
            encoding = b"Content-Encoding: gzip\r\n"
        request = b"%s%sContent-Length: %d\r\n\r\n%s" % (self._head, encoding, len(body), body)
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._exchange(request)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as e:
            self.close()
            raise PostError(f"cannot deliver: {str(e) or e.__class__.__name__}") from e

    def close(self) -> None:
        """Let go of the connection."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    async def _exchange(self, request: bytes) -> tuple[int, dict[str, Any]]:
        if self._open is None:
            self._open = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._open
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
        answer = json.loads(await reader.readexactly(int(length.partition(":")[2])))
        if "\r\nconnection: close\r\n" in head:
            self.close()
        return status, answer if isinstance(answer, dict) else {}
