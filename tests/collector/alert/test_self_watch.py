"""What is wrong with the collector itself is an alert, once, and over when it is."""

from alarming import NOON

from driftvakt_collector.alert.alert import Severity, Source, What
from driftvakt_collector.alert.audit import Facts
from driftvakt_collector.alert.self_watch import LASTS, SelfWatch

WELL = Facts(up=1000.0, canary=1.0, store=1.0, loop=1.0, disk_free=0.5)
FULL = Facts(up=1000.0, canary=1.0, store=1.0, loop=1.0, disk_free=0.07)


def test_a_disk_that_fills_is_told_once_and_is_over_when_it_is() -> None:
    facts = [WELL]
    watch = SelfWatch(lambda: facts[0])
    assert watch.look(NOON) == []

    facts[0] = FULL
    assert watch.look(NOON + 5) == []
    (raised,) = watch.look(NOON + 5 + LASTS)
    assert (raised.what, raised.alert.source, raised.alert.severity) == (What.RAISED, Source.SELF, Severity.WARNING)
    assert raised.alert.summary.sv
    assert raised.alert.since == NOON + 5
    assert watch.look(NOON + 100) == []

    facts[0] = WELL
    assert watch.look(NOON + 200) == []
    (cleared,) = watch.look(NOON + 200 + LASTS)
    assert (cleared.what, cleared.alert.fingerprint) == (What.CLEARED, raised.alert.fingerprint)


def test_what_comes_and_goes_wakes_nobody() -> None:
    facts = [WELL]
    watch = SelfWatch(lambda: facts[0])

    for second in range(0, 600, 5):
        facts[0] = FULL if second % 60 < 30 else WELL
        assert watch.look(NOON + second) == []


def test_a_clock_that_is_put_back_keeps_nothing_from_being_told() -> None:
    watch = SelfWatch(lambda: FULL)
    watch.look(NOON)

    assert watch.look(NOON - 86_400) == []
    assert len(watch.look(NOON - 86_400 + LASTS)) == 1


def test_what_fired_before_a_restart_is_not_told_again() -> None:
    watch = SelfWatch(lambda: FULL)
    watch.look(NOON)
    (raised,) = watch.look(NOON + LASTS)

    again = SelfWatch(lambda: FULL, [raised.alert])
    assert again.look(NOON + 60) == []
    assert again.look(NOON + 600) == []

    over = SelfWatch(lambda: WELL, [raised.alert])
    over.look(NOON + 60)
    assert [one.what for one in over.look(NOON + 60 + LASTS)] == [What.CLEARED]
