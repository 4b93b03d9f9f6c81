"""People who can be on call, and how they are reached."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, select, update

from driftvakt_collector.store.alert_models import ContactTable, PersonTable
from driftvakt_collector.store.upsert import upsert

_PERSONS: Table = PersonTable.__table__  # type: ignore[attr-defined]
_CONTACTS: Table = ContactTable.__table__  # type: ignore[attr-defined]


class PersonRow(NamedTuple):
    """name: a short word. login: of the console, empty for none. feed: hash of the secret of their iCalendar address,

    empty for none. changed_at: seconds since the epoch.
    """

    name: str
    full_name: str
    language: str
    time_zone: str
    login: str
    is_active: bool
    feed: str
    changed_at: float


class ContactRow(NamedTuple):
    """position: the order in which they are tried, from 0. verified_at: when it was proven to be theirs."""

    person: str
    channel: str
    address: str
    position: int
    verified_at: float | None = None


def load(connection: Connection) -> list[PersonRow]:
    """Return everybody, by name."""
    return [PersonRow(*row) for row in connection.execute(_persons().order_by(_PERSONS.c.name))]


def find(connection: Connection, name: str) -> PersonRow | None:
    """Return somebody."""
    row = connection.execute(_persons().where(_PERSONS.c.name == name)).one_or_none()
    return None if row is None else PersonRow(*row)


def keep(connection: Connection, row: PersonRow) -> None:
    """Write a person, new or changed."""
    upsert(connection, _PERSONS, [row._asdict()])


def remove(connection: Connection, name: str) -> bool:
    """Forget a person and how they are reached; return whether there was one."""
    connection.execute(delete(_CONTACTS).where(_CONTACTS.c.person == name))
    return connection.execute(delete(_PERSONS).where(_PERSONS.c.name == name)).rowcount > 0


def of_feed(connection: Connection, mark: str) -> str:
    """Return whose iCalendar address has a secret of that hash, empty for nobody's."""
    if not mark:
        return ""
    return connection.scalar(select(_PERSONS.c.name).where(_PERSONS.c.feed == mark)) or ""


def contacts(connection: Connection) -> list[ContactRow]:
    """Return every way to everybody, by person and in the order in which they are tried."""
    columns = (_CONTACTS.c[name] for name in ContactRow._fields)
    query = select(*columns).order_by(
        _CONTACTS.c.person, _CONTACTS.c.position, _CONTACTS.c.channel, _CONTACTS.c.address
    )  # fmt: skip
    return [ContactRow(*row) for row in connection.execute(query)]


def holder(connection: Connection, channel: str, address: str) -> str:
    """Return whose an address is, empty for nobody's."""
    where = (_CONTACTS.c.channel == channel, _CONTACTS.c.address == address)
    return connection.scalar(select(_CONTACTS.c.person).where(*where)) or ""


def add_contact(connection: Connection, person: str, channel: str, address: str, *, first: bool = False) -> bool:
    """Add a way to a person, tried last or first of all; return False where the address is somebody's already."""
    if holder(connection, channel, address):
        return False
    of_person = _CONTACTS.c.person == person
    if first:
        connection.execute(update(_CONTACTS).where(of_person).values(position=_CONTACTS.c.position + 1))
    last = connection.scalar(select(func.max(_CONTACTS.c.position)).where(of_person))
    position = 0 if first or last is None else last + 1
    connection.execute(_CONTACTS.insert().values(ContactRow(person, channel, address, position)._asdict()))
    return True


def remove_contact(connection: Connection, person: str, channel: str, address: str) -> bool:
    """Take a way to a person away; return whether there was one."""
    return connection.execute(delete(_CONTACTS).where(*_contact(person, channel, address))).rowcount > 0


def verify(connection: Connection, person: str, channel: str, address: str, at: float) -> bool:
    """Write down that an address was proven to be theirs; return whether there is one."""
    statement = update(_CONTACTS).where(*_contact(person, channel, address)).values(verified_at=at)
    return connection.execute(statement).rowcount > 0


def _persons() -> Select[Any]:
    return select(*(_PERSONS.c[name] for name in PersonRow._fields))


def _contact(person: str, channel: str, address: str) -> tuple[ColumnElement[bool], ...]:
    return (_CONTACTS.c.person == person, _CONTACTS.c.channel == channel, _CONTACTS.c.address == address)
