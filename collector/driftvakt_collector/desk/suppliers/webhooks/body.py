"""What webhooks bring: JSON of others, read with suspicion."""

import hmac
from typing import Any

import msgspec

from driftvakt_collector.desk.suppliers import token
from driftvakt_collector.desk.suppliers.reading import answer
from driftvakt_collector.desk.suppliers.update import UpdateError

MOST_BYTES = 1 << 20
MOST_TEXT = 4000
MOST_LINES = 100
_MOST_DIGITS = 18


def decoded(raw: bytes) -> dict[str, Any]:
    """Return the object. Raises UpdateError."""
    if len(raw) > MOST_BYTES:
        raise UpdateError(f"a webhook has at most {MOST_BYTES} bytes", 413)
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise UpdateError("a webhook is no JSON") from e
    if not isinstance(told, dict):
        raise UpdateError("a webhook is no object of JSON")
    return told


def mapping(told: object) -> dict[str, Any]:
    """Return an object as it is, an empty one for anything else."""
    return told if isinstance(told, dict) else {}


def number(told: object) -> str:
    """Return a whole positive number as its digits, empty for anything else."""
    if isinstance(told, bool):
        return ""
    text = str(told) if isinstance(told, int | str) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) > 0 else ""


def text(told: object) -> str:
    """Return a text, empty for anything else."""
    return told if isinstance(told, str) else ""


def theirs(said: str) -> str:
    """Return what they wrote; empty for what is our own, which their desk tells us too."""
    new = answer(said)
    return "" if token.MARK in new else new


def same(one: str, other: str) -> bool:
    """Say if two secrets are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
