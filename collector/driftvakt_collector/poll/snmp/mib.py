"""How a part of a device's tree is declared: which variables, by which name, and how they are shown as series.

Series are those of snmp_exporter: a number is `name{index…,lookups…} value`; a text stands in a label of its own name
with the value 1; an enumeration is a number, or `name_info` with its word, or a series a state.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from driftvakt_collector.naming.device import Device

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels of a series."""
Word = int | bytes
"""A value of an enumeration; some makers write it out."""
Wanted = Word | str | frozenset[Word] | re.Pattern[str]
"""What a column must hold: a value, one of several, or a text in which something is found."""


class Kind(Enum):
    """How a column is shown."""

    COUNTER = "counter"
    GAUGE = "gauge"
    INFO = "info"
    """An enumeration: `ifType_info{…,ifType="ethernetCsmacd"} 1`."""
    STATES = "states"
    """An enumeration: a series for each word, 1 for the one that holds."""
    TEXT = "text"
    MAC = "mac"
    ADDRESS = "address"
    HIDDEN = "hidden"
    """No series: only labels or facts are made of it."""


@dataclass(frozen=True, slots=True)
class Column:
    """sub: the column's number below the table's entry, or of a scalar its whole OID without the `.0`.

    name: in the MIB. help: a sentence. words: what the numbers of an enumeration are called.
    """

    sub: str
    name: str
    kind: Kind
    help: str = ""
    words: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """entry: OID of the conceptual row, as 1.3.6.1.2.1.2.2.1. index: the names of the index's parts, whole numbers.

    The last part takes what is left, where the index has more numbers than names (a MAC, an OID).
    """

    name: str
    entry: str
    index: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A label on each series that is indexed by `index`: `column`'s value in the row of that index."""

    index: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A number in our own normal form, whatever the maker calls it: name{label="…"} = value × scale.

    oids: where it may stand, the best first: a scalar with its `.0`, or a column of a table without an index, whose
    rows are told apart by `label`: the text of the column `label_oid` or, where there is none, the index. named: what
    stands before a label that is a bare number or an index; where it is given, a row that is one of several of a row of
    `label_oid` has the text of that one and its own last number: the radios of an access point. cut: what is left out
    of a label: the state that some write into it, which would make it another series. unknown: values that say that it
    is not known. whole: the column that it is a part of: the value is divided by that one's. rest: the column of what
    that lacks to the whole: the value is divided by both together. left: the value is what is left, and what is taken
    is told. words: of an enumeration, what is 1; anything else is 0. where: columns, or scalars with their `.0`, and
    what each must hold for the row to count. proof: a column that is above 0 where there is something to measure at
    all: some answer 0 for what they do not have.
    """

    name: str
    oids: tuple[str, ...]
    scale: float = 1.0
    label: str = ""
    label_oid: str = ""
    unknown: frozenset[Word] = frozenset()
    whole: str = ""
    words: frozenset[Word] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    where: tuple[tuple[str, Wanted], ...] = ()
    rest: str = ""
    left: bool = False
    proof: str = ""
    named: str = ""
    cut: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """Several numbers in the octets of one variable. oid: with its `.0`. beside: a variable whose text says how they

    are to be read. unpack: gives the numbers by name and labels, of octets that are garbled nothing.
    """

    oid: str
    unpack: Callable[[bytes, str], Mapping[Key, float]]
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """walks: what is fetched, each a subtree, or with its `.0` a scalar. suits: whether a device is asked for it."""

    name: str
    walks: tuple[str, ...]
    suits: Callable[[Device], bool]
    scalars: tuple[Column, ...] = ()
    tables: tuple[Table, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    readings: tuple[Reading, ...] = ()
    packed: tuple[Packed, ...] = ()


def counter(sub: str, name: str, help_: str = "") -> Column:
    """Return a column that only grows."""
    return Column(sub, name, Kind.COUNTER, help_)


def gauge(sub: str, name: str, help_: str = "") -> Column:
    """Return a column that goes up and down."""
    return Column(sub, name, Kind.GAUGE, help_)


def text(sub: str, name: str, help_: str = "") -> Column:
    """Return a column of texts, shown as a label."""
    return Column(sub, name, Kind.TEXT, help_)


def hidden(sub: str, name: str, help_: str = "", words: Mapping[int, str] | None = None) -> Column:
    """Return a column that is no series: a label or a fact."""
    return Column(sub, name, Kind.HIDDEN, help_, words or {})


def always(_device: Device) -> bool:
    """Say that any device is asked."""
    return True
