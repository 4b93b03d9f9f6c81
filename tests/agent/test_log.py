import sys
from io import StringIO

import pytest

from driftvakt_agent.log import Once, say

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)


def test_a_line(capsys: Out) -> None:
    say("warning", "räksmörgås")

    assert capsys.readouterr().err == "WARNING räksmörgås\n"


def test_a_line_for_the_journal(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")

    say("error", "x")

    assert capsys.readouterr().err == "<3>x\n"


def test_a_name_of_a_device_cannot_forge_a_line(capsys: Out) -> None:
    say("info", "disk\nERROR all is lost\x1b[2J\u202e")

    assert capsys.readouterr().err == "INFO disk\\nERROR all is lost\\x1b[2J\\u202e\n"


def test_a_log_that_cannot_be_written_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())

    say("info", "x")


def test_what_stays_wrong_is_said_once(capsys: Out) -> None:
    once = Once()
    for text in ("a", "a", "b", "b"):
        once.trouble("disk", text)
    assert once.standing() == {"disk": "b"}
    for _ in range(2):
        once.fine("disk")
    once.fine("other")

    assert capsys.readouterr().err == "WARNING disk: a\nWARNING disk: b\nINFO disk: well again\n"
    assert once.standing() == {}
