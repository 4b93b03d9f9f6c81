"""`driftvakt calendar`: from a file to what counts, and back."""

from pathlib import Path

import pytest
from collecting import prepare

from driftvakt_collector.__main__ import main

Out = pytest.CaptureFixture[str]
EVENING = """title = { sv = "Kvällsöppet", en = "Open in the evening" }
hours = { "mon-fri" = "12:00-20:00" }

[[exception]]
date = 2098-12-27
open = "09:00-12:00"
reason = { sv = "extra öppet", en = "open in addition" }
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    where = tmp_path / "data"
    prepare(where, [])
    return where


def write(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


def test_a_calendar_is_applied_shown_changed_and_taken_away(data: Path, tmp_path: Path, capsys: Out) -> None:
    def run(*words: str) -> str:
        assert main(["calendar", *words, "--data", str(data)]) == 0
        return capsys.readouterr().out

    listed = run("list")
    assert [line.split()[0] for line in listed.splitlines() if "!" not in line] == [
        "always", "extended", "office", "school", "standby",
    ]  # fmt: skip
    assert "Day and night            Open until further notice" in listed

    file = write(tmp_path / "hall.toml", EVENING)
    said = run("apply", file, "--from", "2026-01-01", "--note", "beslut 12/26")
    assert "hall: version 1 counts from Thu 2026-01-01 00:00 CET" in said
    assert "in the past: what is reckoned of that time follows this version" in said
    assert "version 1 says the same already; nothing was changed" in run("apply", file)
    assert run("show", "hall") == EVENING
    shown = run("test", "hall", "--at", "2098-12-27 10:00", "--days", "2")
    assert "Open until 12:00: open in addition · Öppet till 12:00: extra öppet" in shown
    assert "it closes Sat 2098-12-27 12:00 CET" in shown
    assert "Sat 2098-12-27  09:00–12:00    open in addition" in shown
    assert "Sun 2098-12-28  closed" in shown

    write(tmp_path / "hall.toml", EVENING.replace("12:00-20:00", "22:00-06:00"))
    assert "version 2 counts from Fri 2099-01-02 00:00 CET" in run("apply", file, "--from", "2099-01-02")
    assert f"{'':<16} version 2 counts from Fri 2099-01-02 00:00 CET" in run("list")
    assert "Open until 20:00" in run("test", "hall", "--at", "2098-12-29 13:00")
    assert "Closed: outside 22:00–06:00" in run("test", "hall", "--at", "2099-01-05 13:00")
    assert "22:00-06:00" in run("show", "hall", "--version", "2")
    assert "12:00-20:00" in run("show", "hall")
    history = run("history", "hall").splitlines()
    assert len(history) == 2
    assert history[0].endswith("beslut 12/26")

    assert "hall is taken away from now on" in run("remove", "hall")
    assert run("show", "hall") == "# hall was taken away\n"
    assert "hall             counts for nothing now" in run("list")
    assert "taken away" in run("history", "hall")


def test_a_shipped_one_is_edited_from_what_is_shown(data: Path, tmp_path: Path, capsys: Out) -> None:
    def run(*words: str) -> str:
        assert main(["calendar", *words, "--data", str(data)]) == 0
        return capsys.readouterr().out

    text = run("show", "office")
    assert "half_days" in text
    file = write(tmp_path / "office.toml", text.replace("08:00-17:00", "09:00-15:00"))
    run("apply", file)
    assert "Closed: outside 09:00–15:00" in run("test", "office", "--at", "2098-12-30 08:30")
    assert run("history", "office").startswith("shipped    counts before all others")
    assert "the shipped one counts again" in run("remove", "office")
    assert "Open until 17:00" in run("test", "office", "--at", "2098-12-30 08:30")
    assert run("show", "office") == text


def test_a_file_is_checked_without_a_collector(tmp_path: Path, capsys: Out) -> None:
    assert main(["calendar", "check", write(tmp_path / "hall.toml", EVENING)]) == 0

    said = capsys.readouterr().out
    assert "is fine: Open in the evening, Europe/Stockholm" in said
    assert len(said.splitlines()) == 15


def test_terms_that_have_ended_are_missed(data: Path, tmp_path: Path, capsys: Out) -> None:
    text = 'hours = { "mon-fri" = "08-16" }\n[[term]]\nname = "Höst"\nfrom = 2020-08-17\nto = 2020-12-18\n'
    file = write(tmp_path / "skola.toml", text)
    assert main(["calendar", "check", file]) == 0
    assert "! its last term ends 2020-12-18: add the next one" in capsys.readouterr().out
    assert main(["calendar", "apply", file, "--data", str(data)]) == 0
    assert main(["calendar", "list", "--data", str(data)]) == 0
    assert "! its last term ends 2020-12-18: add the next one" in capsys.readouterr().out


def test_the_holidays_of_a_year_are_shown(capsys: Out) -> None:
    assert main(["calendar", "holidays", "2026"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "2026-06-06 Sat  red       Nationaldagen · National Day of Sweden" in lines
    assert "2026-06-19 Fri  eve       Midsommarafton · Midsummer Eve" in lines
    assert "2026-04-02 Thu  half day  Skärtorsdagen · Maundy Thursday" in lines


@pytest.mark.parametrize(("words", "why"), [
    ("show nothing", "there is no calendar 'nothing'; there are always, extended, office, school, standby"),
    ("show office --version 3", "there is no version 3 of office: driftvakt calendar history"),
    ("history nothing", "there is no calendar 'nothing'"),
    ("remove office", "there is no calendar 'office' of yours"),
    ("test office --at soon", "'soon' is no time; write one like"),
    ("test office --days 0", "'--days' must be 1 to 366, got 0"),
    ("apply {missing}", "cannot read"),
    ("apply {bad}", "cannot use the calendar 'bad':\n  - 'colour' is not known"),
    ("apply {bad} --name Åke", "'Åke' is no name for a calendar"),
    ("apply {latin}", "cannot read"),
])  # fmt: skip
def test_a_mistake_is_told_and_changes_nothing(words: str, why: str, data: Path, tmp_path: Path, capsys: Out) -> None:
    paths = {name: str(tmp_path / f"{name}.toml") for name in ("missing", "bad", "latin")}
    Path(paths["bad"]).write_text("colour = 1\n")
    Path(paths["latin"]).write_bytes("title = 'å'".encode("latin-1"))

    assert main(["calendar", *(word.format(**paths) for word in words.split()), "--data", str(data)]) == 1
    assert why in capsys.readouterr().err


def test_a_year_without_holidays_is_refused(capsys: Out) -> None:
    assert main(["calendar", "holidays", "1900"]) == 1
    assert "the year must be 1970 to 2100, got 1900" in capsys.readouterr().err


def test_what_a_file_says_does_not_write_over_the_screen(data: Path, tmp_path: Path, capsys: Out) -> None:
    file = write(tmp_path / "hall.toml", 'title = "\\u001b[2Jx"\nhours = { daily = "08-17" }')

    assert main(["calendar", "apply", file, "--data", str(data)]) == 1
    assert "\x1b" not in capsys.readouterr().err
