"""A mail that came in, read: who it says it is from, what it is about, and whether a person wrote it.

Everything in it is a claim of its sender. What may be believed is decided in `verify`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from enum import Enum

from driftvakt_collector.alert.answers.reply import of_html, own_words

MOST = 256 * 1024
"""Octets of a mail that are looked at."""
_PARTS = 30
_IDS = 50
_COMMENTS = 50
_ID = re.compile(r"<([^<>\s]{3,250})>")


class Kind(Enum):
    """Who wrote it: a person, a machine, or a server that could not deliver."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"


@dataclass(frozen=True)
class Letter:
    """id: its Message-ID, without brackets. sender: the one address of From, lower case, empty where there is not one.

    to: addresses that it came to, lower case but for what stands behind a plus. refers: Message-IDs that it answers,
    the nearest first. text: what its sender wrote themselves. authentication: values of Authentication-Results, the
    topmost first. bounced: Message-IDs that a bounce says did not arrive, status: why, as 5.1.1.
    """

    id: str
    kind: Kind
    sender: str
    to: tuple[str, ...]
    refers: tuple[str, ...]
    subject: str
    text: str
    authentication: tuple[str, ...] = ()
    bounced: tuple[str, ...] = ()
    status: str = ""


def read(raw: bytes) -> Letter:
    """Return a mail that was read as far as it goes. Never raises: a mail is anybody's."""
    try:
        return _read(raw)
    except RecursionError:
        # Parts in parts in parts: no program of a person's makes that.
        return Letter("", Kind.AUTOMATIC, "", (), (), "", "")


def _read(raw: bytes) -> Letter:
    made = BytesParser(policy=policy.compat32).parsebytes(raw[:MOST])
    parts = _parts(made)
    senders = [address.casefold() for address in _addresses(_values(made, "From")) if "@" in address]
    kind = _kind(made, parts)
    bounced, status = _bounced(parts) if kind is Kind.BOUNCE else ((), "")
    near = _ids(_values(made, "In-Reply-To"))
    far = list(reversed(_ids(_values(made, "References"))))
    return Letter(
        id=next(iter(_ids(_values(made, "Message-ID"))), ""),
        kind=kind,
        sender=senders[0] if len(senders) == 1 and len(_values(made, "From")) == 1 else "",
        to=tuple(_to(made)),
        refers=tuple(dict.fromkeys([*near, *far]))[:_IDS],
        subject=" ".join(str(_header(made, "Subject")).split())[:300],
        text=own_words(_text(parts)),
        authentication=tuple(" ".join(one.split())[:2000] for one in _values(made, "Authentication-Results"))[:10],
        bounced=bounced,
        status=status,
    )


def _values(made: object, name: str) -> list[str]:
    values = made.get_all(name, [])  # type: ignore[attr-defined]
    return [str(one)[:10_000] for one in values[:20]]


def _header(made: object, name: str) -> str:
    values = _values(made, name)
    if not values:
        return ""
    try:
        return str(make_header(decode_header(values[0])))
    except (ValueError, LookupError, UnicodeError):
        return values[0]


def _ids(values: list[str]) -> list[str]:
    return [one for value in values for one in _ID.findall(value)][-_IDS:]


def _addresses(values: list[str]) -> list[str]:
    """Return the addresses of such fields; one with comments in comments in comments is nobody's."""
    # The library goes down into each comment by a call of itself.
    return [address for _, address in getaddresses([one for one in values if one.count("(") <= _COMMENTS])]


def _to(made: object) -> Iterator[str]:
    names = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
    for address in _addresses([value for name in names for value in _values(made, name)])[:50]:
        local, at, domain = address.rpartition("@")
        if at:
            base, plus, token = local.partition("+")
            yield f"{base.casefold()}{plus}{token}@{domain.casefold()}"


def _parts(made: object) -> list[EmailMessage]:
    found: list[EmailMessage] = []
    for part in made.walk():  # type: ignore[attr-defined]
        found.append(part)
        if len(found) >= _PARTS:
            break
    return found


def _kind(made: object, parts: list[EmailMessage]) -> Kind:
    """Say who wrote it, by RFC 3834, RFC 3464 and what Exchange and others do instead."""
    type_ = made.get_content_type()  # type: ignore[attr-defined]
    report = str(made.get_param("report-type", "")).casefold() if type_ == "multipart/report" else ""  # type: ignore[attr-defined]
    back = "".join(_values(made, "Return-Path")).strip()
    sender = "".join(_values(made, "From")).casefold()
    if report == "delivery-status" or any(part.get_content_type() == "message/delivery-status" for part in parts):
        return Kind.BOUNCE
    if back == "<>" or "mailer-daemon" in sender or "postmaster@" in sender or _values(made, "X-Failed-Recipients"):
        return Kind.BOUNCE
    if type_ == "multipart/report":
        # A receipt of reading, or a complaint.
        return Kind.AUTOMATIC
    submitted = "".join(_values(made, "Auto-Submitted")).strip().casefold()
    if submitted and not submitted.startswith("no"):
        return Kind.AUTOMATIC
    precedence = "".join(_values(made, "Precedence")).strip().casefold()
    if precedence in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        return Kind.AUTOMATIC
    marks = (
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Response-Suppress",
        "List-Id",
        "List-Unsubscribe",
        "X-Loop",
        "Feedback-ID",
    )
    return Kind.AUTOMATIC if any(_values(made, name) for name in marks) else Kind.HUMAN


def _text(parts: list[EmailMessage]) -> str:
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and not part.is_multipart():
                if "attachment" in str(part.get("Content-Disposition", "")).casefold():
                    continue
                text = _decoded(part)
                if text.strip():
                    return of_html(text) if wanted == "text/html" else text
    return ""


def _decoded(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(str(part.get_content_charset("utf-8")), "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _bounced(parts: list[EmailMessage]) -> tuple[tuple[str, ...], str]:
    """Return which messages came back, and why: of its parts, the status and the headers of what was sent."""
    ids: list[str] = []
    status = ""
    for part in parts[1:]:
        ids += _ids(_values(part, "Message-ID"))
        type_ = part.get_content_type()
        if type_ == "message/delivery-status" and isinstance(told := part.get_payload(), list):
            for block in told[:20]:
                status = status or "".join(_values(block, "Status")).strip()[:20]
        elif type_ in ("text/rfc822-headers", "text/plain"):
            ids += _ID.findall("\n".join(re.findall(r"^message-id:\s*(<[^<>\s]+>)", _decoded(part), re.I | re.M)))
    return tuple(dict.fromkeys(ids))[:_IDS], status
