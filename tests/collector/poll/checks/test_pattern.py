"""What an administrator expects in an answer: an ordinary expression stays quick, whatever a server sends."""

import pytest

from driftvakt_collector.poll.checks.check import CheckError, Fault
from driftvakt_collector.poll.checks.pattern import MAX_TEXT, found


@pytest.mark.parametrize(("expression", "text", "expected"), [
    ("Logga.*in", "<p>Logga\nin</p>", True), ("^in$", "Logga\nin\n", True), ("(?i)LOGGA", "logga", True),
    ("åäö", "åäö".encode(), True), (r"\bok\b", b"not ok\xff", True), ("^ok", "not ok", False), ("", "", True),
])  # fmt: skip
def test_what_is_found(expression: str, text: str | bytes, expected: bool) -> None:
    assert found("expect_text", expression, text) is expected


@pytest.mark.parametrize("expression", ["Logga.*in", "Logga.*in.*konto", "(g+)+$", "(Logga|Log|ga)*x"])
def test_a_page_that_was_made_for_it_keeps_nobody_busy(expression: str) -> None:
    # An engine that goes back over the text would be at the second for hours.
    assert not found("expect_text", expression, "Logga" * (MAX_TEXT // 5))


@pytest.mark.parametrize("expression", ["(", "[z-a]", r"(a)\1", "(?=x)", "a{99999}"])
def test_what_is_no_expression_is_told(expression: str) -> None:
    with pytest.raises(CheckError, match="'expect_text' is no regular expression") as raised:
        found("expect_text", expression, "x")

    assert raised.value.fault is Fault.UNUSABLE
