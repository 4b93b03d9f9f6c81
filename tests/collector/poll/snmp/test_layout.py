"""From variables to series: what is found once, what is looked at again, and what is no number."""

import re
from dataclasses import replace

import pytest

from driftvakt_collector.poll.snmp.driver import Value, Walk
from driftvakt_collector.poll.snmp.layout import joined, made, rows
from driftvakt_collector.poll.snmp.mib import (
    Column,
    Kind,
    Lookup,
    Module,
    Reading,
    Table,
    Wanted,
    always,
    counter,
    gauge,
    hidden,
)
from driftvakt_collector.poll.snmp.modules.table import FACTS, MODULES

ENTRY = "1.3.6.1.4.1.99.1"
MODULE = Module(
    name="made", walks=(ENTRY,), suits=always,
    scalars=(gauge("1.3.6.1.4.1.99.2", "scalar"),),
    tables=(Table("table", ENTRY, ("one", "two"), (
        counter("1", "count"), hidden("2", "name"), Column("3", "state", Kind.STATES, "", {1: "on", 2: "off"}),
        Column("4", "kind", Kind.INFO, "", {6: "six"}), Column("5", "text", Kind.TEXT), Column("6", "mac", Kind.MAC),
    )),),
    lookups=(Lookup(("one", "two"), "name"),),
    readings=(
        Reading("ratio", (f"{ENTRY}.1",), label="port", label_oid=f"{ENTRY}.2", unknown=frozenset({-1, -2, -3}),
                whole=f"{ENTRY}.7", low=0.0, high=1.0),
        Reading("only_warm", (f"{ENTRY}.1",), 0.1, "port", where=((f"{ENTRY}.8", 1),)),
    ),
)  # fmt: skip


def walk(**told: Value) -> Walk:
    oids = [name.removeprefix("_").replace("_", ".") for name in told]
    return Walk([f"{ENTRY}.{oid}" for oid in oids], list(told.values()))


def test_numbers_words_and_labels() -> None:
    told = walk(_1_7_8=5, _2_7_8="Gård".encode(), _3_7_8=2, _4_7_8=6, _5_7_8=b"hej\0", _6_7_8=b"\1\2\3\4\5\6")
    told = joined([told, Walk(["1.3.6.1.4.1.99.2.0"], [3])])
    layout = made([MODULE], told)

    at = (("one", "7"), ("two", "8"), ("name", "Gård"))
    assert dict(zip(layout.keys, layout.values(told.values), strict=True)) == {
        ("scalar", ()): 3, ("count", at): 5,
        ("state", (*at, ("state", "on"))): 0.0, ("state", (*at, ("state", "off"))): 1.0,
        ("kind_info", (*at, ("kind", "six"))): 1.0, ("text", (*at, ("text", "hej"))): 1.0,
        ("mac", (*at, ("mac", "01:02:03:04:05:06"))): 1.0,
    }  # fmt: skip
    assert layout.families["count"] == ("counter", "")


def test_it_holds_until_a_name_a_state_or_the_tree_changes() -> None:
    told = walk(_1_7_8=5, _2_7_8=b"a", _3_7_8=2)
    layout = made([MODULE], told)

    assert layout.fits(*walk(_1_7_8=6, _2_7_8=b"a", _3_7_8=2))
    assert not layout.fits(*walk(_1_7_8=5, _2_7_8=b"b", _3_7_8=2))
    assert not layout.fits(*walk(_1_7_8=5, _2_7_8=b"a", _3_7_8=1))
    assert not layout.fits(*walk(_1_7_9=5, _2_7_8=b"a", _3_7_8=2))
    assert layout.values(walk(_1_7_8=6, _2_7_8=b"a", _3_7_8=2).values)[0] == 6


@pytest.mark.parametrize(("level", "whole", "expected"), [
    (40, 100, 0.4), (0, 100, 0.0), (-1, 100, None), (-2, 100, None), (-3, 100, None), (5, 0, None), (5, -2, None),
    (120, 100, None), (-40, 100, None),
])  # fmt: skip
def test_a_level_that_is_none_is_absent(level: int, whole: int, expected: float | None) -> None:
    told = walk(_1_7_8=level, _2_7_8=b"Svart", _7_7_8=whole)
    layout = made([MODULE], told)

    found = dict(zip(layout.keys, layout.values(told.values), strict=True))
    assert found["ratio", (("port", "Svart"),)] == expected


def test_two_of_one_name_are_two() -> None:
    layout = made([MODULE], walk(_1_7_8=1, _1_7_9=2, _2_7_8=b"Svart", _2_7_9=b"Svart", _7_7_8=10, _7_7_9=10))

    assert [labels for name, labels in layout.keys if name == "ratio"] == [
        (("port", "Svart"),), (("port", "Svart (7.9)"),)]  # fmt: skip


def test_what_has_another_unit_is_no_reading() -> None:
    told = walk(_1_7_8=203, _1_7_9=1, _8_7_8=1, _8_7_9=5)
    layout = made([MODULE], told)

    assert [key for key in layout.keys if key[0] == "only_warm"] == [("only_warm", (("port", "7.8"),))]
    assert not layout.fits(*walk(_1_7_8=203, _1_7_9=1, _8_7_8=1, _8_7_9=1))


@pytest.mark.parametrize(("wanted", "expected"), [
    pytest.param(frozenset({1, 3}), ["fan 1", "fan 3"], id="one of several"),
    pytest.param(re.compile("(?i)psu"), ["fan 2"], id="a text in which it is found"),
    pytest.param(b"PSU", ["fan 2"], id="a text"),
    pytest.param(7, [], id="nothing"),
])  # fmt: skip
def test_rows_that_count(wanted: Wanted, expected: list[str]) -> None:
    reading = Reading("ok", (f"{ENTRY}.1",), label="part", where=((f"{ENTRY}.8", wanted),), named="fan ")
    told = walk(_1_1=5, _1_2=5, _1_3=5, _1_4=5, _8_1=1, _8_2=b"PSU", _8_3=3)

    keys = made([replace(MODULE, readings=(reading,))], told).keys

    assert [labels[0][1] for name, labels in keys if name == "ok"] == expected


def test_a_row_with_nothing_to_measure_is_looked_at_again_when_it_has_something() -> None:
    reading = Reading("busy", (f"{ENTRY}.1",), label="cpu", proof=f"{ENTRY}.8")
    module, idle, awake = replace(MODULE, readings=(reading,)), walk(_1_7=0, _8_7=0), walk(_1_7=0, _8_7=47)

    layout = made([module], idle)

    assert [key for key in layout.keys if key[0] == "busy"] == []
    assert layout.fits(*idle)
    assert not layout.fits(*awake)
    assert ("busy", (("cpu", "7"),)) in made([module], awake).keys
    assert made([module], awake).fits(*awake)


def test_a_state_in_a_name_makes_no_other_series() -> None:
    reading = Reading("ok", (f"{ENTRY}.1",), label="part", label_oid=f"{ENTRY}.2", cut=re.compile(" (?:Normal|Failed)"))
    module = replace(MODULE, readings=(reading,))
    well, failed = (made([module], walk(_1_7=1, _2_7=name)).keys for name in (b"Sw1, PSB Normal", b"Sw1, PSB Failed"))

    assert [key for key in well if key[0] == "ok"] == [("ok", (("part", "Sw1, PSB"),))]
    assert [key for key in failed if key[0] == "ok"] == [("ok", (("part", "Sw1, PSB"),))]


@pytest.mark.parametrize(("mode", "expected"), [(3, [("ok", (("part", "1"),))]), (1, []), (None, [])])
def test_a_scalar_says_if_a_table_counts(mode: int | None, expected: list[object]) -> None:
    reading = Reading("ok", (f"{ENTRY}.1",), label="part", where=((f"{ENTRY}.9.0", frozenset({2, 3})),))
    told = walk(_1_1=5) if mode is None else walk(_1_1=5, _9_0=mode)

    assert [key for key in made([replace(MODULE, readings=(reading,))], told).keys if key[0] == "ok"] == expected


def test_a_module_reads_nothing_that_it_does_not_walk() -> None:
    module = replace(MODULE, walks=(f"{ENTRY}.5",), tables=(), lookups=())

    assert made([module], walk(_1_7=5, _2_7=b"a", _7_7=10)).keys == []


def test_texts_where_a_number_belongs_are_no_series() -> None:
    told = walk(_1_7_8=b"12", _3_7_8=b"on", _4_7_8=b"\xff")

    assert ("count", (("one", "7"), ("two", "8"), ("name", ""))) not in made([MODULE], told).keys


def test_rows_for_facts() -> None:
    told = joined([walk(_1_7_8=5, _2_7_8=b"a", _9_7_8=1), Walk(["1.3.6.1.4.1.99.2.0"], [3])])

    assert rows(MODULE, told) == {"table": {"7.8": {"count": 5, "name": b"a"}}, "": {"": {"scalar": 3}}}


def test_every_module_is_declared_rightly() -> None:
    for module in (*MODULES, *FACTS):
        columns = {one.name for table in module.tables for one in table.columns}
        assert {one.column for one in module.lookups} <= columns, module.name
        for table in module.tables:
            assert len({one.sub for one in table.columns}) == len(table.columns), table.name
        oids = [table.entry for table in module.tables] + [one.sub for one in module.scalars]
        oids += [oid for one in module.readings for oid in one.oids]
        for oid in oids:
            assert any(f"{oid}.".startswith(f"{base}.") or f"{base}.".startswith(f"{oid}.") for base in module.walks), (
                f"{module.name} declares {oid} and does not walk it"
            )
    assert len({module.name for module in (*MODULES, *FACTS)}) == len(MODULES) + len(FACTS)
    assert replace(MODULE).name == "made"
