import hashlib
import hmac
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from serving import FOUL, SHORT, ask, ask_oracle, fit_to_be_shown, free_port, in_bounds, needed, served

from driftvakt_collector.poll.checks import datagram
from driftvakt_collector.poll.checks.access import access_request, answer, hidden
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.radius import CHECK

SETTINGS = """
prefix = /usr
libdir = /usr/lib/freeradius
run_dir = {here}
logdir = {here}
pidfile = {here}/pid
log {{
  destination = stdout
}}
security {{
  reject_delay = 0
  status_server = yes
}}
client localhost {{
  ipaddr = 127.0.0.1
  secret = between_us
  require_message_authenticator = yes
}}
modules {{
  pap {{
  }}
}}
server default {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {port}
  }}
  authorize {{
    if (&User-Name == "anna") {{
      update control {{
        &Cleartext-Password := "right"
      }}
    }}
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
  }}
  post-auth {{
    Post-Auth-Type REJECT {{
      update reply {{
        &Reply-Message := "no entrance"
      }}
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real FreeRADIUS."""
    program = needed("freeradius", "freeradius")
    here, port = tmp_path_factory.mktemp("radius"), free_port(socket.SOCK_DGRAM)
    (here / "radiusd.conf").write_text(SETTINGS.format(here=here, port=port))
    (here / "radiusd.conf").chmod(0o640)
    said = here / "said"
    argv: list[str | Path] = [program, "-f", "-X", "-d", here, "-n", "radiusd"]
    with served(argv, lambda: "Ready to process requests" in said.read_text("utf-8", "replace"), said):
        yield port


@pytest.mark.real
def test_a_server_is_there(server: int) -> None:
    outcome = ask(CHECK, server, secret="between_us")

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "answer"}


@pytest.mark.real
def test_an_account(server: int) -> None:
    right = ask(CHECK, server, secret="between_us\nright", user="anna")
    wrong = ask(CHECK, server, secret="between_us\nwrong", user="anna")
    nobody = ask(CHECK, server, secret="between_us\nright", user="bertil")
    other = ask(CHECK, server, secret="not_between_us\nright", user="anna", patience=SHORT)

    # A server says nothing to those who do not know the secret.
    assert [one.fault for one in (right, wrong, nobody, other)] == [None, Fault.DENIED, Fault.DENIED, Fault.HUNG]
    assert "no entrance" in wrong.reason


def test_nothing_listens_and_nobody_answers() -> None:
    assert ask(CHECK, free_port(socket.SOCK_DGRAM), secret="x").fault is Fault.DOWN
    assert ask_oracle(CHECK, lambda _: [], patience=SHORT, secret="x").fault is Fault.HUNG
    assert ask(CHECK, 1812, host="nowhere.invalid", secret="x").fault is Fault.UNRESOLVED


@pytest.mark.parametrize(("secret", "user"), [("", ""), ("\nright", "anna"), ("x\n" + "y" * 129, "anna"),
                                              ("x\ny", "å" * 65)])  # fmt: skip
def test_what_can_not_be_asked(secret: str, user: str) -> None:
    assert ask(CHECK, 1812, secret=secret, user=user).fault is Fault.UNUSABLE


def reply(asked: bytes, kind: int = 2, attributes: bytes = b"", key: bytes = b"x", number: int | None = None) -> bytes:
    """Return an answer that is signed with a key."""
    head = bytes([kind, asked[1] if number is None else number]) + (20 + len(attributes)).to_bytes(2, "big")
    return head + hashlib.md5(head + asked[4:20] + attributes + key).digest() + attributes


def with_signature(asked: bytes, key: bytes, signed_with: bytes) -> bytes:
    """Return an answer with a Message-Authenticator between other attributes."""
    blank = bytes([18, 4]) + b"hi" + bytes([80, 18]) + bytes(16) + bytes([18, 4]) + b"ho"
    head = bytes([2, asked[1]]) + (20 + len(blank)).to_bytes(2, "big")
    signature = hmac.digest(signed_with, head + asked[4:20] + blank, "md5")
    return reply(asked, 2, blank[:6] + signature + blank[22:], key)


@pytest.mark.parametrize(("answers", "expected", "word"), [
    pytest.param(lambda asked: [reply(asked)], None, "", id="let in"),
    pytest.param(lambda asked: [reply(asked) + b"filling"], None, "", id="with filling"),
    pytest.param(lambda asked: [reply(asked, number=asked[1] ^ 1), reply(asked)], None, "", id="after one to others"),
    pytest.param(lambda asked: [with_signature(asked, b"x", b"x")], None, "", id="signed twice"),
    pytest.param(lambda asked: [with_signature(asked, b"x", b"y")], Fault.ANSWER, "not signed",
                 id="badly signed twice"),
    pytest.param(lambda asked: [reply(asked, key=b"y")], Fault.ANSWER, "not signed", id="of another secret"),
    pytest.param(lambda asked: [reply(asked, 3)], Fault.DENIED, "not let", id="refused"),
    pytest.param(lambda asked: [reply(asked, 11)], Fault.DENIED, "more than", id="asked for a token"),
    pytest.param(lambda asked: [reply(asked, 5)], Fault.ANSWER, "code 5", id="an answer to something else"),
    pytest.param(lambda asked: [reply(asked, 3, bytes([18, 19]) + FOUL)], Fault.DENIED, "owned", id="foul words"),
    pytest.param(lambda asked: [reply(asked, 3, bytes([18, 9]) + b"its y3s")], Fault.DENIED, "its …",
                 id="the password"),
    pytest.param(lambda asked: [reply(asked, 2, b"\x12\0\x12\xff\x12")], None, "", id="attributes that are cut short"),
])  # fmt: skip
def test_what_a_server_says(answers: Callable[[bytes], Sequence[bytes]], expected: Fault | None, word: str) -> None:
    outcome = ask_oracle(CHECK, answers, secret="x\ny3s", user="anna")

    assert (outcome.fault, word in outcome.reason) == (expected, True), outcome.reason
    assert outcome.fault is None or fit_to_be_shown(outcome)


@pytest.mark.parametrize("answers", [
    pytest.param(lambda asked: [reply(asked, number=asked[1] ^ 1)] * 200, id="to somebody else"),
    pytest.param(lambda asked: [reply(asked)[:19]], id="too short"),
    pytest.param(lambda asked: [FOUL * 3000], id="foul"),
    pytest.param(lambda asked: [bytes([2, asked[1], 255, 255]) + bytes(5000)], id="too long"),
])  # fmt: skip
def test_what_is_no_answer(answers: Callable[[bytes], Sequence[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram, "_AGAIN", 0.1)

    with in_bounds():
        outcome = ask_oracle(CHECK, answers, secret="x")

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


def test_a_password_as_the_standard_has_it() -> None:
    # RFC 2865, 7.1: user nemo, password arctangent, secret xyzzy5461.
    nonce = bytes.fromhex("0f403f9473978057bd83d5cb98f4227a")

    assert hidden(b"arctangent", b"xyzzy5461", nonce).hex() == "0dbe708d93d413ce3196e43f782a0aee"
    assert len(hidden(b"", b"x", nonce)) == 16
    assert len(hidden(b"y" * 17, b"x", nonce)) == 32


def test_an_answer_as_the_standard_has_it() -> None:
    # RFC 2865, 7.1: the Access-Accept to that.
    nonce = bytes.fromhex("0f403f9473978057bd83d5cb98f4227a")
    packet = bytes.fromhex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103")

    told = answer(packet, b"xyzzy5461", 0, nonce)

    assert told is not None
    assert (told.kind, told.signed) == (2, True)


def test_the_signature_of_a_question_goes_first() -> None:
    packet = access_request(b"x", 7, bytes(16), b"anna", b"right")

    assert packet[20:22] == bytes([80, 18])
    blank = packet[:22] + bytes(16) + packet[38:]
    assert packet[22:38] == hmac.digest(b"x", blank, "md5")
    assert int.from_bytes(packet[2:4], "big") == len(packet)
