"""What an operator types to see which machine is which, and to put it right."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from driftvakt_collector.__main__ import main
from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import MAC, NAME, SERIAL, Key
from driftvakt_collector.store.engine import Store

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory, capsys: Out) -> str:
    path = tmp_path_factory.mktemp("assets") / "data"
    assert main(["init", "--data", str(path)]) == 0
    capsys.readouterr()
    return str(path)


@pytest.fixture
def store(data: str) -> Iterator[Store]:
    opened = Store(f"sqlite:///{data}/store.db")
    opened.migrate()
    yield opened
    opened.close()


def told(store: Store, source: str, serial: str, name: str, zone: str = "adm", mac: str = "00:1b:21:00:00:01") -> None:
    keys = frozenset({Key(SERIAL, serial), Key(MAC, mac), Key(NAME, name)})

    def work(connection: Connection) -> None:
        register.learn(SqlBook(connection), Evidence(source, zone, keys), lambda _source: None, 1.7e9)

    store.write_now(work)


def run(data: str, *arguments: str, code: int = 0) -> None:
    assert main(["asset", *arguments, "--data", data]) == code


def test_from_a_question_to_an_answer_and_back(data: str, store: Store, capsys: Out) -> None:
    told(store, "a-1", "4XK2P13", "pc-åsa")
    told(store, "a-2", "4XK2P13", "pc-new", zone="adm", mac="00:1b:21:00:00:02")

    run(data, "list")
    assert capsys.readouterr().out.splitlines() == [
        "asset 1  4XK2P13  pc-åsa  zone adm", "asset 2  4XK2P13  pc-new  zone adm",
    ]  # fmt: skip
    run(data, "questions")
    assert "a-2 on asset 2: is that asset 1?" in capsys.readouterr().out
    run(data, "merge", "1", "2")
    assert "driftvakt asset undo 3" in capsys.readouterr().out
    run(data, "questions")
    assert capsys.readouterr().out == "nothing waits for you\n"
    run(data, "show", "a-2")
    out = capsys.readouterr().out
    assert "a-2 stands on it since 2" in out
    assert "put there by an operator" in out
    assert "decision 3" in out
    assert "say that they are one thing" in out or "says that they are one thing" in out
    run(data, "undo", "3")
    assert capsys.readouterr().out == "decision 3 is undone by decision 4\n"
    run(data, "show", "2")
    assert "a-2" in capsys.readouterr().out


def test_no_is_an_answer_too(data: str, store: Store, capsys: Out) -> None:
    told(store, "a-1", "4XK2P13", "pc-1")
    told(store, "a-2", "4XK2P13", "pc-2", mac="00:1b:21:00:00:02")

    run(data, "apart", "a-2")
    assert capsys.readouterr().out == "a-2 stays a thing of its own; 1 question answered\n"
    run(data, "questions")
    assert capsys.readouterr().out == "nothing waits for you\n"
    run(data, "apart", "a-2", code=1)
    assert "nothing is asked of a-2" in capsys.readouterr().err


def test_what_was_joined_is_split(data: str, store: Store, capsys: Out) -> None:
    told(store, "a-1", "4XK2P13", "pc-1")
    told(store, "a-2", "4XK2P13", "pc-2")
    run(data, "list", "xk2")
    assert capsys.readouterr().out == "asset 1  4XK2P13  pc-1, pc-2  zone adm\n"

    run(data, "split", "a-2")
    assert "a-2 is asset 2 now" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "words"), [
    pytest.param(("show", "99"), "there is no asset '99'", id="no asset"),
    pytest.param(("show", "a-x\x1b[2J"), "there is no asset 'a-x?[2J'", id="a hostile origin"),
    pytest.param(("merge", "1", "2"), "must be two that exist", id="nothing to merge"),
    pytest.param(("split", "a-9"), "stands on no asset yet", id="nobody"),
    pytest.param(("undo", "7"), "there is no decision 7", id="no decision"),
])  # fmt: skip
def test_a_wish_that_cant_be_done_says_why(data: str, arguments: tuple[str, ...], words: str, capsys: Out) -> None:
    run(data, *arguments, code=1)
    assert words in capsys.readouterr().err


def test_an_empty_register_says_so(data: str, capsys: Out) -> None:
    run(data, "list")
    assert "there is no asset yet" in capsys.readouterr().out
    run(data, "list", "nothing")
    assert "no asset is known by that" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [
    ("undo", "9" * 20), ("merge", "1", "9" * 20), ("undo", "-1"), ("merge", "x", "1"), ("merge", "²", "1"),
])  # fmt: skip
def test_a_number_that_no_store_can_count_is_none(data: str, arguments: tuple[str, ...], capsys: Out) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["asset", *arguments, "--data", data])
    assert "Traceback" not in capsys.readouterr().err
    assert main(["asset", "show", "²", "--data", data]) == 1


def test_an_account_without_a_name_can_decide_too(
    data: str, store: Store, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr("getpass.getuser", nameless)
    told(store, "a-1", "4XK2A", "pc-1")
    told(store, "a-2", "4XK2B", "pc-2")
    assert main(["asset", "merge", "1", "2", "--data", data]) == 0
    capsys.readouterr()
    assert main(["asset", "show", "1", "--data", data]) == 0
    assert "unknown" in capsys.readouterr().out
