"""How a relay asks what it has to watch, and how it is answered: a signed line, and a body sealed for that relay alone.

    POST /v1/assignment   {"v":1,"origin":…,"gen":…,"epoch":NONCE,"seq":1,"mac":…,"record":{"kind":"assignment",…}}
    200                   12 bytes of nonce, then AES-256-GCM of the assignment, or of nothing where the relay has it

Who stands in between, another relay or a proxy that opens TLS, reads no secret of a device and can play back no old
answer: the key is derived from the relay's own, and what is sealed is bound to the request.
"""

import json
import secrets
from typing import NamedTuple

from driftvakt_collector.trust.vault import Vault, VaultError
from driftvakt_wire.envelope import Envelope, EnvelopeError, mac, pads, sign, split, verify

PATH = "/v1/assignment"
MAX_REQUEST = 16 << 10
FOUND = "/v1/found"
"""Where a relay tells what it found in a network, as a signed line too."""
MAX_FOUND = 2 << 20
_KIND = "assignment"


class AssignmentError(Exception):
    """It is no request, or no answer to ours; the text says why."""


class Asked(NamedTuple):
    """A request. have: digest of what the relay has, empty for nothing."""

    envelope: Envelope
    have: str


def nonce() -> str:
    """Return what a request is told from every other by."""
    return secrets.token_hex(16)


def request(key: bytes, origin: str, gen: int, nonce: str, have: str) -> bytes:
    """Return a relay's request. key: the relay's."""
    return signed(key, origin, gen, nonce, json.dumps({"kind": _KIND, "have": have}, separators=(",", ":")).encode())


def signed(key: bytes, origin: str, gen: int, nonce: str, record: bytes) -> bytes:
    """Return a line for these two doors alone: by another key than records are signed with.

    Else whoever carries it could bring it as a record, whose unknown epoch looks like a second relay of that name.
    """
    return sign(_derived(key, b"driftvakt-request"), origin, gen, nonce, 1, record)


def is_signed(key: bytes, envelope: Envelope) -> bool:
    """Say if a line was signed so. key: the relay's."""
    return verify(_derived(key, b"driftvakt-request"), envelope)


def read(body: bytes) -> Asked:
    """Take a request apart; its signature is not looked at. Raises AssignmentError."""
    try:
        envelope = split(body.strip())
        told = json.loads(envelope.record)
    except (EnvelopeError, ValueError, RecursionError) as e:
        raise AssignmentError(f"it is no request: {e}") from e
    if not isinstance(told, dict) or told.get("kind") != _KIND or not isinstance(told.get("have"), str):
        raise AssignmentError("it asks for something else")
    return Asked(envelope, told["have"])


def sealed(key: bytes, origin: str, gen: int, nonce: str, plain: bytes) -> bytes:
    """Return an assignment for one relay, in answer to one request."""
    return _vault(key).seal(plain, _about(origin, gen, nonce))


def opened(key: bytes, origin: str, gen: int, nonce: str, body: bytes) -> bytes:
    """Return what is sealed in an answer. Raises AssignmentError."""
    try:
        return _vault(key).open(body, _about(origin, gen, nonce))
    except VaultError as e:
        raise AssignmentError("it was not sealed for this relay in answer to this request") from e


def _vault(key: bytes) -> Vault:
    return Vault(_derived(key, b"driftvakt-assignment"))


def _derived(key: bytes, purpose: bytes) -> bytes:
    # HKDF-SHA-256 (RFC 5869), as every key of ours: what seals is never what signs.
    return mac(pads(mac(pads(purpose), key)), b"\x01")


def _about(origin: str, gen: int, nonce: str) -> str:
    return f"assignment {origin} {gen} {nonce}"
