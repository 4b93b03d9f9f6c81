"""What machines, mails and strangers call things, made fit to stand in a message. Pure.

A name may hold line ends, which would begin a header or a line of ours; signs that turn the direction of writing, which
would show the rest of the line backwards; and any length.
"""

import unicodedata
from itertools import islice

_MOST_READ = 20_000
"""Characters that are looked at; what comes behind them is never shown."""


def line(text: str, most: int, tail: str = "…") -> str:
    """Return one line of at most `most` characters. tail: what a line that was cut ends with."""
    told = " ".join(_visible(text[:_MOST_READ]).split())
    if len(told) <= most and len(text) <= _MOST_READ:
        return told
    return told[: most - len(tail)].rstrip() + tail


def block(text: str, most: int, lines: int) -> str:
    """Return lines of a longer text, so many characters and lines at most; of blank lines one stays."""
    kept: list[str] = []
    rows = text[: max(_MOST_READ, most)].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row in rows:
        plain = _visible(row).rstrip()
        if plain or (kept and kept[-1]):
            kept.append(plain)
    whole = "\n".join(kept).strip()
    shown = "\n".join(islice(whole.split("\n"), lines))[:most].rstrip()
    return shown if shown == whole and len(text) <= max(_MOST_READ, most) else f"{shown} …"


def _visible(text: str) -> str:
    """Return a text without what is not seen: controls, signs of direction, half characters. Blanks stay apart."""
    return "".join(" " if unicodedata.category(one) in _BLANK else one for one in text if _is_seen(one))


_BLANK = frozenset({"Cc", "Zl", "Zp", "Zs"})
_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn"})


def _is_seen(one: str) -> bool:
    return one != "\0" and unicodedata.category(one) not in _UNSEEN
