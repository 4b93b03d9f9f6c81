"""Files of rules: every mistake at once, each with what to write; what your own file changes in the shipped rules."""

from pathlib import Path

import pytest

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rules import book
from driftvakt_collector.config import ConfigError

GOOD = 'series = "node_load1"\nsummary = { sv = "a", en = "b" }\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        book.load(written(folder, text))
    return [line.removeprefix("  - ") for line in str(caught.value).splitlines()[1:]]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param("above = 1\nserverity = 'info'", "'serverity' is not known; did you mean 'severity'?", id="key"),
        pytest.param("above = 1\nbelow = 2", "exactly one of above, below, equals, is_absent", id="two conditions"),
        pytest.param("", "exactly one of above, below, equals, is_absent; got none", id="no condition"),
        pytest.param("above = true", "'above' must be a number", id="no number"),
        pytest.param("above = nan", "'above' must be a number", id="no number either"),
        pytest.param("above = 5\nclear = 6", "'clear' is where it is well again", id="clear on the wrong side"),
        pytest.param("equals = 5\nclear = 4", "'clear' is where it is well again", id="clear of a state"),
        pytest.param("above = 1\nfor = '5 minutes'", "'for' must be a span like 90s", id="no span"),
        pytest.param("above = 1\nfunction = 'rate'", "'window' goes with the functions", id="no window"),
        pytest.param("above = 1\nwindow = '5m'", "'window' goes with the functions", id="a window of nothing"),
        pytest.param("above = 1\nfunction = 'rates'\nwindow = '5m'", "did you mean 'rate'?", id="misspelt function"),
        pytest.param("above = 1\nfunction = 'forecast'\nwindow = '5m'", "'ahead' goes with", id="how far"),
        pytest.param("above = 1\nfunction = 'max'\nwindow = '90d'", "31d at most", id="too long"),
        pytest.param("above = 1\nseverity = 'page'", "'severity' must be one of info, warning, critical", id="level"),
        pytest.param("above = 1\nhosts = { klass = 'server' }", "did you mean 'class'?", id="no fact of a host"),
        pytest.param("above = 1\nlabels = { zone = 'adm' }", "go into 'hosts'", id="no label of a series"),
        pytest.param("above = 1\nlabels = { a = '=~(' }", "RE2 does not take", id="a pattern"),
        pytest.param("above = 1\nlabels = { a = '=~(?=x)' }", "RE2 does not take", id="a pattern that looks ahead"),
        pytest.param("above = 1\nwhile = { series = 'b' }", "'while': it needs exactly one of", id="half a guard"),
        pytest.param("above = 1\nwhile = 5", "'while' must be a table", id="no guard"),
        pytest.param("is_absent = true\nper = 'b'", "'is_absent' stands alone", id="absent per"),
        pytest.param("above = 1\nfunction = 'baseline'\ntime_zone = 'Mars'", "'time_zone' must be", id="time zone"),
        pytest.param("above = 1\nrunbook = 'javascript:alert(1)'", "'runbook' must be an address", id="runbook"),
        pytest.param("above = 1\nunit = 'miles'", "'unit' must be one of", id="unit"),
        pytest.param("above = 1\nenabled = 'no'", "'enabled' must be true or false", id="enabled"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_to_write(tmp_path: Path, told: str, expected: str) -> None:
    (only, *others) = mistakes(tmp_path, f'[[rule]]\nname = "X"\n{GOOD}{told}\n')

    assert only.startswith("rule X: ")
    assert expected in only
    assert len(others) == ("rates" in told)


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        '[[rule]]\nname = "no name"\nabove = "x"\nfor = 5\n'
        '[[rule]]\nname = "Nope"\nenabled = false\n'
        '[[rule]]\nname = "FilesystemAlmostFul"\nbelow = 0.1\n',
    )

    assert len(told) >= 7
    assert any("did you mean 'FilesystemAlmostFull'?" in one for one in told)


def test_a_text_with_a_place_that_there_is_not_is_refused(tmp_path: Path) -> None:
    text = '[[rule]]\nname = "X"\nseries = "a"\nabove = 1\nsummary = { sv = "{{hst}}", en = "{{ host }}" }\n'

    (told,) = mistakes(tmp_path, text)

    assert "there is no {{hst}}; there are {{host}}, {{value}}, {{label.NAME}}" in told


@pytest.mark.parametrize("text", ["rules = 5", "[rule]", "= =", "[[rule]]\n" * 3 + "[x]", '"\ud800"'])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(ConfigError, match="rules in"):
        book.load(path)


def test_your_file_changes_turns_off_and_adds(tmp_path: Path) -> None:
    own = book.load(
        written(
            tmp_path,
            '[[rule]]\nname = "FilesystemAlmostFull"\nbelow = 0.03\nseverity = "warning"\n'
            '[[rule]]\nname = "RestartNeeded"\nenabled = false\n'
            f'[[rule]]\nname = "Mine"\n{GOOD}above = 1\n',
        )
    )
    shipped = {rule.name: rule for rule in book.load().rules}
    rules = {rule.name: rule for rule in own.rules}

    assert set(rules) == (set(shipped) | {"Mine"}) - {"RestartNeeded"}
    full, before = rules["FilesystemAlmostFull"], shipped["FilesystemAlmostFull"]
    assert (full.condition.threshold, full.severity) == (0.03, Severity.WARNING)
    # What is not said stays, and where it is well again keeps its distance.
    assert full.condition.clear == pytest.approx(0.03 + 0.03)
    assert (full.wait, full.labels, full.summary, full.subject) == (
        before.wait, before.labels, before.summary, before.subject
    )  # fmt: skip
    assert (own.changed, own.off) == (("FilesystemAlmostFull",), ("RestartNeeded",))


def test_a_series_that_nobody_declares_is_doubted_and_taken(tmp_path: Path) -> None:
    text = (
        '[[rule]]\nname = "X"\nseries = "node_laod1"\nabove = 1\nsummary = { sv = "a", en = "b" }\n'
        '[[rule]]\nname = "Y"\nseries = "app_queue"\nabove = 1\nsummary = { sv = "a", en = "b" }\n'
    )

    own = book.load(written(tmp_path, text))

    assert own.doubts == ("rule X: nobody declares a series node_laod1; did you mean 'node_load1'?",)
