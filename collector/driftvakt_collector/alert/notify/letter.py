"""A message as a letter: headers that thread and are never answered by machines, a text, and the same in HTML."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from driftvakt_collector.alert.notify.message import Message
from driftvakt_collector.alert.words import Words

_SUBJECT = 200
_TEXT = 400_000
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]{1,64}@[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]{1,255}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LABELS = {
    "ack": Words("Ta larmet", "Acknowledge"),
    "escalate": Words("Skicka vidare", "Escalate"),
    "silence": Words("Tysta", "Silence"),
    "open": Words("Visa ärendet", "Show the incident"),
}
_HOW = Words(
    'Svara på brevet med ett ord på första raden: "tar", "vidare", "tyst 2h" eller "status".'
    " Allt annat blir en anteckning i ärendet.",
    'Reply with one word on the first line: "ack", "escalate", "silence 2h" or "status".'
    " Anything else becomes a note in the incident.",
)
_CUT = Words(
    "(Resten är borttagen: brevet var för stort för mottagarens server.)",
    "(The rest was left out: the letter was too large for the recipient's server.)",
)


@dataclass(frozen=True)
class Sender:
    """Who letters are from. address, name: in From. reply: where answers go, with {token} where the message's token

    stands, empty for `address`. domain: of Message-IDs. list_id: by which people sort them, empty for none.
    time_zone: whose clock the Date shows.
    """

    address: str
    name: str = "Driftvakt"
    reply: str = ""
    domain: str = ""
    list_id: str = ""
    time_zone: str = "Europe/Stockholm"

    def message_id(self, id_: str) -> str:
        """Return the Message-ID of a message, in brackets: the same for each try, so that a second copy is known."""
        return _message_id(id_, self.domain or self.address.rpartition("@")[2])


def is_address(text: str) -> bool:
    """Say if it is one address of mail, of the form that people have: no quotes, no comments, no second one."""
    return _ADDRESS.fullmatch(text) is not None and ".." not in text and not text.startswith(".") and ".@" not in text


def ascii_domain(address: str) -> str:
    """Return the address with its domain as DNS knows it, so that only a local part can need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def one_line(text: str, most: int) -> str:
    """Return a text that can stand in a header: no control, no end of a line in any alphabet, not over `most` long."""
    # What splits lines for one reader (CR, LF, NEL, U+2028, FS, …) must not be left to the next.
    clean = "".join(" " if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" else char for char in text)
    clean = " ".join(clean.split())
    return clean if len(clean) <= most else clean[: most - 1].rstrip() + "…"


def _message_id(id_: str, domain: str) -> str:
    if len(id_) > 128 or not _DOT_ATOM.fullmatch(id_):
        id_ = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    return f"<{id_}@{domain}>"


def compose(message: Message, sender: Sender, *, most: int = 0) -> bytes:
    """Return the letter as it is sent, of 7 bits but for an address that is not. most: octets, 0 for as it is.

    A letter that is larger loses its HTML, and then the end of its text.
    """
    whole = _made(message, sender, message.text[:_TEXT], html=True)
    if not most or len(whole) <= most:
        return whole
    text = message.text[:_TEXT]
    while len(made := _made(message, sender, text, html=False)) > most and len(text) > 200:
        # Quoted-printable may be three octets a letter: halve until it fits.
        text = text[: len(text) // 2]
    if text != message.text:
        made = _made(message, sender, f"{text}\n{_CUT.of(message.language)}", html=False)
    return made


def _made(message: Message, sender: Sender, text: str, *, html: bool) -> bytes:
    to = ascii_domain(message.to)
    made = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    made["From"] = Address(one_line(sender.name, 64), addr_spec=ascii_domain(sender.address))
    made["To"] = Address(addr_spec=to) if to.isascii() else to
    made["Subject"] = one_line(message.subject, _SUBJECT)
    # Not strftime: that speaks the language of the machine.
    made["Date"] = format_datetime(
        datetime.fromtimestamp(message.at, ZoneInfo(sender.time_zone)).replace(microsecond=0)
    )
    made["Message-ID"] = sender.message_id(message.id)
    if message.thread and message.thread != message.id:
        made["In-Reply-To"] = made["References"] = sender.message_id(message.thread)
    answers = bool(sender.reply) and _TOKEN.fullmatch(message.answer) is not None
    if answers:
        made["Reply-To"] = sender.reply.replace("{token}", message.answer)
    # RFC 3834, and the same for Exchange: nobody's absence is told to us, and no two machines write to each other.
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    if message.incident:
        made["X-Driftvakt-Incident"] = one_line(message.incident, 64)
    if sender.list_id:
        made["List-Id"] = f"<{one_line(sender.list_id, 128)}>"
    if message.urgent:
        made["Importance"] = "high"
        made["X-Priority"] = "1"
    told = _body(text)
    made.set_content(_text(message, told, answers=answers), cte=_encoding(told))
    if html:
        page = _page(message, told, answers=answers)
        made.add_alternative(page, subtype="html", cte=_encoding(page))
    return made.as_bytes()


def _body(text: str) -> str:
    """Return a text with LF at each end of a line, and without what no reader shows."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(
        "".join(char for char in line if char == "\t" or unicodedata.category(char) not in ("Cc", "Cs"))
        for line in lines
    ).strip("\n")


def _encoding(text: str) -> str:
    """Both have short lines of 7 bits. Swedish stays readable in quoted-printable; what is mostly not ASCII doesn't."""
    return "quoted-printable" if sum(char > "\x7f" for char in text) * 4 < len(text) + 4 else "base64"


def _links(message: Message) -> Iterator[tuple[str, str]]:
    for what, url in message.links:
        if re.fullmatch(r"https?://[^\s\"'<>\\]{1,2000}", url):
            label = _LABELS.get(what)
            yield (one_line(what, 80) if label is None else label.of(message.language)), url


def _text(message: Message, told: str, *, answers: bool) -> str:
    links = "\n".join(f"{label}: {url}" for label, url in _links(message) if url not in told)
    how = _HOW.of(message.language) if answers else ""
    return "\n\n".join(one for one in (told, links, how) if one) + "\n"


_BUTTON = (
    "display:block;margin:0 0 12px;padding:16px;font-size:20px;"
    "text-align:center;text-decoration:none;border-radius:6px;"
)


def _page(message: Message, told: str, *, answers: bool) -> str:
    buttons = []
    for number, (label, url) in enumerate(_links(message)):
        look = "background:#14532d;color:#ffffff" if not number else "background:#e7e7e7;color:#111111"
        buttons.append(f'<a href="{escape(url)}" style="{_BUTTON}{look}">{escape(label)}</a>')
    how = f'<p style="color:#555555;font-size:14px">{escape(_HOW.of(message.language))}</p>' if answers else ""
    language = "sv" if message.language == "sv" else "en"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>\n'
        '<body style="margin:0;padding:16px;max-width:640px;font:16px/1.5 sans-serif;color:#111;background:#fff">\n'
        f'<h1 style="font-size:20px;margin:0 0 12px">{escape(one_line(message.subject, _SUBJECT))}</h1>\n'
        + "\n".join(buttons)
        + f'\n<div style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(told)}</div>\n{how}\n</body></html>\n'
    )
