"""Follow-up for the executive office: what a reader may see, in and out of office hours, without persons."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from driftvakt_collector.console.sheet import Sheet, as_csv
from driftvakt_collector.desk import follow
from driftvakt_collector.store import handovers
from driftvakt_collector.store.alert_models import IncidentTable
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.handovers import HandoverRow

BEGIN = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
END = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
HOUR = 3600.0


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.migrate()
    yield made
    made.close()


def office(at: float) -> bool:
    return 7 <= datetime.fromtimestamp(at, UTC).hour < 16


def add(store: Store, number: int, administration: str, opened: float, acked: float | None = None,
        resolved: float | None = None, severity: str = "critical", summary: str = "") -> None:  # fmt: skip
    row = {
        "number": number, "token": f"t{number}", "cause": "c", "severity": severity, "state": "open", "zone": "adm",
        "summary": summary or '{"sv":"sw-03 svarar inte","en":"sw-03 does not answer"}', "site": "Älvsjö",
        "service": "",
        "administration": administration, "owner": "anna", "policy": "p", "muffled": 3, "generation": 1,
        "opened_at": opened, "acknowledged_at": acked, "acknowledged_by": "anna", "resolved_at": resolved,
    }  # fmt: skip
    store.write_now(lambda connection: connection.execute(insert(IncidentTable).values(row)))


def test_an_office_sees_its_own_period_and_administrations(store: Store) -> None:
    night, day = BEGIN + 2 * HOUR, BEGIN + 10 * HOUR
    add(store, 1, "Idrott", night, night + 300, night + HOUR)
    add(store, 2, "Idrott", day, day + 90, None, "warning")
    add(store, 3, "Utbildning", day)
    add(store, 4, "Idrott", END)
    add(store, 5, "Idrott", BEGIN - 1)
    store.write_now(lambda one: handovers.add(
        one, HandoverRow(1, "S:t Erik", "t", "", "opened", "", night, None, None, None, None, night)
    ))  # fmt: skip

    found = store.read(lambda one: follow.report(one, BEGIN, END, office, "sv", ["Idrott"]))
    whole = store.read(lambda one: follow.report(one, BEGIN, END, office, "en"))
    none = store.read(lambda one: follow.report(one, BEGIN, END, office, "en", []))

    assert [row[0] for row in found.rows] == ["INC-1", "INC-2"]
    first = dict(zip(found.columns, found.rows[0], strict=True))
    assert first["fel"] == "sw-03 svarar inte"
    assert first["öppnad"] == "2026-11-01 03:00:00 +01:00"
    assert (first["minuter till kvittens"], first["minuter till lösning"]) == (5.0, 60.0)
    assert (first["öppnad på kontorstid"], first["leverantör"], first["tystade larm"]) == (False, "S:t Erik", 3)
    assert found.figures == (("Idrott", 2, 1, 1, 1, 1, 1.5, 60.0),)
    assert [row[0] for row in whole.figures] == ["Idrott", "Utbildning"]
    assert whole.rows[0][5] == "sw-03 does not answer"
    assert none.rows == ()
    assert "anna" not in str(whole)


def test_a_report_that_is_cut_says_so(store: Store) -> None:
    for number in range(1, 5):
        add(store, number, "Idrott", BEGIN + number)

    found = store.read(lambda one: follow.report(one, BEGIN, END, office, "sv", limit=3))

    assert (len(found.rows), found.is_cut) == (3, True)


def test_a_spreadsheet_does_not_reckon_with_what_a_machine_says(store: Store) -> None:
    add(store, 1, "=1+1", BEGIN, summary='=HYPERLINK("x")\r\n@evil')

    found = store.read(lambda one: follow.report(one, BEGIN, END, office, "sv"))
    raw = as_csv(Sheet("incidents", found.columns, found.rows)).decode("utf-8-sig")

    assert ",'=1+1," in raw
    assert "'=HYPERLINK" in raw
