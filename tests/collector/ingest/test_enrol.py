"""Requests to enrol, settled in a real store: what the host gets, what the operator reads, and what nobody learns."""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from collecting import host_row
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from enrolling import ADM, EDU, NOT_ACCEPTED, NOW, Desk, Guest, keep, opened, renewing, token_row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest.enrol import Enrolment, network
from driftvakt_collector.store import enrolments, hosts
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.trust.settle import Realm, retire
from driftvakt_wire.enrolment import client_mac, request
from driftvakt_wire.envelope import derive_key, sign

FACTS = {"machine": "a1", "uuid": "b2", "macs": ["c3"]}
OTHER = {"machine": "d4", "uuid": "e5", "macs": ["f6"]}


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(store_url, tmp_path)
    keep(made.store, token_row())
    yield made
    made.store.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    """For what has nothing to do with the dialect."""
    made = Desk(f"sqlite:///{tmp_path / 'store.db'}", tmp_path)
    keep(made.store, token_row())
    yield made
    made.store.close()


def test_a_pc_gets_a_key_of_its_own(desk: Desk) -> None:
    told = desk.enrol(Guest(EDU, facts=FACTS))

    assert told["key"] == derive_key(EDU, told["origin"], 1)
    assert (told["gen"], told["zone"], told["state"], told["privacy"]) == (1, "edu", "approved", "edu")
    row = HostRow(told["origin"], 1, "pc-1", "edu", "school", "north", "workstation", "approved", 1)
    assert desk.host(told["origin"]) == desk.known[told["origin"]] == row
    assert desk.left() == 9
    (one,) = desk.tries()
    assert (one.address, one.name, one.result, one.reason) == ("10.1.0.1", "pc-1", "approved", "enrolled")


def test_what_a_host_says_of_itself_makes_no_tag(lite: Desk) -> None:
    guest = Guest(EDU, name="pc-1")
    line = guest.line().replace(b'{"kind":"enrol"', b'{"kind":"enrol","zone":"adm","class":"server","site":"x"')
    forged = lite.ask(line)
    assert forged == NOT_ACCEPTED
    own = request("enrol", {"name": "pc-1", "zone": "adm", "class": "server", "site": "x", "state": "approved"})
    told = guest.opened(lite.ask(sign(guest.secret, "t-1", 0, guest.nonce, 1, own))[1])

    row = lite.host(told["origin"])
    assert (row.zone, row.class_, row.site) == ("edu", "workstation", "north")


def test_the_same_nonce_again_is_the_same_host_and_no_second_use(desk: Desk) -> None:
    guest = Guest(EDU, facts=FACTS)
    first, second = desk.ask(guest.line()), desk.ask(guest.line())

    assert first == second
    assert (desk.left(), len(desk.tries())) == (9, 1)


def test_an_answer_that_was_lost_comes_again_after_the_token_expired(lite: Desk) -> None:
    guest = Guest(EDU, facts=FACTS)
    first = lite.ask(guest.line())
    lite.wall += 7200

    assert lite.ask(guest.line()) == first
    assert lite.ask(Guest(EDU).line()) == NOT_ACCEPTED


def test_a_copied_disk_that_repeats_a_request_gets_nothing(lite: Desk) -> None:
    guest = Guest(EDU, facts=FACTS)
    lite.enrol(guest)
    guest.facts = OTHER

    assert lite.ask(guest.line()) == NOT_ACCEPTED
    assert "its disk was copied" in lite.tries()[0].reason


def test_a_revoked_host_does_not_come_back_by_repeating(lite: Desk) -> None:
    guest = Guest(EDU, facts=FACTS)
    lite.change(lite.enrol(guest)["origin"], state="revoked")

    assert lite.ask(guest.line()) == NOT_ACCEPTED
    assert "was revoked" in lite.tries()[0].reason


REFUSALS = [
    pytest.param({"token": "t-none"}, {}, {}, "there is no such token", id="unknown"),
    pytest.param({"secret": b"x" * 32}, {}, {}, "not signed with this token's secret", id="bad proof"),
    pytest.param({}, {"expires_at": NOW - timedelta(hours=1)}, {}, "expired at", id="expired"),
    pytest.param({}, {"used": 10}, {}, "used up: 10 of 10", id="used up"),
    pytest.param({}, {"revoked_at": NOW}, {}, "revoked at", id="revoked"),
    pytest.param({}, {"cidr": ("10.9.0.0/16",)}, {}, "10.1.0.1 is outside of 10.9.0.0/16", id="outside of the network"),
    pytest.param({}, {}, {"door": "adm"}, "for zone edu, and the host came to the door of zone adm", id="wrong door"),
    pytest.param({}, {"class_": "relay", "names": ("a",)}, {}, "brings no signing request", id="no relay"),
    pytest.param({}, {}, {"told": "x"}, "header of the relay", id="a header that is none"),
    pytest.param(
        {}, {}, {"told": "10.9.0.1 r-1 1 AAAA"}, "r-1, which passed it on, is no approved relay", id="no such relay"
    ),
]


@pytest.mark.parametrize(("guest", "token", "came", "reason"), REFUSALS)
def test_each_refusal_is_the_same_outside_and_a_sentence_inside(
    lite: Desk, guest: dict[str, Any], token: dict[str, Any], came: dict[str, str], reason: str
) -> None:
    keep(lite.store, token_row("t-2", **token))

    told = lite.ask(Guest(EDU, **{"token": "t-2", **guest}).line(), **came)

    assert told == NOT_ACCEPTED
    (one,) = lite.tries()
    assert (one.result, one.origin) == ("refused", "")
    assert reason in one.reason
    assert lite.known == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"x", b"\n", Guest(EDU, nonce="short").line(), Guest(EDU).line()[:-9], b'{"v":1,"record":{}}',
     Guest(EDU).line().replace(b'"seq":1', b'"seq":2'), Guest(EDU).line().replace(b'"v":1', b'"v":9'),
     Guest(EDU, facts={"machine": "<script>"}).line(),
     Guest(EDU, facts={"macs": ["a"] * 33}).line()],
)  # fmt: skip
def test_what_is_no_request_is_refused_the_same(lite: Desk, body: bytes) -> None:
    assert lite.ask(body) == NOT_ACCEPTED
    assert len(lite.tries()) == 1


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_request_can_be_changed_on_its_way(lite: Desk, at: int, flip: int) -> None:
    line = bytearray(Guest(EDU, facts=FACTS, nonce="0" * 32).line())
    line[at % len(line)] ^= flip

    assert lite.ask(bytes(line)) == NOT_ACCEPTED
    assert lite.known == {}


@pytest.mark.parametrize(
    ("name", "kept"),
    [("pc\x00\n\x1b[2J1", "pc[2J1"), ("  å  ", "å"), ("x" * 300, "x" * 255), ("\u202epc", "pc")],
)
def test_a_name_is_cleaned(lite: Desk, name: str, kept: str) -> None:
    assert lite.host(lite.enrol(Guest(EDU, name=name))["origin"]).name == kept


def test_one_without_a_name_gets_one(lite: Desk) -> None:
    guest = Guest(EDU, name="\n")

    assert lite.host(lite.enrol(guest)["origin"]).name == f"unnamed-{guest.nonce[:8]}"


def test_the_same_name_again_waits(lite: Desk) -> None:
    first, second = lite.enrol(Guest(EDU, facts=FACTS)), lite.enrol(Guest(EDU, facts=OTHER))

    assert (first["state"], second["state"]) == ("approved", "pending")
    assert f"has a host pc-1 already, {first['origin']}" in lite.tries()[0].reason


def test_what_is_on_many_machines_does_not_hide_one(desk: Desk) -> None:
    """A dock, or a number that a maker left empty, is on more hosts than are looked at."""

    def work(connection: Connection) -> None:
        told = {"a-1": {"uuid": "b2", "macs": ["dock"]}}
        told |= {f"b-{number}": {"macs": ["dock"]} for number in range(60)}
        told |= {f"c-{number}": {"uuid": "b2"} for number in range(3)}
        for place, (origin, facts) in enumerate(told.items()):
            zone = "adm" if origin.startswith("c") else "edu"
            row = HostRow(origin, 1, origin, zone, "school", "north", "workstation", "approved", 1)
            hosts.save(connection, [row], NOW + timedelta(seconds=place))
            hosts.change(connection, origin, NOW, wave="", token="", facts=json.dumps(facts), note="")

    desk.store.write_now(work)

    found = desk.store.read(lambda one: enrolments.alike(one, "edu", "none", ["dock", "b2"]))
    origins = {row.origin for row, _ in found}
    assert "a-1" in origins
    assert len(origins) == 51
    assert not [origin for origin in origins if origin.startswith("c")]


def test_the_same_machine_without_its_key_waits(lite: Desk) -> None:
    first, second = lite.enrol(Guest(EDU, facts=FACTS)), lite.enrol(Guest(EDU, name="pc-2", facts=FACTS))

    assert (second["state"], second["origin"] != first["origin"]) == ("pending", True)
    assert f"the same machine as {first['origin']}" in lite.tries()[0].reason
    assert f"driftvakt host approve {second['origin']}" in lite.tries()[0].reason


def test_with_its_old_key_it_keeps_its_origin(desk: Desk) -> None:
    first = desk.enrol(Guest(EDU, facts=FACTS))
    keep(desk.store, token_row("t-2", site="south", approve=False))

    again = desk.enrol(Guest(EDU, "t-2", facts=FACTS, was=(first["origin"], 1, first["key"])))

    assert (again["origin"], again["gen"], again["state"]) == (first["origin"], 2, "approved")
    assert again["key"] == derive_key(EDU, first["origin"], 2)
    row = desk.host(first["origin"])
    assert (row.gen, row.gen_floor, row.site, row.state) == (2, 1, "south", "approved")


def test_old_keys_count_for_a_month(lite: Desk) -> None:
    first = lite.enrol(Guest(EDU, facts=FACTS))
    lite.enrol(Guest(EDU, facts=FACTS, was=(first["origin"], 1, first["key"])))

    def retired(days: int) -> int:
        return lite.store.write_now(lambda connection: retire(connection, NOW + timedelta(days=days)))

    assert (retired(29), lite.host(first["origin"]).gen_floor) == (0, 1)
    assert (retired(31), lite.host(first["origin"]).gen_floor) == (1, 2)
    assert retired(31) == 0


def test_a_key_of_another_host_brings_nothing(lite: Desk) -> None:
    first = lite.enrol(Guest(EDU, facts=FACTS))

    again = lite.enrol(Guest(EDU, name="pc-2", facts=OTHER, was=(first["origin"], 1, b"x" * 32)))

    assert again["origin"] != first["origin"]


def test_a_stolen_key_with_a_token_waits_for_an_operator(lite: Desk) -> None:
    first = lite.enrol(Guest(EDU, facts=FACTS))

    again = lite.enrol(Guest(EDU, name="pc-2", facts=OTHER, was=(first["origin"], 1, first["key"])))

    assert (again["origin"] != first["origin"], again["state"]) == (True, "pending")
    assert "which is another machine" in lite.tries()[0].reason


def test_a_host_renews_its_key(desk: Desk) -> None:
    first = desk.enrol(Guest(EDU, facts=FACTS))
    nonce = secrets.token_hex(16)
    line = renewing(first["key"], first["origin"], 1, nonce, FACTS)

    status, answer = desk.ask(line)
    told = opened(answer, first["key"], first["origin"], nonce)

    assert (status, told["gen"], told["key"]) == (200, 2, derive_key(EDU, first["origin"], 2))
    assert desk.ask(line) == (200, answer)
    assert (desk.host(first["origin"]).gen, desk.host(first["origin"]).gen_floor) == (2, 1)
    assert desk.left() == 9
    third = renewing(told["key"], first["origin"], 2, secrets.token_hex(16))
    assert desk.ask(third)[0] == 200
    assert (desk.host(first["origin"]).gen, desk.host(first["origin"]).gen_floor) == (3, 2)
    assert desk.ask(renewing(first["key"], first["origin"], 1, secrets.token_hex(16))) == NOT_ACCEPTED


def test_a_host_changes_its_key_ten_times_a_day_at_most(desk: Desk) -> None:
    first = desk.enrol(Guest(EDU, facts=FACTS))

    def renew(gen: int) -> int:
        key = derive_key(EDU, first["origin"], gen)
        return desk.ask(renewing(key, first["origin"], gen, secrets.token_hex(16), FACTS))[0]

    assert [renew(gen) for gen in range(1, 12)] == [200] * 10 + [403]
    assert "10 times within a day" in desk.tries()[0].reason
    assert desk.host(first["origin"]).gen == 11
    desk.wall += 86_401
    assert renew(11) == 200


@pytest.mark.parametrize(
    ("change", "facts", "door", "reason"),
    [
        pytest.param({"state": "revoked"}, FACTS, "edu", "was revoked", id="revoked"),
        pytest.param({"state": "quarantined"}, FACTS, "edu", "quarantined", id="quarantined"),
        pytest.param({}, OTHER, "edu", "another machine", id="another machine"),
        pytest.param({}, FACTS, "adm", "door of zone adm", id="wrong door"),
    ],
)
def test_who_may_not_renew(lite: Desk, change: dict[str, str], facts: dict[str, Any], door: str, reason: str) -> None:
    first = lite.enrol(Guest(EDU, facts=FACTS))
    lite.change(first["origin"], **change)

    told = lite.ask(renewing(first["key"], first["origin"], 1, secrets.token_hex(16), facts), door=door)

    assert told == NOT_ACCEPTED
    assert reason in lite.tries()[0].reason
    assert lite.host(first["origin"]).gen == 1


def test_fifty_at_once_on_a_token_for_ten_are_ten(desk: Desk) -> None:
    guests = [Guest(EDU, name=f"pc-{number}") for number in range(50)]

    async def all_of_them() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*(desk.enrolment.ask(guest.line(), "10.1.0.1", "edu") for guest in guests))

    answers = asyncio.run(all_of_them())

    taken = [
        guest.opened(body)["origin"] for guest, (status, body) in zip(guests, answers, strict=True) if status == 200
    ]
    assert len(set(taken)) == 10
    assert [one for one in answers if one[0] != 200] == [NOT_ACCEPTED] * 40
    assert desk.left() == 0


def csr() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return asked.public_bytes(serialization.Encoding.PEM).decode()


def relay(desk: Desk) -> dict[str, Any]:
    """Return a relay of zone edu that an operator approved."""
    keep(desk.store, token_row("t-r", class_="relay", approve=False, names=("relay.stad.example",)))
    guest = Guest(EDU, "t-r", name="relay", csr=csr())
    told = desk.enrol(guest)
    assert (told["state"], told.get("certificate")) == ("pending", None)
    desk.change(told["origin"], state="approved")
    return desk.enrol(guest)


def test_a_relay_gets_its_certificate_once_it_is_approved(lite: Desk) -> None:
    told = relay(lite)

    chain = x509.load_pem_x509_certificates(told["certificate"].encode())
    names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["relay.stad.example"]
    assert told["origin"].startswith("r-")


def word(key: bytes, origin: str, body: bytes, client: str = "10.9.0.1", gen: int = 1) -> str:
    return f"{client} {origin} {gen} {b64encode(client_mac(key, client, body)).decode()}"


def test_a_relay_tells_from_where_a_host_comes(lite: Desk) -> None:
    through = relay(lite)
    keep(lite.store, token_row("t-2", cidr=("10.9.0.0/16",)))
    body = Guest(EDU, "t-2").line()

    assert lite.ask(body)[0] == 403
    assert lite.ask(body, told=word(through["key"], through["origin"], body))[0] == 200
    assert lite.tries()[0].address == "10.9.0.1"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda key, origin, body: word(b"x" * 32, origin, body), "not signed with its key", id="forged"),
        pytest.param(lambda key, origin, body: word(key, origin, body + b" "), "not signed", id="of another request"),
        pytest.param(lambda key, origin, body: word(key, origin, body, gen=9), "no approved relay", id="generation"),
        pytest.param(lambda key, origin, body: word(key, origin, body).replace(".9", ".8"), "not signed", id="ip"),
    ],
)  # fmt: skip
def test_a_relay_is_not_believed_without_its_key(lite: Desk, spoil: Any, reason: str) -> None:
    through = relay(lite)
    body = Guest(EDU).line()

    assert lite.ask(body, told=spoil(through["key"], through["origin"], body)) == NOT_ACCEPTED
    assert reason in lite.tries()[0].reason


def test_a_relay_brings_nobody_into_another_zone(lite: Desk) -> None:
    through = relay(lite)
    keep(lite.store, token_row("t-adm", zone="adm"))
    body = Guest(ADM, "t-adm").line()

    for door in ("", "edu", "adm"):
        assert lite.ask(body, door=door, told=word(through["key"], through["origin"], body)) == NOT_ACCEPTED


def test_a_host_can_not_speak_as_a_relay(lite: Desk) -> None:
    host = lite.enrol(Guest(EDU, facts=FACTS))
    body = Guest(EDU, name="pc-2").line()

    assert lite.ask(body, told=word(host["key"], host["origin"], body)) == NOT_ACCEPTED


def test_one_address_may_ask_so_often(lite: Desk) -> None:
    waits = [lite.enrolment.wait("10.1.0.1") for _ in range(150)]

    assert waits[99] == 0.0 < waits[-1]
    assert lite.enrolment.wait("10.1.0.2") == 0.0
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")


def test_a_relay_may_ask_more_often_than_a_host(lite: Desk) -> None:
    relay = host_row(7, class_="relay")
    fleet = Fleet([relay], healthy_since=0.0)
    fleet.hosts[relay.origin].address = "10.9.0.1"
    enrolment = Enrolment(lite.store, Realm({}, {}, {}), print, relay=fleet.has_relay_at, now=lambda: 0.0)

    waits = [enrolment.wait("10.9.0.1") for _ in range(510)]

    assert max(waits[:499]) == 0.0 < waits[-1]
    assert [enrolment.wait("10.9.0.2") > 0 for _ in range(101)] == [False] * 100 + [True]
    fleet.distrust(fleet.hosts[relay.origin])
    assert not fleet.has_relay_at("10.9.0.1")


def test_the_record_of_tries_is_bounded(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolments, "KEEP", 5)
    monkeypatch.setattr(enrolments, "_SWEEP_EVERY", 10)
    kept = lite.enrol(Guest(EDU))
    for _ in range(40):
        lite.ask(b"x")

    assert len(lite.tries()) < 20
    assert [one.origin for one in lite.tries() if one.origin] == [kept["origin"]]


def test_nothing_of_a_secret_is_kept(lite: Desk, tmp_path: Path) -> None:
    guest = Guest(EDU, facts=FACTS)
    told = lite.enrol(guest)
    lite.store.close()

    kept = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    for secret in (guest.secret, told["key"], EDU):
        assert secret not in kept
        assert secret.hex().encode() not in kept
        assert b64encode(secret) not in kept
    assert json.dumps(FACTS).encode() in kept
