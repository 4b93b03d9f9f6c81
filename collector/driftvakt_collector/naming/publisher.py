"""Who publishes a program, under one name."""

import re
from functools import lru_cache

from driftvakt_collector.naming import makers
from driftvakt_collector.naming.maker import folded, known, shortened
from driftvakt_collector.naming.products import PUBLISHERS
from driftvakt_collector.naming.text import settled, tidy, told

_ADDRESS = re.compile(r"\s*<[^<>]*>|\s*\bhttps?://\S+", re.IGNORECASE)
_MARKS = " *✓✪"
"""How a store says that it knows who that is."""


def publisher(text: object) -> str:
    """Return the name, empty where the text says nothing. One that the tables lack passes through, tidied."""
    return _publisher(told(text)) if isinstance(text, str) else ""


@lru_cache(maxsize=20_000)
def _publisher(text: str) -> str:
    return settled(_step, text)


def _step(text: str) -> str:
    plain = told(tidy(_ADDRESS.sub("", text)).strip(_MARKS))
    shorter = shortened(plain)
    for one in (plain, shorter):
        found = _KNOWN.get(folded(one)) or known(one)
        if found:
            return found
    return shorter


_KNOWN = {folded(alias): name for alias, name in makers.read(PUBLISHERS).items()}
