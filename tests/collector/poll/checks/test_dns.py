import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from serving import (
    FOUL,
    SHORT,
    Options,
    ask,
    ask_of,
    ask_oracle,
    fit_to_be_shown,
    floods,
    free_port,
    in_bounds,
    listens,
    mute,
    needed,
    says,
    served,
)  # fmt: skip

from driftvakt_collector.poll.checks import datagram
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.dns import CHECK

UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  username: ""
  chroot: ""
  directory: "{here}"
  pidfile: "{here}/pid"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  access-control: 127.0.0.0/8 allow
  local-zone: "city.example." static
  local-data: "city.example. SOA ns.city.example. admin.city.example. 2026112601 3600 600 86400 300"
  local-data: "www.city.example. A 192.0.2.10"
  local-data: "www.city.example. A 192.0.2.11"
  local-data: "city.example. MX 10 mail.city.example."
  local-zone: "closed.example." always_refuse
{many}
remote-control:
  control-enable: no
"""


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real unbound with a zone of its own."""
    program = needed("unbound", "unbound")
    here = tmp_path_factory.mktemp("unbound")
    port = free_port()
    many = "\n".join(f"  local-data: 'many.city.example. TXT \"{number} {'x' * 200}\"'" for number in range(20))
    settings = here / "unbound.conf"
    settings.write_text(UNBOUND.format(here=here, port=port, many=many))
    argv: list[str | Path] = [program, "-d", "-c", settings]
    with served(argv, lambda: listens(port), here / "said"):
        yield port


@pytest.mark.real
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_name_server_is_up(resolver: int, transport: str) -> None:
    outcome = ask(CHECK, resolver, query_name="www.city.example", transport=transport, expect=(r"^192\.0\.2\.1\d$",))

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "connect", "request"}
    assert outcome.values["probe_dns_answer_rrs", ()] == 2
    assert outcome.values["probe_dns_authority_rrs", ()] == 0
    assert outcome.values["probe_dns_additional_rrs", ()] == 0


@pytest.mark.real
def test_the_serial_of_a_zone(resolver: int) -> None:
    outcome = ask(CHECK, resolver, query_name="city.example", query_type="SOA")

    assert outcome.values["probe_dns_serial", ()] == 2026112601


@pytest.mark.real
def test_what_is_too_long_for_a_datagram_comes_by_tcp(resolver: int) -> None:
    outcome = ask(CHECK, resolver, query_name="many.city.example", query_type="TXT")

    assert (outcome.fault, outcome.values["probe_dns_answer_rrs", ()]) == (None, 20)


@pytest.mark.real
@pytest.mark.parametrize(("options", "expected", "word"), [
    pytest.param({"query_name": "no.city.example"}, Fault.ANSWER, "NXDOMAIN", id="a name that is not there"),
    pytest.param({"query_name": "no.city.example", "rcode": "NXDOMAIN"}, None, "", id="as it must not be"),
    pytest.param({"query_name": "x.closed.example"}, Fault.ANSWER, "REFUSED", id="it refuses"),
    pytest.param({"query_name": "www.city.example", "query_type": "AAAA"}, Fault.ANSWER, "no AAAA",
                 id="no such record"),
    pytest.param({"query_name": "www.city.example", "expect": ("^10",)}, Fault.ANSWER, "192.0.2.1",
                 id="another address"),
    pytest.param({"query_name": "www.city.example", "expect": ("10$", "11$")}, None, "", id="both addresses"),
    pytest.param({"query_name": "city.example", "query_type": "mx", "expect": ("mail",)}, None, "", id="a mail server"),
    pytest.param({"query_name": "a..b"}, Fault.UNUSABLE, "query_name", id="a name that is none"),
    pytest.param({"query_type": "XYZ"}, Fault.UNUSABLE, "query_type", id="a type that is none"),
    pytest.param({"rcode": "FINE"}, Fault.UNUSABLE, "rcode", id="a code that is none"),
    pytest.param({"transport": "tls"}, Fault.UNUSABLE, "transport", id="a transport that is none"),
])  # fmt: skip
def test_what_is_expected(resolver: int, options: Options, expected: Fault | None, word: str) -> None:
    outcome = ask(CHECK, resolver, options=options)

    assert (outcome.fault, word in outcome.reason) == (expected, True), outcome.reason


def test_nothing_listens() -> None:
    assert ask(CHECK, free_port()).fault is Fault.DOWN
    assert ask(CHECK, free_port(), transport="tcp").fault is Fault.DOWN
    assert ask(CHECK, 53, host="nowhere.invalid").fault is Fault.UNRESOLVED


def test_it_never_answers() -> None:
    assert ask_oracle(CHECK, lambda _: [], patience=SHORT).fault is Fault.HUNG
    assert ask_of(CHECK, mute, patience=SHORT, transport="tcp").fault is Fault.HUNG


def forged(change: Callable[[dns.message.Message], None]) -> Callable[[bytes], Sequence[bytes]]:
    """Return a server whose answer has been changed."""

    def answers(wire: bytes) -> Sequence[bytes]:
        made = dns.message.make_response(dns.message.from_wire(wire))
        made.answer.append(dns.rrset.from_text("www.city.example.", 60, "IN", "A", "192.0.2.66"))
        change(made)
        return [made.to_wire()] * 200

    return answers


def another_id(made: dns.message.Message) -> None:
    made.id ^= 1


def another_name(made: dns.message.Message) -> None:
    made.question = [dns.rrset.from_text("other.example.", 0, "IN", "A")]


@pytest.mark.parametrize("answers", [
    pytest.param(forged(another_id), id="of another id"), pytest.param(forged(another_name), id="to another question"),
    pytest.param(lambda wire: [wire] * 200, id="our own question"),
    pytest.param(lambda wire: [wire[:2] + FOUL * 1000] * 200, id="foul bytes"),
    pytest.param(lambda wire: [wire[:2] + b"\x81\x80\0\1\xff\xff\xff\xff\xff\xff" + b"\xc0\x0c" * 9000] * 200,
                 id="names that point in circles"),
])  # fmt: skip
def test_what_is_no_answer(answers: Callable[[bytes], Sequence[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram, "_AGAIN", SHORT)

    with in_bounds():
        outcome = ask_oracle(CHECK, answers, query_name="www.city.example")

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


def test_a_foul_record_is_fit_to_be_shown() -> None:
    def answers(wire: bytes) -> Sequence[bytes]:
        made = dns.message.make_response(dns.message.from_wire(wire))
        text = "".join(f"\\{byte:03}" for byte in FOUL * 10)
        made.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "TXT", f'"{text}"'))
        return [made.to_wire()]

    outcome = ask_oracle(CHECK, answers, query_name="a.example", query_type="TXT", expect=("never",))

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


@pytest.mark.parametrize("handler", [
    says(b""), says(b"\0"), says(struct.pack("!H", 65535)), says(struct.pack("!H", 20), FOUL * 9), floods(FOUL),
    floods(b"\xff"),
])  # fmt: skip
def test_no_answer_by_tcp(handler: Callable[..., object]) -> None:
    with in_bounds():
        outcome = ask_of(CHECK, handler, transport="tcp")  # type: ignore[arg-type]

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)
