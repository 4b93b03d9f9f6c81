"""What the collector finds wrong with itself, and what of it keeps the heartbeat from being a good one."""

from dataclasses import fields
from typing import Any

import pytest

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.audit import Facts, Step, audit, is_sick

WELL = Facts(
    up=86_400.0, canary=30.0, outbox=5.0, timers=None, store=10.0, loop=1.0, mail_ok=40.0, mail_failed=3000.0,
    disk_free=0.4, backup=3600.0, certificate=90 * 86_400.0, step=0.2, offset=0.01, watchdogs={"dog1": 20.0},
)  # fmt: skip


def facts(**told: Any) -> Facts:
    known = {one.name: getattr(WELL, one.name) for one in fields(Facts)}
    return Facts(**{**known, **told})


def codes(**told: Any) -> list[str]:
    return [one.code for one in audit(facts(**told))]


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert audit(WELL) == []
    assert audit(Facts(up=30.0)) == []


@pytest.mark.parametrize(
    ("told", "code", "sick"),
    [
        pytest.param({"canary": 91.0}, "canary", True, id="the canary does not come all the way"),
        pytest.param({"canary": None}, "canary", True, id="the canary never came"),
        pytest.param({"store": 91.0}, "database", True, id="the database takes nothing"),
        pytest.param({"loop": 61.0}, "alerts", True, id="the alert loop stands"),
        pytest.param({"journal": "disk full"}, "journal", True, id="the journal has trouble"),
        pytest.param({"outbox": 61.0}, "outbox", True, id="a message waits"),
        pytest.param({"timers": 91.0}, "escalation", True, id="an escalation is late"),
        pytest.param({"mail_ok": 91.0, "mail_failed": 3.0}, "mail", True, id="the mail path is dead"),
        pytest.param({"mail_ok": None, "mail_failed": 3.0}, "mail", True, id="no mail ever went out"),
        pytest.param({"broken": {"email": "wrong password"}}, "way.email", True, id="mail is broken for all"),
        pytest.param({"broken": {"sms": "no credit"}}, "way.sms", True, id="SMS is broken for all"),
        pytest.param({"disk_free": 0.04}, "disk", True, id="the disk is nearly full"),
        pytest.param({"disk_free": 0.09}, "disk", False, id="the disk fills"),
        pytest.param({"backup": 27 * 3600.0}, "backup", False, id="the backup is old"),
        pytest.param({"certificate": 86_400.0}, "certificate", True, id="a certificate expires tomorrow"),
        pytest.param({"certificate": -5.0}, "certificate", True, id="a certificate has expired"),
        pytest.param({"certificate": 6 * 86_400.0}, "certificate", False, id="a certificate expires this week"),
        pytest.param({"step": -3600.0}, "clock", True, id="the clock jumped"),
        pytest.param({"offset": 31.0}, "clock", True, id="the clock is wrong"),
        pytest.param({"watchdogs": {"dog1": 301.0}}, "watchdog", False, id="the watchdog does not answer"),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(told: dict[str, Any], code: str, sick: bool) -> None:
    found = audit(facts(**told))

    assert [one.code for one in found] == [code]
    assert is_sick(found) is sick
    assert found[0].words.sv != found[0].words.en


@pytest.mark.parametrize(
    "told",
    [{"canary": 89.0}, {"mail_ok": 89.0, "mail_failed": 3.0}, {"mail_ok": 5.0, "mail_failed": 100.0}, {"step": 29.0},
     {"mail_ok": 5000.0, "mail_failed": None}, {"timers": 80.0}, {"outbox": None}, {"backup": None}],
)  # fmt: skip
def test_what_is_not_yet_wrong(told: dict[str, Any]) -> None:
    assert codes(**told) == []


def test_a_start_is_given_time() -> None:
    late = {"canary": None, "store": None, "loop": None, "outbox": 4000.0, "timers": 4000.0}

    assert codes(**late, up=59.0) == []
    assert codes(**late, up=151.0) == ["alerts", "canary", "database", "escalation", "outbox"]


def test_the_worst_comes_first_in_words_for_people() -> None:
    found = audit(facts(backup=50 * 3600.0, mail_ok=600.0, mail_failed=5.0, certificate=3600.0))

    assert [(one.severity, one.words.sv) for one in found] == [
        (Severity.CRITICAL, "ett certifikat går ut om 60 min"),
        (Severity.CRITICAL, "e-post har inte gått ut på 10 min"),
        (Severity.WARNING, "senaste säkerhetskopian är 2 dygn gammal"),
    ]


def test_a_broken_way_of_mail_is_told_once() -> None:
    assert codes(broken={"email": "x", "sms": "y"}, mail_ok=600.0, mail_failed=5.0) == ["mail", "way.sms"]


def test_a_clock_that_is_put_right_is_seen_for_some_minutes() -> None:
    step = Step(1000.0, 50.0)

    assert step.look(1030.0, 80.0) == 0.0
    assert step.look(1130.0, 110.0) == 70.0
    assert step.look(1390.0, 370.0) == 70.0
    assert step.look(1430.0, 410.0) == 0.0
