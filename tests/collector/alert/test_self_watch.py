"""What is wrong with the collector itself is an alert, once, and over when it is."""

from alarming import NOON

from driftvakt_collector.alert.alert import Severity, Source, What
from driftvakt_collector.alert.audit import Facts
from driftvakt_collector.alert.self_watch import SelfWatch

WELL = Facts(up=1000.0, canary=1.0, store=1.0, loop=1.0, disk_free=0.5)
FULL = Facts(up=1000.0, canary=1.0, store=1.0, loop=1.0, disk_free=0.07)


def test_a_disk_that_fills_is_told_once_and_is_over_when_it_is() -> None:
    facts = [WELL]
    watch = SelfWatch(lambda: facts[0])
    assert watch.look(NOON) == []

    facts[0] = FULL
    (raised,) = watch.look(NOON)
    assert (raised.what, raised.alert.source, raised.alert.severity) == (What.RAISED, Source.SELF, Severity.WARNING)
    assert raised.alert.summary.sv
    assert watch.look(NOON + 5) == []

    facts[0] = WELL
    (cleared,) = watch.look(NOON + 10)
    assert (cleared.what, cleared.alert.fingerprint) == (What.CLEARED, raised.alert.fingerprint)


def test_what_fired_before_a_restart_is_not_told_again() -> None:
    (raised,) = SelfWatch(lambda: FULL).look(NOON)

    again = SelfWatch(lambda: FULL, [raised.alert])
    assert again.look(NOON + 60) == []

    over = SelfWatch(lambda: WELL, [raised.alert])
    assert [one.what for one in over.look(NOON + 60)] == [What.CLEARED]
