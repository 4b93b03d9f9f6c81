"""A mail that comes back: whose case it is about, and what it says. Pure.

It belongs to a case by the token in the address that it was sent to, or by an id of ours that it answers; never by its
subject, for two cases may have the same, and never by its text, for a mail may quote another.
"""

import re
from dataclasses import dataclass
from email.message import Message
from itertools import islice

from driftvakt_collector.alert.answers import letter_reading
from driftvakt_collector.alert.answers.letter_reading import MOST_PARTS, header
from driftvakt_collector.desk.suppliers import token, wording
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.supplier import Supplier, their_number
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.texts.clean import block, line

MOST_TEXT = 4000
_MOST_LINES = 100
_MOST_SAID = 100_000
"""Characters of a mail in which an answer is looked for."""
_MARKER = 30
"""Characters of the marker that are looked for: a mail program may break the line."""
_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Resent-To")
_OWN_ID = re.compile(r"<handover\.([a-z2-7]{26})\.\d{1,15}@([^<>\s@]{1,255})>", re.IGNORECASE)
_QUOTE_BEGINS = re.compile(
    r"^\s*(?:>|-{2,}\s*(?:original|ursprungligt|vidarebefordrat|forwarded)\b|_{10,}\s*$"
    r"|(?:den|on|på)\b.{0,200}\b(?:skrev|wrote)\b.{0,100}:\s*$"
    r"|(?:från|from):\s.{0,200}@|\*(?:från|from):\*)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|donotreply|bounce)", re.IGNORECASE)
_FAILED = re.compile(r"^Action:\s*failed\b", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_MOST_RETURNED = 20_000
_WORDS = {
    Event.MEND: {"åtgärdat", "åtgärdad", "avhjälpt", "löst", "klart", "mended", "fixed", "resolved", "solved", "done"},
    Event.WORK: {"påbörjat", "påbörjad", "pågår", "arbete pågår", "started", "working", "in progress"},
}


@dataclass(frozen=True)
class Letter:
    """What was read of a mail. to: addresses that it came to; answers: ids that it answers, as they stand there.

    id: of the mail. is_automatic: a machine sent it: an absence, a receipt, a bounce. is_failure: it says that a mail
    did not arrive (RFC 3464); what it answers is then in what it gives back.
    """

    id: str
    sender: str
    to: tuple[str, ...]
    answers: str
    subject: str
    text: str
    is_automatic: bool
    is_failure: bool = False


def read(raw: bytes) -> Letter:
    """Return what a mail holds, within bounds. Raises UpdateError for what can't be read."""
    try:
        mail = letter_reading.parsed(raw)
        sender = _addresses(mail, ("From",))
        is_failure = _is_failure(mail)
        returned = _returned(mail) if is_failure else ""
        return Letter(
            id=line(header(mail, "Message-ID"), 255) or letter_reading.key(raw),
            sender=sender[0] if sender else "",
            to=tuple(_addresses(mail, _TO)),
            answers=" ".join([header(mail, "In-Reply-To"), header(mail, "References"), returned])[:8000],
            subject=line(header(mail, "Subject"), 300),
            text=letter_reading.text(mail),
            is_automatic=_is_automatic(mail, sender[0] if sender else ""),
            is_failure=is_failure,
        )
    except letter_reading.BROKEN as e:
        raise UpdateError(f"a mail of {len(raw)} bytes can't be read: {e.__class__.__name__}") from e


def tokens_of(letter: Letter, mailbox: str) -> tuple[str, ...]:
    """Return the tokens that a mail carries, those of addresses first. mailbox: ours."""
    local, _, domain = mailbox.casefold().rpartition("@")
    found = []
    for address in letter.to:
        name, _, where = address.casefold().rpartition("@")
        base, _, tag = name.partition("+")
        if where == domain and base == local and (one := token.found(tag)):
            found.append(one)
    found += [one.lower() for one, where in _OWN_ID.findall(letter.answers) if where.casefold() == domain]
    return tuple(dict.fromkeys(found))


def update_of(letter: Letter, one: str, supplier: Supplier) -> Update:
    """Return what a mail says about the case of a token. Raises SupplierError for an expression that is none.

    A mail that a machine wrote, or that comes from elsewhere than the supplier, is a note and changes no state.
    """
    said = answer(letter.text)
    is_theirs = is_from(letter.sender, supplier)
    event = _event(said) if is_theirs and not letter.is_automatic else None
    number = their_number(supplier.settings.number, letter.subject, said) if is_theirs else ""
    return Update(
        key=letter.id, token=one, event=event, text=block(said, MOST_TEXT, _MOST_LINES), sender=letter.sender,
        is_automatic=letter.is_automatic, is_failure=letter.is_failure, number=number,
    )  # fmt: skip


def answer(text: str) -> str:
    """Return what was written anew: without what is quoted, and without the signature."""
    kept: list[str] = []
    for row in text[:_MOST_SAID].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if row.lstrip().startswith(wording.MARKER[:_MARKER]):
            break
        if _QUOTE_BEGINS.match(row[:600]) or _SIGNATURE.match(row):
            if any(one.strip() for one in kept):
                break
            # Some write below what they quote; then the first lines are ours.
            continue
        kept.append(row)
    return "\n".join(kept).strip()


def is_from(sender: str, supplier: Supplier) -> bool:
    """Say if an address is of a domain of the supplier's."""
    domain = sender.rpartition("@")[2].casefold()
    known = {supplier.address.rpartition("@")[2].casefold(), *(one.casefold() for one in supplier.settings.senders)}
    known.discard("")
    return bool(domain) and any(domain == one or domain.endswith(f".{one}") for one in known)


def _event(said: str) -> Event:
    first = next((row for row in said.split("\n") if row.strip()), "")
    word = " ".join(first.strip(" \t.!*:").casefold().split())
    return next((event for event, words in _WORDS.items() if word in words), Event.ANSWER)


def _addresses(mail: Message, names: tuple[str, ...]) -> list[str]:
    return [line(address, 320) for address in letter_reading.addresses(mail, names)]


def _is_automatic(mail: Message, sender: str) -> bool:
    submitted = header(mail, "Auto-Submitted").strip().casefold()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or header(mail, "Precedence").strip().casefold() in _BULK
        or any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id", "Feedback-ID"))
        or header(mail, "Return-Path").strip() == "<>"
        or mail.get_content_type() in ("multipart/report", "message/disposition-notification")
        or bool(_MACHINES.match(sender))
    )


def _is_failure(mail: Message) -> bool:
    """Say if it is a report that a mail did not arrive; one of a delay, or of success, is none."""
    if mail.get_content_type() != "multipart/report":
        return False
    told = "".join(part.as_string()[:4000] for part in islice(mail.walk(), MOST_PARTS) if _is_status(part))
    return bool(_FAILED.search(told))


def _is_status(part: Message) -> bool:
    return part.get_content_type() == "message/delivery-status"


def _returned(mail: Message) -> str:
    """Return the id of the mail that did not arrive, from what the report gives back of it."""
    for part in islice(mail.walk(), MOST_PARTS):
        if part.get_content_type() == "text/rfc822-headers":
            found = _MESSAGE_ID.search(letter_reading.decoded(part)[:_MOST_RETURNED])
            return found.group(1) if found else ""
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            one = inner[0] if isinstance(inner, list) and inner else None
            return header(one, "Message-ID") if isinstance(one, Message) else ""
    return ""
