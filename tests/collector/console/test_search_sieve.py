"""The look at the JSON of a section, before it is decoded, never misses a row that has the words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.console.search import Question, matcher, sieve
from driftvakt_collector.naming.part import named

COLUMNS = ["name", "vendor", "model", "serial", "size_bytes", "health"]
TEXTS = st.one_of(
    st.sampled_from(
        [
            "Samsung SSD",
            "WDC WD10EZEX-08WN4A0",
            "ATA Foo(R)Bar Co.",
            "Micron_5300",
            "Hitachi HTS",
            "SAMſUNG",
            "Straße",
            "\u212aelvin",
            'a"b\\c/d',
            "åÄö",
            "İstanbul",
            "02:aa:BB",
            "yes",
        ]
    ),
    st.text(max_size=6),
)
CELLS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False), TEXTS)


@given(rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=3), pick=st.data(), escaped=st.booleans())
def test_what_matches_passes(rows: list[list[object]], pick: st.DataObject, escaped: bool) -> None:
    raw = json.dumps({"columns": COLUMNS, "rows": rows}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    told = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    words = [str(cell) for row in told for cell in (*row.values(), *named("storage", row).values())] or ["x"]
    word = pick.draw(st.sampled_from(words))
    begin = pick.draw(st.integers(0, max(0, len(word) - 1)))
    text = word[begin : begin + pick.draw(st.integers(1, 5))]
    question = Question(
        "storage", pick.draw(st.sampled_from(["", "serial:", "model:", "maker:", "model_name:", "yes ", "no "])) + text
    )

    if any(matcher(question)(row) for row in told):  # type: ignore[arg-type]
        assert sieve(question)(raw)


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        pytest.param("samsung", True, id="in another case"),
        pytest.param("serial:s6b1", True, id="in a column"),
        pytest.param("sn-4711", False, id="not there"),
        pytest.param("seagate", True, id="a maker that may be meant by something else"),
        pytest.param("samsung serial:zz9", False, id="one of two is not there"),
        pytest.param("serial:", True, id="nothing is looked for in a column"),
        pytest.param("12345", True, id="a number may be written otherwise"),
    ],
)
def test_what_can_be_said_without_decoding(words: str, passes: bool) -> None:
    raw = b'{"columns":["model","serial"],"rows":[["Samsung 990","S6B1NJ0"]]}'

    assert sieve(Question("storage", words))(raw) is passes
