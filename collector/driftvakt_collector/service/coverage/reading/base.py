"""What a list becomes, and what is said of one that can't be read."""

from typing import NamedTuple

from driftvakt_collector.service.coverage.entry import Entry

MAX_TROUBLES = 20


class ListError(ValueError):
    """The file can't be read as a list; the text says what is wrong and what would do."""


class ListRead(NamedTuple):
    """entries: each once. troubles: rows that say nothing usable, with their lines. twice: rows that came before."""

    entries: list[Entry]
    troubles: list[str]
    twice: int = 0
