"""Who may open the console, as what, and what of the city they may see. Secrets are `logins`' business."""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, select, update

from driftvakt_collector.store.models import LoginTable, SessionTable

_LOGINS: Table = LoginTable.__table__  # type: ignore[attr-defined]
_SESSIONS: Table = SessionTable.__table__  # type: ignore[attr-defined]


class AccountRow(NamedTuple):
    """role: see console.access. administrations: of the role of that name, which it sees; supplier: of that role.

    totp: the sealed secret of one-time codes, empty where none is asked for; totp_at: the newest step of which a code
    was used, so that none is good twice. changed_at: seconds since the epoch.
    """

    name: str
    full_name: str
    role: str
    administrations: tuple[str, ...]
    supplier: str
    totp: str
    totp_at: float
    disabled: bool
    changed_at: float


class SessionRow(NamedTuple):
    """token: the hash of what the browser holds, of which the beginning is shown. Times are seconds since the epoch."""

    token: str
    login: str
    expires: float
    opened_at: float
    address: str
    browser: str


_FIELDS = tuple(_LOGINS.c[name] for name in AccountRow._fields)
_SESSION = tuple(_SESSIONS.c[name] for name in SessionRow._fields)


def load(connection: Connection) -> list[AccountRow]:
    """Return all accounts, by name."""
    return [_row(one) for one in connection.execute(select(*_FIELDS).order_by(_LOGINS.c.name))]


def find(connection: Connection, name: str) -> AccountRow | None:
    """Return an account."""
    found = connection.execute(select(*_FIELDS).where(_LOGINS.c.name == name)).first()
    return _row(found) if found is not None else None


def change(connection: Connection, name: str, now: float, **told: Any) -> bool:
    """Change what is known of an account; return whether there is one."""
    if "administrations" in told:
        told["administrations"] = json.dumps(list(told["administrations"]), ensure_ascii=False)
    query = update(_LOGINS).where(_LOGINS.c.name == name)
    return bool(connection.execute(query.values(changed_at=now, **told)).rowcount)


def remove(connection: Connection, name: str) -> bool:
    """Forget an account and end its sessions; return whether there was one."""
    end_sessions(connection, name)
    return bool(connection.execute(delete(_LOGINS).where(_LOGINS.c.name == name)).rowcount)


def is_last(connection: Connection, row: AccountRow) -> bool:
    """Say if nobody else who may log in has this account's role."""
    rest = (one for one in load(connection) if one.name != row.name and not one.disabled)
    return all(one.role != row.role for one in rest)


def use_code(connection: Connection, name: str, step: float) -> bool:
    """Note that a one-time code was used; say if no code of that time or later was before. step: when it was made."""
    query = update(_LOGINS).where(_LOGINS.c.name == name, _LOGINS.c.totp_at < step)
    return bool(connection.execute(query.values(totp_at=step)).rowcount)


def sessions(connection: Connection, now: float, login: str = "") -> list[SessionRow]:
    """Return the sessions of people that are open, the newest first."""
    query = select(*_SESSION).where(_SESSIONS.c.expires >= now, ~_SESSIONS.c.login.startswith("api"))
    if login:
        query = query.where(_SESSIONS.c.login == login)
    return [SessionRow(*row) for row in connection.execute(query.order_by(_SESSIONS.c.opened_at.desc()))]


def end_sessions(connection: Connection, login: str, token: str = "") -> int:
    """End the sessions of somebody, or one of them; return how many that were. token: how its hash begins."""
    query = delete(_SESSIONS).where(_SESSIONS.c.login == login)
    if token:
        query = query.where(_SESSIONS.c.token.startswith(token, autoescape=True))
    return connection.execute(query).rowcount


def _row(found: Any) -> AccountRow:
    row = AccountRow(*found)
    return row._replace(administrations=tuple(json.loads(str(row.administrations))), disabled=bool(row.disabled))
