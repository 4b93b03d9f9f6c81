"""Who may open the console, and the sessions that are open. Secrets and tokens are kept hashed."""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from driftvakt_collector.store.models import LoginTable, SessionTable
from driftvakt_collector.store.upsert import upsert

KEY = "api"
"""How the login of an API key begins, which is a session without a person: `api:NAME`, `api+lists:NAME`."""
READ, LISTS = "read", "lists"
"""What a key may: read, or also bring lists of what should be there."""
_LOGINS_OF = {READ: f"{KEY}:", LISTS: f"{KEY}+{LISTS}:"}
_LOGINS = LoginTable.__table__  # type: ignore[attr-defined]
_SESSIONS = SessionTable.__table__  # type: ignore[attr-defined]
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}


def new_secret() -> str:
    """Return a secret that a person can type: 100 bits, in groups of five without look-alikes."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def set_secret(connection: Connection, name: str, secret: str) -> None:
    """Make a login, or give it a new secret."""
    salt = secrets.token_bytes(16)
    hashed = hashlib.scrypt(secret.encode(), salt=salt, **_SCRYPT)
    text = f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"
    upsert(connection, _LOGINS, [{"name": name, "secret": text, "created_at": datetime.now(UTC)}], keep=("created_at",))


def has_logins(connection: Connection) -> bool:
    """Say if anybody can log in yet."""
    return connection.execute(select(_LOGINS.c.name).limit(1)).first() is not None


def check_secret(connection: Connection, name: str, secret: str) -> bool:
    """Say if the secret is the login's. Takes as long for a login that is not there."""
    stored = connection.execute(select(_LOGINS.c.secret).where(_LOGINS.c.name == name)).scalar()
    salt, hashed = b"\0" * 16, b"\0" * 64
    if stored is not None:
        _, salt_text, hash_text = str(stored).split("$")
        salt, hashed = base64.b64decode(salt_text), base64.b64decode(hash_text)
    given = hashlib.scrypt(secret.encode(), salt=salt, **_SCRYPT)
    return hmac.compare_digest(given, hashed) and stored is not None


def open_session(connection: Connection, login: str, now: float, seconds: float) -> str:
    """Open a session and return the token for the browser; old ones are swept out on the way."""
    connection.execute(delete(_SESSIONS).where(_SESSIONS.c.expires < now))
    token = secrets.token_urlsafe(32)
    connection.execute(_SESSIONS.insert().values(token=_hash(token), login=login, expires=now + seconds))
    return token


def session_login(connection: Connection, token: str, now: float) -> str | None:
    """Return whose session this is, None where it is none or has ended."""
    query = select(_SESSIONS.c.login).where(_SESSIONS.c.token == _hash(token), _SESSIONS.c.expires >= now)
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def close_session(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(_SESSIONS).where(_SESSIONS.c.token == _hash(token)))


def open_key(connection: Connection, name: str, now: float, seconds: float, may: str = READ) -> str:
    """Make an API key and return its text. Raises ValueError where there is one of that name."""
    if any(known == name for known, _, _ in keys(connection, now)):
        raise ValueError(name)
    return open_session(connection, _LOGINS_OF[may] + name, now, seconds)


def keys(connection: Connection, now: float) -> list[tuple[str, str, float]]:
    """Return the API keys that are good for something: name, what it may, until when (seconds since the epoch)."""
    query = select(_SESSIONS.c.login, _SESSIONS.c.expires).where(_SESSIONS.c.expires >= now)
    found = [(key_of(str(login)), float(expires)) for login, expires in connection.execute(query)]
    return sorted((*key, expires) for key, expires in found if key is not None)


def key_of(login: str) -> tuple[str, str] | None:
    """Return name and rights of the API key that a session is, None for a person's."""
    return next(((login.removeprefix(head), may) for may, head in _LOGINS_OF.items() if login.startswith(head)), None)


def close_key(connection: Connection, name: str) -> bool:
    """End an API key; return whether there was one."""
    wanted = _SESSIONS.c.login.in_([head + name for head in _LOGINS_OF.values()])
    return connection.execute(delete(_SESSIONS).where(wanted)).rowcount > 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
