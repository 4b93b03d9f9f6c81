"""`driftvakt person`, `oncall` and `escalation`, from nobody to who would be told and when."""

import re
import shutil
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from collecting import prepare

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.oncall.feed import mark
from driftvakt_collector.store import people
from driftvakt_collector.store.engine import Store

Out = pytest.CaptureFixture[str]
Run = Callable[..., str]
ROTA = """
name = "natverk"
title = "Nätverksjouren"
services = ["natverk"]

[[layer]]
people = ["anna", "bo"]
start = 2026-01-05

[[layer]]
position = "secondary"
people = ["bo", "anna"]
start = 2026-01-05
"""
NIGHT = """
name = "natt"
last_resort = ["bo"]
[[step]]
rota = "natverk"
[[step]]
wait = 15
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data directory with nobody, and one with two people and their rota."""
    folder = tmp_path_factory.mktemp("oncall")
    empty, full = folder / "empty", folder / "full"
    prepare(empty, [])
    shutil.copytree(empty, full)
    (folder / "rota.toml").write_text(ROTA, "utf-8")
    for words in (
        [
            "person",
            "add",
            "anna",
            "--full-name",
            "Anna Ängström",
            "--phone",
            "070-123 45 67",
            "--email",
            "anna@Example.se",
        ],
        ["person", "add", "bo", "--full-name", "Bo Öberg", "--language", "en", "--phone", "070-765 43 21"],
        ["oncall", "apply", str(folder / "rota.toml"), "--from", "2026-01-01"],
    ):
        assert main([*words, "--data", str(full)]) == 0
    return empty, full


@pytest.fixture
def data(prepared: tuple[Path, Path], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    where = tmp_path / "data"
    shutil.copytree(prepared["staffed" in request.fixturenames], where)
    return where


@pytest.fixture
def run(data: Path, capsys: Out) -> Run:
    """Run a command that must do what it says; return what it printed, errors too."""

    def doing(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main([*words, "--data", str(data)]) == code, capsys.readouterr().err
        told = capsys.readouterr()
        return told.out + told.err

    return doing


@pytest.fixture
def staffed(run: Run) -> Run:
    """The same, where there are people and a rota."""
    return run


def test_people_and_the_ways_to_them(run: Run, tmp_path: Path) -> None:
    assert "nobody is there yet: driftvakt person add" in run("person", "list")
    told = run("person", "add", "anna", "--full-name", "Anna Ängström", "--phone", "070-123 45 67")
    assert told == "anna added: sms +46701234567\n"
    run("person", "contact", "add", "anna", "email", "anna@Example.SE", "--first")
    (tmp_path / "hook").write_text("https://chat.example.se/hooks/hemlig\n")
    told = run("person", "contact", "add", "anna", "webhook", "--address-file", str(tmp_path / "hook"))
    assert "hemlig" not in told + run("person", "show", "anna")
    run("person", "contact", "verify", "anna", "sms")
    shown = run("person", "show", "anna")
    assert re.search(r"email +anna@example.se  not verified\n +sms +\+46701234567  verified", shown)
    run("person", "contact", "remove", "anna", "webhook")
    assert "email, sms\n" in run("person", "list")
    assert "not active" in run("person", "change", "anna", "--inactive", "--language", "en")
    assert "not active" in run("person", "list")
    assert "forgotten" in run("person", "remove", "anna")


@pytest.mark.parametrize(("words", "why"), [
    ("person add Anna", "small letters"),
    ("person add eva --phone 123", "'123' is no phone number; write it as +46701234567"),
    ("person add eva --phone 0701234567", "+46701234567 belongs to anna already"),
    ("person add anna", "anna is there already: driftvakt person change anna"),
    ("person add eva --time-zone Europe/Stokholm", "there is no time zone 'Europe/Stokholm'"),
    ("person contact add nils sms 0701111111", "there is no person 'nils'"),
    ("person contact add bo sms 0701234567", "that address belongs to anna already"),
    ("person contact add anna webhook https://x.se/hemlig", "tell --address-file"),
    ("person contact remove anna sms 0709999999", "anna has 1 of sms, and not that one"),
    ("person remove anna", "anna is in the rota natverk"),
    ("person show nils", "there is no person 'nils'"),
    ("oncall override add natverk nils --from 2026-12-24 --until 2026-12-24", "there is no person 'nils'"),
    ("oncall override add gone bo --from 2026-12-24 --until 2026-12-24", "there is no rota 'gone'; known are natverk"),
    ("oncall swap add natverk bo bo --from 2026-12-24 --until 2026-12-24", "name two people"),
    ("oncall absence add bo --from 2026-12-24 --until 2026-12-20", "'--until' must be later than '--from'"),
    ("oncall absence add bo --from julafton --until 2026-12-20", "'--from' must be as 2026-12-24"),
    ("oncall absence remove 9", "there is no absence 9"),
    ("oncall shifts gone", "there is no rota 'gone'"),
    ("oncall shifts --weeks 0", "'--weeks' must be more than 0"),
    ("oncall export gone", "there is no rota and no person 'gone'"),
    ("oncall apply /nowhere.toml", "cannot read /nowhere.toml"),
    ("oncall remove gone", "there is no rota 'gone'"),
    ("escalation show gone", "there is no policy 'gone'"),
    ("escalation remove default", "there is no policy 'default' of your own"),
    ("escalation explain --policy gone", "there is no policy 'gone'; known are default"),
])  # fmt: skip
def test_what_can_not_be_done_is_said_with_what_to_do(staffed: Run, words: str, why: str) -> None:
    told = staffed(*words.split(), code=1)

    assert why in told
    assert "hemlig" not in told


def test_a_rota_from_a_file_to_who_is_on_call(staffed: Run, tmp_path: Path) -> None:
    assert staffed("oncall", "now", "--at", "2026-01-07T12:00") == (
        "natverk           Anna Ängström (primary, rotation), Bo Öberg (secondary, rotation)\n"
        "                  next: Bo Öberg, Anna Ängström, Mon 2026-01-12 08:00\n"
    )
    assert "Nätverksjouren" in staffed("oncall", "list")
    assert "# version 1, from Thu 2026-01-01 00:00" in staffed("oncall", "show", "natverk")
    told = staffed(
        "oncall", "override", "add", "natverk", "bo", "--from", "2026-12-01T17:00", "--until", "2026-12-02T08:00"
    )
    assert "override 1: bo is on call of natverk, Tue 2026-12-01 17:00 – Wed 2026-12-02 08:00" in told
    told = staffed("oncall", "absence", "add", "anna", "--from", "2026-12-21", "--until", "2026-12-27", "--note", "jul")
    assert "absence 2: anna is away, Mon 2026-12-21 00:00 – Mon 2026-12-28 00:00" in told
    assert "natverk  Mon 2026-12-21 08:00 – Mon 2026-12-28 00:00  bo (absence cover)" in told
    assert "NO secondary" in told
    staffed("oncall", "swap", "add", "natverk", "anna", "bo", "--from", "2026-12-08", "--until", "2026-12-08")
    assert "Bo Öberg (swap), Anna Ängström (swap)" in staffed("oncall", "shifts", "--at", "2026-12-07T12:00")
    assert "anna and bo have each other's shifts" in staffed("oncall", "swap", "list")
    staffed("oncall", "absence", "remove", "2")
    assert "none; example" in staffed("oncall", "absence", "list")
    assert "taken away by" in staffed("oncall", "absence", "list", "--all")
    assert "Anna Ängström" in staffed("oncall", "now", "--at", "2026-12-24")
    staffed("oncall", "remove", "natverk")
    assert "no rota counts yet" in staffed("oncall", "now")
    assert "Anna" in staffed("oncall", "now", "--at", "2026-01-07")


def test_ready_ends_with_1_where_a_page_would_reach_nobody(staffed: Run) -> None:
    held = staffed("oncall", "ready", "--at", "2026-12-14", "--language", "sv")
    assert "Julafton 2026-12-24: Anna Ängström" in held
    assert "har inte bekräftat sitt telefonnummer" in held
    for name in ("anna", "bo"):
        staffed("oncall", "absence", "add", name, "--from", "2026-12-24", "--until", "2026-12-24")

    told = staffed("oncall", "ready", "--at", "2026-12-14", code=1)

    assert "critical  natverk           nobody is on call Thu 2026-12-24 00:00 – Fri 2026-12-25 00:00" in told


def test_check_keeps_nothing(staffed: Run, tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text(ROTA.replace('"natverk"', '"ny"', 1), "utf-8")

    assert "ny can be applied; nothing was kept" in staffed("oncall", "check", str(new))
    assert "ny" not in staffed("oncall", "list")
    new.write_text(ROTA.replace('"bo"', '"nils"'), "utf-8")
    assert "there is no person 'nils': driftvakt person add nils" in staffed("oncall", "check", str(new), code=1)


def test_a_calendar_address_is_told_once_and_only_its_hash_is_kept(staffed: Run, data: Path, tmp_path: Path) -> None:
    token = re.findall(r"/oncall/(\S+)\.ics", staffed("person", "feed", "anna"))[0]
    store = Store(f"sqlite:///{data}/store.db")
    try:
        assert store.read(lambda one: people.of_feed(one, mark(token))) == "anna"
        file = tmp_path / "address"
        assert "/oncall/" not in staffed("person", "feed", "anna", "--out", str(file))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert store.read(lambda one: people.of_feed(one, mark(token))) == ""
        staffed("person", "feed", "anna", "--remove")
        assert {one.feed for one in store.read(people.load)} == {""}
    finally:
        store.close()


def test_shifts_are_exported_as_icalendar(staffed: Run) -> None:
    rota = staffed("oncall", "export", "natverk", "--ical", "--at", "2026-06-01")
    mine = staffed("oncall", "export", "bo", "--ical", "--at", "2026-06-01")

    assert rota.startswith("BEGIN:VCALENDAR")
    assert "SUMMARY:Nätverksjouren: Anna Ängström\\, Bo Öberg" in rota
    assert "SUMMARY:On call: Nätverksjouren (primary)" in mine


def test_a_newcomer_sees_who_would_be_told_and_when(staffed: Run, tmp_path: Path) -> None:
    told = staffed("escalation", "explain", "--service", "natverk", "--zone", "adm", "--at", "2026-01-07T12:00")
    assert told.startswith(
        "critical, zone adm, service natverk; it begins Wed 2026-01-07 12:00\n"
        "policy default: no line of the routes fits\n"
        "rota natverk\n"
        "+0 min, Wed 12:00\n"
        "  → Anna Ängström by sms, email: You are primary on call of Nätverksjouren\n"
        "+10 min, Wed 12:10\n"
    )
    other = staffed("escalation", "explain", "--service", "mail", "--language", "sv", "--at", "2026-01-07T12:00")
    assert "rota NONE for this service and zone" in other
    assert "Steg 1 hoppas över: ingen jour finns för tjänsten." in other
    assert "→ Bo Öberg by sms: Du är sista utvägen" in other

    (tmp_path / "natt.toml").write_text(NIGHT, "utf-8")
    (tmp_path / "routes.toml").write_text('[[route]]\npolicy = "natt"\nseverities = ["critical"]\n', "utf-8")
    assert "there is no policy 'natt'" in staffed("escalation", "check", str(tmp_path / "routes.toml"), code=1)
    assert "natt can be applied" in staffed("escalation", "check", str(tmp_path / "natt.toml"))
    staffed("escalation", "apply", str(tmp_path / "natt.toml"))
    staffed("escalation", "apply", str(tmp_path / "routes.toml"))
    listed = staffed("escalation", "list")
    assert "default           Standard (shipped)  8 steps" in listed
    assert "route 1: severities critical → natt" in listed
    assert 'last_resort = ["bo"]' in staffed("escalation", "show", "natt")
    assert 'name = "default"' in staffed("escalation", "show", "default")
    now = staffed("escalation", "explain", "--service", "natverk")
    assert "policy natt: line 1 of the routes" in now
    assert "+15 min" in now
    assert "You are the last resort" in now
    assert "line 1 of the routes leads to natt" in staffed("escalation", "remove", "natt", code=1)
    staffed("escalation", "remove", "routes")
    staffed("escalation", "remove", "natt")
    assert "natt" not in staffed("escalation", "list")


def test_where_nobody_can_be_told_explain_says_so_and_ends_with_1(run: Run) -> None:
    told = run("escalation", "explain", code=1)

    assert "NOBODY CAN BE TOLD: add people with contacts." in told
    assert datetime.now().astimezone().strftime("%Y") in told
