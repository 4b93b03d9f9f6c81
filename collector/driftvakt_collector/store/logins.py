"""Who may open the console, and the sessions that are open. Secrets and tokens are kept hashed."""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, delete, select, update

from driftvakt_collector.store.models import LoginTable, SessionTable
from driftvakt_collector.store.upsert import upsert

KEY = "api"
"""How the login of an API key begins, which is a session without a person: `api:NAME`, `api+lists@ZONE:NAME`."""
READ, LISTS = "read", "lists"
"""What a key may: read, or also bring lists of what should be there."""
_MAY = {KEY: READ, f"{KEY}+{LISTS}": LISTS}
_MAX_LOGIN = 64
_LOGINS = LoginTable.__table__  # type: ignore[attr-defined]
_SESSIONS = SessionTable.__table__  # type: ignore[attr-defined]
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}


class ApiKey(NamedTuple):
    """may: READ or LISTS. zone: the only one that it sees, empty for all."""

    name: str
    may: str = READ
    zone: str = ""

    @property
    def login(self) -> str:
        """Return what its session is called, and what it brings is signed with."""
        head = KEY if self.may == READ else f"{KEY}+{self.may}"
        return f"{head}@{self.zone}:{self.name}" if self.zone else f"{head}:{self.name}"


class ApiKeyError(ValueError):
    """The key is not made; the text says why."""


def new_secret() -> str:
    """Return a secret that a person can type: 100 bits, in groups of five without look-alikes."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def set_secret(connection: Connection, name: str, secret: str, role: str = "admin") -> None:
    """Make a login of a role, or give the one that is there a new secret; its sessions are ended."""
    told = {
        "name": name, "secret": _hasher().hash(secret), "created_at": datetime.now(UTC), "full_name": "", "role": role,
        "administrations": "[]", "supplier": "", "totp": "", "totp_at": 0.0, "disabled": False, "changed_at": 0.0,
    }  # fmt: skip
    kept = tuple(one for one in told if one not in ("name", "secret"))
    upsert(connection, _LOGINS, [told], keep=kept)
    connection.execute(delete(_SESSIONS).where(_SESSIONS.c.login == name))


def has_logins(connection: Connection) -> bool:
    """Say if anybody can log in yet."""
    return connection.execute(select(_LOGINS.c.name).limit(1)).first() is not None


def check_secret(connection: Connection, name: str, secret: str) -> bool:
    """Say if the secret is the login's. Takes as long for a login that is not there."""
    stored = connection.execute(select(_LOGINS.c.secret).where(_LOGINS.c.name == name)).scalar()
    known = str(stored) if stored is not None else _nobodys()
    if known.startswith("scrypt$"):
        _, salt, hashed = known.split("$")
        given = hashlib.scrypt(secret.encode(), salt=base64.b64decode(salt), **_SCRYPT)
        return hmac.compare_digest(given, base64.b64decode(hashed))
    try:
        _hasher().verify(known, secret)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def renew_hash(connection: Connection, name: str, secret: str) -> bool:
    """Hash a secret that is right anew, where an earlier release did it in another way; say if so."""
    stored = connection.execute(select(_LOGINS.c.secret).where(_LOGINS.c.name == name)).scalar()
    if stored is None or (str(stored).startswith("$argon2") and not _hasher().check_needs_rehash(str(stored))):
        return False
    connection.execute(update(_LOGINS).where(_LOGINS.c.name == name).values(secret=_hasher().hash(secret)))
    return True


@cache
def _hasher() -> PasswordHasher:
    # OWASP's least for argon2id: 19 MiB, two rounds; logins at once are bounded by who asks.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def open_session(
    connection: Connection, login: str, now: float, seconds: float, address: str = "", browser: str = ""
) -> str:
    """Open a session and return the token for the browser; old ones are swept out on the way."""
    connection.execute(delete(_SESSIONS).where(_SESSIONS.c.expires < now))
    token = secrets.token_urlsafe(32)
    connection.execute(_SESSIONS.insert().values(
        token=_hash(token), login=login, expires=now + seconds, opened_at=now, address=address[:64],
        browser="".join(char if char.isprintable() else " " for char in browser)[:255],
    ))  # fmt: skip
    return token


def session_login(connection: Connection, token: str, now: float) -> str | None:
    """Return whose session this is, None where it is none or has ended."""
    query = select(_SESSIONS.c.login).where(_SESSIONS.c.token == _hash(token), _SESSIONS.c.expires >= now)
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def close_session(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(_SESSIONS).where(_SESSIONS.c.token == _hash(token)))


def open_key(connection: Connection, key: ApiKey, now: float, seconds: float) -> str:
    """Make an API key and return its text. Raises ApiKeyError."""
    if any(known.name == key.name for known, _ in keys(connection, now)):
        raise ApiKeyError(f"there is a key {key.name} already: revoke it first, or take another name")
    if len(key.login) > _MAX_LOGIN:
        raise ApiKeyError(f"the name {key.name} is too long beside that of the zone: shorten it")
    return open_session(connection, key.login, now, seconds)


def keys(connection: Connection, now: float) -> list[tuple[ApiKey, float]]:
    """Return the API keys that are good for something, and until when (seconds since the epoch)."""
    query = select(_SESSIONS.c.login, _SESSIONS.c.expires).where(_SESSIONS.c.expires >= now)
    found = [(key_of(str(login)), float(expires)) for login, expires in connection.execute(query)]
    return sorted((key, expires) for key, expires in found if key is not None)


def key_of(login: str) -> ApiKey | None:
    """Return the API key that a session is, None for a person's."""
    head, colon, name = login.partition(":")
    may, _, zone = head.partition("@")
    return ApiKey(name, _MAY[may], zone) if colon and may in _MAY else None


def close_key(connection: Connection, name: str) -> bool:
    """End an API key; return whether there was one."""
    logins = connection.execute(select(_SESSIONS.c.login).where(_SESSIONS.c.login.like(f"{KEY}%"))).scalars()
    gone = [login for login in logins if (key := key_of(login)) is not None and key.name == name]
    return connection.execute(delete(_SESSIONS).where(_SESSIONS.c.login.in_(gone))).rowcount > 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
