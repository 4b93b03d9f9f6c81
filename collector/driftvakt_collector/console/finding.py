"""What an operator should look at first on a host."""

from collections.abc import Sequence
from dataclasses import dataclass

_NAMED = 3
_LONGEST = 80
"""Characters of a name that stand in a finding: what follows it must be read too."""


@dataclass(frozen=True)
class Finding:
    """tone: "bad" or "warn". anchor: the card that shows more, or "facts"."""

    tone: str
    text: str
    anchor: str


def short(text: str, most: int = _LONGEST) -> str:
    """Return a name, cut where it is too long for a sentence."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def named(texts: Sequence[str]) -> str:
    """Return the first of many, and how many more there are."""
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(map(short, texts[:_NAMED])) + more
