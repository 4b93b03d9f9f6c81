"""From variables to numbers: what stands where in a walk is found once, and holds until the device's tree changes.

A switch of 48 ports has two thousand variables in each poll. Their OIDs are compared as one list, their numbers taken
by one call; only where a name, a type or a port changed is it looked at one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from driftvakt_collector.poll.snmp.driver import Value, Walk
from driftvakt_collector.poll.snmp.mib import Column, Key, Kind, Module, Packed, Reading, Table
from driftvakt_collector.poll.snmp.reckoned import Scaled, Unpacked, holds, is_above_zero, is_told, label_of
from driftvakt_collector.poll.snmp.text import hex_of, text_of
from driftvakt_collector.poll.snmp.tree import Oids, Shapes

_SCALAR = ".0"


@dataclass(slots=True)
class Layout:
    """keys: the series. The first are numbers as they stand, then `fixed` ones, `scaled`, and what is `unpacked`.

    They are let go of once they are told: digest and packed then stand for them, and left says which of the values are
    told where that are not all (see telling). at_idle: takes what was 0 where there was nothing to measure.
    """

    oids: Oids
    words: tuple[Value, ...]
    keys: list[Key]
    families: dict[str, tuple[str, str]]
    numbers: Any
    at_words: Any
    fixed: list[float]
    scaled: list[Scaled]
    unpacked: list[Unpacked]
    at_idle: Any
    count: int = 0
    digest: str = ""
    packed: bytes = b""
    left: tuple[int, ...] | None = None

    def fits(self, oids: Sequence[str], values: Sequence[Value]) -> bool:
        """Say if the variables are those that this was made for, with the same names and words."""
        return (
            self.oids == oids
            and self.at_words(values) == self.words
            and all(one.fits(values) for one in self.unpacked)
            and not any(map(is_above_zero, self.at_idle(values)))
        )

    def values(self, values: Sequence[Value]) -> list[float | int | None]:
        """Return a number for each key, None where there is none."""
        found: list[float | int | None] = list(self.numbers(values))
        found += self.fixed
        found += [one.value(values) for one in self.scaled]
        for packed in self.unpacked:
            found += packed.values(values)
        return found


def joined(walks: Iterable[Walk]) -> Walk:
    """Return walks as one."""
    told = list(walks)
    return Walk(
        list(chain.from_iterable(one.oids for one in told)), list(chain.from_iterable(one.values for one in told))
    )


def made(modules: Sequence[Module], walk: Walk, shapes: Shapes | None = None) -> Layout:
    """Return what stands where in a walk of these modules. shapes: the trees of other devices."""
    maker = _Maker(walk, (shapes or Shapes()).same(walk.oids))
    for module in modules:
        maker.add(module)
    return maker.done()


class _Maker:
    def __init__(self, walk: Walk, oids: Oids) -> None:
        self.walk = walk
        self.oids = oids
        self.at = {oid: place for place, oid in enumerate(walk.oids)}
        self.numbers: dict[Key, int] = {}
        self.fixed: dict[Key, float] = {}
        self.scaled: dict[Key, Scaled] = {}
        self.unpacked: list[Unpacked] = []
        self.words: dict[int, None] = {}
        self.idle: dict[int, None] = {}
        self.families: dict[str, tuple[str, str]] = {}

    def add(self, module: Module) -> None:
        found = _sorted_out(module, self.walk)
        looked = {lookup: found.get(lookup.column, {}) for lookup in module.lookups}
        columns = {column.name: (table, column) for table in module.tables for column in table.columns}
        for column in module.scalars:
            place = self.at.get(f"{column.sub}.0")
            if place is not None:
                self._column(column, (), place)
        for name, (table, column) in columns.items():
            for index, place in found.get(name, {}).items():
                labels = _index_labels(table, index)
                told = dict(labels)
                for lookup, rows in looked.items():
                    if not set(lookup.index) <= told.keys():
                        continue
                    other = rows.get(".".join(told[part] for part in lookup.index))
                    kind = columns[lookup.column][1]
                    told[lookup.column] = "" if other is None else self._word(other, kind)
                self._column(column, tuple(told.items()), place)
        below = tuple(base if base.endswith(_SCALAR) else f"{base}." for base in module.walks)
        own = [(oid, place) for oid, place in self.at.items() if oid.startswith(below)] if module.readings else []
        for reading in module.readings:
            self._reading(reading, own)
        for packed in module.packed:
            self._packed(packed)

    def _word(self, place: int, column: Column) -> str:
        """Return a variable as a label, and remember that the layout depends on it."""
        self.words[place] = None
        return _word(column, self.walk.values[place])

    def _column(self, column: Column, labels: tuple[tuple[str, str], ...], place: int) -> None:
        name, kind = column.name, column.kind
        value = self.walk.values[place]
        if kind in (Kind.COUNTER, Kind.GAUGE):
            if isinstance(value, int | float):
                self.numbers.setdefault((name, labels), place)
                self.families[name] = (kind.value, column.help)
        elif kind is Kind.STATES:
            word = self._word(place, column)
            for one in dict.fromkeys((*column.words.values(), word)):
                self.fixed.setdefault((name, (*labels, (name, one))), float(one == word))
            self.families[name] = ("gauge", column.help)
        elif kind is not Kind.HIDDEN:
            shown = f"{name}_info" if kind is Kind.INFO else name
            self.fixed.setdefault((shown, (*labels, (name, self._word(place, column)))), 1.0)
            self.families[shown] = ("gauge", column.help)

    def _reading(self, reading: Reading, own: Sequence[tuple[str, int]]) -> None:
        """Add a reading. own: where the module's variables stand."""
        for oid in reading.oids:
            if not reading.label:
                places = {"": self.at[oid]} if oid in self.at else {}
            else:
                inside = oid + "."
                places = {one[len(inside) :]: place for one, place in own if one.startswith(inside)}
            usable = {index: place for index, place in places.items() if self._counts(reading, index, place)}
            if not usable:
                continue
            for index, place in usable.items():
                proof = self._beside(reading.proof, index)
                if proof is not None and proof >= 0 and not is_above_zero(self.walk.values[proof]):
                    self.idle[proof] = None
                    continue
                labels = reading.labels
                if reading.label:
                    name = self._label(reading, index)
                    if (reading.name, (*labels, (reading.label, name))) in self.scaled:
                        # Two of one name: two black cartridges, or two sensors that nobody named.
                        name = f"{name} ({index})"
                    labels = (*labels, (reading.label, name))
                columns = (reading.whole, reading.rest, reading.proof)
                beside = [at for column in columns if (at := self._beside(column, index)) is not None]
                if len(beside) == len(columns):
                    self.scaled.setdefault((reading.name, labels), Scaled(place, reading, *beside))
            return

    def _beside(self, column: str, index: str) -> int | None:
        """Return where a column has its value for a row, -1 for no column, None where it has none."""
        if not column:
            return -1
        return self.at.get(f"{column}.{index}" if index else column)

    def _packed(self, packed: Packed) -> None:
        place, beside = self.at.get(packed.oid), self.at.get(packed.beside, -1)
        if place is None:
            return
        if beside >= 0:
            self.words[beside] = None
        made = Unpacked(place, beside, packed)
        found = made.read(self.walk.values)
        keys = tuple(key for key in found if key not in self.scaled)
        self.unpacked.append(replace(made, found=frozenset(found), keys=keys))

    def _counts(self, reading: Reading, index: str, place: int) -> bool:
        if not is_told(self.walk.values[place], reading):
            return False
        for column, wanted in reading.where:
            other = self.at.get(column if column.endswith(_SCALAR) else f"{column}.{index}")
            if other is None:
                return False
            self.words[other] = None
            if not holds(self.walk.values[other], wanted):
                return False
        return True

    def _label(self, reading: Reading, index: str) -> str:
        if not reading.label_oid:
            return label_of(reading, "", index)
        text = self._text(reading.label_oid, index)
        if text is None and reading.named:
            whole, _, number = index.rpartition(".")
            of = self._text(reading.label_oid, whole)
            return f"{of}, {reading.named}{number}" if of else label_of(reading, "", index)
        return label_of(reading, text or "", index)

    def _text(self, column: str, index: str) -> str | None:
        """Return a text that a label is made of, and remember that the layout depends on it."""
        place = self.at.get(f"{column}.{index}")
        if place is None:
            return None
        self.words[place] = None
        return text_of(self.walk.values[place])

    def done(self) -> Layout:
        at_words = self.oids.getter(list(self.words))
        keys = [*self.numbers, *self.fixed, *self.scaled]
        for one in self.unpacked:
            keys += one.keys
        return Layout(
            self.oids, at_words(self.walk.values), keys, self.families, self.oids.getter(list(self.numbers.values())),
            at_words, list(self.fixed.values()), list(self.scaled.values()), self.unpacked,
            self.oids.getter(list(self.idle)), len(keys),
        )  # fmt: skip


def _sorted_out(module: Module, walk: Walk) -> dict[str, dict[str, int]]:
    """Return where the columns of a module's tables stand: name, index, place."""
    found: dict[str, dict[str, int]] = {}
    prefixes = [(f"{table.entry}.", {column.sub: column.name for column in table.columns}) for table in module.tables]
    for place, oid in enumerate(walk.oids):
        for prefix, columns in prefixes:
            if oid.startswith(prefix):
                sub, _, index = oid[len(prefix) :].partition(".")
                name = columns.get(sub)
                if name is not None and index:
                    found.setdefault(name, {})[index] = place
                break
    return found


def _index_labels(table: Table, index: str) -> tuple[tuple[str, str], ...]:
    parts = index.split(".", len(table.index) - 1)
    return tuple(zip(table.index, parts, strict=False))


def _word(column: Column, value: Value) -> str:
    if column.words and isinstance(value, int):
        return column.words.get(value, str(value))
    return hex_of(value) if column.kind is Kind.MAC else text_of(value)


def rows(module: Module, walk: Walk) -> dict[str, dict[str, dict[str, Value]]]:
    """Return a walk's variables as rows: table, index, column. Scalars are the row "" of the table ""."""
    found: dict[str, dict[str, dict[str, Value]]] = {table.name: {} for table in module.tables}
    where: Mapping[str, str] = {column.name: table.name for table in module.tables for column in table.columns}
    for name, places in _sorted_out(module, walk).items():
        table = found[where[name]]
        for index, place in places.items():
            table.setdefault(index, {})[name] = walk.values[place]
    scalars = {f"{column.sub}.0": column.name for column in module.scalars}
    if scalars:
        found[""] = {"": {scalars[oid]: value for oid, value in zip(*walk, strict=True) if oid in scalars}}
    return found
