"""What a host's page says of records that are missing, and of a host whose records are not taken."""

import json
from datetime import UTC, datetime

import pytest
from collecting import host_row

from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.missing import MAX_ROWS, missing
from driftvakt_collector.console.trust import distrust
from driftvakt_collector.fleet.gaps import SPOOL, UNKNOWN, WAITING, Gap
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.forks import Fork
from driftvakt_collector.store.hosts import APPROVED, PENDING, QUARANTINED, REVOKED

NOON = 1_764_068_400.0
CLOCK = Clock("Europe/Stockholm")


def test_nothing_missing_is_nothing_shown() -> None:
    assert missing([], NOON, CLOCK).total == ""


def test_each_gap_is_a_row_with_its_reason_the_newest_first() -> None:
    gaps = [
        Gap("e", 3, 7, 5, NOON - 7200, NOON - 3600, SPOOL),
        Gap("e", 9, 9, 1, NOON - 600, NOON - 300, UNKNOWN),
        Gap("e", 20, 49, 30, NOON - 300, 0.0, WAITING),
    ]

    shown = missing(gaps, NOON, CLOCK)

    assert shown.total.replace("\xa0", " ") == "36 records, 30 of them on the way"
    assert [(row.cause, row.tone, row.records.replace("\xa0", " "), row.numbers) for row in shown.rows] == [
        (WAITING, "none", "30 records", "20 to 49"),
        (UNKNOWN, "warn", "1 record", "9"),
        (SPOOL, "none", "5 records", "3 to 7"),
    ]
    assert shown.rows[0].before is None
    assert shown.rows[2].after is not None
    assert shown.rows[2].after.text == "10:00"


def test_a_long_list_is_cut_and_says_so() -> None:
    gaps = [Gap("e", 3 * number, 3 * number, 1, 0.0, 0.0, UNKNOWN) for number in range(MAX_ROWS + 7)]

    shown = missing(gaps, NOON, CLOCK)

    assert (len(shown.rows), shown.more, shown.total.replace("\xa0", " ")) == (MAX_ROWS, 7, f"{MAX_ROWS + 7} records")


@pytest.mark.parametrize(
    ("state", "command"),
    [(PENDING, "driftvakt host approve a-0001"), (QUARANTINED, "driftvakt host release a-0001"), (REVOKED, "")],
)
def test_what_to_do_is_said(state: str, command: str) -> None:
    told = distrust(Host(host_row(1, state=state)), [], NOON, CLOCK)

    assert told is not None
    assert told.command == command
    assert told.sides == []


def test_a_host_that_is_trusted_needs_no_word() -> None:
    assert distrust(Host(host_row(1, state=APPROVED)), [], NOON, CLOCK) is None


def test_both_sides_of_a_fork_are_shown() -> None:
    side = {"address": "10.0.0.1", "via": "", "booted": NOON - 3600, "at": NOON, "heard": NOON, "seq": 7}
    other = {**side, "address": "<script>", "via": "r-1", "seq": 8}
    when = datetime.fromtimestamp(NOON, UTC)
    old = Fork(1, "a-0001", when, "e", 3, "{}", "{}", "released", when)
    fork = Fork(2, "a-0001", when, "e", 7, json.dumps(side), json.dumps(other), "", None)

    told = distrust(Host(host_row(1, state=QUARANTINED)), [fork, old], NOON, CLOCK)

    assert told is not None
    one, two = (dict(side.rows) for side in told.sides)
    assert (one["Address"], two["Address"]) == ("10.0.0.1", "<script>")
    assert one["Started"] == "2025-11-25 11:00:00 CET"
    assert "By way of relay" not in one
    assert two["By way of relay"] == "r-1"
