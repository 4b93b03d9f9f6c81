"""Reads policies and routes from TOML. Every mistake in one message.

Example:
    name = "natverk"
    last_resort = ["chefen"]

    [[step]]
    rota = "natverk"
    position = "primary"

    [[step]]
    wait = 10

    [[step]]
    repeat = 3
"""

from collections.abc import Collection
from dataclasses import dataclass

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.escalation.policy import (
    AUTO,
    MAX_REPEAT,
    MAX_STEPS,
    Action,
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
from driftvakt_collector.alert.escalation.routes import Route
from driftvakt_collector.alert.oncall.contact import CHANNELS, WEBHOOK, ContactError
from driftvakt_collector.alert.oncall.contact import read as read_contact
from driftvakt_collector.alert.oncall.person import NAME
from driftvakt_collector.alert.oncall.reading import hours_of, zone_of
from driftvakt_collector.alert.toml_table import TomlTable, fail, parse

ROUTES = "routes"
"""What the routes are called, as a plan."""
_SEVERITIES = tuple(one.value for one in Severity)
_ACTIONS = ("notify", "rota", "wait", "repeat", "hand_over", "webhook")
_LISTS = ("zones", "administrations", "sites", "services", "severities", "classes", "suppliers")


@dataclass(frozen=True)
class Known:
    """Names that a plan may use; None where that is not asked."""

    people: Collection[str] | None = None
    rotas: Collection[str] | None = None
    calendars: Collection[str] | None = None
    policies: Collection[str] | None = None


_ANY = Known()


def read_policy(body: str, known: Known = _ANY, name: str = "") -> Policy:
    """Return the policy that a text describes. name: what it must be called. Raises ConfigError with every mistake."""
    wrong: list[str] = []
    policy = _policy(parse(body, wrong), known, name)
    if wrong:
        fail(f"the policy {name or policy.name!r}", wrong)
    return policy


def read_routes(body: str, known: Known = _ANY) -> tuple[Route, ...]:
    """Return the lines of the routes. Raises ConfigError with every mistake."""
    wrong: list[str] = []
    told = parse(body, wrong)
    routes = tuple(_route(one, known) for one in told.tables("route"))
    told.done()
    if wrong:
        fail("the routes", wrong)
    return routes


def is_routes(body: str) -> bool:
    """Say whether a text is meant to be routes and no policy."""
    return parse(body, []).has("route")


def _policy(told: TomlTable, known: Known, wanted: str) -> Policy:
    name = told.text("name", wanted, needed=True, longest=64)
    if name and (not NAME.fullmatch(name) or name == ROUTES):
        told.refuse(f"'name' must be small letters, digits, -, _ and ., and not {ROUTES!r}; got {name!r}")
    if wanted and name != wanted:
        told.refuse(f"'name' is {name!r}, and not {wanted!r}")
    tables = told.tables("step")
    if not told.wrong and not 1 <= len(tables) <= MAX_STEPS:
        told.refuse(f"a policy has 1 to {MAX_STEPS} tables [[step]], got {len(tables)}")
    steps = tuple(_step(one, known) for one in tables)
    _sound(told, steps)
    last = told.texts("last_resort")
    _names(told, last, known.people, "person", "driftvakt person add {}")
    policy = Policy(
        name, zone_of(told, "time_zone"), told.text("title"), steps, last, told.number("last_wait", 10.0, 1.0, 1440.0)
    )
    told.done()
    return policy


def _sound(told: TomlTable, steps: tuple[Step, ...]) -> None:
    """Refuse what would go round without an end, or never tell anybody."""
    actions = [step.action for step in steps]
    if steps and not any(isinstance(one, (NotifyPersons, NotifyRota)) for one in actions):
        told.refuse("no step tells anybody: write one with 'rota' or 'notify'")
    for number, one in enumerate(actions, 1):
        if isinstance(one, Repeat) and not any(isinstance(before, Wait) for before in actions[: number - 1]):
            told.refuse(f"step {number} repeats steps of which none waits: put a step with 'wait' before it")
        if isinstance(one, Repeat) and number < len(actions) and steps[number - 1].only is None and (
            any(isinstance(other, Repeat) for other in actions[number:])
        ):  # fmt: skip
            told.refuse(f"step {number} repeats, and another step does so too: one is enough")


def _step(told: TomlTable, known: Known) -> Step:
    only = _only(told.table("only_if"), known)
    named = [one for one in _ACTIONS if told.has(one)]
    if len(named) > 1 or (not named and only is None):
        told.refuse(f"a step does one thing: write one of {', '.join(_ACTIONS)}, or 'only_if' alone; got {named}")
    action = _action(told, named[0] if named else "", known)
    told.done()
    return Step(action, only)


def _action(told: TomlTable, kind: str, known: Known) -> Action:
    if kind == "wait":
        return Wait(told.number("wait", 10.0, 1.0, 7 * 1440.0))
    if kind == "repeat":
        return Repeat(int(told.number("repeat", 1, 1, MAX_REPEAT)))
    if kind == "hand_over":
        return HandOver(told.text("hand_over", AUTO, needed=True, longest=255))
    if kind == "webhook":
        url = told.text("webhook", needed=True, longest=320)
        try:
            return Webhook(read_contact(WEBHOOK, url) if url else url)
        except ContactError as e:
            told.refuse(f"'webhook': {e}")
            return Webhook("")
    return _notify(told, kind, known) if kind else Stop()


def _notify(told: TomlTable, kind: str, known: Known) -> Action:
    channels = told.texts("channels")
    for one in channels:
        if one not in CHANNELS:
            told.refuse(f"'channels': there is no channel {one!r}; known are {', '.join(CHANNELS)}")
    if kind == "notify":
        people = told.texts("notify")
        if not people:
            told.refuse("'notify' must name people, as [\"anna\"]")
        _names(told, people, known.people, "person", "driftvakt person add {}")
        return NotifyPersons(tuple(dict.fromkeys(people)), channels)
    rota = told.text("rota", AUTO, needed=True, longest=64)
    if rota != AUTO:
        _names(told, (rota,), known.rotas, "rota", "driftvakt oncall apply FILE")
    position = Position(told.one_of("position", (one.value for one in Position), "primary"))
    return NotifyRota(rota, position, channels)


def _only(told: TomlTable | None, known: Known) -> Only | None:
    if told is None:
        return None
    more_than = int(told.number("more_than", 0, 0, 100_000)) if told.has("more_than") else None
    severities = told.texts("severities")
    _words(told, "severities", severities, _SEVERITIES)
    hours = hours_of(told, "hours") if told.has("hours") else ()
    if any(one.red is not None for one in hours):
        told.refuse("'hours' of a step know no red days: write weekdays, and 'day = \"workday\"' beside it")
    day = told.one_of("day", ("workday", "holiday"), "workday") if told.has("day") else ""
    calendar, is_open = _calendar(told, known)
    only = Only(hours, calendar, is_open, day, more_than, told.number("minutes", 60.0, 1.0, 7 * 1440.0), severities)
    if not told.raw:
        told.refuse("it names no condition: write hours, day, calendar, more_than or severities")
    told.done()
    return only


def _route(told: TomlTable, known: Known) -> Route:
    policy = told.text("policy", needed=True, longest=64)
    if policy:
        _names(told, (policy,), known.policies, "policy", "driftvakt escalation apply FILE")
    lists = {key: told.texts(key) for key in _LISTS}
    _words(told, "severities", lists["severities"], _SEVERITIES)
    calendar, is_open = _calendar(told, known)
    told.done()
    return Route(policy, **lists, calendar=calendar, is_open=is_open)


def _calendar(told: TomlTable, known: Known) -> tuple[str, bool]:
    calendar = told.text("calendar", longest=64)
    state = told.one_of("is", ("open", "closed"), "open")
    if calendar:
        _names(told, (calendar,), known.calendars, "calendar", "driftvakt calendar")
    elif told.has("is"):
        told.refuse("'is' needs 'calendar', the name of one")
    return calendar, state == "open"


def _words(told: TomlTable, key: str, words: Collection[str], known: Collection[str]) -> None:
    for one in words:
        if one not in known:
            told.refuse(f"'{key}': {one!r} must be one of {', '.join(known)}")


def _names(told: TomlTable, names: Collection[str], known: Collection[str] | None, kind: str, how: str) -> None:
    for name in names:
        if known is not None and name not in known:
            told.refuse(f"there is no {kind} {name!r}: {how.format(name)}")
