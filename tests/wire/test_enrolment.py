"""Tokens, sealed keys, and by what a machine is known again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_wire.enrolment import (
    Token,
    TokenError,
    client_mac,
    fact,
    other_machine,
    pin_of,
    read_token,
    same_machine,
    seal,
    token_secret,
    was_mac,
)

SECRET = bytes(range(32))
TEXT = Token("edu", "t-1", SECRET, "0" * 32).text()
ID = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=64)


@given(ID, ID, st.binary(min_size=32, max_size=32), st.sampled_from(["-", "0123456789abcdef" * 2]))
def test_a_token_reads_as_it_was_written(zone: str, id_: str, secret: bytes, pin: str) -> None:
    token = read_token(f" {Token(zone, id_, secret, pin).text()}\n")

    assert (token.zone, token.id, token.secret, token.pin) == (zone, id_, secret, pin)


@given(st.text(max_size=200))
def test_what_is_no_token_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(TokenError) as told:
        read_token(text)

    assert len(text) < 8 or text not in str(told.value)


@given(st.integers(0, len(TEXT) - 1))
def test_a_token_that_lost_a_part_is_refused(cut: int) -> None:
    with pytest.raises(TokenError):
        read_token(TEXT[:cut])


def test_each_token_has_a_secret_of_its_own() -> None:
    secrets = {token_secret(master, id_) for master in (SECRET, SECRET[::-1]) for id_ in ("t-1", "t-2", "t-11")}

    assert len(secrets) == 6


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.text("0123456789abcdef", min_size=32, max_size=32),
)
def test_a_sealed_key_opens_with_the_secret_and_nonce_only(secret: bytes, key: bytes, nonce: str) -> None:
    sealed = seal(secret, nonce, key)
    other = bytes([secret[0] ^ 1]) + secret[1:]

    assert seal(secret, nonce, sealed) == key
    assert seal(other, nonce, sealed) != key
    assert seal(secret, nonce[::-1] + "0", sealed) != key
    assert sealed != key


def test_no_proof_is_good_for_another_purpose() -> None:
    proofs = [
        was_mac(SECRET, "t-1", "a"),
        was_mac(SECRET, "t-1", "b"),
        was_mac(SECRET, "t-2", "a"),
        client_mac(SECRET, "t-1", b"a"),
    ]

    assert len(set(proofs)) == 4


def test_a_fact_is_known_again_in_its_zone_only() -> None:
    assert fact("edu", "ABC ") == fact("edu", "abc")
    assert fact("edu", "abc") != fact("adm", "abc")
    assert len(pin_of(b"certificate")) == 32


PC = {"machine": "1", "uuid": "2", "board": "3", "macs": ["4", "5"]}


@pytest.mark.parametrize(
    ("now", "other", "same"),
    [
        pytest.param(PC, False, True, id="nothing changed"),
        pytest.param({**PC, "macs": ["4"]}, False, True, id="a card was taken out"),
        pytest.param({**PC, "macs": ["9"]}, False, True, id="the card was replaced"),
        pytest.param({**PC, "machine": "9"}, False, True, id="installed anew"),
        pytest.param({**PC, "machine": "9", "macs": ["9"]}, True, False, id="two of three"),
        pytest.param({**PC, "uuid": "9", "macs": ["9"]}, True, False, id="the disk in another machine"),
        pytest.param({"machine": "1", "macs": ["9"]}, False, False, id="a copied disk, and no root to read more"),
        pytest.param({"machine": "9", "macs": ["9"]}, True, False, id="a sealed copy, and no root to read more"),
        pytest.param({"machine": "1"}, False, True, id="only the id is known, and the same"),
        pytest.param({"machine": "1", "board": "9", "macs": ["9"]}, True, False, id="the board, for want of a uuid"),
        pytest.param({}, False, False, id="nothing is known"),
        pytest.param({"macs": "45"}, False, False, id="not a list"),
    ],
)  # fmt: skip
def test_two_of_three_facts_make_another_machine(now: dict[str, object], other: bool, same: bool) -> None:
    assert other_machine(PC, now) is other
    assert same_machine(PC, now) is same
