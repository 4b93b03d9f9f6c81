"""`driftvakt maintenance`, `silence` and `freeze`, end to end over the store."""

import re
import shlex
from pathlib import Path

import pytest
from collecting import host_row, prepare

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.mute import Kind, Mute
from driftvakt_collector.alert.mute_rows import mutes_of, row_of
from driftvakt_collector.alert.scope import Scope
from driftvakt_collector.alert.span import Span
from driftvakt_collector.store import hosts, mutes
from driftvakt_collector.store.engine import Store

Out = pytest.CaptureFixture[str]
DAY = 86400.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    where = tmp_path / "data"
    prepare(where, [
        host_row(1, name="db-7", site="Farsta"), host_row(2, name="sw-1", site="Farsta", class_="switch"),
        host_row(3, name="twin"), host_row(4, name="twin"), host_row(5, name="gone", state=hosts.REVOKED),
    ])  # fmt: skip
    return where


def kept(data: Path) -> list[Mute]:
    store = Store(f"sqlite:///{data}/store.db")
    try:
        found, wrong = mutes_of(store.read(mutes.load))
    finally:
        store.close()
    assert not wrong
    return found


def test_a_window_is_planned_listed_and_taken_back(data: Path, capsys: Out) -> None:
    def run(*words: str) -> str:
        assert main([*words, "--data", str(data)]) == 0
        return capsys.readouterr().out

    assert "there is no maintenance now or later: driftvakt maintenance add --help" in run("maintenance", "list")
    said = run("maintenance", "add", "--from", "2098-12-01 22:00", "--for", "4h", "--site", "Farsta",
               "--reason", "ny switch", "--owner", "anna")  # fmt: skip
    assert said.splitlines() == [
        "maintenance 1: Mon 2098-12-01 22:00 CET to Tue 2098-12-02 02:00 CET (4h, Europe/Stockholm)",
        "  about site Farsta: 2 hosts now",
    ]
    (window,) = kept(data)
    assert (window.kind, window.scope, window.made_by, window.reason) == (
        Kind.MAINTENANCE, Scope(site="Farsta"), "anna", "ny switch",
    )  # fmt: skip
    assert window.span.end - window.span.begin == 4 * 3600
    listed = run("maintenance", "list")
    assert "1  Mon 2098-12-01 22:00 CET to Tue 2098-12-02 02:00 CET" in listed
    assert "site Farsta  ny switch  (anna)" in listed
    assert "maintenance 1 is taken back before it began" in run("maintenance", "end", "1")
    assert "there is no maintenance" in run("maintenance", "list")
    assert "ended " in run("maintenance", "list", "--all")
    assert kept(data)[0].ended is not None


def test_a_window_comes_again(data: Path, capsys: Out) -> None:
    assert main(["maintenance", "add", "--every", "monthly 2nd tue +1d 20:00", "--for", "4h", "--from", "2098-01-01",
                 "--until", "2099-01-01", "--host", "sw-1", "--below", "--reason", "uppdatering", "--data",
                 str(data)]) == 0  # fmt: skip

    said = capsys.readouterr().out
    assert "1 day after the second Tuesday of the month 20:00 for 4h, Europe/Stockholm" in said
    assert "next: Wed 2098-01-15 20:00 CET, Wed 2098-02-12 20:00 CET, Wed 2098-03-12 20:00 CET" in said
    assert "about host a-0002 and what is behind: 1 host now" in said
    (window,) = kept(data)
    assert window.scope == Scope(origins=("a-0002",), below=True)
    assert len(list(window.between(window.span.begin, window.span.begin + 800 * DAY))) == 12


def test_a_silence_lasts_two_hours_and_has_an_owner(data: Path, capsys: Out) -> None:
    assert main(["silence", "add", "--host", "db-7", "--label", "disk=~/data.*", "--reason", "disk är beställd",
                 "--data", str(data)]) == 0  # fmt: skip
    assert main(["silence", "list", "--data", str(data)]) == 0

    (silence,) = kept(data)
    assert silence.span.end - silence.span.begin == 2 * 3600
    assert silence.made_by
    assert "1  now until " in capsys.readouterr().out
    assert main(["silence", "end", "1", "--data", str(data)]) == 0
    assert "silence 1 ends now" in capsys.readouterr().out
    assert kept(data)[0].at(silence.span.begin + 3600) is None


def test_a_silence_that_is_forgotten_is_asked_about(data: Path, capsys: Out) -> None:
    now = 4_000_000_000.0
    old = Mute(Kind.SILENCE, Scope(site="Farsta"), Span(0.0, now), "känt fel", "anna", 0.0)
    store = Store(f"sqlite:///{data}/store.db")
    store.write_now(lambda one: mutes.add(one, row_of(old)))
    store.close()

    assert main(["silence", "list", "--data", str(data)]) == 0
    assert "! it is older than a day and has" in (said := capsys.readouterr().out)
    assert "is it still needed? driftvakt silence end 1" in said


def test_no_maintenance_is_planned_in_a_freeze(data: Path, capsys: Out) -> None:
    def run(*words: str) -> str:
        assert main([*words, "--data", str(data)]) == 0
        return capsys.readouterr().out

    window = ("maintenance", "add", "--from", "2098-12-24 22:00", "--for", "4h", "--reason", "x", "--site")
    run(*window, "Farsta")
    run("maintenance", "add", "--every", "tue 22:00", "--for", "4h", "--from", "2098-12-01", "--class", "server",
        "--reason", "updates")  # fmt: skip
    said = run("freeze", "add", "--from", "2098-12-18 17:00", "--to", "2099-01-07 08:00", "--reason", "jul")
    assert "freeze 3: Thu 2098-12-18 17:00 CET to Wed 2099-01-07 08:00 CET (19d 15h, Europe/Stockholm)" in said
    assert "about everything: 4 hosts now" in said
    assert "maintenance 1 (x), Wed 2098-12-24 22:00 CET" in said
    assert "stays: driftvakt maintenance end 1" in said
    assert "maintenance 2 (updates), Tue 2098-12-23 22:00 CET" in said
    assert "rests in it" in said

    assert main([*window, "Kista", "--data", str(data)]) == 1
    refused = capsys.readouterr().err
    assert "it lies in freeze 3 (jul), Thu 2098-12-18 17:00 CET to Wed 2099-01-07 08:00 CET" in refused
    assert "driftvakt silence add" in refused
    assert "driftvakt freeze end 3" in refused
    assert len(kept(data)) == 3
    assert "rests in freeze 3, Thu 2098-12-18" in run("maintenance", "list")
    assert "jul" in run("freeze", "list")

    run("freeze", "end", "3")
    assert "maintenance 4" in run(*window, "Kista")


def test_what_is_planned_in_the_past_is_said_to_be(data: Path, capsys: Out) -> None:
    assert main(["maintenance", "add", "--from", "2025-12-01 22:00", "--to", "2025-12-02 02:00", "--site", "Farsta",
                 "--reason", "glömdes", "--data", str(data)]) == 0  # fmt: skip
    assert "it is in the past: it counts where the past is reckoned anew" in capsys.readouterr().out
    assert main(["maintenance", "list", "--all", "--data", str(data)]) == 0
    assert ", over  site Farsta" in capsys.readouterr().out


def test_what_was_done_in_a_freeze_that_is_over_can_be_written_down(data: Path, capsys: Out) -> None:
    when = ("--from", "2025-12-01 22:00", "--to", "2025-12-02 02:00", "--reason", "x", "--data", str(data))
    assert main(["freeze", "add", *when]) == 0
    assert main(["maintenance", "add", "--site", "Farsta", *when]) == 0
    assert "it lies in freeze 1 (x)" in capsys.readouterr().out
    assert main(["freeze", "end", "1", "--data", str(data)]) == 1
    assert "freeze 1 is over already: driftvakt freeze list --all" in capsys.readouterr().err


def test_what_the_documentation_says_can_be_typed(data: Path, tmp_path: Path, capsys: Out) -> None:
    page = (Path(__file__).parents[2] / "docs" / "calendars.md").read_text("utf-8")
    told = re.findall(r"^driftvakt ((?:maintenance|silence) add .*) --data", page, re.M)
    assert len(told) == 5
    for line in told:
        words = shlex.split(line.replace("2026-12-01", "2098-12-01").replace("core-1", "sw-1"))
        assert main([*words, "--data", str(data)]) == 0, line
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    (tmp_path / "library.toml").write_text(example, "utf-8")
    assert main(["calendar", "check", str(tmp_path / "library.toml")]) == 0
    assert "is fine: The library" in capsys.readouterr().out


def test_a_name_that_no_host_has_is_pointed_out(data: Path, capsys: Out) -> None:
    assert main(["silence", "add", "--site", "Fasta", "--reason", "x", "--data", str(data)]) == 0
    assert "0 hosts now; no host has site 'Fasta', there is Farsta" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "why"), [
    ("maintenance add --for 4h --reason x", "it would hold back everything"),
    ("silence add --label a=~.* --reason x", "it would hold back everything"),
    ("silence add --site A --for 31d --reason x", "a silence lasts at most 30 days"),
    ("silence add --site A --for soon --reason x", "'soon' is no duration"),
    ("silence add --site A --from soon --reason x", "'soon' is no time"),
    ("maintenance add --site A --reason x", "say how long it lasts with '--for 4h'"),
    ("maintenance add --site A --for 4h --to 22:00 --reason x", "'--for' or '--to', not both"),
    ("maintenance add --site A --for 4h --until 22:00 --reason x", "'--until' goes with '--every'"),
    ("maintenance add --site A --every tue --to 22:00 --reason x", "with '--every' say how long each time lasts"),
    ("maintenance add --site A --every tue --for 4h --reason x", "'--every': 'tue' is nothing that comes again"),
    ("maintenance add --site A --for 4h --time-zone Mars --reason x", "there is no time zone 'Mars'"),
    ("maintenance add --site A --from 2098-12-01 --to 2098-11-01 --reason x", "it ends before it begins"),
    ("maintenance add --site A --below --for 4h --reason x", "'below' is of a host"),
    ("maintenance add --host twin --for 4h --reason x",
     "2 hosts are called 'twin': say which by origin: a-0003, a-0004"),
    ("maintenance add --host db-8 --for 4h --reason x", "there is no host 'db-8'; did you mean db-7?"),
    ("maintenance add --host gone --for 4h --reason x", "there is no host 'gone'"),
    ("maintenance add --label disk --for 4h --reason x", "'--label': 'disk' asks nothing of a label"),
    ("freeze add --for 100d --reason x", "a freeze lasts at most 92 days"),
    ("silence end 1", "there is no silence 1: driftvakt silence list"),
])  # fmt: skip
def test_a_mistake_is_told_and_changes_nothing(words: str, why: str, data: Path, capsys: Out) -> None:
    assert main([*words.split(), "--data", str(data)]) == 1
    assert why in capsys.readouterr().err
    assert kept(data) == []


def test_what_is_ended_is_named_rightly_and_once(data: Path, capsys: Out) -> None:
    assert main(["silence", "add", "--site", "Farsta", "--reason", "x", "--data", str(data)]) == 0
    assert main(["maintenance", "end", "1", "--data", str(data)]) == 1
    assert "1 is a silence: driftvakt silence end 1" in capsys.readouterr().err
    assert main(["silence", "end", "1", "--data", str(data)]) == 0
    assert main(["silence", "end", "1", "--data", str(data)]) == 1
    assert "silence 1 was ended already" in capsys.readouterr().err
