"""Who has the token of a system fills neither memory nor store, and still ends what it began."""

from alarming import alert, cleared, raised

from driftvakt_collector.alert.alert import Alert, Source
from driftvakt_collector.alert.incoming.standing import bounded


def foreign(number: int, sender: str = "prometheus") -> Alert:
    return alert(f"R{number}", "", source=Source.ALERTMANAGER, labels=(("sender", sender),))


def test_a_system_has_at_most_so_many_alerts_that_fire() -> None:
    standing = {one.fingerprint: one for one in (foreign(1), foreign(2), foreign(3, "other"))}
    told = [raised(foreign(number)) for number in (2, 4, 5, 6)]

    kept, over = bounded(told, standing, "prometheus", 4)

    assert [one.alert.rule for one in kept] == ["R2", "R4", "R5"]
    assert over == 1


def test_what_ends_is_taken_whatever_there_is() -> None:
    standing = {one.fingerprint: one for one in (foreign(1), foreign(2))}

    assert bounded([cleared(foreign(1)), raised(foreign(9))], standing, "prometheus", 1)[0] == [cleared(foreign(1))]
    assert bounded([cleared(foreign(1))], standing, "prometheus", 1) == ([cleared(foreign(1))], 0)
