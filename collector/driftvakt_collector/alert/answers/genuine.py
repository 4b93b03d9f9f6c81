"""Whether a mail is from whom it says, as our own server found; and what stands behind the plus of its address."""

import re

from driftvakt_collector.alert.answers.letter import Letter


def token_of(address: str, reply_to: str) -> str:
    """Return the token in an address that we gave out, empty where it is none of them."""
    before, place, after = reply_to.partition("{token}")
    if not place:
        return ""
    pattern = re.escape(before) + r"([A-Za-z0-9_-]{1,64})" + re.escape(after)
    found = re.fullmatch(pattern, address, re.I)
    return found[1] if found else ""


def is_genuine(letter: Letter, authserv_id: str) -> bool:
    """Say if our own server found the sender genuine: DMARC, or DKIM or SPF of the sender's own domain (RFC 8601).

    Only the topmost header of that name counts. Ours is put above all that came with a mail.
    """
    domain = letter.sender.rpartition("@")[2]
    top = next(iter(letter.authentication), "")
    name, _, rest = re.sub(r"\([^()]*\)", " ", top).partition(";")
    if not domain or name.split()[:1] != [authserv_id]:
        return False
    for result in rest.split(";"):
        found = re.match(r"\s*(dmarc|dkim|spf)\s*=\s*pass\b", result, re.I)
        if not found:
            continue
        told = re.search(r"\b(?:header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s\";]+)", result, re.I)
        if told and _aligned(told[1].rpartition("@")[2].casefold(), domain):
            return True
    return False


def _aligned(told: str, domain: str) -> bool:
    return told == domain or (domain.endswith(f".{told}") and "." in told) or told.endswith(f".{domain}")
