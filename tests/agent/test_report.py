import json
from collections.abc import Iterable
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_agent import report
from driftvakt_agent.report import Names, Numbers
from driftvakt_agent.sample import Sample
from driftvakt_collector.fleet.series import _Body
from driftvakt_wire.envelope import digest


def take(names: Names, samples: Iterable[Sample], **families: tuple[str, str]) -> Numbers:
    return names.numbers(list(samples), families)


def cpu(*numbers: float) -> list[Sample]:
    return [Sample("node_cpu_seconds_total", value, (("cpu", str(n)),)) for n, value in enumerate(numbers)]


def rows(part: bytes) -> list[list[str]]:
    return list(json.loads(part)["series"])


def test_numbers_and_their_names() -> None:
    names = Names()
    numbers = take(names, [Sample("node_load1", 0.5), *cpu(7, 8)])

    assert numbers.values == [0.5, 7, 8]
    assert rows(names.set) == [
        ["node_load1"],
        ["node_cpu_seconds_total", "cpu", "0"],
        ["node_cpu_seconds_total", "cpu", "1"],
    ]
    assert numbers.series == names.set_digest == digest(names.set)


def test_what_is_missing_is_null_and_what_is_new_comes_behind() -> None:
    names = Names()
    first = take(names, cpu(1, 2, 3))
    second = take(names, [Sample("node_load1", 9), *cpu(4)])
    third = take(names, cpu(5, 6, 7))

    assert second.values == [4, None, None, 9]
    assert third.values == [5, 6, 7, None]
    assert third.series == second.series != first.series


def test_the_order_of_the_samples_does_not_matter() -> None:
    samples = [*cpu(1, 2, 3), *(Sample(f"a{n}_info", 1, (("x", str(n)),)) for n in range(3))]
    names = Names()
    first = take(names, samples)
    Random(1).shuffle(samples)
    second = take(names, samples)

    assert (second.series, second.sections, second.values) == (first.series, first.sections, first.values)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_null(value: float) -> None:
    names = Names()

    assert take(names, cpu(1, value)).values == [1, None]
    assert take(names, cpu(value, 2)).values == [None, 2]


def test_what_is_always_one_is_a_section() -> None:
    names = Names()
    first = take(names, [*cpu(1), Sample("node_uname_info", 1, (("nodename", "a"),))])
    second = take(names, [*cpu(1), Sample("node_uname_info", 1, (("nodename", "b"),))])

    assert rows(names.set) == [["node_cpu_seconds_total", "cpu", "0"]]
    assert rows(names.info) == [["node_uname_info", "nodename", "b"]]
    assert first.series == second.series
    assert first.sections != second.sections == {"info": digest(names.info)}


def test_a_file_may_call_info_what_is_none() -> None:
    names = Names()
    numbers = take(names, [Sample("backup_info", 0)])

    assert (rows(names.set), numbers.values) == ([["backup_info"]], [0])
    assert rows(names.info) == []


def test_a_set_of_many_nulls_is_made_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_STALE_CYCLES", 3)
    names = Names()
    take(names, cpu(1, 2, 3))

    lengths = [len(take(names, cpu(1)).values) for _ in range(5)]

    assert lengths == [3, 3, 3, 1, 1]


def test_few_nulls_are_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_STALE_CYCLES", 3)
    names = Names()
    first = take(names, cpu(1, 2, 3, 4))

    assert {take(names, cpu(1, 2, 3)).series for _ in range(20)} == {first.series}


def test_a_cycle_with_all_numbers_begins_the_count_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_STALE_CYCLES", 3)
    names = Names()
    take(names, cpu(1, 2))

    lengths = [len(take(names, cpu(1)).values) + len(take(names, cpu(1, 2)).values) for _ in range(10)]

    assert lengths == [4] * 10


def test_there_is_a_most_of_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_SERIES", 3)
    names = Names()
    numbers = take(names, cpu(1, 2, 3, 4, 5))

    assert (numbers.values, names.dropped) == ([1, 2, 3], 2)
    assert take(names, cpu(6, 7)).values == [6, 7, None]
    assert names.dropped == 0


def test_there_is_a_most_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_SET", 1000)
    names = Names()
    numbers = take(names, [Sample("a", n, (("x", "å" * 40 + str(n)),)) for n in range(50)])

    assert len(numbers.values) + names.dropped == 50
    assert 0 < len(names.set) <= 1100


def test_a_label_that_a_collector_would_refuse_costs_its_own_series_only() -> None:
    names = Names()
    long = (("x", "y" * 1025),)
    numbers = take(names, [*cpu(1), Sample("a", 2, long), Sample("b_info", 1, long)])

    assert (numbers.values, names.dropped) == ([1], 2)
    assert rows(names.info) == []


def test_families_stand_beside_the_set() -> None:
    names = Names()
    take(names, [Sample("backup_age", 1)], backup_age=("gauge", "Ålder."), not_there=("gauge", "No sample."))

    assert json.loads(names.set)["families"] == {"backup_age": ["gauge", "Ålder."]}


def test_files_that_cannot_be_read_for_a_cycle_cost_no_new_set() -> None:
    names = Names()
    first = take(names, [*cpu(1), Sample("backup_age", 1)], backup_age=("gauge", "Age."))

    assert take(names, cpu(1)).series == first.series
    assert take(names, [*cpu(1), Sample("backup_age", 1)], backup_age=("gauge", "Age.")).series == first.series


def test_a_year_of_names_that_come_and_go_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_SERIES", 50)
    monkeypatch.setattr(report, "_STALE_CYCLES", 3)
    names = Names()
    for cycle in range(500):
        samples = [Sample(f"job_{cycle}_{n}", n) for n in range(7)]
        take(names, samples, **{one.name: ("gauge", "x" * 100) for one in samples})
        assert len(names._keys) == len(names._index) <= 50
        assert len(names._families) <= 50


labels = st.dictionaries(
    st.from_regex(r"\A[a-z]{1,3}\Z"), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)
series = st.tuples(st.from_regex(r"\A[a-z]{1,4}(_info)?\Z"), labels.map(lambda found: tuple(sorted(found.items()))))


@given(st.lists(st.dictionaries(series, st.floats(width=32), max_size=8), min_size=1, max_size=6))
def test_each_cycle_can_be_put_together_again(
    cycles: list[dict[tuple[str, tuple[tuple[str, str], ...]], float]],
) -> None:
    names = Names()
    known: list[list[str]] = []
    for cycle in cycles:
        numbers = take(names, [Sample(name, value, pairs) for (name, pairs), value in cycle.items()])
        body = msgspec.json.decode(names.set, type=_Body)

        assert body.series[: len(known)] == known
        known = body.series
        found = {tuple(row): value for row, value in zip(body.series, numbers.values, strict=True) if value is not None}
        found |= {tuple(row): 1.0 for row in rows(names.info)}
        expected = {
            (name, *(text for pair in pairs for text in pair)): value
            for (name, pairs), value in cycle.items()
            if abs(value) < float("inf")
        }
        assert found == expected
