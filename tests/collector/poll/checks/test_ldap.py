from collections.abc import Iterator
from datetime import timedelta

import pytest
from certifying import DAY, Authority
from servers_of_services import ADMIN, DIRECTORY_SECRET, directory
from serving import Option, ask, ask_of, fit_to_be_shown, says

from driftvakt_collector.poll.checks.ber import BerError, Element, integer, octets, read, sequence, tlv
from driftvakt_collector.poll.checks.check import CheckError, Fault
from driftvakt_collector.poll.checks.ldap import CHECK
from driftvakt_collector.poll.checks.ldap_filter import filter_of

pytestmark = pytest.mark.real
BASE = "dc=stad,dc=example"


@pytest.fixture(scope="module")
def ports(authority: Authority) -> Iterator[tuple[int, int]]:
    with directory(authority.issue("localhost")) as running:
        yield running


def test_a_directory_is_up(ports: tuple[int, int]) -> None:
    outcome = ask(CHECK, ports[0])

    assert outcome.fault is None, outcome.reason
    assert list(outcome.phases) == ["resolve", "connect", "bind", "search"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_an_account_finds_people(ports: tuple[int, int], authority: Authority, tls: str) -> None:
    trusted = {"ca": str(authority.path), "tls": tls}
    port = ports[tls == "implicit"]
    good = ask(
        CHECK, port, host="localhost", secret=DIRECTORY_SECRET, options=trusted,
        account=ADMIN, base=BASE, filter="(objectClass=person)", expect=3,
    )  # fmt: skip
    untrusted = ask(CHECK, port, host="localhost", tls=tls)

    assert good.fault is None, good.reason
    assert good.values["driftvakt_probe_ldap_entries", ()] == 3
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert untrusted.fault is Fault.CERTIFICATE


@pytest.mark.parametrize(("options", "fault", "part"), [
    ({"filter": "(cn=Bo \\28IT\\29)"}, None, ""),
    ({"filter": "(&(cn=*strid)(!(sn=Bo*))(|(cn:=Astrid)(cn=x)))"}, None, ""),
    ({"filter": "objectClass=*", "expect": 2}, None, ""),
    ({"filter": "(cn=Nobody)"}, Fault.ANSWER, "finds 0 entries"),
    ({"expect": 5}, Fault.ANSWER, "finds 4 entries, and 5"),
    ({"base": "dc=nowhere"}, Fault.ANSWER, "no such entry"),
    ({"base": "no name"}, Fault.ANSWER, "no name of an entry"),
    ({"filter": "(cn=x"}, Fault.UNUSABLE, "no filter"),
    ({"scope": "all"}, Fault.UNUSABLE, "scope"),
    ({"expect": -1}, Fault.UNUSABLE, "expect"),
])  # fmt: skip
def test_what_is_searched(ports: tuple[int, int], options: dict[str, Option], fault: Fault | None, part: str) -> None:
    asked = {"base": BASE, "account": ADMIN, "cleartext": True, **options}

    outcome = ask(CHECK, ports[0], secret=DIRECTORY_SECRET, options=asked)

    assert outcome.fault is fault, outcome.reason
    assert part in outcome.reason


def test_who_is_not_let_in(ports: tuple[int, int]) -> None:
    wrong = ask(CHECK, ports[0], secret="wrong1", account=ADMIN, cleartext=True)
    empty = ask(CHECK, ports[0], secret="", account=ADMIN, cleartext=True)
    clear = ask(CHECK, ports[0], secret="wrong1", account=ADMIN)

    assert (wrong.fault, wrong.reason) == (
        Fault.DENIED, f"it does not let {ADMIN} in: account or secret is wrong",
    )  # fmt: skip
    assert (empty.fault, clear.fault) == (Fault.UNUSABLE, Fault.UNUSABLE)


def test_a_certificate_that_has_ended(authority: Authority) -> None:
    with directory(authority.issue("localhost", begins=-9 * DAY, ends=timedelta(hours=-1))) as (plain, _):
        outcome = ask(CHECK, plain, host="localhost", tls="starttls", ca=str(authority.path))

    assert outcome.fault is Fault.CERTIFICATE
    assert "expired" in outcome.reason


def test_a_directory_without_tls() -> None:
    with directory() as (plain, _):
        outcome = ask(CHECK, plain, tls="starttls")

    assert outcome.fault is Fault.ANSWER
    assert "does not begin TLS" in outcome.reason


def result(number: int, tag: int, code: int, text: str = "") -> bytes:
    return sequence(integer(number), tlv(tag, integer(code, 0x0A), octets(""), octets(text)))


@pytest.mark.parametrize(("answer", "part"), [
    (result(0, 0x78, 52, "shutting down"), "takes leave: it is unavailable (shutting down)"),
    (result(2, 0x61, 51, "\x1b[2Jlater"), "busy ([2Jlater)"),
    (result(9, 0x61, 0), "an answer to what was asked"),
    (result(2, 0x65, 0), "an answer to what was asked"),
    (sequence(integer(2)), "a message of LDAP"),
    (sequence(integer(2), tlv(0x61, integer(0))), "a result of LDAP"),
    (sequence(octets(b"x" * 20, 2), tlv(0x61)), "a number of 20 bytes"),
    (sequence(b"\x04\x05x"), "longer than what it stands in"),
    (sequence(b"\x04\x00" * 2000), "more than 1000 parts"),
    (b"\x30\x80\0\0", "a message of LDAP"),
    (b"\x30\x84\xff\xff\xff\xff", "4294967295 bytes"),
    (result(2, 0x61, 0) + sequence(integer(3), tlv(0x64)) * 20000, "does not end"),
])  # fmt: skip
def test_answers_that_are_none(answer: bytes, part: str) -> None:
    outcome = ask_of(CHECK, says(answer))

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)


@pytest.mark.parametrize("block", [b"", b"\x30", b"\x1f\x01\x00", b"\x30\x80", b"\x30\x85\0\0\0\0\1x", b"\x30\x02\x00"])
def test_ber_that_is_none(block: bytes) -> None:
    with pytest.raises(BerError):
        read(block)


@pytest.mark.parametrize("value", [0, 1, -1, 127, 128, -128, -129, 255, 256, 65536, 2**62])
def test_numbers_come_back(value: int) -> None:
    element, end = read(integer(value))

    assert (element.number(), end) == (value, len(integer(value)))


def test_long_elements_come_back() -> None:
    assert read(octets("x" * 70000))[0] == Element(4, b"x" * 70000)


@pytest.mark.parametrize("text", [
    "", "(", "()", "(cn)", "(cn=a)(cn=b)", "(!(a=b)(c=d))", "(&(a=b)", "(a=\\zz)", "(a=\\2)", "(a=\\)", "(=x)",
    "(a=**)", "(:=x)", "(!" * 30 + "(a=b)" + ")" * 30,
])  # fmt: skip
def test_filters_that_are_none(text: str) -> None:
    with pytest.raises(CheckError):
        filter_of(text)


def test_a_filter_of_bits() -> None:
    assert filter_of("(uac:1.2.840.113556.1.4.803:=2)") == tlv(
        0xA9, octets("1.2.840.113556.1.4.803", 0x81), octets("uac", 0x82), octets("2", 0x83)
    )
