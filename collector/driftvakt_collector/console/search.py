"""Who has what: the rows of one section on all hosts that hold some words, and how many there are of each kind.

A word is looked for in every column; `column:text` in one of them, as `model:samsung serial:S29`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urlencode

from sqlalchemy import Connection

from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.host_cells import HOST_COLUMNS, host_cells
from driftvakt_collector.console.inventory_page import label, shown
from driftvakt_collector.console.sheet import Sheet
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.naming.part import EXTRA, MAKER, MODEL, may_be_called, named
from driftvakt_collector.store import lookup
from driftvakt_collector.store.lookup import Found, Row
from driftvakt_collector.store.section import Cell
from driftvakt_wire.sections import SECTIONS

DIMENSIONS = ("zone", "administration", "site", "class", "vendor", "model", "application")
MAX_ROWS = 200
"""Rows that one page shows."""
MAX_FOUND = 100_000
"""Rows that a search looks at; a file holds as many."""
MAX_WORDS, MAX_QUESTION = 10, 200
_LETTERS = frozenset("bcdghjklmopqrstuvwxyz")
"""What no number is written with, be it infinite."""
_OPTIONS = 40
_COLUMNS = frozenset(column.name for section in SECTIONS.values() for column in section.columns) | {MAKER, MODEL}


@dataclass(frozen=True)
class Question:
    """section: which, empty where nothing was asked. words: as they were typed. only: a text for a dimension's name."""

    section: str = ""
    words: str = ""
    only: Mapping[str, str] = field(default_factory=dict)

    def url(self, **more: str) -> str:
        """Return the link that asks this, with something more."""
        told = {"in": self.section, "q": self.words, **self.only, **more}
        return "/search?" + urlencode({name: text for name, text in told.items() if text}, errors="replace")

    def file(self, kind: str) -> str:
        """Return the link to the same as a file."""
        told = {"q": self.words, **self.only, "format": kind}
        return f"/api/v1/inventory/{self.section}?" + urlencode(told, errors="replace")

    def narrowed(self, dimension: str, text: str) -> "Question":
        """Return the question of one zone, site or the like alone; without it again when it is asked for twice."""
        only = {**self.only, dimension: "" if self.only.get(dimension) == text else text}
        return replace(self, only={name: one for name, one in only.items() if one})


@dataclass(frozen=True)
class Option:
    """A text of a dimension, on how many hosts it would be found, and the link that shows them."""

    text: str
    hosts: int
    url: str
    chosen: bool


@dataclass(frozen=True)
class Line:
    """A row that was found."""

    origin: str
    name: str
    administration: str
    cells: Sequence[str]


@dataclass(frozen=True)
class SearchView:
    """Everything that the page shows. sections: name, title. trouble: why it can't be answered. cut: there is more."""

    question: Question
    sections: Sequence[tuple[str, str]]
    title: str
    text: str
    trouble: str
    columns: Sequence[str]
    lines: Sequence[Line]
    total: int
    hosts: int
    more: int
    cut: bool
    facets: Sequence[tuple[str, Sequence[Option]]]
    downloads: Sequence[tuple[str, str]]


def read(parameters: Mapping[str, str]) -> Question:
    """Return the question of a URL."""
    only = {name: parameters[name][:300] for name in DIMENSIONS if parameters.get(name)}
    return Question(parameters.get("in", "")[:64], parameters.get("q", "")[: MAX_QUESTION + 1].strip(), only)


def trouble(question: Question) -> str:
    """Return why a question can't be answered, empty where it can."""
    if not question.section:
        return ""
    if len(question.words) > MAX_QUESTION or len(question.words.split()) > MAX_WORDS:
        # What is passed over would find too much.
        return f"A question has at most {MAX_WORDS} words and {MAX_QUESTION} characters."
    if question.section not in SECTIONS or question.section == "packages":
        return "There is no such section." if question.section != "packages" else "Software has a page of its own."
    known = set(columns_of(question.section))
    for word in question.words.casefold().split():
        column, colon, _ = word.partition(":")
        if colon and column in _COLUMNS - known:
            return f"There is no column {column}; there are {', '.join(sorted(known))}."
    return ""


def matcher(question: Question) -> Callable[[Row], bool]:
    """Return what says if a row has all the words."""
    columns = set(columns_of(question.section))
    anywhere: list[str] = []
    within: list[tuple[str, str]] = []
    for word in question.words.casefold().split():
        column, colon, text = word.partition(":")
        if colon and column in columns:
            within.append((column, text))
        else:
            anywhere.append(word)

    def matches(row: Row) -> bool:
        if (anywhere or within) and question.section in EXTRA:
            row = {**row, **named(question.section, row)}
        if not all(text in _plain(row.get(column)) for column, text in within):
            return False
        if not anywhere:
            return True
        whole = " ".join(_plain(cell) for cell in row.values())
        return all(word in whole for word in anywhere)

    return matches


def columns_of(section: str) -> list[str]:
    """Return the columns of a section, those that are added to what a host tells last."""
    return [*(column.name for column in SECTIONS[section].columns), *EXTRA.get(section, ())]


def sieve(question: Question) -> Callable[[bytes], bool]:
    """Return what says of the JSON of a section whether a row in it may have all the words. It may err towards yes."""
    extra = EXTRA.get(question.section, ())
    told = [word.partition(":") for word in question.words.casefold().split()]
    # Of `column:text` the text; of another word with a colon what follows is a part of it, and must be there too.
    wanted = [
        word.encode() for column, colon, text in told if (word := text if colon else column)
        if _stands_there(word) and not (colon and column in extra) and not (extra and may_be_called(word))
    ]  # fmt: skip

    def may(raw: bytes) -> bool:
        # A name that we give is made of what stands there, unless there are signs that it leaves out.
        if b"\\" in raw or (extra and (b"(" in raw or not raw.isascii())):
            return True
        text = raw.lower() if raw.isascii() else raw.decode("utf-8", "replace").casefold().encode()
        return all(word in text for word in wanted)

    return may


def _stands_there(word: str) -> bool:
    """Say if a cell with this word has it in its JSON letter for letter; numbers and flags are shown otherwise."""
    plain = word.isascii() and not set(word) & set('"\\')
    return plain and bool(set(word) & _LETTERS) and word not in "yes" and word not in "no"


def gather(connection: Connection, hosts: Mapping[str, Host], question: Question) -> tuple[list[Found], bool]:
    """Return the rows of the hosts that the question is about, and whether there are more than are looked at."""
    origins = {origin for origin, host in hosts.items() if _chosen(host, question.only)}
    rows = lookup.rows_with(connection, question.section, matcher(question), origins, sieve(question))
    found = list(islice(rows, MAX_FOUND + 1))
    cut = len(found) > MAX_FOUND
    return sorted(found[:MAX_FOUND], key=lambda one: (shown_name(hosts[one.origin]), one.origin)), cut


def build(question: Question, chosen: Sequence[Found], hosts: Mapping[str, Host], *, cut: bool) -> SearchView:
    """Return the page."""
    why = trouble(question)
    section = SECTIONS.get(question.section) if not why else None
    listed = [Found(one.origin, {**one.row, **named(question.section, one.row)}) for one in chosen[:MAX_ROWS]]
    used = [
        name for name in (columns_of(section.name) if section else ())
        if any(one.row.get(name) not in ("", None) for one in listed)
    ]  # fmt: skip
    return SearchView(
        question=question,
        sections=[(name, one.title) for name, one in SECTIONS.items() if name != "packages"],
        title=section.title if section else "",
        text=section.text if section else "",
        trouble=why,
        columns=[label(name) for name in used],
        lines=[_line(one, hosts[one.origin], used) for one in listed],
        total=len(chosen),
        hosts=len({one.origin for one in chosen}),
        more=max(0, len(chosen) - MAX_ROWS),
        cut=cut,
        facets=[
            (name, options) for name in DIMENSIONS
            if len(options := _options(name, chosen, hosts, question)) > 1 or question.only.get(name)
        ],
        downloads=[(name, question.file(name)) for name in ("csv", "xlsx", "json")] if section else [],
    )  # fmt: skip


def sheet(question: Question, chosen: Sequence[Found], hosts: Mapping[str, Host]) -> Sheet:
    """Return the rows as a table to take away."""
    columns = columns_of(question.section)
    rows = [
        [*host_cells(hosts[one.origin]), *map({**one.row, **named(question.section, one.row)}.get, columns)]
        for one in chosen
    ]  # fmt: skip
    return Sheet(question.section, [*HOST_COLUMNS, *columns], rows)


def _options(dimension: str, found: Sequence[Found], hosts: Mapping[str, Host], question: Question) -> list[Option]:
    """Return what a dimension can be narrowed to; the one that it is narrowed to leads back."""
    counts = Counter(
        text for origin in {one.origin for one in found} for text in texts_of(hosts[origin], dimension)
    )  # fmt: skip
    chosen = question.only.get(dimension, "")
    ranked = sorted(counts.items(), key=lambda one: (one[0] != chosen, -one[1], one[0]))
    return [
        Option(text, count, question.narrowed(dimension, text).url(), text == chosen)
        for text, count in ranked[:_OPTIONS]
        if text
    ]


def _line(one: Found, host: Host, used: Sequence[str]) -> Line:
    return Line(one.origin, shown_name(host), host.administration, [shown(one.row.get(name), name) for name in used])


def _chosen(host: Host, only: Mapping[str, str]) -> bool:
    return all(text in texts_of(host, name) for name, text in only.items())


def texts_of(host: Host, dimension: str) -> tuple[str, ...]:
    """Return what a host has of a dimension; it may have several applications."""
    if dimension == "application":
        return host.applications
    return (str(getattr(host, "class_" if dimension == "class" else dimension)),)


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "" if cell is None else str(cell).casefold()
