"""A login that proves a secret without telling it: SCRAM-SHA-256 (RFC 5802, 7677), and that the server knows it too."""

import asyncio
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from secrets import token_urlsafe
from unicodedata import normalize

from driftvakt_collector.poll.checks.check import CheckError, Fault, said

MOST_ROUNDS = 100_000
"""Rounds that a server may ask of us, each some microseconds of a processor; PostgreSQL asks for 4096."""
_FIRST = re.compile(r"r=([!-+\--~]{1,200}),s=([A-Za-z0-9+/=]{1,200}),i=(\d{1,9})(?:,.*)?", re.ASCII)


class Scram:
    """One login. name: empty where a protocol tells it elsewhere."""

    def __init__(self, secret: str, name: str = "") -> None:
        # SASLprep of a secret is NFKC and little else (RFC 4013); what it forbids is no secret on any server.
        self._secret = normalize("NFKC", secret).encode()
        called = name.replace("=", "=3D").replace(",", "=2C")
        self._nonce = token_urlsafe(24)
        self._bare = f"n={called},r={self._nonce}"
        self._server_signature = b""
        self._begun = self._proven = False

    def first(self) -> bytes:
        """Return the first message, without binding to TLS."""
        self._begun = True
        return f"n,,{self._bare}".encode()

    async def proof(self, challenge: bytes) -> bytes:
        """Return the answer to a challenge. Raises CheckError where it is none, or asks for too much."""
        text = challenge.decode("ascii", "replace")
        found = _FIRST.fullmatch(text)
        if found is None or not found[1].startswith(self._nonce):
            raise CheckError(Fault.ANSWER, f"its challenge is none of SCRAM: {said(text)!r}")
        rounds = int(found[3])
        if not 0 < rounds <= MOST_ROUNDS:
            raise CheckError(Fault.ANSWER, f"it asks for {rounds} rounds of SCRAM, and {MOST_ROUNDS} are the most")
        try:
            salt = b64decode(found[2], validate=True)
        except Base64Error as e:
            raise CheckError(Fault.ANSWER, "the salt of its challenge can't be read") from e
        # In a thread: rounds take their time, and other checks go on meanwhile.
        salted = await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", self._secret, salt, rounds)
        client = _signed(salted, b"Client Key")
        without = f"c=biws,r={found[1]}"
        whole = f"{self._bare},{text},{without}".encode()
        signature = _signed(hashlib.sha256(client).digest(), whole)
        self._server_signature = _signed(_signed(salted, b"Server Key"), whole)
        proof = bytes(one ^ other for one, other in zip(client, signature, strict=True))
        return f"{without},p={b64encode(proof).decode()}".encode()

    def verify(self, last: bytes) -> None:
        """Raise CheckError where the server does not know the secret itself: it is not the one that it says to be."""
        told = hmac.compare_digest(last, b"v=" + b64encode(self._server_signature))
        self._proven = bool(self._server_signature) and told
        self._begun = True
        self.finish()

    def finish(self) -> None:
        """Raise CheckError where a login was begun in which the server has not shown that it knows the secret."""
        if self._begun and not self._proven:
            raise CheckError(Fault.ANSWER, "it lets us in without knowing the secret: it is another than it says")


def _signed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")
