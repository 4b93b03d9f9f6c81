"""Who made a thing, under one name, however its firmware, its driver or its box writes it."""

import re
from functools import lru_cache

from driftvakt_collector.naming import makers
from driftvakt_collector.naming.text import settled, tidy, told

_FORMS = (
    "incorporated", "inc", "corporation", "corp", "company", "co", "ltd", "limited", "llc", "llp", "lp", "gmbh", "ag",
    "kg", "ab", "publ", "as", "asa", "aps", "oy", "oyj", "bv", "nv", "sa", "sas", "sarl", "srl", "spa", "plc", "pty",
    "kk", "jsc", "ooo", "kabushiki kaisha", "sp z o o", "sdn bhd", "pte", "s r o", "a s", "b v", "n v",
)  # fmt: skip
_FORM = re.compile(rf"[\s,.(]+(?:{'|'.join(one.replace(' ', '[. ]+') for one in _FORMS)})\b[.,)\s]*$", re.IGNORECASE)
"""What a company is in law, at the end of its name. One at a time, so that no text can make it try for long."""
_ADDED = re.compile(r"\s*(\(0x[0-9a-f]{4}\)|\((?:r|tm|c)\)|[®™©]|,\s*(?:19|20)\d\d$)", re.IGNORECASE)
_SIGNS = re.compile(r"[\s.,;:_'’\"()\[\]/&+-]+")


def maker(text: object) -> str:
    """Return the name, empty where the text says nothing. One that the table lacks passes through, tidied."""
    return _maker(told(text)) if isinstance(text, str) else ""


@lru_cache(maxsize=20_000)
def _maker(text: str) -> str:
    return settled(_step, text)


def _step(text: str) -> str:
    plain = told(text)
    found = makers.of_jedec(plain) or known(plain)
    if found:
        return found
    shorter = shortened(plain)
    return known(shorter) or shorter


def known(text: str) -> str:
    """Return the maker's name where the table has this way to write it, else nothing."""
    return _KNOWN.get(folded(text), "")


def shortened(text: str) -> str:
    """Return a tidied name without one word of what the company is in law."""
    shorter = tidy(_FORM.sub("", tidy(_ADDED.sub("", text)))).rstrip(" .,-")
    # A company that is called Limited has to keep it.
    return told(shorter) or text


def folded(text: str) -> str:
    """Return a name as names are compared: without case and signs."""
    return _SIGNS.sub("", text.casefold())


_KNOWN = {folded(alias): name for alias, name in makers.aliases().items()}
