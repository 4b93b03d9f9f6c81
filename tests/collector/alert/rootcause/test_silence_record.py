"""Why a silent host was not told of is noted where it lasts, once, and so is its end."""

import json

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.decision import Reason
from driftvakt_collector.alert.rootcause import reasons
from driftvakt_collector.alert.rootcause.cause import Cause, Kind, key_of
from driftvakt_collector.alert.rootcause.record import LASTS, MOST_WAITING, NAMELESS, Record
from driftvakt_collector.alert.words import Words

NOON = 1_795_000_000.0


def cause(origin: str, *muffled: str) -> Cause:
    return Cause(
        key_of(Kind.HOST_SILENT, "adm", origin), Kind.HOST_SILENT, origin, f"name-{origin}", "adm", "north", "SLK",
        NOON, Severity.CRITICAL, "", frozenset(muffled), Words("", ""),
    )  # fmt: skip


def noted(
    *steps: tuple[float, dict[str, Reason], list[Cause]], silent: tuple[str, ...] = ()
) -> list[tuple[float, str, str]]:
    """Return after how many seconds which reason was noted, and under which alert."""
    record = Record()
    for at, why, causes in steps:
        record.step(why, {one.key: one for one in causes}, lambda origin: origin in silent, NOON + at)
    return [(one.at - NOON, one.what, json.loads(one.trace)[0].get("by", "")) for one in record.take()]


PARENT, WAITING = reasons.parent("fw"), reasons.waiting("fw")
FW = cause("fw", "a")


def test_what_lasts_is_noted_from_when_it_began_and_its_end_is() -> None:
    found = noted((0, {"a": PARENT}, [FW]), (LASTS, {"a": PARENT}, [FW]), (90, {"a": PARENT}, [FW]), (500, {}, []))

    assert found == [(0, "parent", FW.fingerprint), (500, "heard", "")]


def test_what_stood_for_a_moment_is_not_noted_and_neither_is_its_end() -> None:
    assert noted((0, {"a": WAITING}, []), (20, {}, [])) == []
    found = noted((0, {"a": WAITING}, []), (20, {"a": PARENT}, [FW]), (20 + LASTS, {"a": PARENT}, [FW]))
    assert found == [(20, "parent", FW.fingerprint)]


def test_a_wait_that_lasts_is_noted_before_what_came_of_it() -> None:
    why = [(at, {"a": WAITING}, []) for at in (0, 40)] + [(at, {"a": PARENT}, [FW]) for at in (60, 100)]

    assert noted(*why) == [(0, "waiting", ""), (60, "parent", FW.fingerprint)]


def test_a_note_waits_until_it_can_name_the_alert_that_tells_of_it() -> None:
    assert noted((0, {"a": PARENT}, []), (60, {"a": PARENT}, [])) == []
    assert noted((0, {"a": PARENT}, []), (60, {"a": PARENT}, [FW])) == [(0, "parent", FW.fingerprint)]
    assert noted((0, {"a": PARENT}, []), (NAMELESS, {"a": PARENT}, [])) == [(0, "parent", "")]


def test_the_end_says_if_it_is_heard_or_has_an_alert_of_its_own_or_neither() -> None:
    steps = (0, {"a": reasons.GRACE}, []), (60, {"a": reasons.GRACE}, [])

    assert noted(*steps, (700, {}, []))[-1][1] == "heard"
    assert noted(*steps, (700, {}, [cause("a")]), silent=("a",))[-1][1] == "judged"
    assert noted(*steps, (700, {}, []), silent=("a",))[-1][1] == "left"


def test_notes_that_could_not_be_written_come_again_in_their_order_and_are_bounded() -> None:
    record = Record()
    hosts = {f"h{at}": reasons.GRACE for at in range(MOST_WAITING + 10)}
    record.step(hosts, {}, lambda _: True, NOON)
    record.step(hosts, {}, lambda _: True, NOON + LASTS)
    assert record.lost == 10

    first = record.take(3)
    record.put_back(first)
    assert record.take(3) == first
