"""The users of SNMP 3 in pysnmp's engine, for each sender that they are met from.

A trap's keys are localised to its sender (RFC 3414, section 2.6), which is anybody who says a user's name: so only so
many are kept that never proved themselves, and those that did are not pushed out by them.
"""

import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pysnmp.entity import config
from pysnmp.proto import rfc1902

from driftvakt_collector.poll.snmp.driver import Auth, Credential, Privacy
from driftvakt_collector.poll.snmp.pysnmp_terms import AUTH, PRIVACY
from driftvakt_collector.poll.snmp.usm import Sender
from driftvakt_collector.rate import Rate

MAX_PROVEN = 20_000
MAX_STRANGE = 64
_PER_SECOND, _BURST = 10.0, 200
"""Senders that are met for the first time: each takes some milliseconds, and after a start all devices are such."""
NOBODY = 4
"""A level that no message has."""


@dataclass(frozen=True, slots=True)
class _User:
    """credential, and its keys before they are localised, which is what takes long. level: see `Users.level`."""

    credential: Credential
    auth: Any
    privacy: Any
    auth_key: Any
    privacy_key: Any
    level: int


class Users:
    """Adds users to an engine. Of two credentials with the same user the last counts."""

    def __init__(self, engine: Any, credentials: Iterable[Credential]) -> None:
        self._engine = engine
        self._users = {one.user: _made(one) for one in credentials}
        self._strange: OrderedDict[Sender, None] = OrderedDict()
        self._proven: OrderedDict[Sender, None] = OrderedDict()
        self._rate = Rate(_PER_SECOND, _BURST)
        self._until = 0.0

    def meet(self, sender: Sender, now: float) -> bool:
        """Let a user in from a sender; say if a message of it is worth being looked at. now: monotonic seconds."""
        if sender in self._proven:
            return True
        if sender in self._strange:
            self._strange.move_to_end(sender)
            return True
        user = self._users.get(sender.user)
        if user is None:
            return False
        self._until, wait = self._rate.take(self._until, now, 1)
        if wait > 0:
            return False
        if len(self._strange) >= MAX_STRANGE:
            self._drop(self._strange.popitem(last=False)[0])
        self._strange[sender] = None
        config.add_v3_user(
            self._engine, sender.user, user.auth, user.auth_key, user.privacy, user.privacy_key,
            securityEngineId=rfc1902.OctetString(sender.engine), authKeyType=config.USM_KEY_TYPE_MASTER,
            privKeyType=config.USM_KEY_TYPE_MASTER,
        )  # fmt: skip
        return True

    def proved(self, sender: Sender) -> None:
        """Remember that a message of this sender was what its user's must be."""
        if sender in self._strange:
            del self._strange[sender]
            if len(self._proven) >= MAX_PROVEN:
                self._drop(self._proven.popitem(last=False)[0])
            self._proven[sender] = None

    def credential(self, user: str) -> Credential | None:
        """Return the credential of a user."""
        found = self._users.get(user)
        return found.credential if found is not None else None

    def level(self, user: str) -> int:
        """Return what a message of a user must be at least: 1 neither, 2 signed, 3 encrypted too (RFC 3411)."""
        found = self._users.get(user)
        return found.level if found is not None else NOBODY

    def _drop(self, sender: Sender) -> None:
        config.delete_v3_user(self._engine, sender.user, securityEngineId=rfc1902.OctetString(sender.engine))


def _made(one: Credential) -> _User:
    # The library takes nothing of a user that lacks a key, so one that needs none has one that nobody knows.
    auth = AUTH[Auth.SHA256 if one.auth is Auth.NONE else one.auth]
    privacy = PRIVACY[Privacy.AES128 if one.privacy is Privacy.NONE else one.privacy]
    secret, hidden = (
        rfc1902.OctetString((told or secrets.token_hex(32)).encode()) for told in (one.auth_secret, one.privacy_secret)
    )
    return _User(
        one, auth, privacy, config.AUTH_SERVICES[auth].hash_passphrase(secret),
        config.PRIV_SERVICES[privacy].hash_passphrase(auth, hidden),
        1 + (one.auth is not Auth.NONE) + (one.privacy is not Privacy.NONE),
    )  # fmt: skip
