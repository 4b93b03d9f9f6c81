"""What is a supplier's fault is left to it, but never so that nobody has to do anything by any time."""

from dataclasses import replace

import pytest

from driftvakt_collector.alert.calendars.book import Calendars
from driftvakt_collector.alert.oncall.contact import Contact
from driftvakt_collector.desk.handing import ways
from driftvakt_collector.desk.suppliers import service_time
from driftvakt_collector.desk.suppliers.handover import Always, Event, Handover, State, opened, step
from driftvakt_collector.desk.suppliers.leaving import DOUBT, FALLBACK, leave, waits_until
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier
from driftvakt_collector.desk.texts.facts import SupplierNews
from driftvakt_collector.store.plans import PlanRow

LAN = Supplier("S:t Erik", Kind.EMAIL, "noc@sterik.example", answer_minutes=30, is_automatic=True)
NOW = 1.8e9


def test_the_fault_of_an_automatic_supplier_is_left_to_it() -> None:
    found = leave(LAN, has_mail=True)

    assert found is not None
    assert (found.supplier, found.is_left) == ("S:t Erik", True)
    assert found.reason.words.sv.startswith("Leverantörens fel: lämnat till S:t Erik, som ska svara inom 30 minuter")


@pytest.mark.parametrize(
    ("supplier", "has_mail"),
    [
        pytest.param(None, True, id="it is ours, or its supplier is not set up"),
        pytest.param(replace(LAN, is_automatic=False), True, id="it is handed over by hand"),
    ],
)
def test_other_faults_are_told_to_our_own_people(supplier: Supplier | None, has_mail: bool) -> None:
    assert leave(supplier, has_mail=has_mail) is None


@pytest.mark.parametrize(
    ("supplier", "has_mail"),
    [
        pytest.param(replace(LAN, answer_minutes=0.0, mend_hours=4.0), True, id="no time to answer was agreed"),
        pytest.param(LAN, False, id="no mail can be sent"),
    ],
)
def test_what_nobody_has_to_answer_is_not_left_to_anybody(supplier: Supplier, has_mail: bool) -> None:
    found = leave(supplier, has_mail=has_mail)

    assert found is not None
    assert not found.is_left


def test_a_desk_over_http_needs_no_mail() -> None:
    found = leave(replace(LAN, kind=Kind.GLPI), has_mail=False)

    assert found is not None
    assert found.is_left


def case(*events: Event, answer: float = 30, mend: float = 4) -> Handover:
    found = opened(NOW, answer, mend, Always())
    for event in events:
        found = step(found, event, NOW + 60, Always())
    return found


@pytest.mark.parametrize(
    ("found", "until"),
    [
        pytest.param(case(), 1800.0, id="until it must answer"),
        pytest.param(case(Event.ANSWER), 4 * 3600.0, id="then until it must have mended"),
        pytest.param(case(Event.ANSWER, mend=0), None, id="as long as it takes, where nothing was agreed"),
        pytest.param(case(answer=0), 60 + FALLBACK, id="a moment, where it need not answer"),
        pytest.param(case(Event.MEND), 60 + DOUBT, id="a quarter, until we see that it is mended"),
        pytest.param(case(Event.CANCEL), 60.0, id="not at all, once it was taken back"),
    ],
)
def test_our_own_people_wait_until(found: Handover, until: float | None) -> None:
    assert waits_until(found, NOW + 60) == (None if until is None else NOW + until)


def test_every_state_of_a_case_has_an_end_of_waiting() -> None:
    for state in State:
        waits_until(replace(case(), state=state), NOW)


def test_news_goes_by_mail_and_what_has_to_be_done_now_by_all_ways() -> None:
    mail, phone = Contact("email", "anna@stad.example"), Contact("sms", "+46700000001", 1)

    assert ways(SupplierNews.UPDATED, [mail, phone]) == [mail]
    assert ways(SupplierNews.UPDATED, [phone]) == [phone]
    for what in (SupplierNews.LATE_ANSWER, SupplierNews.LATE_MEND, SupplierNews.FAILED):
        assert ways(what, [mail, phone]) == [mail, phone]


# --- its clock ---

FRIDAY_16 = 1_795_791_600.0
"""Friday 27 November 2026, 16:00 in Stockholm."""
SELDOM = 'title = { sv = "Sällan", en = "Seldom" }\nhours = { "mon" = "08:00-08:01" }\n'


def test_service_time_stands_still_while_the_calendar_is_closed() -> None:
    clock = service_time.clock(Calendars([]), replace(LAN, calendar="office"), FRIDAY_16)

    assert clock.due(FRIDAY_16, 30) == FRIDAY_16 + 1800
    # An hour on Friday, and half of one on Monday.
    monday_8 = FRIDAY_16 + 64 * 3600
    assert clock.due(FRIDAY_16, 90) == monday_8 + 1800
    assert clock.open_seconds(FRIDAY_16, monday_8 + 1800) == 5400
    assert clock.open_seconds(FRIDAY_16, FRIDAY_16 - 1) == 0.0


def test_a_calendar_that_there_is_not_or_that_opens_too_seldom_stops_no_clock() -> None:
    seldom = Calendars([PlanRow("calendar", "seldom", 1, 0.0, SELDOM, 0.0, "bo")])
    assert not seldom.broken

    for name in ("nowhere", "seldom"):
        clock = service_time.clock(seldom, replace(LAN, calendar=name), FRIDAY_16)
        assert clock.due(FRIDAY_16, 90) == FRIDAY_16 + 5400
