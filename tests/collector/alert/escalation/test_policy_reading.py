"""Policies and routes as people write them, and which policy an incident takes."""

from collections.abc import Callable

import pytest

from driftvakt_collector.alert.escalation.book import PolicyBook, shipped_text
from driftvakt_collector.alert.escalation.policy import (
    HandOver,
    NotifyPersons,
    NotifyRota,
    Position,
    Repeat,
    Stop,
    Wait,
    Webhook,
)
from driftvakt_collector.alert.escalation.reading import Known, is_routes, read_policy, read_routes
from driftvakt_collector.alert.escalation.routes import Subject, choose
from driftvakt_collector.config import ConfigError
from driftvakt_collector.store.plans import PlanRow

KNOWN = Known({"anna", "bo"}, {"natverk"}, {"kontorstid"}, {"default", "natt"})
FULL = """
name = "natt"
last_resort = ["bo"]
[[step]]
only_if = { calendar = "kontorstid", is = "closed" }
[[step]]
notify = ["anna"]
channels = ["sms"]
[[step]]
wait = 5
[[step]]
rota = "natverk"
position = "all"
only_if = { more_than = 3, minutes = 30 }
[[step]]
hand_over = "auto"
[[step]]
webhook = "https://example.se/hook"
[[step]]
wait = 10
[[step]]
repeat = 2
"""


def test_a_policy_is_read_step_by_step() -> None:
    policy = read_policy(FULL, KNOWN)

    assert [one.action for one in policy.steps] == [
        Stop(), NotifyPersons(("anna",), ("sms",)), Wait(5), NotifyRota("natverk", Position.ALL), HandOver("auto"),
        Webhook("https://example.se/hook"), Wait(10), Repeat(2),
    ]  # fmt: skip
    assert policy.last_resort == ("bo",)
    assert policy.steps[0].only is not None
    assert (policy.steps[0].only.calendar, policy.steps[0].only.is_open) == ("kontorstid", False)


def test_the_shipped_policy_can_be_read() -> None:
    assert read_policy(shipped_text(), KNOWN).name == "default"


def test_every_mistake_of_a_policy_stands_in_one_message() -> None:
    body = """
    name = "routes"
    last_resort = ["nils"]
    [[step]]
    repeat = 9
    [[step]]
    notify = ["nils"]
    channels = ["pigeon"]
    [[step]]
    rota = "gone"
    position = "third"
    [[step]]
    wait = 0
    rota = "natverk"
    [[step]]
    [[step]]
    only_if = {}
    [[step]]
    webhook = "example.se"
    [[step]]
    wait = 5
    only_if = { calendar = "lunch", day = "monday", severities = ["bad"], hours = ["workdays"], is = "ajar" }
    """

    with pytest.raises(ConfigError) as caught:
        read_policy(body, KNOWN)

    for mistake in (
        "and not 'routes'", "there is no person 'nils'", "step 1: 'repeat' must be a number from 1 to 5",
        "step 1 repeats steps of which none waits", "there is no channel 'pigeon'", "there is no rota 'gone'",
        "'position' must be one of primary, secondary, all, next, everyone", "step 4: a step does one thing",
        "step 5: a step does one thing", "step 6, only_if: it names no condition", "step 7: 'webhook': ",
        "there is no calendar 'lunch'", "'day' must be one of workday, holiday", "'bad' must be one of info",
        "know no red days", "'is' must be one of open, closed",
    ):  # fmt: skip
        assert mistake in str(caught.value), str(caught.value)


@pytest.mark.parametrize(("body", "mistake"), [
    ('name = "x"', "a policy has 1 to 60 tables [[step]], got 0"),
    ('name = "x"\n[[step]]\nwait = 5', "no step tells anybody"),
    ('name = "x"\nsteps = []\n[[step]]\nnotify = []', "'notify' must name people"),
    ("[[step]]\nrota = 'auto'", "'name' is missing"),
])  # fmt: skip
def test_a_policy_that_would_tell_nobody_is_refused(body: str, mistake: str) -> None:
    with pytest.raises(ConfigError, match=mistake.replace("[", r"\[").replace("]", r"\]")):
        read_policy(body, KNOWN)


ROUTES = """
[[route]]
policy = "natt"
severities = ["critical"]
zones = ["adm"]
calendar = "kontorstid"
is = "closed"
[[route]]
policy = "gone"
services = ["skol*"]
[[route]]
policy = "natt"
suppliers = ["Telia"]
classes = ["switch"]
administrations = ["Idrott"]
sites = ["A-huset"]
"""


def closed(_calendar: str) -> bool:
    return False


def opened(_calendar: str) -> bool:
    return True


@pytest.mark.parametrize(("subject", "is_open", "policy", "why"), [
    (Subject(zone="adm", severity="critical"), closed, "natt", "rad 1"),
    (Subject(zone="adm", severity="critical"), opened, "default", "ingen rad"),
    (Subject(zone="edu", severity="critical"), closed, "default", "ingen rad"),
    (Subject(service="skolplattformen"), opened, "default", "rad 2 i vägvalet leder till gone, som inte finns"),
    (Subject(supplier="Telia", class_="switch", administration="Idrott", site="A-huset"), opened, "natt", "rad 3"),
    (Subject(supplier="Telia", class_="switch", administration="Idrott"), opened, "default", "ingen rad"),
])  # fmt: skip
def test_the_first_line_that_fits_wins(
    subject: Subject, is_open: Callable[[str], bool], policy: str, why: str
) -> None:  # fmt: skip
    choice = choose(read_routes(ROUTES), subject, is_open, ("default", "natt"))

    assert choice.policy == policy
    assert choice.why.sv.startswith(why)


def test_mistakes_of_routes_stand_in_one_message() -> None:
    assert is_routes(ROUTES)
    assert not is_routes(FULL)
    with pytest.raises(ConfigError) as caught:
        read_routes('[[route]]\npolicy = "gone"\nzone = "adm"\n[[route]]\nseverities = ["bad"]\nis = "open"', KNOWN)

    for mistake in ("route 1: there is no policy 'gone'", "route 1: 'zone' is not known",
                    "route 2: 'policy' is missing",
                    "route 2: 'severities': 'bad'", "route 2: 'is' needs 'calendar'"):  # fmt: skip
        assert mistake in str(caught.value)


def test_a_book_has_the_default_policy_and_a_broken_plan_harms_nothing() -> None:
    def row(name: str, body: str, version: int = 1, since: float = 0.0) -> PlanRow:
        return PlanRow("policy", name, version, since, body, 0.0, "root")

    book = PolicyBook([row("natt", FULL), row("bad", "name = ["), row("routes", ROUTES), row("routes", "", 2, 100.0),
                       row("default", FULL.replace('"natt"', '"default"'), 1, 100.0)])  # fmt: skip

    assert sorted(book.at(0.0)) == ["default", "natt"]
    assert len(book.at(0.0)["default"].steps) == 8
    assert book.at(100.0)["default"].last_resort == ("bo",)
    assert (len(book.routes(0.0)), len(book.routes(100.0))) == (3, 0)
    assert list(book.broken(0.0)) == ["bad"]
