import pytest

from driftvakt_collector.console import quantity


def plain(text: str) -> str:
    return text.replace(quantity.SPACE, " ")


@pytest.mark.parametrize(("value", "expected"), [
    pytest.param(0.0, "0", id="zero is zero"),
    pytest.param(3.14159, "3.14", id="three digits below ten"),
    pytest.param(12.345, "12.3", id="three digits below a hundred"),
    pytest.param(1234567.8, "1 234 568", id="thousands are set apart"),
    pytest.param(0.00012345, "0.000123", id="small numbers keep their digits"),
    pytest.param(float("inf"), "+Inf", id="infinity has a sign"),
    pytest.param(float("nan"), "NaN", id="no number says so"),
])  # fmt: skip
def test_digits(value: float, expected: str) -> None:
    assert plain(quantity.digits(value)) == expected


@pytest.mark.parametrize(("value", "expected"), [
    pytest.param(0, "0 B", id="nothing"),
    pytest.param(1023, "1023 B", id="just below the next unit"),
    pytest.param(1023.9 * 1024, "1.0 MiB", id="never 1024 of a unit"),
    pytest.param(1536, "1.5 KiB", id="a digit after the point"),
    pytest.param(16 * 2**30, "16 GiB", id="a whole number has no point"),
    pytest.param(None, "–", id="none is a dash"),
])  # fmt: skip
def test_size(value: float | None, expected: str) -> None:
    assert plain(quantity.size(value)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [
    pytest.param(-3, "0 s", id="a clock that went back"),
    pytest.param(59.9, "59 s", id="seconds"),
    pytest.param(3600, "1 h", id="a whole hour has one part"),
    pytest.param(90061, "1 d 1 h", id="two parts, the largest"),
])  # fmt: skip
def test_duration(seconds: float, expected: str) -> None:
    assert plain(quantity.duration(seconds)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [
    pytest.param(1, "1 second", id="one has no s"),
    pytest.param(1390, "23 minutes", id="minutes"),
    pytest.param(3600, "1 hour", id="one hour"),
    pytest.param(90000, "25 hours", id="hours up to two days"),
    pytest.param(200000, "2 days", id="days"),
])  # fmt: skip
def test_span(seconds: float, expected: str) -> None:
    assert plain(quantity.span(seconds)) == expected


def test_rates_are_in_bits_and_shares_in_percent() -> None:
    assert plain(quantity.bit_rate(125e6)) == "1 Gbit/s"
    assert plain(quantity.percent(0.0344)) == "3.4 %"
    assert plain(quantity.percent(0.344)) == "34 %"
    assert plain(quantity.with_unit(2.0**30, "bytes")) == "1 073 741 824 bytes"


@pytest.mark.parametrize(("value", "expected"), [
    pytest.param(3543348019.2, "3 543 348 019.2 bytes", id="a large number is written out"),
    pytest.param(0.000123456789, "0.000123457 bytes", id="a small one keeps six digits"),
    pytest.param(1e300, "1e+300 bytes", id="what no one could read has an exponent"),
])  # fmt: skip
def test_with_unit(value: float, expected: str) -> None:
    assert plain(quantity.with_unit(value, "bytes")) == expected
