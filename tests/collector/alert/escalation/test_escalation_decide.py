"""What a policy does at a moment: who is told, when it goes on, and that a hole in a rota costs no time."""

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rotas import at

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.escalation.book import shipped_text
from driftvakt_collector.alert.escalation.decide import LOST_AGAIN, channels_of, decide
from driftvakt_collector.alert.escalation.explain import Moment, explain
from driftvakt_collector.alert.escalation.policy import (
    HandOver,
    NotifyPersons,
    NotifyRota,
    Only,
    Policy,
    Position,
    Repeat,
    Step,
    Stop,
    Wait,
    Webhook,
)
from driftvakt_collector.alert.escalation.reading import read_policy
from driftvakt_collector.alert.escalation.situation import Situation
from driftvakt_collector.alert.oncall.hours import read_hours

ZONE = ZoneInfo("Europe/Stockholm")
BEGIN = at("2026-12-02T22:00")
BOTH = ("sms", "email")
DEFAULT = read_policy(shipped_text())


def situation(
    on_duty: tuple[str, ...] = ("anna", "bo"), following: tuple[str, ...] = ("cecilia",),
    ways: Mapping[str, tuple[str, ...]] | None = None, **told: object,
) -> Situation:  # fmt: skip
    known = dict.fromkeys(("anna", "bo", "cecilia", "david", "chef"), BOTH) if ways is None else ways
    found = Situation(
        Severity.CRITICAL, lambda _rota: on_duty, lambda name: known.get(name, ()), lambda _rota: following,
        lambda _rota: ("anna", "bo", "cecilia"), rota="natverk", everybody=tuple(sorted(known)),
    )  # fmt: skip
    return replace(found, **told)  # type: ignore[arg-type]


def policy(*steps: Step | object, last: tuple[str, ...] = ()) -> Policy:
    made = tuple(one if isinstance(one, Step) else Step(one) for one in steps)  # type: ignore[arg-type]
    return Policy("p", ZONE, steps=made, last_resort=last)


def story(moments: list[Moment]) -> list[tuple[float, str]]:
    return [((one.at - BEGIN) / 60, notice.person) for one in moments for notice in one.decision.notify]


# --- the shipped policy ---


def test_the_shipped_policy_tells_the_primary_twice_then_the_second_and_repeats() -> None:
    told = story(explain(DEFAULT, BEGIN, lambda _at, told: situation(told=told)))

    assert told[:8] == [
        (0, "anna"), (10, "anna"), (15, "bo"), (15, "cecilia"), (25, "anna"), (35, "anna"), (40, "bo"), (40, "cecilia"),
    ]  # fmt: skip
    assert told[-3:] == [(100, "anna"), (100, "bo"), (100, "cecilia")]


def test_with_nobody_on_duty_the_next_on_duty_is_told_at_once() -> None:
    decision = decide(DEFAULT, 0, 0, BEGIN, situation(on_duty=()))

    assert [one.person for one in decision.notify] == ["cecilia"]
    assert decision.next_at == BEGIN + 600
    assert [one.sv for one in decision.trace] == [
        "Steg 1 hoppas över: ingen är förstajour i natverk.", "Steg 2 hoppas över: ingen att vänta på.",
        "Steg 3 hoppas över: ingen är förstajour i natverk.", "Steg 4 hoppas över: ingen att vänta på.",
        "Steg 5 hoppas över: ingen är bakjour i natverk.",
    ]  # fmt: skip
    assert decision.trace[0].en == "Step 1 is passed over: nobody is primary on call of natverk."


def test_without_any_rota_everybody_is_told_at_once() -> None:
    decision = decide(DEFAULT, 0, 0, BEGIN, situation(on_duty=(), following=(), rota="", everyone=lambda _rota: ()))

    assert [one.person for one in decision.notify] == ["anna", "bo", "cecilia", "chef", "david"]
    assert decision.trace[0].sv == "Steg 1 hoppas över: ingen jour finns för tjänsten."
    assert decision.next_at is None


def test_who_can_not_be_reached_is_passed_over_at_once() -> None:
    decision = decide(DEFAULT, 0, 0, BEGIN, situation(ways={"bo": ("email",)}, called=str.title))

    assert [(one.person, one.channels) for one in decision.notify] == [("bo", ("email",))]
    assert decision.trace[0].en == "Step 1: Anna can't be reached at all."


def test_where_nobody_can_be_told_it_is_asked_again_and_never_ends() -> None:
    decision = decide(DEFAULT, 0, 0, BEGIN, situation(ways={}))

    assert (decision.notify, decision.lost, decision.next_at) == ((), True, BEGIN + LOST_AGAIN)
    again = decide(DEFAULT, decision.next_step, decision.next_round, BEGIN + LOST_AGAIN, situation())
    assert [one.person for one in again.notify] == ["anna", "bo", "cecilia"]


@pytest.mark.parametrize("answer", ["acknowledged", "resolved"])
def test_nobody_is_told_of_what_somebody_has_or_what_is_over(answer: str) -> None:
    decision = decide(DEFAULT, 0, 0, BEGIN, situation(**{answer: True}))

    assert (decision.notify, decision.next_at, len(decision.trace)) == ((), None, 1)


# --- steps ---


@pytest.mark.parametrize(("position", "expected"), [
    (Position.PRIMARY, ["anna"]), (Position.SECONDARY, ["bo"]), (Position.ALL, ["anna", "bo"]),
    (Position.NEXT, ["cecilia"]), (Position.EVERYONE, ["anna", "bo", "cecilia"]),
])  # fmt: skip
def test_who_of_a_rota_is_told(position: Position, expected: list[str]) -> None:
    decision = decide(policy(NotifyRota("natverk", position), Wait(5)), 0, 0, BEGIN, situation())

    assert [one.person for one in decision.notify] == expected
    assert (decision.next_step, decision.next_at) == (2, BEGIN + 300)


@pytest.mark.parametrize(("only", "holds"), [
    (Only(hours=read_hours(["weekdays 17:00-08:00"])), True),
    (Only(hours=read_hours(["weekdays 08:00-17:00"])), False),
    (Only(calendar="kontorstid", is_open=False), True),
    (Only(calendar="kontorstid"), False),
    (Only(day="workday"), True),
    (Only(day="holiday"), False),
    (Only(severities=("critical",)), True),
    (Only(severities=("info", "warning")), False),
    (Only(more_than=3, minutes=10), True),
    (Only(more_than=4, minutes=10), False),
    (Only(day="workday", more_than=4), False),
])  # fmt: skip
def test_a_step_is_passed_over_where_its_condition_does_not_hold(only: Only, holds: bool) -> None:
    now = situation(is_open=lambda _calendar: False, alerts=lambda _minutes: 4)
    decision = decide(policy(Step(NotifyPersons(("david",)), only), NotifyRota(), Wait(5)), 0, 0, BEGIN, now)

    assert [one.person for one in decision.notify] == (["david", "anna"] if holds else ["anna"])
    assert [one.sv[:20] for one in decision.trace] == ([] if holds else ["Steg 1 hoppas över: "])


def test_a_condition_alone_ends_the_policy_and_what_is_critical_falls_to_the_last_resort() -> None:
    closed = Step(Stop(), Only(calendar="kontorstid"))
    one = policy(closed, NotifyRota(), last=("chef",))

    critical = decide(one, 0, 0, BEGIN, situation(is_open=lambda _calendar: False))
    told = situation(is_open=lambda _calendar: False, severity=Severity.WARNING, told=1)

    assert [notice.person for notice in critical.notify] == ["chef"]
    assert critical.trace[0].sv == "Steg 1 avslutar larmplanen: kontorstid är stängd."
    assert decide(one, 0, 0, BEGIN, told).notify == ()
    assert [notice.person for notice in decide(one, 0, 0, BEGIN, replace(told, told=0)).notify] == ["chef"]


def test_whoever_was_told_last_has_time_to_answer_before_the_last_resort() -> None:
    one = policy(NotifyRota(), last=("chef",))
    first = decide(one, 0, 0, BEGIN, situation())

    assert [notice.person for notice in first.notify] == ["anna"]
    assert first.next_at == BEGIN + 600
    last = decide(one, first.next_step, first.next_round, BEGIN + 600, situation(told=1))
    assert [notice.person for notice in last.notify] == ["chef"]
    assert last.next_at is None


def test_a_policy_that_begins_with_a_wait_waits() -> None:
    decision = decide(policy(Wait(5), NotifyRota()), 0, 0, BEGIN, situation())

    assert (decision.notify, decision.next_step, decision.next_at) == ((), 1, BEGIN + 300)


def test_it_is_handed_over_to_the_incidents_supplier_and_a_webhook_is_called() -> None:
    one = policy(HandOver(), HandOver("Atea"), Webhook("https://example.se/x"), NotifyRota(), Wait(5))

    assert decide(one, 0, 0, BEGIN, situation(supplier="Telia")).suppliers == ("Telia", "Atea")
    without = decide(one, 0, 0, BEGIN, situation())
    assert (without.suppliers, without.webhooks) == (("Atea",), ("https://example.se/x",))
    assert without.trace[0].sv == "Steg 1 hoppas över: incidenten har ingen leverantör."


@pytest.mark.parametrize(("own", "wanted", "severity", "expected"), [
    (("email", "sms"), (), Severity.WARNING, ("email",)),
    (("email", "sms"), (), Severity.CRITICAL, ("sms", "email")),
    (("apprise",), (), Severity.CRITICAL, ("apprise",)),
    (("email", "apprise"), ("sms",), Severity.INFO, ("email", "apprise")),
    (("email", "sms"), ("email",), Severity.CRITICAL, ("email",)),
    ((), ("email",), Severity.CRITICAL, ()),
])  # fmt: skip
def test_by_which_channels_somebody_is_told(
    own: tuple[str, ...], wanted: tuple[str, ...], severity: Severity, expected: tuple[str, ...]
) -> None:
    assert channels_of(own, wanted, severity) == expected


# --- for all policies ---

NAMES = ("anna", "bo", "cecilia", "david", "nils")
CHANNELS = st.lists(st.sampled_from(["sms", "email", "webhook"]), max_size=2, unique=True).map(tuple)
CONDITIONS = st.sampled_from([
    None, None, None, Only(calendar="kontorstid"), Only(calendar="kontorstid", is_open=False), Only(day="holiday"),
    Only(more_than=5), Only(hours=read_hours(["weekdays 08:00-17:00"])), Only(severities=("warning",)),
])  # fmt: skip
ACTIONS = st.one_of(
    st.builds(Wait, st.sampled_from([0.0, 1.0, 10.0, 45.0])),
    st.builds(NotifyPersons, st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple), CHANNELS),
    st.builds(NotifyRota, st.sampled_from(["auto", "natverk", "gone"]), st.sampled_from(Position), CHANNELS),
    st.builds(Repeat, st.integers(1, 5)), st.just(HandOver()), st.just(Webhook("https://example.se/x")),
    st.just(Stop()),
)  # fmt: skip
POLICIES = st.builds(
    Policy, st.just("p"), st.just(ZONE), st.just(""),
    st.lists(st.builds(Step, ACTIONS, CONDITIONS), max_size=8).map(tuple),
    st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
)  # fmt: skip


@st.composite
def situations(draw: st.DrawFn, severity: Severity) -> Situation:
    ways = {name: draw(CHANNELS) for name in NAMES[:4]}
    ways["eva"] = ("sms",)
    on_duty = {"natverk": tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2)))}
    following = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=1)))
    is_open, number = draw(st.booleans()), draw(st.integers(0, 9))
    return Situation(
        severity, lambda rota: on_duty.get(rota, ()), lambda name: ways.get(name, ()), lambda _rota: following,
        lambda rota: NAMES[:3] if rota == "natverk" else (), lambda _calendar: is_open, lambda _minutes: number,
        rota=draw(st.sampled_from(["", "natverk"])), is_workday=draw(st.booleans()),
        everybody=tuple(name for name, channels in ways.items() if channels),
    )  # fmt: skip


@settings(max_examples=300)
@given(POLICIES, st.sampled_from(Severity), st.data())
def test_no_incident_ends_without_somebody_having_been_told(
    policy: Policy, severity: Severity, data: st.DataObject
) -> None:
    surroundings = data.draw(situations(severity))

    moments = explain(policy, BEGIN, lambda _at, told: replace(surroundings, told=told))

    assert moments[-1].decision.next_at is None, "it goes on for longer than a day"
    assert any(one.decision.notify for one in moments)
    assert len(moments) < 100
    assert all(notice.channels for one in moments for notice in one.decision.notify)
    assert all(one.decision.next_at is None or one.decision.next_at > one.at for one in moments)
    for one in moments:
        people = [notice.person for notice in one.decision.notify]
        assert len(people) == len(set(people))


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from([one for one in Position if one is not Position.EVERYONE]),
                       st.sampled_from([1.0, 10.0, 45.0])), max_size=6),
    st.integers(1, 5), st.data(),
)  # fmt: skip
def test_a_hole_in_the_rota_costs_no_time(
    pairs: list[tuple[Position, float]], times: int, data: st.DataObject
) -> None:  # fmt: skip
    nobody = replace(
        data.draw(situations(Severity.CRITICAL)), on_duty=lambda _rota: (), next_on_duty=lambda _rota: ()
    )  # fmt: skip
    steps = [action for position, minutes in pairs for action in (NotifyRota("auto", position), Wait(minutes))]

    decision = decide(policy(*steps, Repeat(times)), 0, 0, BEGIN, nobody)

    assert decision.notify
    assert len(decision.trace) >= len(steps)
