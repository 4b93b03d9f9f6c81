import asyncio
from collections.abc import Iterator

import pytest
from servers_of_services import ACCOUNT, REALM, realm
from serving import FOUL, SHORT, ask, ask_of, ask_oracle, fit_to_be_shown, free_port

from driftvakt_collector.poll.checks.ber import GENERAL_STRING, TIME, integer, octets, sequence, tlv
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.kerberos import CHECK, SKEW

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with realm() as running:
        yield running


@pytest.mark.parametrize("transport", ["tcp", "udp", "both"])
@pytest.mark.parametrize("principal", ["", ACCOUNT, "open"])
def test_a_realm_and_its_accounts_are_known(port: int, transport: str, principal: str) -> None:
    outcome = ask(CHECK, port, realm=REALM, principal=principal, transport=transport)

    assert outcome.fault is None, outcome.reason
    assert ("udp" in outcome.phases, "tcp" in outcome.phases) == (transport != "tcp", transport != "udp")
    if principal == ACCOUNT:
        assert abs(outcome.values[SKEW, ()]) < 2


@pytest.mark.parametrize(("options", "fault", "part"), [
    ({"realm": REALM, "principal": "nobody"}, Fault.ANSWER, "knows the realm, and no account nobody@STAD.EXAMPLE"),
    ({"realm": "NOWHERE.EXAMPLE", "principal": ACCOUNT}, Fault.ANSWER, "not know the realm NOWHERE.EXAMPLE"),
    ({"realm": "NOWHERE.EXAMPLE"}, Fault.ANSWER, "not know the realm NOWHERE.EXAMPLE"),
    ({"realm": REALM, "principal": "locked"}, Fault.DENIED, "it is locked"),
    ({}, Fault.UNUSABLE, "realm"),
    ({"realm": REALM, "transport": "sctp"}, Fault.UNUSABLE, "transport"),
])  # fmt: skip
def test_what_it_does_not_know(port: int, options: dict[str, str], fault: Fault, part: str) -> None:
    outcome = ask(CHECK, port, options=options)

    assert outcome.fault is fault, outcome.reason
    assert part in outcome.reason


def test_nothing_listens_on_udp() -> None:
    assert ask(CHECK, free_port(), realm=REALM, transport="udp").fault is Fault.DOWN
    assert ask_oracle(CHECK, lambda _: [], patience=SHORT, realm=REALM, transport="udp").fault is Fault.HUNG


def error(code: int, clock: str = "20200101000000Z", text: str = "") -> bytes:
    fields = [(0xA0, integer(5)), (0xA1, integer(30)), (0xA4, octets(clock, TIME)), (0xA5, integer(0))]
    fields += [(0xA6, integer(code)), (0xAB, octets(text, GENERAL_STRING))]
    return tlv(0x7E, sequence(*(tlv(tag, value) for tag, value in fields)))


@pytest.mark.parametrize(("answer", "part"), [
    (error(25), "s behind ours, and Kerberos allows 300"),
    (error(25, "20990101000000Z"), "s ahead of ours"),
    (error(60, text="\x1b[31mgeneric"), "error 60 [31mgeneric"),
    (error(68), "does not know the realm"),
])  # fmt: skip
def test_what_a_server_says(answer: bytes, part: str) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(4)
        writer.write(len(answer).to_bytes(4, "big") + answer)
        await reader.read()

    tcp = ask_of(CHECK, answers, realm=REALM, principal=ACCOUNT, transport="tcp")
    udp = ask_oracle(CHECK, lambda _: [answer], realm=REALM, principal=ACCOUNT, transport="udp")

    for outcome in (tcp, udp):
        assert outcome.fault is Fault.ANSWER
        assert part in outcome.reason
        assert fit_to_be_shown(outcome)


def test_a_clock_that_is_none_is_not_told() -> None:
    outcome = ask_oracle(CHECK, lambda _: [error(25, "9" * 500)], realm=REALM, transport="udp")

    assert outcome.fault is None
    assert outcome.values == {}


@pytest.mark.parametrize("answer", [FOUL, b"\x7e\x00", b"\x6b\x84\xff\xff\xff\xff", tlv(0x6B, sequence())])
def test_datagrams_that_are_none(answer: bytes) -> None:
    outcome = ask_oracle(CHECK, lambda _: [answer] * 150, realm=REALM, transport="udp")

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)
