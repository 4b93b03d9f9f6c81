"""Whose a message says it is: read by hand, of anything; and how many of those who only say so are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.entity.engine import SnmpEngine
from usm_message import made_up

from driftvakt_collector.poll.snmp.driver import Auth, Credential, Privacy, Version
from driftvakt_collector.poll.snmp.users import MAX_STRANGE, NOBODY, Users
from driftvakt_collector.poll.snmp.usm import Sender, sender_of

ENGINE = bytes.fromhex("80004fb805766d3554e500")
MESSAGE = made_up(ENGINE, "drift-ö".encode())
STRONG = Credential("c", Version.V3, "", "strong", Auth.SHA256, "hemligt-losen", Privacy.AES128, "hemligt-annat")


def test_the_engine_and_the_user() -> None:
    assert sender_of(MESSAGE) == Sender(ENGINE, "drift-ö")
    assert sender_of(MESSAGE + b"more") == Sender(ENGINE, "drift-ö")


@pytest.mark.parametrize("message", [
    b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x05hello", made_up(ENGINE, b"drift", version=1),
    made_up(b"", b"drift"), made_up(b"e" * 33, b"drift"), made_up(ENGINE, b"\xff\xfe"), MESSAGE[:60],
])  # fmt: skip
def test_what_is_of_nobody(message: bytes) -> None:
    assert sender_of(message) is None


@given(st.binary(max_size=400))
def test_rubbish_breaks_nothing(data: bytes) -> None:
    sender_of(data)


@given(st.integers(0, len(MESSAGE) - 1), st.integers(0, 255))
def test_one_octet_that_is_another_breaks_nothing(at: int, octet: int) -> None:
    sender_of(MESSAGE[:at] + bytes((octet,)) + MESSAGE[at + 1 :])
    sender_of(MESSAGE[:at])


def sender(number: int) -> Sender:
    return Sender(b"\x80\x00\x1f\x88" + number.to_bytes(8), "strong")


def test_of_those_who_only_say_so_few_are_kept_and_whoever_proved_it_stays() -> None:
    users = Users(SnmpEngine(), [STRONG])
    assert users.meet(sender(0), 0.0)
    users.proved(sender(0))

    met = [users.meet(sender(number), float(number)) for number in range(1, 3 * MAX_STRANGE)]

    assert all(met)
    # Whoever was pushed out is met anew, and whoever proved himself need not be.
    assert users.meet(sender(0), 1000.0)
    assert len(users._strange) == MAX_STRANGE
    assert users.meet(sender(1), 1000.0)


def test_not_many_are_met_at_once_and_nobody_whom_we_do_not_know() -> None:
    users = Users(SnmpEngine(), [STRONG])

    met = [users.meet(sender(number), 0.0) for number in range(300)]

    assert met.count(True) <= 201
    assert not users.meet(Sender(ENGINE, "other"), 1000.0)
    assert (users.level("strong"), users.level("other"), users.credential("strong")) == (3, NOBODY, STRONG)
