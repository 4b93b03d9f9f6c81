import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_agent.perfdata import MAX_LABEL, MAX_NUMBERS, MAX_TEXT, parse


@pytest.mark.parametrize(
    ("output", "text", "numbers"),
    [
        pytest.param(
            "DISK OK - free space: / 3326 MB (56%);|/=2643MB;5948;5958;0;5968",
            "DISK OK - free space: / 3326 MB (56%);",
            [("/", 2643 * 1024**2, "bytes")],
            id="the example of the guidelines",
        ),
        pytest.param(
            "LOAD OK|load1=0.210;5.000;;0; load5=0.370;4;;0;\n",
            "LOAD OK",
            [("load1", 0.21, ""), ("load5", 0.37, "")],
            id="two numbers",
        ),
        pytest.param(
            "PING OK | rta=12.5ms;;;0 pl=29%;5;100 'it''s here'=3c",
            "PING OK",
            [("rta", 0.0125, "seconds"), ("pl", 0.29, "ratio"), ("it's here", 3, "count")],
            id="units, and a label in quotes",
        ),
        pytest.param(
            "OK | a=1s\nmore text\nand more | b=2us\nc=3KB",
            "OK",
            [("a", 1, "seconds"), ("b", 2e-6, "seconds"), ("c", 3072, "bytes")],
            id="numbers below the text",
        ),
        pytest.param("OK | a=1e-05s b=1.5E+3", "OK", [("a", 1e-5, "seconds"), ("b", 1500, "")], id="exponents"),
        pytest.param("OK | a=U;1;2 b= c d=x =5 '=1 e=2", "OK", [], id="an open quote takes the rest"),
        pytest.param("OK | a=U b= c d=x =5 e=2", "OK", [("e", 2, "")], id="what is no number"),
        pytest.param("OK | a=1 a=2", "OK", [("a", 1, "")], id="the first of two"),
        pytest.param("OK | t=41C x=3furlongs y=2m/s", "OK", [("t", 41, "C"), ("x", 3, "furlongs"), ("y", 2, "")],
                     id="other units"),
        pytest.param("OK | a=nan b=1e999", "OK", [], id="not finite"),
        pytest.param("", "", [], id="nothing"),
        pytest.param("a\x1b[31mred\tb\n", "a [31mred b", [], id="control characters"),
    ],
)  # fmt: skip
def test_output(output: str, text: str, numbers: list[tuple[str, float, str]]) -> None:
    result = parse(output)

    assert result.text == text
    assert [(one.label, one.value, one.unit) for one in result.numbers] == numbers


@given(st.text() | st.text("|'=; \n1.9eE%msKB-+U", max_size=80))
def test_no_output_gets_it_off_its_feet(output: str) -> None:
    result = parse("x|" + output)

    assert len(result.text) <= MAX_TEXT
    assert len(result.numbers) <= MAX_NUMBERS
    assert len({(one.label, one.unit) for one in result.numbers}) == len(result.numbers)
    for one in result.numbers:
        assert math.isfinite(one.value)
        assert 0 < len(one.label) <= MAX_LABEL
        assert one.label.isprintable()


def test_numbers_are_bounded() -> None:
    assert len(parse("x|" + " ".join(f"a{n}=1" for n in range(200))).numbers) == MAX_NUMBERS
