"""What an operator types to hand an incident over, and for the executive office."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alarming import NOON, alert

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.desk import casework, joining
from driftvakt_collector.desk.incidents import Rules
from driftvakt_collector.desk.suppliers import keeping, token
from driftvakt_collector.desk.suppliers.evidence import Facts
from driftvakt_collector.desk.suppliers.handover import Always, Event
from driftvakt_collector.desk.suppliers.supplier import of_row
from driftvakt_collector.desk.suppliers.update import Update
from driftvakt_collector.store import handovers, incidents, outbox, suppliers, timers
from driftvakt_collector.store.engine import Store

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, capsys: Out) -> str:
    assert main(["init", "--data", str(tmp_path / "data")]) == 0
    capsys.readouterr()
    return str(tmp_path / "data")


@pytest.fixture
def store(data: str) -> Iterator[Store]:
    opened = Store(f"sqlite:///{data}/store.db")
    opened.migrate()
    one = alert(supplier="S:t Erik", administration="=SLK")
    found = [Judgement(RAISED, one, 1, decide(one, Situation()), NOON)]
    rules = Rules(lambda _alert, _at: "default", lambda: "secret")
    opened.write_now(lambda connection: joining.apply(connection, found, rules, NOON, {}))
    yield opened
    opened.close()


def run(data: str, *arguments: str, code: int = 0) -> None:
    assert main([*arguments, "--data", data]) == code


def with_supplier(data: str, store: Store) -> None:
    """Let the supplier have the incident, and say that it mended it."""
    run(data, "supplier", "add", "S:t Erik", "--address", "noc@sterik.example")

    def work(connection: "object") -> None:
        row = suppliers.get(connection, "S:t Erik")  # type: ignore[arg-type]
        assert row is not None
        told = keeping.start(
            connection, 1, of_row(row), casework.summary(incidents.get(connection, 1)),  # type: ignore[arg-type]
            Facts("INC-1", "x", "y", NOON, NOON), NOON, clock=Always(), token=token.made(bytes(16)), who="bo",
        )  # fmt: skip
        update = Update("k", told.row.token, event=Event.MEND)
        keeping.take(connection, update, of_row(row), NOON + 60, clock=Always())  # type: ignore[arg-type]

    store.write_now(work)


def test_an_incident_is_handed_over_with_a_note(data: str, store: Store, capsys: Out) -> None:
    run(data, "incident", "handover", "INC-1", "--to", "s:t erik", code=1)
    assert "there is no supplier 's:t erik'; there are: none" in capsys.readouterr().err
    run(data, "supplier", "add", "S:t Erik", "--address", "noc@sterik.example")

    run(data, "incident", "handover", "INC-1", "--to", "s:t erik", "--note", "Ring porten")

    kinds = [one.kind for one in store.read(lambda one: timers.waiting(one, 1))]
    assert timers.HAND_OVER in kinds
    (asked,) = store.read(lambda one: incidents.told(one, 1, casework.ASKED))
    assert "Ring porten" in asked.text
    run(data, "incident", "show", "INC-1")
    assert "Is handed to S:t Erik" in capsys.readouterr().out
    run(data, "incident", "handover", "INC-9", "--to", "S:t Erik", code=1)
    assert "there is no incident INC-9" in capsys.readouterr().err


def test_what_a_supplier_mended_is_opened_again_noted_and_taken_back(data: str, store: Store, capsys: Out) -> None:
    run(data, "incident", "supplier", "accept", "INC-1", code=1)
    assert "INC-1 is not with a supplier" in capsys.readouterr().err
    with_supplier(data, store)

    run(data, "incident", "supplier", "reopen", "INC-1", "--note", "Fortfarande tyst")
    run(data, "incident", "supplier", "note", "INC-1", "Nyckel hos vaktmästaren", "--to", "S:t Erik")
    run(data, "incident", "supplier", "accept", "INC-1", code=1)
    run(data, "incident", "supplier", "cancel", "INC-1")

    assert "can't be told to accept" in capsys.readouterr().err
    assert [one.state for one in store.read(lambda one: handovers.of_incident(one, 1))] == ["cancelled"]
    rows = store.read(lambda one: outbox.of_incident(one, 1))
    assert [row.message.split("-")[2] for row in rows] == ["reopen", "note", "cancel"]
    assert "Fortfarande tyst" in rows[0].body
    run(data, "incident", "show", "INC-1")
    assert "S:t Erik by supplier: waiting" in capsys.readouterr().out


def test_a_report_is_a_file_that_a_spreadsheet_does_not_reckon_with(
    data: str, store: Store, tmp_path: Path, capsys: Out
) -> None:
    del store
    path = tmp_path / "report.csv"

    run(data, "incident", "report", "--from", "2026-11-01", "--to", "2026-11-30", "--csv", str(path))

    rows = path.read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("incident,förvaltning")
    assert rows[1].startswith("INC-1,'=SLK")
    assert "=SLK  1  1" in capsys.readouterr().out
    run(data, "incident", "report", "--from", "2026-11-01", "--to", "2026-11-30", "--administration", "X")
    assert "no incident was opened in that time" in capsys.readouterr().out
    for first, last, told in (("2026-11-31", "2026-11-30", "no day"), ("2026-11-30", "2026-11-01", "is before")):
        run(data, "incident", "report", "--from", first, "--to", last, code=1)
        assert told in capsys.readouterr().err
