"""What a card of a host's page is: a small table of current values, made by a pure function of the readings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from driftvakt_collector.console.readings import Readings

MAX_ROWS = 40


@dataclass(frozen=True)
class Cell:
    """A value. tone: "", "ok", "warn", "bad" or "muted". length: of a bar in percent, None without one."""

    text: str
    tone: str = ""
    length: float | None = None
    number: bool = False
    note: str = ""


@dataclass(frozen=True)
class Card:
    """A table with a title. note: what a reader must know to read it right. more: rows that are not shown.

    wide: it has many columns, and no other card beside it.
    """

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    more: int = 0
    wide: bool = False


Maker = Callable[[Readings, float], Card | None]
"""Makes a card, or none where the host has nothing for it. The number: seconds since the boot of the host."""


def table(
    key: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], note: str = "", *, wide: bool = False
) -> Card | None:
    """Return a card of these rows, no more than MAX_ROWS of them; None without one."""
    if not rows:
        return None
    return Card(key, title, columns, rows[:MAX_ROWS], note, max(0, len(rows) - MAX_ROWS), wide)


def number(text: str, tone: str = "") -> Cell:
    """Return a cell that stands on the right."""
    return Cell(text, tone, number=True)


def bar(share: float) -> float:
    """Return the length of the bar of a share of 1, in percent; what no share can be is cut off."""
    return round(min(max(share, 0.0), 1.0) * 100, 1) if isfinite(share) else 0.0
