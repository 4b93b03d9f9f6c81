"""`driftvakt user` and `driftvakt audit`, end to end over the store."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from collecting import host_row, prepare

from driftvakt_collector.__main__ import main
from driftvakt_collector.commands.users import ROLES
from driftvakt_collector.console.access import Role
from driftvakt_collector.store import accounts, logins
from driftvakt_collector.store.engine import Store

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    where = tmp_path / "data"
    prepare(where, [host_row(1, administration="Idrott")])
    return where


class Desk:
    """Types commands."""

    def __init__(self, data: Path, out: Out) -> None:
        self.data, self._out = data, out

    def run(self, *words: str, code: int = 0) -> str:
        """Return what a command says on both ways out."""
        assert main([*words, "--data", str(self.data)]) == code, self._out.readouterr()
        told = self._out.readouterr()
        return told.out + told.err

    def accounts(self) -> dict[str, accounts.AccountRow]:
        store = Store(f"sqlite:///{self.data}/store.db")
        try:
            return {one.name: one for one in store.read(accounts.load)}
        finally:
            store.close()


@pytest.fixture
def desk(data: Path, capsys: Out) -> Desk:
    return Desk(data, capsys)


def test_an_account_is_made_changed_and_forgotten(desk: Desk) -> None:
    assert "make an account" in desk.run("user", "list")
    secret = desk.run("user", "add", "anna.ek", "--role", "admin", "--full-name", "Anna Ek").splitlines()[0]
    assert "the secret is shown only now" in desk.run("user", "add", "ida", "--role", "administration",
                                                      "--administration", "Idrott")  # fmt: skip
    store = Store(f"sqlite:///{desk.data}/store.db")
    assert store.read(lambda one: logins.check_secret(one, "anna.ek", secret))
    store.close()
    listed = desk.run("user", "list")
    assert "anna.ek  admin  Anna Ek" in listed
    assert "ida  administration of Idrott" in listed

    desk.run("user", "change", "ida", "--role", "oncall")
    assert (desk.accounts()["ida"].role, desk.accounts()["ida"].administrations) == ("oncall", ())
    assert "may not log in any more" in desk.run("user", "disable", "ida")
    assert "DISABLED" in desk.run("user", "list")
    desk.run("user", "enable", "ida")
    assert desk.run("user", "secret", "ida") != desk.run("user", "secret", "ida")
    assert "otpauth://totp/driftvakt:ida" in desk.run("user", "codes", "ida")
    assert "with one-time codes" in desk.run("user", "list")
    desk.run("user", "codes", "ida", "--off")
    assert desk.accounts()["ida"].totp == ""
    desk.run("user", "remove", "ida")
    assert list(desk.accounts()) == ["anna.ek"]


@pytest.mark.parametrize(("words", "said"), [
    (("add", "Åsa Ek", "--role", "admin"), "a login is 1 to 64 of"),
    (("add", "api-x", "--role", "admin"), "does not begin with api"),
    (("add", "anna", "--role", "admin"), "there is an account anna already"),
    (("add", "ida", "--role", "administration"), "needs --administration"),
    (("add", "ida", "--role", "administration", "--administration", "Fel"), "'Fel'; there are Idrott"),
    (("add", "lars", "--role", "supplier", "--supplier", "X"), "there is no supplier 'X'; there are none"),
    (("change", "anna"), "say what to change"), (("change", "nobody", "--role", "admin"), "there is no account nobody"),
    (("change", "anna", "--role", "oncall"), "the only platform administrator"),
    (("disable", "anna"), "the only platform administrator"), (("remove", "anna"), "the only platform administrator"),
    (("sessions", "--end"), "say whose sessions end"),
])  # fmt: skip
def test_what_can_not_be_is_said(desk: Desk, words: tuple[str, ...], said: str) -> None:
    desk.run("user", "add", "anna", "--role", "admin")

    assert said in desk.run("user", *words, code=1)
    assert list(desk.accounts()) == ["anna"]


def test_the_roles_of_the_command_are_those_of_the_console() -> None:
    assert [role.value for role in Role] == list(ROLES)


def test_sessions_are_shown_and_ended(desk: Desk) -> None:
    desk.run("user", "add", "anna", "--role", "admin")
    store = Store(f"sqlite:///{desk.data}/store.db")
    for address in ("192.0.2.1", "192.0.2.2"):
        store.write_now(
            lambda one, at=address: logins.open_session(one, "anna", 2e9, 3600.0, at, "Firefox \x1b[2J")  # type: ignore[misc]
        )
    store.write_now(lambda one: logins.open_key(one, logins.ApiKey("billing"), 2e9, 3600.0))
    store.close()

    shown = desk.run("user", "sessions")
    assert len(shown.splitlines()) == 2
    assert "Firefox" in shown
    assert "\x1b" not in shown
    first = shown.split()[0]
    assert "1 sessions of anna ended" in desk.run("user", "sessions", "anna", "--end", first)
    assert "1 sessions of anna ended" in desk.run("user", "sessions", "anna", "--end")
    assert "0 sessions of anna ended" in desk.run("user", "sessions", "anna", "--end", code=1)
    assert "no session is open" in desk.run("user", "sessions")
    assert "billing" in desk.run("api-key", "list")


def test_each_command_that_changes_something_is_in_the_log_and_what_failed_is_not(desk: Desk, tmp_path: Path) -> None:
    desk.run("user", "add", "anna", "--role", "admin")
    desk.run("user", "add", "anna", "--role", "admin", code=1)
    desk.run("user", "list")
    desk.run("person", "add", "åsa", "--phone", "+46700000001")

    where = ("--administration", "X", "--site", "Y", "--out")
    for words in (
        ("new-login", "--name", "bo"),
        ("add-host", "--name", "h", "--collector", "http://127.0.0.1:1", *where, str(tmp_path / "h")),
        ("token", "create", "--zone", "adm", *where, str(tmp_path / "t")),
    ):
        desk.run(*words)
    newest = [line.split("  ")[4] for line in desk.run("audit", "list", "--limit", "3").splitlines()]
    assert newest == ["command.token.create", "command.add-host", "command.new-login"]

    entries = json.loads(desk.run("audit", "list", "--format", "json"))[3:]
    assert [(one["what"], one["how"]) for one in entries] == [
        ("command.person.add", "command"), ("command.user.add", "command"),
    ]  # fmt: skip
    assert "person add 'åsa'" in json.loads(entries[0]["detail"])["typed"]
    assert "command.user.add" in desk.run("audit", "list", "--what", "command.user")
    rows = list(csv.DictReader(desk.run("audit", "list", "--format", "csv", "--limit", "1").splitlines()))
    assert rows[0]["seq"] == "5"
    assert "nothing was done that fits" in desk.run("audit", "list", "--who", "nobody")


def test_a_log_is_verified_against_a_head_that_was_kept(desk: Desk, tmp_path: Path) -> None:
    desk.run("user", "add", "anna", "--role", "admin")
    kept = tmp_path / "head"
    kept.write_text(desk.run("audit", "head"), "ascii")
    desk.run("user", "secret", "anna")
    assert "2 entries, none changed or missing" in desk.run("audit", "verify", "--head", str(kept))

    with sqlite3.connect(desk.data / "store.db") as store:
        store.execute("DROP TRIGGER audit_no_delete")
        store.execute("DELETE FROM audit")
    store.close()

    assert "0 entries" in desk.run("audit", "verify")
    assert "THE AUDIT LOG IS NOT WHOLE: the end is missing" in desk.run("audit", "verify", "--head", str(kept), code=1)
    kept.write_text("nonsense")
    assert "holds no line of" in desk.run("audit", "verify", "--head", str(kept), code=1)
