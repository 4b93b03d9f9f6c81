"""The body of a request within limits: size and expansion. Nothing is allocated before it is allowed."""

import zlib

from backports import zstd

MAX_WIRE = 8 << 20
"""The largest body as it comes, bytes."""
MAX_PLAIN = 16 << 20
"""The largest body after expansion, bytes."""
MAX_RATIO = 100
"""The largest expansion; beyond it a body is a bomb, whatever its size (small ones are let be)."""
RATIO_FREE = 256 << 10
MAX_HEAD = 16 << 10
"""Bytes of a request before its body."""
BLANK = b"\r\n\r\n"
"""What ends the head of a request."""
RECEIVE_SECONDS = 30.0
"""How long a request may take to arrive."""
TOO_LARGE = f"a body is at most {MAX_WIRE} bytes; send fewer lines at a time"


class BodyError(Exception):
    """The body is refused; status as in HTTP, reason for the sender's log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def expand(body: bytes, encoding: bytes) -> bytes:
    """Return the plain body. encoding: the Content-Encoding header. Raises BodyError."""
    if encoding in (b"", b"identity"):
        return body
    limit = min(MAX_PLAIN, max(RATIO_FREE, len(body) * MAX_RATIO))
    try:
        if encoding == b"gzip":
            plain = _gunzip(body, limit)
        elif encoding == b"zstd":
            plain = _unzstd(body, limit)
        else:
            raise BodyError(415, "Content-Encoding must be identity, gzip or zstd")
    except (zlib.error, zstd.ZstdError, EOFError) as e:
        raise BodyError(400, f"the body is not {encoding.decode('ascii', 'replace')}: {e}") from e
    return plain


def _gunzip(body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    plain = unpacker.decompress(body, limit + 1)
    if len(plain) > limit:
        raise BodyError(413, f"the body grows past {limit} bytes when it is expanded")
    if not unpacker.eof or unpacker.unused_data:
        raise EOFError("it ends too early, or goes on after its end")
    return plain


def _unzstd(body: bytes, limit: int) -> bytes:
    unpacker = zstd.ZstdDecompressor()
    plain = unpacker.decompress(body, limit + 1)
    if len(plain) > limit:
        raise BodyError(413, f"the body grows past {limit} bytes when it is expanded")
    if not unpacker.eof or unpacker.unused_data:
        raise EOFError("it ends too early, or goes on after its end")
    return plain
