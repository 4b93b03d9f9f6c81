"""The body of a request within limits: size and expansion. Nothing is allocated before it is allowed."""

import zlib

from backports import zstd

MAX_WIRE = 8 << 20
"""The largest body as it comes, bytes."""
MAX_PLAIN = 6 << 20
"""The largest body after expansion, bytes."""
MAX_RATIO = 100
"""The largest expansion; beyond it a body is a bomb, whatever its size (small ones are let be)."""
RATIO_FREE = 256 << 10
_IN, _OUT = 16 << 10, 256 << 10
"""Bytes that are looked at, and made, at a time."""
MAX_HEAD = 16 << 10
"""Bytes of a request before its body."""
BLANK = b"\r\n\r\n"
"""What ends the head of a request."""
RECEIVE_SECONDS = 15.0
"""How long a request may take to arrive: as long as agents and relays take to give one up."""
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
    try:
        if encoding == b"gzip":
            plain = _inflate(body, 16 + zlib.MAX_WBITS)
        elif encoding == b"deflate":
            # What HTTP calls so is zlib's format (RFC 9110, 8.4.1.2).
            plain = _inflate(body, zlib.MAX_WBITS)
        elif encoding == b"zstd":
            plain = _unzstd(body)
        else:
            raise BodyError(415, "Content-Encoding must be identity, gzip, deflate or zstd")
    except (zlib.error, zstd.ZstdError, EOFError) as e:
        raise BodyError(400, f"the body is not {encoding.decode('ascii', 'replace')}: {e}") from e
    return plain


def _inflate(body: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    pieces, size, rest = [], 0, b""
    for start in range(0, len(body), _IN):
        rest = body[start : start + _IN]
        while rest and not unpacker.eof:
            pieces.append(unpacker.decompress(rest, _OUT))
            rest = unpacker.unconsumed_tail
            size += len(pieces[-1])
            _bound(size, start + _IN - len(rest))
        if unpacker.eof:
            break
    # What the window still holds is given without more input.
    while not unpacker.eof and (piece := unpacker.decompress(rest, _OUT)):
        pieces.append(piece)
        rest = unpacker.unconsumed_tail
        size += len(piece)
        _bound(size, len(body))
    if not unpacker.eof or unpacker.unused_data or start + _IN < len(body):
        raise EOFError("it ends too early, or goes on after its end")
    return b"".join(pieces)


def _unzstd(body: bytes) -> bytes:
    unpacker = zstd.ZstdDecompressor()
    pieces, size, start = [], 0, 0
    while not unpacker.eof:
        piece = b""
        if unpacker.needs_input:
            if start >= len(body):
                break
            piece = body[start : start + _IN]
            start += _IN
        pieces.append(unpacker.decompress(piece, _OUT))
        size += len(pieces[-1])
        _bound(size, min(start, len(body)))
    if not unpacker.eof or unpacker.unused_data or start < len(body):
        raise EOFError("it ends too early, or goes on after its end")
    return b"".join(pieces)


def _bound(size: int, taken: int) -> None:
    """Refuse a body that grew to `size` bytes, of `taken` bytes that were looked at so far. Raises BodyError."""
    if size > MAX_PLAIN:
        raise BodyError(413, f"the body grows past {MAX_PLAIN} bytes when it is expanded")
    if size > max(RATIO_FREE, taken * MAX_RATIO):
        raise BodyError(413, f"the body grows more than {MAX_RATIO} times when it is expanded")
