"""What another system wrote, made fit to be kept and shown; and the moments that it names."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

MAX_URL = 2048
_BLANKS = re.compile(r"\s+")
# RFC 3339, 5.6; Go writes up to nine digits of a second.
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII
)
_NEVER_BEFORE = datetime(1971, 1, 1, tzinfo=UTC)
"""Go's time of nothing is the year 1, also with an offset; and nobody's alert began before this."""


def plain(text: object, most: int) -> str:
    """Return a text in one line without what can't be seen or turns the writing around, cut to `most` characters."""
    if not isinstance(text, str) or not text:
        return ""
    # Cut first: what is a megabyte long is not looked at character by character.
    seen = unicodedata.normalize("NFC", text[: 4 * most])
    if not seen.isprintable():
        seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in seen)
    short = (_BLANKS.sub(" ", seen) if "  " in seen else seen).strip()
    return short if len(short) <= most else short[: most - 1].rstrip() + "…"


def link(text: object) -> str:
    """Return an address of the web, empty for everything else: it is shown as a link."""
    if (
        not isinstance(text, str)
        or len(text) > MAX_URL
        or not text.isprintable()
        or any(one in text for one in " \"'<>\\")
    ):
        return ""
    try:
        told = urlsplit(text)
        return text if told.scheme in ("http", "https") and told.hostname else ""
    except ValueError:
        return ""


def moment(text: object) -> float | None:
    """Return seconds since the epoch of an RFC 3339 time, None for none, for Go's time of nothing and for nonsense."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) and len(text) <= 64 else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(one) for one in found.groups()[:6])
    offset = timedelta(hours=int(found[10]), minutes=int(found[11])) if found[9] else timedelta(0)
    try:
        # A leap second is shown as the 60th; Python's minute has none.
        at = datetime(
            year, month, day, hour, minute, min(second, 59), tzinfo=timezone(-offset if found[9] == "-" else offset)
        )
        if at < _NEVER_BEFORE:
            return None
    except (ValueError, OverflowError):
        return None
    return at.timestamp() + (float(f"0.{found[7]}") if found[7] else 0.0)
