"""Versions of calendars: the past is as it was agreed, and can be reckoned otherwise."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.alert.calendars.book import KIND, SHIPPED, Calendars, shipped
from driftvakt_collector.store import plans
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.plans import PlanRow

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR = 3600.0
SHORT = 'hours = { "mon-fri" = "10:00-12:00" }'
LONG = 'hours = { "mon-fri" = "06:00-18:00" }'


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp()


def row(version: int, begins: str, body: str, name: str = "office", written: str = "2026-01-01") -> PlanRow:
    return PlanRow(KIND, name, version, at(begins), body, at(written), "anna")


MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


def test_what_is_shipped_counts_until_a_version_takes_its_place() -> None:
    book = Calendars([row(1, TUESDAY, SHORT)])

    assert book.names() == sorted(SHIPPED)
    assert book.calendar("office", at(MONDAY)) is shipped("office")
    assert book.open_seconds("office", at(MONDAY), at(TUESDAY)) == 9 * HOUR
    assert book.open_seconds("office", at(TUESDAY), at(WEDNESDAY)) == 2 * HOUR
    assert set(book.at(at(MONDAY))) == set(SHIPPED)


def test_time_across_a_change_is_reckoned_by_what_counted_at_each_moment() -> None:
    book = Calendars([row(1, "2026-01-01", LONG), row(2, f"{MONDAY} 11:00", SHORT)])
    whole = (at(MONDAY), at(WEDNESDAY))

    # 06–11 by the first, 11–12 by the second, and 10–12 the day after.
    assert book.open_seconds("office", *whole) == (5 + 1 + 2) * HOUR
    assert book.spans("office", *whole) == [(at(f"{MONDAY} 06:00"), at(f"{MONDAY} 12:00")),
                                            (at(f"{TUESDAY} 10:00"), at(f"{TUESDAY} 12:00"))]  # fmt: skip
    assert book.open_seconds("office", *whole, newest=True) == 4 * HOUR
    assert sum(one.end - one.begin for one in book.spans("office", *whole, newest=True)) == 4 * HOUR


def test_the_newest_of_those_that_have_begun_counts_as_the_store_has_it() -> None:
    rows = [row(1, "2026-03-01", SHORT), row(2, "2026-09-01", LONG), row(3, "2026-06-01", LONG)]
    book = Calendars(rows)

    for day in ("2026-02-01", "2026-04-01", "2026-07-01", "2026-10-01"):
        counted = plans.at(rows, at(day)).get("office")
        calendar = book.calendar("office", at(day))
        assert calendar is not None
        assert (calendar is shipped("office")) == (counted is None)
        if counted is not None:
            assert (calendar.rules.week[0][0].begin == 600) == (counted.version == 1)


def test_a_correction_of_the_past_counts_then_and_can_be_left_out() -> None:
    rows = [row(1, "2026-01-01", LONG), row(2, MONDAY, SHORT, written="2026-12-20")]
    book = Calendars(rows)

    assert book.open_seconds("office", at(MONDAY), at(TUESDAY)) == 2 * HOUR
    assert book.as_known(at("2026-12-01")).open_seconds("office", at(MONDAY), at(TUESDAY)) == 12 * HOUR


def test_one_that_was_taken_away_is_closed_and_a_shipped_one_counts_again() -> None:
    book = Calendars([
        row(1, "2026-01-01", LONG, "hall"), row(2, TUESDAY, "", "hall"),
        row(1, "2026-01-01", SHORT), row(2, TUESDAY, ""),
    ])  # fmt: skip

    assert book.calendar("hall", at(TUESDAY)) is None
    assert "hall" not in book.at(at(TUESDAY))
    assert book.open_seconds("hall", at(MONDAY), at(WEDNESDAY)) == 12 * HOUR
    assert book.open_seconds("hall", at(MONDAY), at(WEDNESDAY), newest=True) == 0
    assert book.newest("hall") is None
    assert book.calendar("hall", at("2025-01-01")) is None
    assert book.calendar("office", at(TUESDAY)) is shipped("office")


def test_a_version_that_can_not_be_read_lets_the_one_before_it_count() -> None:
    book = Calendars([row(1, "2026-01-01", LONG), row(2, MONDAY, "hours = 3")])

    assert book.open_seconds("office", at(MONDAY), at(TUESDAY)) == 12 * HOUR
    assert "'hours' must be a table" in book.broken["office", 2]


def test_a_name_that_never_was_is_an_error_and_not_closed() -> None:
    book = Calendars([])

    assert book.calendar("ofice", at(MONDAY)) is None
    with pytest.raises(LookupError, match="there is no calendar 'ofice'; there are always, extended, office"):
        book.open_seconds("ofice", 0, 1)


def test_a_text_is_read_once_for_all_books() -> None:
    rows = [row(1, "2026-01-01", LONG)]

    assert Calendars(rows).calendar("office", at(MONDAY)) is Calendars(rows).calendar("office", at(TUESDAY))


def test_versions_come_from_the_store(store_url: str) -> None:
    store = Store(store_url)
    store.migrate()
    try:
        for name, body, begins in (("office", LONG, "2026-01-01"), ("office", SHORT, TUESDAY), ("hall", LONG, MONDAY)):
            store.write_now(
                lambda one, name=name, body=body, begins=begins: plans.save(
                    one, KIND, name, body, from_at=at(begins), now=at("2026-01-01"), who="anna"
                )
            )
        store.write_now(lambda one: plans.save(one, "rota", "x", "?", from_at=0, now=0, who="anna"))
        book = Calendars(store.read(lambda one: plans.versions(one, KIND) + plans.versions(one, "rota")))
    finally:
        store.close()

    assert book.names() == sorted([*SHIPPED, "hall"])
    assert book.open_seconds("office", at(MONDAY), at(WEDNESDAY)) == 14 * HOUR
    assert not book.broken
