"""The cards of services, and what an operator is told to look at, by what a check found."""

import pytest
from card_lines import AT, card, checked, found, lines

from driftvakt_collector.console.service_card import TROUBLES
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.table import CHECKS

DAY = 86400.0


def test_each_fault_that_a_check_can_find_has_plain_words() -> None:
    assert set(TROUBLES) == {one.value for one in Fault}


def test_the_phases_of_each_kind_of_check_are_shown() -> None:
    for name in {one.phases for one in CHECKS.values()}:
        shown = card("phases", *checked(), (name, {"phase": "connect"}, 0.05), (name, {"phase": "tls"}, 0.1))

        assert lines(shown) == ["connect | 25 % | 50 ms", "tls | 50 % | 100 ms"]
        assert [row[1].length for row in shown.rows] == [25.0, 50.0]


def test_a_service_that_answers() -> None:
    shown = card("service", *checked(probe_http_status_code=200, probe_ssl_earliest_cert_expiry=AT + 90.5 * DAY))

    assert lines(shown) == [
        "Result | answers as it should [ok]", "Took | 200 ms", "Certificate | 90 days left", "HTTP status | 200",
    ]  # fmt: skip
    assert found(*checked()) == []


def test_a_service_that_is_down_says_why_and_where_to_look() -> None:
    down = checked("down")

    assert lines(card("service", *down))[0] == "Result | down [bad]"
    assert found(*down) == [
        ("bad", "It is down: nothing listens there, or no way leads there. Look at the service and the firewall")
    ]
    assert found(*down, reason="nothing listens there") == [
        ("bad", "It is down: nothing listens there. Look at the service and the firewall")
    ]


def test_a_fault_of_a_later_release_is_told_too() -> None:
    assert found(("probe_success", {}, 0.0)) == [("bad", "It fails: the check does not say why. Look at the service")]


@pytest.mark.parametrize(("days", "expected"), [
    pytest.param(21.5, [], id="three weeks are enough"),
    pytest.param(20.5, [("warn", "Its certificate ends in 20 days: renew it")], id="under three weeks"),
    pytest.param(6.5, [("bad", "Its certificate ends in 6 days: renew it")], id="under a week"),
    pytest.param(0.5, [("bad", "Its certificate ends today: renew it")], id="the last day"),
    pytest.param(-1.0, [("bad", "Its certificate is expired: renew it")], id="expired"),
    pytest.param(1e300, [], id="what no calendar has"),
])  # fmt: skip
def test_a_certificate_that_ends(days: float, expected: list[tuple[str, str]]) -> None:
    assert found(*checked(probe_ssl_earliest_cert_expiry=AT + days * DAY)) == expected
