"""Enrolment: how a token reads, and how a host asks for its key and is answered.

Example, the text of a token:
    dvt1.edu.t-5f0c9a7be1d24c11.q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0Vng.3b1f0c5d9e7a42868fd0c1b2a3948576

Request and answer are signed lines under the token's secret; the nonce of the request is the `epoch` of both. The key
in the answer is sealed with the secret too, so that a relay which passes it on reads nothing.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from json import dumps

from driftvakt_wire.envelope import is_id, mac, pads

KEY_BYTES = 32
PIN_DIGITS = 32
"""Hexadecimal digits of the SHA-256 of a CA's certificate that a token carries: 128 bits."""
MAX_NAME = 255
NO_PIN = "-"
_VERSION = "dvt1"


class TokenError(ValueError):
    """The text is no token. The message never holds any of it."""


class Token:
    """zone, id: what the collector knows it by. secret: 32 bytes. pin: of the zone's CA, `-` for the system's."""

    __slots__ = ("id", "pin", "secret", "zone")

    def __init__(self, zone: str, id_: str, secret: bytes, pin: str = NO_PIN) -> None:
        self.zone = zone
        self.id = id_
        self.secret = secret
        self.pin = pin

    def text(self) -> str:
        """Return what is handed to the host."""
        secret = urlsafe_b64encode(self.secret).rstrip(b"=").decode()
        return f"{_VERSION}.{self.zone}.{self.id}.{secret}.{self.pin}"


def read_token(text: str) -> Token:
    """Read a token's text. Raises TokenError."""
    parts = text.strip().split(".")
    if len(parts) != 5 or parts[0] != _VERSION:
        raise TokenError(f"this is no token: one is a single line that begins with {_VERSION} and has four full stops")
    _, zone, id_, secret, pin = parts
    try:
        key = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except (Base64Error, ValueError):
        key = b""
    whole = pin == NO_PIN or (len(pin) == PIN_DIGITS and frozenset("0123456789abcdef").issuperset(pin))
    if not (is_id(zone) and is_id(id_) and len(key) == KEY_BYTES and whole):
        raise TokenError("this is no whole token: a part of it is missing or was changed; copy it again")
    return Token(zone, id_, key, pin)


def token_secret(master: bytes, id_: str) -> bytes:
    """Return a token's secret: HKDF-SHA-256 (RFC 5869) of the zone's master key. Nothing of it is stored."""
    return mac(pads(mac(pads(b"driftvakt-token-secret"), master)), id_.encode() + b"\x01")


def seal(secret: bytes, nonce: str, key: bytes) -> bytes:
    """Return a key of 32 bytes under a pad that only this secret and nonce give; again, and it is open."""
    pad = mac(pads(mac(pads(b"driftvakt-sealed-key"), secret)), nonce.encode() + b"\x01")
    return bytes(one ^ other for one, other in zip(key, pad, strict=True))


def pin_of(der: bytes) -> str:
    """Return what a token says of a CA's certificate."""
    return hashlib.sha256(der).hexdigest()[:PIN_DIGITS]


def was_mac(key: bytes, token: str, nonce: str) -> bytes:
    """Return the proof that who asks for a new key holds the old one of its origin."""
    return mac(pads(key), b"was\n%s\n%s" % (token.encode(), nonce.encode()))


def client_mac(key: bytes, address: str, body: bytes) -> bytes:
    """Return a relay's word that this request came to it from that address (header Driftvakt-Client)."""
    return mac(pads(key), b"client\n%s\n%s" % (address.encode(), hashlib.sha256(body).hexdigest().encode()))


def fact(zone: str, text: str) -> str:
    """Return what is told of a serial number or the like: enough to know it again in this zone, and no more."""
    return hashlib.blake2b(
        text.strip().lower().encode("utf-8", "replace"), digest_size=16, key=zone.encode()
    ).hexdigest()


def request(kind: str, fields: Mapping[str, object]) -> bytes:
    """Return the record of a request (`enrol`, `renew`) or of its answer (`enrolled`)."""
    return dumps({"kind": kind, **fields}, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(
        "utf-8", "replace"
    )


def same_facts(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[int, int]:
    """Return how many of three facts of a machine are the same, and how many are not; unknown ones count for neither.

    The three are the system's machine id, the firmware's number, and the network cards, of which one is enough.
    """
    verdicts = []
    if one.get("machine") and other.get("machine"):
        verdicts.append(one["machine"] == other["machine"])
    for name in ("uuid", "board"):
        if one.get(name) and other.get(name):
            verdicts.append(one[name] == other[name])
            break
    cards, others = one.get("macs"), other.get("macs")
    if isinstance(cards, list) and isinstance(others, list) and cards and others:
        verdicts.append(not set(map(str, cards)).isdisjoint(map(str, others)))
    return sum(verdicts), len(verdicts) - sum(verdicts)


def other_machine(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Say if two or more of the three facts differ: a clone. One may change by itself, as a card that is replaced."""
    return same_facts(one, other)[1] >= 2


def same_machine(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Say if these facts are of one machine: two of three are the same, or the only one that both tell."""
    same, differs = same_facts(one, other)
    return same >= 2 or (same == 1 and differs == 0)
