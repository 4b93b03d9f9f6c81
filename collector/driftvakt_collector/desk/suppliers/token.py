"""The token of a case: by it, and by nothing else, an answer is known to belong to it."""

import re
from base64 import b32encode

MARK = "[driftvakt:"
_FORM = re.compile(r"[a-z2-7]{26}")


def made(random: bytes) -> str:
    """Return a token of 16 random bytes; in lower case, for a mailbox may be written in either."""
    return b32encode(random[:16]).decode().rstrip("=").lower()


def found(text: str) -> str:
    """Return a text as a token, empty where it has not the form of one."""
    plain = text.strip().lower()
    return plain if _FORM.fullmatch(plain) else ""


def mark(token: str) -> str:
    """Return how a token stands in a text; for people and their programs, we do not read it from there."""
    return f"{MARK}{token}]"
