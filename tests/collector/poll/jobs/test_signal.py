"""What a job tells: words, codes, and what it prints, which may be anything."""

import pytest

from driftvakt_collector.poll.jobs.signal import MAX_OUTPUT, Kind, Signal, output_of, signal_of
from driftvakt_wire import encode
from driftvakt_wire.privacy import Mask, offence


@pytest.mark.parametrize(("word", "signal"), [
    ("", Signal(Kind.SUCCESS)), ("0", Signal(Kind.SUCCESS)), ("success", Signal(Kind.SUCCESS)),
    ("start", Signal(Kind.START)), ("fail", Signal(Kind.FAILURE)), ("1", Signal(Kind.FAILURE, "exit code 1")),
    ("255", Signal(Kind.FAILURE, "exit code 255")), ("-1", Signal(Kind.FAILURE, "exit code -1")),
    ("3221225786", Signal(Kind.FAILURE, "exit code 3221225786")), ("TERM", Signal(Kind.FAILURE, "signal TERM")),
    ("000", Signal(Kind.SUCCESS)), ("stat", None), ("1.5", None), ("start/now", None), ("9" * 11, None), ("²", None),
])  # fmt: skip
def test_the_last_word_of_the_address(word: str, signal: Signal | None) -> None:
    assert signal_of(word) == signal


@pytest.mark.parametrize(("body", "text"), [
    pytest.param(b"rsync: 3 files\r\n\r\n", "rsync: 3 files", id="lines of Windows"),
    pytest.param(b"50 %\r100 %\n", "50 %\n100 %", id="a line that is written again and again"),
    pytest.param("Säkerhetskopian är klar".encode(), "Säkerhetskopian är klar", id="UTF-8"),
    pytest.param("Säkerhetskopian är klar på".encode("cp1252"), "Säkerhetskopian är klar på", id="PowerShell 5"),
    pytest.param(b"\x1b[31mERROR\x1b[0m \x1b]0;title\x07gone\x00\x08\x7f", "ERROR gone", id="orders to a terminal"),
    pytest.param("a\u202eb\u200bc\td".encode(), "abc d", id="what turns writing round"),
    pytest.param(("å" * MAX_OUTPUT).encode(), "å" * (MAX_OUTPUT // 2), id="no more than is kept"),
    pytest.param(("a" + "å" * MAX_OUTPUT).encode(), "a" + "å" * (MAX_OUTPUT // 2 - 1), id="a letter is not cut in two"),
])  # fmt: skip
def test_what_it_prints(body: bytes, text: str) -> None:
    assert output_of(body, None) == text


@pytest.mark.parametrize("printed", [
    "saved /home/anna/Documents\n3 files", "anna@files:/data\nok", "cd /home\nls /var/log",
    "\\\\srv\\home$\\kalle x\ny", "user=anna\nfine", "\n".join(["~anna", "a" * 3000, "media/", "x/y/z"]),
])  # fmt: skip
def test_persons_are_taken_out_where_they_may_not_be_told(printed: str) -> None:
    text = output_of(printed.encode(), Mask())

    assert "anna" not in text
    assert "kalle" not in text
    assert offence(encode.event(1.0, "check.failed", text, "c-1"), "event") == ""


def test_the_other_lines_stay() -> None:
    text = output_of(b"began\nsaved /home/anna/x\n3 files", Mask())

    assert text == "began\n(a line that tells of a person)\n3 files"
