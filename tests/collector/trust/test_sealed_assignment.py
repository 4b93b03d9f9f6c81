"""What a relay asks for, and the answer that nobody else can read or play back."""

import pytest

from driftvakt_collector.trust.assignment import AssignmentError, is_signed, nonce, opened, read, request, sealed
from driftvakt_wire.envelope import verify

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_request_is_signed_and_says_what_the_relay_has() -> None:
    asked = read(request(KEY, "r-1", 3, "n1", "b2:00"))

    assert (asked.envelope.origin, asked.envelope.gen, asked.envelope.epoch, asked.have) == ("r-1", 3, "n1", "b2:00")
    assert is_signed(KEY, asked.envelope)
    assert not is_signed(OTHER, asked.envelope)
    # Whoever carries it can't bring it as a record of the relay's.
    assert not verify(KEY, asked.envelope)


@pytest.mark.parametrize("body", [
    b"", b"{}", b"\xff" * 100, b"[" * 20_000, request(KEY, "r-1", 1, "n1", "x").replace(b"assignment", b"enrol"),
    request(KEY, "r-1", 1, "n1", "x").replace(b'"x"', b"7"),
])  # fmt: skip
def test_what_is_no_request(body: bytes) -> None:
    with pytest.raises(AssignmentError):
        read(body)


def test_an_answer_opens_for_its_relay_and_its_request_alone() -> None:
    body = sealed(KEY, "r-1", 1, "n1", b"secrets")

    assert opened(KEY, "r-1", 1, "n1", body) == b"secrets"
    assert b"secrets" not in body
    for key, origin, gen, word, told in (
        (OTHER, "r-1", 1, "n1", body), (KEY, "r-2", 1, "n1", body), (KEY, "r-1", 2, "n1", body),
        (KEY, "r-1", 1, "n2", body), (KEY, "r-1", 1, "n1", body[:-1] + bytes([body[-1] ^ 1])),
        (KEY, "r-1", 1, "n1", b""), (KEY, "r-1", 1, "n1", body[:11]),
    ):  # fmt: skip
        with pytest.raises(AssignmentError):
            opened(key, origin, gen, word, told)


def test_each_request_is_another() -> None:
    assert nonce() != nonce()
