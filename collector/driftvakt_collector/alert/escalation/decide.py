"""What a policy does at one moment. Pure.

Steps are taken one after another until one that waits. Whoever can't be told is passed over at once, with the wait
behind them, and the trace says so: a hole in a rota costs no time. Where all steps were in vain the last resort is
told:

1. the policy's own, 2. everybody of the rotas that it names, 3. everybody there is.

That is so for a critical incident that nobody acknowledged, and for any of which nobody at all was told. Where even
that reaches nobody, the decision is `lost` and is to be asked again: it never ends in silence.
"""

from dataclasses import dataclass, field
from typing import assert_never

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.escalation.condition import unmet
from driftvakt_collector.alert.escalation.policy import (
    AUTO,
    HandOver,
    NotifyPersons,
    NotifyRota,
    Policy,
    Position,
    Repeat,
    Step,
    Stop,
    Wait,
    Webhook,
)
from driftvakt_collector.alert.escalation.situation import Situation
from driftvakt_collector.alert.oncall.contact import EMAIL, SMS
from driftvakt_collector.alert.words import Words

LOST_AGAIN = 300.0
"""Seconds until it is tried again where nobody could be told."""
_SHORTEST = 60.0
"""Seconds between two rounds of a policy that does not wait."""
_POSITIONS = {
    Position.PRIMARY: Words("förstajour i {}", "primary on call of {}"),
    Position.SECONDARY: Words("bakjour i {}", "secondary on call of {}"),
    Position.ALL: Words("jour i {}", "on call of {}"),
    Position.NEXT: Words("nästa jour i {}", "next on call of {}"),
    Position.EVERYONE: Words("medlem i {}", "member of {}"),
}


@dataclass(frozen=True)
class Notice:
    """One person is to be told, by these channels. why: why they are. step: its number, from 1;

    one more than there are for the last resort.
    """

    person: str
    channels: tuple[str, ...]
    why: Words
    step: int = 1


@dataclass(frozen=True)
class Decision:
    """notify: who is told now. next_at: when to ask again, with next_step and next_round; None for never.

    suppliers: to whom it is handed over now; webhooks: URLs that are called now. trace: what was passed over, and why.
    lost: nobody could be told, so far.
    """

    notify: tuple[Notice, ...]
    next_step: int
    next_round: int
    next_at: float | None
    trace: tuple[Words, ...] = ()
    suppliers: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    lost: bool = False


@dataclass
class _Taken:
    """What the steps of one decision came to. missed, reached: since the last wait; fruitless: nothing since step 0."""

    notify: dict[str, Notice] = field(default_factory=dict)
    trace: list[Words] = field(default_factory=list)
    suppliers: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)
    missed: bool = False
    reached: bool = False
    fruitless: bool = False
    stopped: bool = False
    repeats: int = 0


def decide(policy: Policy, step: int, round_: int, at: float, situation: Situation) -> Decision:
    """Return what is done at a moment, from a step on. step: its index, from 0; round_: how often it began anew."""
    if situation.resolved or situation.acknowledged:
        return Decision((), step, round_, None, (_answered(situation),))
    taken = _Taken(fruitless=step == 0)
    while step < len(policy.steps) and not taken.stopped:
        one, number = policy.steps[step], step + 1
        step += 1
        if not _is_met(policy, one, number, at, situation, taken):
            continue
        if isinstance(one.action, Wait):
            if one.action.minutes > 0 and _waits(number, taken):
                return _decision(taken, step, round_, at + one.action.minutes * 60.0)
        elif isinstance(one.action, Repeat):
            if _again(one.action, number, round_, taken):
                step, round_ = 0, round_ + 1
                if taken.repeats > 1:
                    return _decision(taken, step, round_, at + _SHORTEST)
        else:
            _take(one.action, number, situation, taken)
    return _end(policy, round_, at, situation, taken)


def _answered(situation: Situation) -> Words:
    if situation.resolved:
        return Words("Incidenten är löst: ingen mer larmas.", "The incident is resolved: nobody else is paged.")
    return Words("Någon har tagit incidenten: ingen mer larmas.", "Somebody has acknowledged it: nobody else is paged.")


def _is_met(policy: Policy, step: Step, number: int, at: float, situation: Situation, taken: _Taken) -> bool:
    """Say whether a step's condition holds; what is passed over, or ends the policy, goes into the trace."""
    why_not = unmet(step.only, at, policy.zone, situation) if step.only else None
    if why_not is None:
        return True
    taken.stopped = isinstance(step.action, Stop)
    if taken.stopped:
        taken.trace.append(
            Words(f"Steg {number} avslutar larmplanen: {why_not.sv}.", f"Step {number} ends the policy: {why_not.en}.")
        )
    else:
        taken.trace.append(_passed(number, why_not))
    return False


def _waits(number: int, taken: _Taken) -> bool:
    if taken.missed and not taken.reached:
        taken.trace.append(_passed(number, Words("ingen att vänta på", "nobody to wait for")))
        taken.missed = False
        return False
    return True


def _again(repeat: Repeat, number: int, round_: int, taken: _Taken) -> bool:
    if round_ >= repeat.times:
        taken.trace.append(
            _passed(number, Words(f"redan upprepat {round_} gånger", f"repeated {round_} times already"))
        )
        return False
    if taken.fruitless:
        taken.trace.append(_passed(number, Words("ingen nås av stegen", "its steps reach nobody")))
        return False
    taken.repeats += 1
    taken.fruitless, taken.missed, taken.reached = True, False, False
    return True


def _take(
    action: NotifyPersons | NotifyRota | HandOver | Webhook | Stop, number: int, situation: Situation, taken: _Taken
) -> None:
    match action:
        case NotifyPersons():
            why = Words("Du står i larmplanen", "You are named in the escalation policy")
            _tell(action.persons, action.channels, why, number, situation, taken)
        case NotifyRota():
            rota = situation.rota if action.rota == AUTO else action.rota
            people = _people(action.position, rota, situation)
            role, title = _POSITIONS[action.position], situation.titled(rota)
            if not people:
                sv, en = role.sv.format(title), role.en.format(title)
                why = Words(f"ingen är {sv}", f"nobody is {en}")
                if not rota:
                    why = Words("ingen jour finns för tjänsten", "there is no rota for the service")
                taken.trace.append(_passed(number, why))
            why = Words(f"Du är {role.sv.format(title)}", f"You are {role.en.format(title)}")
            _tell(people, action.channels, why, number, situation, taken)
        case HandOver():
            supplier = situation.supplier if action.supplier == AUTO else action.supplier
            if supplier:
                taken.suppliers.append(supplier)
                taken.reached, taken.fruitless = True, False
            else:
                taken.trace.append(_passed(number, Words("incidenten har ingen leverantör", "it has no supplier")))
                taken.missed = True
        case Webhook():
            taken.webhooks.append(action.url)
        case Stop():
            pass
        case _:
            assert_never(action)


def _people(position: Position, rota: str, situation: Situation) -> tuple[str, ...]:
    if not rota:
        return ()
    if position is Position.NEXT:
        return situation.next_on_duty(rota)[:1]
    if position is Position.EVERYONE:
        return situation.everyone(rota)
    on_duty = situation.on_duty(rota)
    if position is Position.PRIMARY:
        return on_duty[:1]
    return on_duty[1:2] if position is Position.SECONDARY else on_duty


def _tell(
    people: tuple[str, ...], wanted: tuple[str, ...], why: Words, number: int, situation: Situation, taken: _Taken
) -> None:
    told = False
    for person in people:
        channels = channels_of(situation.channels(person), wanted, situation.severity)
        if not channels:
            who = situation.called(person)
            taken.trace.append(
                Words(f"Steg {number}: {who} kan inte nås alls.", f"Step {number}: {who} can't be reached at all.")
            )
            continue
        told = True
        taken.notify.setdefault(person, Notice(person, channels, why, number))
    taken.missed = taken.missed or not told
    taken.reached = taken.reached or told
    taken.fruitless = taken.fruitless and not told


def channels_of(own: tuple[str, ...], wanted: tuple[str, ...], severity: Severity) -> tuple[str, ...]:
    """Return by which channels somebody is told. own: theirs, in their order; wanted: of the step, empty for usual.

    Usual is their first; SMS and e-mail for what is critical. Who has none of those wanted is told by all of theirs.
    """
    if not wanted:
        if severity is not Severity.CRITICAL:
            return own[:1]
        wanted = (SMS, EMAIL)
    return tuple(one for one in wanted if one in own) or own


def _end(policy: Policy, round_: int, at: float, situation: Situation, taken: _Taken) -> Decision:
    """Return what is done when there is no step left and nobody has the incident."""
    last = len(policy.steps)
    is_told = situation.told > 0 or bool(taken.notify)
    if situation.severity is not Severity.CRITICAL and is_told:
        taken.trace.append(
            Words("Larmplanen är slut och ingen svarade.", "The policy is at its end, and nobody answered.")
        )
        return _decision(taken, last, round_, None)
    if taken.notify:
        # Whoever was told in this moment gets the time to answer before others are woken.
        return _decision(taken, last, round_, at + max(policy.last_wait * 60.0, _SHORTEST))
    for people, why in _last_resort(policy, situation):
        _tell(people, (), why, last + 1, situation, taken)
        if taken.notify:
            sv = "ingen svarade" if situation.told else "ingen kunde nås"
            en = "nobody answered" if situation.told else "nobody could be told"
            names = ", ".join(situation.called(name) for name in taken.notify)
            taken.trace.append(Words(f"Sista utvägen, {sv}: {names}.", f"The last resort, for {en}: {names}."))
            return _decision(taken, last, round_, None)
    taken.trace.append(
        Words("INGEN KAN NÅS: lägg in personer med kontakter.", "NOBODY CAN BE TOLD: add people with contacts.")
    )
    return _decision(taken, last, round_, at + LOST_AGAIN, lost=True)


def _last_resort(policy: Policy, situation: Situation) -> list[tuple[tuple[str, ...], Words]]:
    rotas = [one.action.rota for one in policy.steps if isinstance(one.action, NotifyRota)]
    names = dict.fromkeys(situation.rota if rota == AUTO else rota for rota in rotas)
    members = dict.fromkeys(person for rota in names if rota for person in situation.everyone(rota))
    last = Words("Du är sista utvägen: ingen annan har svarat", "You are the last resort: nobody else has answered")
    return [(policy.last_resort, last), (tuple(members), last), (situation.everybody, last)]


def _decision(taken: _Taken, step: int, round_: int, at: float | None, *, lost: bool = False) -> Decision:
    return Decision(
        tuple(taken.notify.values()), step, round_, at, tuple(taken.trace), tuple(taken.suppliers),
        tuple(taken.webhooks), lost,
    )  # fmt: skip


def _passed(number: int, why: Words) -> Words:
    return Words(f"Steg {number} hoppas över: {why.sv}.", f"Step {number} is passed over: {why.en}.")
