"""What an operator types about suppliers. Every mistake is told at once, and no secret is shown."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftvakt_collector.__main__ import main
from driftvakt_collector.desk.suppliers.supplier import Kind, of_row, secrets_of
from driftvakt_collector.store import handovers, suppliers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.handovers import HandoverRow
from driftvakt_collector.trust import vault

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, capsys: Out) -> str:
    assert main(["init", "--data", str(tmp_path / "data")]) == 0
    capsys.readouterr()
    return str(tmp_path / "data")


@pytest.fixture
def store(data: str) -> Iterator[Store]:
    opened = Store(f"sqlite:///{data}/store.db")
    yield opened
    opened.close()


def secret(tmp_path: Path, text: str) -> str:
    path = tmp_path / f"{text}.secret"
    path.write_text(f"{text}\n", "utf-8")
    return str(path)


def run(data: str, *arguments: str, code: int = 0) -> None:
    assert main(["supplier", *arguments, "--data", data]) == code


def test_a_supplier_is_added_changed_shown_and_forgotten(data: str, store: Store, capsys: Out) -> None:
    run(data, "add", "S:t Erik", "--address", "noc@sterik.example", "--answer-minutes", "30", "--mend-hours", "4",
        "--number", "SR-[0-9]+", "--phone", "08-123", "--sender", "@underlev.example", "--calendar",
        "helgfri")  # fmt: skip
    run(data, "change", "s:t erik", "--mend-hours", "8", "--automatic")
    run(data, "list")
    run(data, "show", "S:t Erik")
    run(data, "test", "S:t Erik")
    out, err = capsys.readouterr()

    assert "there is no calendar 'helgfri' yet" in err
    assert "S:t Erik  mail noc@sterik.example  answers within 30 min and mends within 8 h, in helgfri, by itself" in out
    assert "number: SR-[0-9]+" in out
    assert "senders: underlev.example" in out
    assert "secrets: none" in out
    assert "nothing was sent" in out
    row = store.read(lambda one: suppliers.get(one, "S:t Erik"))
    assert row is not None
    assert of_row(row).settings.phone == "08-123"
    run(data, "remove", "S:t Erik")
    run(data, "list")
    assert "there is no supplier yet" in capsys.readouterr().out


def test_secrets_come_from_files_and_are_never_shown(data: str, store: Store, tmp_path: Path, capsys: Out) -> None:
    run(data, "add", "Larm AB", "--kind", "glpi", "--url", "https://glpi.example/apirest.php", "--app-token-file",
        secret(tmp_path, "apphemlig"), "--token-file", secret(tmp_path, "userhemlig"))  # fmt: skip
    run(data, "change", "Larm AB", "--hook-file", secret(tmp_path, "hookhemlig"), "--entity", "5")
    run(data, "show", "Larm AB")
    out = capsys.readouterr().out

    assert "secrets: --app-token-file, --token-file, --hook-file" in out
    assert "hemlig" not in out
    row = store.read(lambda one: suppliers.get(one, "Larm AB"))
    assert row is not None
    told = secrets_of(row, vault.load(Path(data)))
    assert (told.app, told.user, told.hook) == ("apphemlig", "userhemlig", "hookhemlig")
    assert (of_row(row).kind, of_row(row).settings.entity) == (Kind.GLPI, 5)


def test_every_mistake_is_told_at_once(data: str, capsys: Out) -> None:
    run(data, "add", "X\nY", "--kind", "glpi", "--url", "http://glpi.example", "--answer-minutes", "-1", "--mend-hours",
        "1e9", "--number", "(", "--phone", "x" * 300, code=1)  # fmt: skip
    said = capsys.readouterr().err

    for part in ("NAME is 1 to 255", "--url must be https", "GLPI needs", "--answer-minutes", "--mend-hours",
                 "--number: '('", "--phone is one line"):  # fmt: skip
        assert part in said, part


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--address", "no mailbox"], "--address must be a mailbox"),
        (["--address", "a@b\r\nBcc: x@y"], "--address must be a mailbox"),
        (["--kind", "zammad", "--url", "https://u:p@z.example"], "--url must be https"),
        (["--kind", "generic", "--url", "https://z.example"], "needs --hook-file"),
        (["--kind", "zammad", "--url", "ftp://z.example"], "Zammad needs --token-file"),
    ],
)
def test_what_can_not_be_is_not_kept(data: str, capsys: Out, arguments: list[str], told: str) -> None:
    run(data, "add", "X", *arguments, code=1)

    assert told in capsys.readouterr().err
    run(data, "list")
    assert "there is no supplier yet" in capsys.readouterr().out


def test_who_has_an_open_case_is_not_forgotten(data: str, store: Store, capsys: Out) -> None:
    run(data, "add", "S:t Erik", "--address", "noc@sterik.example")
    run(data, "add", "s:T ERIK", "--address", "noc@sterik.example", code=1)
    assert "already: driftvakt supplier change" in capsys.readouterr().err
    row = HandoverRow(7, "S:t Erik", "t", "31080#80", "opened", "", 1.8e9, None, None, None, None, 1.8e9)
    store.write_now(lambda one: handovers.add(one, row))

    run(data, "remove", "S:t Erik", code=1)
    assert "has 1 open case, whose answers would be lost" in capsys.readouterr().err
    run(data, "show", "S:t Erik")
    assert re.search(r"INC-7: opened since .* UTC, their 31080$", capsys.readouterr().out, re.MULTILINE)


def test_a_desk_that_does_not_answer_says_what_to_do(data: str, tmp_path: Path, capsys: Out) -> None:
    run(data, "add", "Z", "--kind", "zammad", "--url", "http://127.0.0.1:9", "--token-file", secret(tmp_path, "hemlig"))

    run(data, "test", "Z", code=1)

    said = capsys.readouterr().err
    assert "the desk of 'Z' can't be used: 127.0.0.1/api/v1/users/me can't be reached" in said
    assert "hemlig" not in said


def test_a_supplier_that_is_not_there(data: str, capsys: Out) -> None:
    for what in ("show", "remove", "test", "change"):
        run(data, what, "Ingen", code=1)
        assert "there is no supplier 'Ingen': driftvakt supplier list" in capsys.readouterr().err
