"""Mail that comes back, taken apart within bounds: headers, addresses, text. Pure.

The library's parser is slow for some mail that nobody honest sends, and stumbles over other; here it gets neither.
"""

import email
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from hashlib import sha256
from itertools import islice

from driftvakt_collector.alert.answers import markup

MOST_BYTES = 1 << 20
MOST_PARTS = 50
_MOST_BORDERS = 500
"""Lines that may be borders between parts."""
_MOST_RUN = 8000
"""Bytes of a line with those that continue it."""
_MOST_VALUE = 4000
_MOST_HEADERS = 40
_MOST_ADDRESSES = 200
BROKEN = (MessageError, ValueError, LookupError, IndexError, AttributeError, TypeError, RecursionError)
"""The parser of the library raises each of these for some mail that nobody should send."""


def parsed(raw: bytes) -> Message:
    """Return a mail. Raises one of BROKEN."""
    return email.message_from_bytes(tamed(raw))


def key(raw: bytes) -> str:
    """Return by what a mail without an id is known again."""
    return f"sha256:{sha256(raw).hexdigest()}"


def tamed(raw: bytes) -> bytes:
    """Return a mail without what keeps the library's parser busy for minutes, and that no honest mail has: headers of

    a megabyte, thousands of parts. Each line is looked at once.
    """
    kept: list[bytes] = []
    run = borders = 0
    for row in raw[:MOST_BYTES].split(b"\n"):
        run = run + len(row) if row[:1] in (b" ", b"\t") else len(row)
        borders += row.startswith(b"--")
        if borders > _MOST_BORDERS and row.startswith(b"--"):
            continue
        if run <= _MOST_RUN:
            kept.append(row)
        elif run == len(row):
            kept.append(row[:_MOST_RUN])
    return b"\n".join(kept)


def header(mail: Message, name: str) -> str:
    """Return a header, all of them where it comes again, as far as it can be read."""
    return " ".join(_value(one) for one in (mail.get_all(name) or [])[:_MOST_HEADERS])


def _value(one: object) -> str:
    """Return a header's text, decoded (RFC 2047) where that can be done."""
    told = str(one)[:_MOST_VALUE]
    try:
        return str(make_header(decode_header(told)))
    except (MessageError, ValueError, LookupError):
        return told


def addresses(mail: Message, names: tuple[str, ...]) -> list[str]:
    """Return the addresses in some headers, without the names of people; what has no @ is none."""
    told = [str(one)[:_MOST_RUN] for name in names for one in (mail.get_all(name) or [])[:_MOST_HEADERS]]
    return [address for _, address in getaddresses(told) if "@" in address][:_MOST_ADDRESSES]


def text(mail: Message) -> str:
    """Return the text: the plain one where there is one, else that of the HTML."""
    html = ""
    for part in _parts(mail):
        if part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            return decoded(part)
        if kind == "text/html" and not html:
            html = decoded(part)
    return markup.to_text(html)


def _parts(mail: Message) -> Iterator[Message]:
    for part in islice(mail.walk(), MOST_PARTS):
        if not part.is_multipart():
            yield part


def decoded(part: Message) -> str:
    """Return the text of one part."""
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")
