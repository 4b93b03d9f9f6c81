"""Ways to a person: a channel and an address in the channel's own form. Checked here once, when they are told."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftvakt_collector.alert.words import Words

EMAIL, SMS, WEBHOOK, APPRISE = "email", "sms", "webhook", "apprise"
CHANNELS = (EMAIL, SMS, WEBHOOK, APPRISE)
MAX_ADDRESS = 320
_WORDS = {
    EMAIL: Words("sin e-postadress", "their mail address"), SMS: Words("sitt telefonnummer", "their phone number"),
    WEBHOOK: Words("sin webhook", "their webhook"), APPRISE: Words("sin Apprise-adress", "their Apprise address"),
}  # fmt: skip
_SECRET = (WEBHOOK, APPRISE)
"""Their addresses hold tokens: who has one can send in our name."""
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_APPRISE = re.compile(r"[a-z][a-z0-9+.-]{1,30}://\S+")


class ContactError(ValueError):
    """It is no address of that channel; the text says what to write instead."""


@dataclass(frozen=True)
class Contact:
    """position: in which order ways are tried, from 0. verified_at: when it was proven to be theirs, None for not."""

    channel: str
    address: str
    position: int = 0
    verified_at: float | None = None

    def __repr__(self) -> str:
        return f"Contact({self.channel!r}, {shown(self.channel, self.address)!r})"


def read(channel: str, told: str, country: str = "46") -> str:
    """Return an address in the form in which it is kept. country: of phone numbers without one. Raises ContactError."""
    if channel not in CHANNELS:
        raise ContactError(f"there is no channel {channel[:40]!r}; known are {', '.join(CHANNELS)}")
    address = told.replace("\u00a0", " ").strip()
    if not address or len(address) > MAX_ADDRESS or not address.isprintable():
        raise ContactError(f"an address must have 1 to {MAX_ADDRESS} characters in one line")
    if channel == SMS:
        return phone(address, country)
    if channel == EMAIL:
        return mailbox(address)
    if channel == WEBHOOK:
        return _url(address)
    if not _APPRISE.fullmatch(address):
        raise ContactError("an address of apprise must be its URL, as ntfy://host/topic or discord://…")
    return address


def phone(told: str, country: str = "46") -> str:
    """Return a phone number as ITU-T E.164 writes it: +46701234567. Raises ContactError.

    A number without a country is one of `country`, where it begins with a single 0; (0) after a country is left out.
    """
    digits = re.sub(r"[\s()./\u2010-\u2015\u00a0-]", "", re.sub(r"\(0\)", "", told.strip()))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+{country}{digits[1:]}"
    # Of digits ASCII's alone: \d would take those of other scripts, which no gateway does.
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", digits):
        raise ContactError(f"{told[:40]!r} is no phone number; write it as +46701234567 or 070-123 45 67")
    return digits


def mailbox(told: str) -> str:
    """Return a mail address, its domain in small letters (RFC 5321, without quotes, literals and comments).

    A domain with å, ä, ö becomes what mail servers ask for (xn--…). Raises ContactError.
    """
    local, at, domain = told.strip().rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii").lower() if domain else ""
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if (
        not at or not _LOCAL.fullmatch(local) or len(local) > 64 or len(host) > 253 or len(labels) < 2
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):  # fmt: skip
        raise ContactError(f"{told[:80]!r} is no mail address; write it as anna.berg@example.se")
    return f"{local}@{host}"


def shown(channel: str, address: str) -> str:
    """Return an address for people to see: of one that holds a token only where it leads."""
    if channel not in _SECRET:
        return address
    try:
        parts = urlsplit(address)
        # A service of apprise often has its token where others have a host.
        return f"{parts.scheme}://{parts.hostname}/…" if channel == WEBHOOK else f"{parts.scheme}://…"
    except ValueError:
        return "…"


def channel_words(channel: str) -> Words:
    """Return what an address of a channel is called, as something that somebody has."""
    return _WORDS.get(channel, Words(f"sin {channel}", f"their {channel}"))


def _url(address: str) -> str:
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not re.fullmatch(r"[!-~]+", address) or "@" in parts.netloc:
        raise ContactError("the address of a webhook must be a URL, as https://chat.example.se/hooks/abc")
    return address
