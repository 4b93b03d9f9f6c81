"""`driftvakt incoming`: systems that may send alerts, and their tokens."""

import re
from pathlib import Path

import pytest
from collecting import prepare

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import incoming
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incoming import IncomingRow, mark_of

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    where = tmp_path / "data"
    prepare(where, [])
    return where


def rows(data: Path) -> dict[str, IncomingRow]:
    store = Store(f"sqlite:///{data}/store.db")
    try:
        return {row.name: row for row in store.read(incoming.load)}
    finally:
        store.close()


def test_a_system_is_added_listed_renewed_and_removed(data: Path, capsys: Out) -> None:
    def run(*words: str) -> str:
        assert main(["incoming", *words, "--data", str(data)]) == 0
        return capsys.readouterr().out

    def token(text: str) -> str:
        found = re.search(r"^  ([\w-]{43})$", text, re.M)
        assert found, text
        return found[1]

    assert "no system sends us alerts yet" in run("list")
    text = run(
        "add", "prometheus", "--kind", "alertmanager", "--administration", "SLK", "--url", "https://c.example:8443/"
    )
    first = token(text)
    assert "url: https://c.example:8443/v1/incoming/alertmanager/prometheus" in text
    assert "URL: " in run("add", "graf", "--kind", "grafana")
    assert rows(data)["prometheus"].mark == mark_of(first)
    assert first not in (data / "store.db").read_bytes().decode("latin-1")
    assert "prometheus  alertmanager  adm SLK  nothing came yet" in run("list")

    second = token(run("renew", "prometheus"))
    assert rows(data)["prometheus"].mark == mark_of(second) != mark_of(first)
    run("remove", "prometheus")
    assert list(rows(data)) == ["graf"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "Åsa", "--kind", "grafana", "--zone", "x"], ["a name is 1 to 64", "there is no zone 'x'"]),
        (["add", "ok", "--kind", "grafana", "--url", "c.example"], ["must begin with https://"]),
        (["renew", "nobody"], ["there is no system 'nobody'"]),
        (["remove", "nobody"], ["there is no system 'nobody'"]),
    ],
)
def test_what_cannot_be_meant_is_told(data: Path, capsys: Out, words: list[str], told: list[str]) -> None:
    assert main(["incoming", *words, "--data", str(data)]) != 0
    said = capsys.readouterr().err
    assert [one for one in told if one not in said] == []


def test_a_name_is_used_once(data: Path, capsys: Out) -> None:
    assert main(["incoming", "add", "p", "--kind", "grafana", "--data", str(data)]) == 0
    assert main(["incoming", "add", "p", "--kind", "grafana", "--data", str(data)]) != 0
    assert "driftvakt incoming renew p" in capsys.readouterr().err
