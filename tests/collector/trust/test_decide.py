"""Who may come in: the whole table, without a collector."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.tokens import TokenRow
from driftvakt_collector.trust.decide import Ask, entry, inside, refusal, renewal

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = TokenRow(
    "t-1", "edu", "school", "north", "workstation", "w1", True, 10, 0, ("10.1.0.0/16", "2001:db8::/32"), (),
    NOW - timedelta(hours=1), NOW + timedelta(hours=1),
)  # fmt: skip
FACTS = {"machine": "1", "uuid": "2", "macs": ["3"]}
ASK = Ask("t-1", "pc-1", "10.1.2.3", "edu", proven=True, facts=FACTS)
HOST = HostRow("a-1", 3, "pc-1", "edu", "school", "north", "workstation", "approved", 2)
OTHER = {"machine": "7", "uuid": "8", "macs": ["9"]}


@pytest.mark.parametrize(
    ("token", "ask", "again", "reason"),
    [
        pytest.param(TOKEN, ASK, False, "", id="good"),
        pytest.param(TOKEN, replace(ASK, door=""), False, "", id="by the collector's own listener"),
        pytest.param(None, ASK, False, "no such token", id="unknown"),
        pytest.param(TOKEN, replace(ASK, proven=False), False, "not signed with this token's secret", id="no proof"),
        pytest.param(
            TOKEN, replace(ASK, door="adm"), False, "for zone edu, and the host came to the door of zone adm", id="zone"
        ),
        pytest.param(TOKEN._replace(revoked_at=NOW), ASK, False, "revoked at 2026-11-23 12:00", id="revoked"),
        pytest.param(TOKEN, replace(ASK, address="10.2.0.1"), False, "10.2.0.1 is outside of 10.1.0.0/16", id="cidr"),
        pytest.param(
            TOKEN, replace(ASK, address="-"), False, "outside of", id="a relay that does not know the address"
        ),
        pytest.param(TOKEN._replace(expires_at=NOW), ASK, False, "expired at 2026-11-23 12:00", id="expired"),
        pytest.param(TOKEN._replace(used=10), ASK, False, "used up: 10 of 10", id="used up"),
        pytest.param(
            TOKEN._replace(used=10, expires_at=NOW), ASK, True, "", id="its answer was lost, and its time is over"
        ),
        pytest.param(
            TOKEN._replace(revoked_at=NOW), ASK, True, "revoked", id="its answer was lost, and the token is revoked"
        ),
    ],
)
def test_a_token_lets_in_whom_it_is_for(token: TokenRow | None, ask: Ask, again: bool, reason: str) -> None:
    said = refusal(token, ask, NOW, again=again)

    assert (said is None) == (reason == "")
    assert said is None or reason in said.reason


KEPT = replace(ASK, was="a-1", was_gen=3, was_proven=True)


@pytest.mark.parametrize(
    ("token", "ask", "old", "alike", "state", "origin", "note"),
    [
        pytest.param(TOKEN, ASK, None, [], "approved", "", "", id="a PC in its wave"),
        pytest.param(TOKEN._replace(approve=False), ASK, None, [], "pending", "", "", id="a server"),
        pytest.param(
            TOKEN, ASK, None, [(HOST, OTHER)], "pending", "", "has a host pc-1 already, a-1", id="a name twice"
        ),
        pytest.param(TOKEN, ASK, None, [(HOST._replace(name="x"), OTHER)], "approved", "", "", id="one fact in common"),
        pytest.param(
            TOKEN,
            ASK,
            None,
            [(HOST._replace(name="x"), FACTS)],
            "pending",
            "",
            "same machine as a-1",
            id="same machine",
        ),
        pytest.param(
            TOKEN,
            ASK,
            None,
            [(HOST._replace(state="revoked"), OTHER)],
            "approved",
            "",
            "",
            id="a revoked one's name is free",
        ),
        pytest.param(
            TOKEN,
            ASK,
            None,
            [(HOST._replace(state="revoked"), FACTS)],
            "pending",
            "",
            "revoked",
            id="a revoked machine",
        ),
        pytest.param(TOKEN, KEPT, HOST, [(HOST, FACTS)], "approved", "a-1", "", id="with its old key"),
        pytest.param(
            TOKEN, KEPT, HOST._replace(state="pending"), [(HOST, FACTS)], "pending", "a-1", "", id="its state stays"
        ),
        pytest.param(
            TOKEN, KEPT, HOST._replace(state="quarantined"), [(HOST, FACTS)], "quarantined", "a-1", "", id="so it does"
        ),
        pytest.param(
            TOKEN,
            replace(KEPT, was_proven=False),
            HOST,
            [(HOST, FACTS)],
            "pending",
            "",
            "without its key",
            id="no proof",
        ),
        pytest.param(
            TOKEN,
            KEPT,
            HOST._replace(state="revoked"),
            [(HOST._replace(state="revoked"), FACTS)],
            "pending",
            "",
            "same machine",
            id="its key was revoked",
        ),
        pytest.param(
            TOKEN,
            KEPT,
            HOST._replace(zone="adm"),
            [],
            "approved",
            "",
            "",
            id="a key of another zone counts for nothing",
        ),
        pytest.param(
            TOKEN,
            KEPT,
            HOST,
            [(HOST, OTHER)],
            "pending",
            "",
            "with the key of a-1, which is another machine",
            id="a stolen key",
        ),
    ],
)
def test_how_a_host_comes_in(
    token: TokenRow, ask: Ask, old: HostRow | None, alike: list[tuple[HostRow, dict[str, object]]], state: str,
    origin: str, note: str,
) -> None:  # fmt: skip
    come = entry(token, ask, old, alike)

    assert (come.state, come.origin) == (state, origin)
    assert note in come.note if note else come.note == ""


@pytest.mark.parametrize(
    ("host", "ask", "gen", "reason"),
    [
        pytest.param(HOST, ASK, 3, "", id="its newest key"),
        pytest.param(HOST, ASK, 2, "was replaced", id="the key before, whose lines are still taken"),
        pytest.param(HOST, ASK, 1, "no longer taken", id="a key of long ago"),
        pytest.param(HOST, ASK, 4, "no longer taken", id="a key that was never made"),
        pytest.param(None, ASK, 1, "no such host", id="unknown"),
        pytest.param(HOST, replace(ASK, proven=False), 3, "not signed", id="no proof"),
        pytest.param(HOST, replace(ASK, door="adm"), 3, "door of zone adm", id="wrong zone"),
        pytest.param(HOST._replace(state="revoked"), ASK, 3, "revoked", id="revoked"),
        pytest.param(HOST._replace(state="quarantined"), ASK, 3, "quarantined", id="one of two who have the key"),
        pytest.param(HOST._replace(state="pending"), ASK, 3, "", id="still waiting"),
    ],
)
def test_a_key_brings_the_next(host: HostRow | None, ask: Ask, gen: int, reason: str) -> None:
    said = renewal(host, ask, gen)

    assert (said is None) == (reason == "")
    assert said is None or reason in said.reason


def test_a_renewal_whose_answer_was_lost_is_answered_again() -> None:
    assert renewal(HOST, ASK, 2, again=True) is None


@pytest.mark.parametrize(
    ("token", "gen", "note"),
    [
        pytest.param(TOKEN._replace(class_="relay"), 3, "and the token is for a relay", id="a host's key for a relay"),
        pytest.param(TOKEN, 2, "was replaced", id="a key that was replaced"),
    ],
)
def test_a_key_that_is_not_enough_waits_for_a_person(token: TokenRow, gen: int, note: str) -> None:
    ask = replace(ASK, was=HOST.origin, was_gen=gen, was_proven=True)

    come = entry(token, ask, HOST, [(HOST, {})])

    assert (come.state, come.origin) == ("pending", "")
    assert note in come.note


@pytest.mark.parametrize(
    ("address", "there"),
    [("10.1.255.255", True), ("10.2.0.0", False), ("::ffff:10.1.0.1", True), ("2001:db8::1", True), ("::1", False)],
)
def test_an_address_is_in_a_network(address: str, there: bool) -> None:
    assert inside(address, TOKEN.cidr) is there
