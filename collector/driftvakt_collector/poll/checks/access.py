"""The packets of RADIUS that a check sends and reads (RFC 2865, RFC 2869, RFC 5997)."""

import hashlib
import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass

ACCEPT, REJECT, CHALLENGE = 2, 3, 11
MAX_PASSWORD = 128
"""Bytes (RFC 2865, 5.2)."""
_REQUEST, _STATUS = 1, 12
_NAME, _PASSWORD, _WORDS, _US, _SIGNED = 1, 2, 18, 32, 80
_HEAD = struct.Struct("!BBH16s")
_MOST = 4096
_UNSIGNED = bytes([_SIGNED, 18]) + bytes(16)


@dataclass(frozen=True, slots=True)
class Answer:
    """kind: its code. words: what it has to say to the user. signed: whether it knows the secret."""

    kind: int
    words: bytes
    signed: bool


def access_request(key: bytes, number: int, nonce: bytes, user: bytes, password: bytes) -> bytes:
    """Return a request to let a user in, by PAP. key: the secret that is shared. nonce: 16 bytes."""
    attributes = _attribute(_NAME, user) + _attribute(_PASSWORD, hidden(password, key, nonce))
    return _signed(_REQUEST, key, number, nonce, attributes)


def status_request(key: bytes, number: int, nonce: bytes) -> bytes:
    """Return the question whether a server is there."""
    return _signed(_STATUS, key, number, nonce, b"")


def answer(packet: bytes, key: bytes, number: int, nonce: bytes) -> Answer | None:
    """Return what a server says to the request of this number and nonce, None for what is none of ours."""
    if len(packet) < _HEAD.size:
        return None
    kind, theirs, length, authenticator = _HEAD.unpack_from(packet)
    if theirs != number or not _HEAD.size <= length <= min(len(packet), _MOST):
        return None
    # What stands behind the length is filling.
    packet = packet[:length]
    attributes = packet[_HEAD.size :]
    right = _md5(packet[:4] + nonce + attributes + key)
    signed = hmac.compare_digest(right, authenticator) and _holds(packet, key, nonce)
    words = b"".join(value for name, value in _attributes(attributes) if name == _WORDS)
    return Answer(kind, words, signed)


def hidden(password: bytes, key: bytes, nonce: bytes) -> bytes:
    """Return a password as it goes over the wire (RFC 2865, 5.2)."""
    padded = password.ljust(max(16, (len(password) + 15) // 16 * 16), b"\0")
    made, last = b"", nonce
    for at in range(0, len(padded), 16):
        mask = _md5(key + last)
        last = bytes(one ^ other for one, other in zip(padded[at : at + 16], mask, strict=True))
        made += last
    return made


def _signed(kind: int, key: bytes, number: int, nonce: bytes, attributes: bytes) -> bytes:
    # The signature goes first: behind what others can choose it could be moved (CVE-2024-3596).
    body = _UNSIGNED + _attribute(_US, b"driftvakt") + attributes
    packet = _HEAD.pack(kind, number, _HEAD.size + len(body), nonce) + body
    signature = hmac.digest(key, packet, "md5")
    at = _HEAD.size + 2
    return packet[:at] + signature + packet[at + 16 :]


def _holds(packet: bytes, key: bytes, nonce: bytes) -> bool:
    """Say if the Message-Authenticator of an answer is right; older servers send none."""
    at = _HEAD.size
    for name, value in _attributes(packet[at:]):
        if name == _SIGNED:
            blank = packet[:4] + nonce + packet[_HEAD.size : at + 2] + bytes(len(value)) + packet[at + 2 + len(value) :]
            return hmac.compare_digest(hmac.digest(key, blank, "md5"), value)
        at += 2 + len(value)
    return True


def _attributes(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the attributes of a packet, up to the first that is cut short."""
    at = 0
    while at + 2 <= len(packet) and 2 <= packet[at + 1] <= len(packet) - at:
        yield packet[at], packet[at + 2 : at + packet[at + 1]]
        at += packet[at + 1]


def _attribute(name: int, value: bytes) -> bytes:
    return bytes([name, 2 + len(value)]) + value


def _md5(what: bytes) -> bytes:
    # RADIUS knows no other; that nothing is safe with it alone is known.
    return hashlib.md5(what, usedforsecurity=False).digest()
