"""`driftvakt host change`: what people decide about hosts, at once or for many; a slip changes nothing."""

from pathlib import Path

import pytest

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import hosts
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, capsys: Out) -> Path:
    where = tmp_path / "data"
    assert main(["init", "--data", str(where)]) == 0
    store = Store(f"sqlite:///{where}/store.db")
    rows = [HostRow(f"a-{number}", 1, f"pc-{number}", "adm", "unassigned", "A", "workstation") for number in (1, 2)]
    store.write_now(lambda one: hosts.save(one, rows))
    store.close()
    capsys.readouterr()
    return where


def known(data: Path) -> list[HostRow]:
    store = Store(f"sqlite:///{data}/store.db")
    try:
        return sorted(store.read(hosts.load))
    finally:
        store.close()


def test_many_hosts_get_what_is_said_and_keep_the_rest(data: Path, capsys: Out) -> None:
    where = ["--site", "Hägersten", "--supplier", "S:t Erik Kommunikation", "--data", str(data)]
    assert main(["host", "change", "a-1", "a-2", *where]) == 0

    assert "a-1  pc-1: site Hägersten, supplier S:t Erik Kommunikation" in capsys.readouterr().out
    assert {(row.name, row.site, row.supplier, row.administration) for row in known(data)} == {
        ("pc-1", "Hägersten", "S:t Erik Kommunikation", "unassigned"),
        ("pc-2", "Hägersten", "S:t Erik Kommunikation", "unassigned"),
    }
    assert main(["host", "change", "a-1", "--supplier", "", "--data", str(data)]) == 0
    assert "supplier ourselves" in capsys.readouterr().out
    assert [row.supplier for row in known(data)] == ["", "S:t Erik Kommunikation"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["a-1"], "say what to change"),
        (["a-1", "a-2", "--name", "en"], "one name can't be that of several"),
        (["a-1", "a-9", "--site", "B"], "there is no host a-9"),
        (["a-1", "--site", " "], "1 to 255 characters"),
        (["a-1", "--name", "rad\nbrytning"], "that can be printed"),
    ],
)  # fmt: skip
def test_a_slip_changes_nothing(data: Path, capsys: Out, words: list[str], why: str) -> None:
    before = known(data)

    assert main(["host", "change", *words, "--data", str(data)]) == 1

    assert why in capsys.readouterr().err
    assert known(data) == before
