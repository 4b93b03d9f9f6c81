"""What pages opens an incident, others join it; who takes it ends the paging; what is over is put right."""

import json
from collections.abc import Iterator
from itertools import count

import pytest
from alarming import NOON, alert
from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.decision import Reason, Situation, decide
from driftvakt_collector.alert.engine import CLEARED, RAISED, RELEASED, WORSE, Judgement
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk import joining
from driftvakt_collector.desk.incidents import DeskError, Rules
from driftvakt_collector.store import alerts, incidents, outbox, timers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incidents import IncidentRow

_numbers = count(1)
RULES = Rules(lambda one, _at: f"for {one.severity.value}", lambda: f"token-{next(_numbers)}")
MUTED = Situation(muted=(Reason("maintenance", Words("Underhåll", "Maintenance")),))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def judged(one: Alert, what: str = RAISED, situation: Situation | None = None, generation: int = 1) -> Judgement:
    return Judgement(what, one, generation, decide(one, situation or Situation()), NOON)


def apply(store: Store, *found: Judgement, now: float = NOON, muffled: int = 0) -> list[int | None]:
    told = {one.alert.fingerprint: muffled for one in found}
    done = store.write_now(lambda one: joining.apply(one, found, RULES, now, told))
    return [done[one.alert.fingerprint] for one in found]


def incident(store: Store, number: int | None) -> IncidentRow:
    assert number is not None
    found = store.read(lambda one: incidents.get(one, number))
    assert found is not None
    return found


def whats(store: Store, number: int | None) -> list[str]:
    assert number is not None
    return [row.what for row in store.read(lambda one: incidents.timeline(one, number))]


def ahead(store: Store, number: int | None) -> list[tuple[str, float]]:
    assert number is not None
    return [(row.kind, row.due_at - NOON) for row in store.read(lambda one: timers.waiting(one, number))]


def test_an_alert_that_pages_opens_an_incident_with_its_escalation(store: Store) -> None:
    (number,) = apply(store, judged(alert(service="E-post")), muffled=499)

    found = incident(store, number)
    assert (found.state, found.severity, found.policy, found.service) == ("open", "critical", "for critical", "E-post")
    assert json.loads(found.summary) == {"sv": "Disken / är full", "en": "Disk / is full"}
    assert (found.key, found.muffled, found.generation) == (f"INC-{number}", 499, 1)
    assert ahead(store, number) == [("escalate", 0.0)]


def test_a_second_alert_of_the_same_host_joins_and_wakes_nobody_again(store: Store) -> None:
    (first,) = apply(store, judged(alert()))
    (second,) = apply(store, judged(alert("ServiceDown")))

    assert first == second
    assert ahead(store, first) == [("escalate", 0.0)]
    assert whats(store, first) == ["incident.opened", "alert.joined"]


def test_one_that_is_worse_begins_the_steps_again(store: Store) -> None:
    (number,) = apply(store, judged(alert(severity=Severity.WARNING)))
    assert number is not None
    store.write_now(lambda one: desk.acknowledge(one, number, "anna", "sms", NOON + 1))

    apply(store, judged(alert("Down")), now=NOON + 2)

    found = incident(store, number)
    assert (found.state, found.severity, found.policy, found.generation) == ("open", "critical", "for critical", 2)
    assert ("escalate", 2.0) in ahead(store, number)


def test_an_alert_of_another_host_opens_another(store: Store) -> None:
    one, other = apply(store, judged(alert()), judged(alert(origin="a-2")))

    assert one != other


def test_a_site_that_is_cut_is_one_incident_by_its_name(store: Store) -> None:
    def cut() -> Alert:
        return alert("SiteUnreachable", "", source=Source.LIVENESS, subject="Farsta", site="Farsta")

    (number,) = apply(store, judged(cut()))

    assert incident(store, number).cause == "SiteUnreachable:adm:Farsta"


def test_what_is_held_opens_none_until_it_is_released(store: Store) -> None:
    assert apply(store, judged(alert(), situation=MUTED)) == [None]
    assert store.read(lambda one: incidents.counts(one)) == {}

    (number,) = apply(store, judged(alert(), RELEASED))

    assert incident(store, number).state == "open"
    steps = store.read(lambda one: alerts.events(one, alert().fingerprint))
    assert [(one.what, json.loads(one.trace)[0]["code"]) for one in steps] == [
        ("paged", "critical"), ("held", "maintenance"),
    ]  # fmt: skip


def test_it_is_over_when_the_last_alert_is(store: Store) -> None:
    one, other = alert(), alert("Down")
    (number, _) = apply(store, judged(one), judged(other))
    apply(store, judged(one, CLEARED), now=NOON + 60)
    assert incident(store, number).state == "open"

    apply(store, judged(other, CLEARED), now=NOON + 90)

    found = incident(store, number)
    assert (found.state, found.resolved_at) == ("resolved", NOON + 90)
    assert ahead(store, number) == [("tell", 90.0), ("close", 90.0 + desk.CLOSES)]


def test_what_comes_back_soon_is_the_same_incident_again(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    apply(store, judged(alert(), CLEARED), now=NOON + 60)

    (again,) = apply(store, judged(alert(), generation=2), now=NOON + 120)
    apply(store, judged(alert(), CLEARED), now=NOON + 180)
    (later,) = apply(store, judged(alert(), generation=3), now=NOON + 180 + desk.AGAIN + 1)

    assert again == number
    assert incident(store, number).generation == 2
    assert later != number


def test_who_takes_it_ends_the_escalation(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None
    page = outbox.row("m-1", "sms", "bo", "+46700000002", "{}", NOON, kind=outbox.PAGE, incident=number)
    store.write_now(lambda one: outbox.add(one, [page]))

    store.write_now(lambda one: desk.acknowledge(one, number, "anna", "sms", NOON + 5))

    found = incident(store, number)
    assert (found.state, found.owner, found.acknowledged_at) == ("acknowledged", "anna", NOON + 5)
    assert ahead(store, number) == [("tell", 5.0)]
    (row,) = store.read(lambda one: outbox.of_incident(one, number))
    assert row.state == "superseded"


def test_it_is_taken_once(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None
    store.write_now(lambda one: desk.acknowledge(one, number, "anna", "sms", NOON + 5))
    store.write_now(lambda one: desk.acknowledge(one, number, "anna", "link", NOON + 6))

    with pytest.raises(DeskError, match=f"INC-{number} is taken by anna already"):
        store.write_now(lambda one: desk.acknowledge(one, number, "bo", "sms", NOON + 7))

    assert whats(store, number).count("incident.acknowledged") == 1


def test_it_is_handed_on_at_once(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None
    store.write_now(lambda one: timers.cancel(one, number, NOON))
    store.write_now(lambda one: timers.add(one, number, timers.ESCALATE, NOON + 600, NOON, 2, 1))

    store.write_now(lambda one: desk.escalate(one, number, "anna", "sms", NOON + 5))

    (timer,) = store.read(lambda one: timers.waiting(one, number))
    assert (timer.due_at, timer.step, timer.round) == (NOON + 5, 2, 1)


def test_what_still_fires_is_not_resolved_by_hand(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None

    with pytest.raises(DeskError, match="1 alerts that still fire"):
        store.write_now(lambda one: desk.resolve(one, number, "anna", RULES, NOON))
    with pytest.raises(DeskError, match="only what is resolved can be closed"):
        store.write_now(lambda one: desk.close(one, number, "anna", NOON))


def test_what_is_resolved_is_closed(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None
    apply(store, judged(alert(), CLEARED))

    store.write_now(lambda one: desk.close(one, number, "anna", NOON + 9))

    assert incident(store, number).state == "closed"
    assert ahead(store, number) == [("tell", 0.0)]
    assert whats(store, number) == ["incident.opened", "alert.cleared", "incident.resolved", "incident.closed"]


def test_a_note_is_kept_as_text(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None
    store.write_now(lambda one: desk.note(one, number, "anna", " <b>startade om\x07 tjänsten\n", NOON))

    last = store.read(lambda one: incidents.timeline(one, number))[-1]
    assert (last.who, last.text) == ("anna", "<b>startade om\ufffd tjänsten")
    with pytest.raises(DeskError, match="the note is empty"):
        store.write_now(lambda one: desk.note(one, number, "anna", " \n", NOON))


def test_an_alert_is_read_as_it_was_written(store: Store) -> None:
    made = alert(labels=(("mountpoint", "/å"),), value=0.5, supplier="S:t Erik", runbook="https://r.example")
    apply(store, judged(made))

    def work(connection: Connection) -> Alert:
        (row,) = alerts.firing(connection)
        return joining.alert_of(row)

    assert store.read(work) == made


def test_another_gets_it_and_the_paging_ends(store: Store) -> None:
    (number,) = apply(store, judged(alert()))
    assert number is not None

    store.write_now(lambda one: desk.assign(one, number, "anna", "bo", NOON + 5))

    found = incident(store, number)
    assert (found.state, found.owner, found.acknowledged_by) == ("acknowledged", "bo", "anna")
    assert ahead(store, number) == [("tell", 5.0)]


def test_an_incident_is_a_part_of_another_and_never_of_itself(store: Store) -> None:
    one, other = apply(store, judged(alert()), judged(alert(origin="a-2")))
    assert one is not None
    assert other is not None

    store.write_now(lambda it: desk.attach(it, other, one, "anna", NOON))

    assert incident(store, other).parent == one
    with pytest.raises(DeskError, match="which is a part of it"):
        store.write_now(lambda it: desk.attach(it, one, other, "anna", NOON))
    with pytest.raises(DeskError, match="which is a part of it"):
        store.write_now(lambda it: desk.attach(it, one, one, "anna", NOON))


def test_an_alert_that_is_worse_than_before_begins_the_steps_of_its_incident_again(store: Store) -> None:
    one = alert(severity=Severity.WARNING)
    (number,) = apply(store, judged(one))
    (same,) = apply(store, judged(alert(), WORSE), now=NOON + 60)

    assert number == same
    found = incident(store, number)
    assert (found.severity, found.generation, found.policy) == ("critical", 2, "for critical")
    apply(store, judged(alert(), CLEARED))
    assert incident(store, number).state == "resolved"
