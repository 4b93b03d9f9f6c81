"""Devices without an agent: how each is asked. Each is a host too, which its poller speaks for."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, select

from driftvakt_collector.store import hosts
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.models import CredentialTable, DeviceTable, HostTable
from driftvakt_collector.store.upsert import upsert

_DEVICES: Table = DeviceTable.__table__  # type: ignore[attr-defined]
_CREDENTIALS: Table = CredentialTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostTable.__table__  # type: ignore[attr-defined]
POLLER = "poller"
"""Class of the host that speaks for a zone's devices: the collector's own part that asks them."""
_MOST_NAME = 255
DEVICE = "d-"
"""How the origin of a device begins."""


class DeviceRow(NamedTuple):
    """every: seconds between two visits. added_at: seconds since the epoch. credential: empty for any that fits.

    how: `snmp` or `ssh`. host_key: the one that was approved, of what is asked by SSH: `ssh-ed25519 AAAA…`.
    """

    origin: str
    zone: str
    address: str
    port: int
    credential: str
    every: float
    added_at: float
    added_by: str
    how: str = "snmp"
    host_key: str = ""


class CredentialRow(NamedTuple):
    """site: the only one that it is for, empty for all of the zone. sealed: see trust.vault."""

    zone: str
    name: str
    site: str
    kind: str
    sealed: bytes
    changed_at: float


class DeviceError(ValueError):
    """It is not added; the text says why."""


def add(connection: Connection, host: HostRow, device: DeviceRow) -> HostRow:
    """Take a device in, under the relay that is its keeper, or under its zone's poller, which is made if need be.

    Raises DeviceError for one that is there.
    """
    place = (_DEVICES.c.zone == device.zone, _DEVICES.c.address == device.address, _DEVICES.c.port == device.port)
    query = select(_DEVICES.c.origin, _HOSTS.c.state).join(_HOSTS, _HOSTS.c.origin == _DEVICES.c.origin).where(*place)
    there = connection.execute(query).first()
    if there is not None and there.state != hosts.REVOKED:
        raise DeviceError(f"{device.address} port {device.port} is in zone {device.zone} already, as {there.origin}")
    # One that was removed makes room; its host stays with its history.
    connection.execute(delete(_DEVICES).where(*place))
    now = datetime.fromtimestamp(device.added_at, UTC)
    row = host._replace(
        name=unique(connection, host, device.address), keeper=host.keeper or poller(connection, device.zone, now).origin
    )
    hosts.save(connection, [row], now)
    upsert(connection, _DEVICES, [device._asdict()])
    return row


def unique(connection: Connection, host: HostRow, address: str) -> str:
    """Return a device's name, with its address where another host is called so: a name is the label of its series."""
    taken = select(_HOSTS.c.origin).where(
        _HOSTS.c.name == host.name, _HOSTS.c.state != hosts.REVOKED, _HOSTS.c.origin != host.origin
    )
    if connection.execute(taken.limit(1)).first() is None or address in host.name:
        return host.name
    return f"{host.name[: _MOST_NAME - len(address) - 1]} {address}"


def users(connection: Connection, zone: str, credential: str) -> list[str]:
    """Return the names of the devices that are asked with this credential and no other."""
    query = select(_HOSTS.c.name).join(_DEVICES, _HOSTS.c.origin == _DEVICES.c.origin)
    where = (_DEVICES.c.zone == zone, _DEVICES.c.credential == credential, _HOSTS.c.state != hosts.REVOKED)
    return [str(name) for (name,) in connection.execute(query.where(*where).order_by(_HOSTS.c.name))]


def remove(connection: Connection, origin: str, now: datetime) -> bool:
    """Ask a device no more; its host stays with its history, revoked. Return whether there was one."""
    there = connection.execute(select(_DEVICES.c.origin).where(_DEVICES.c.origin == origin)).scalar()
    known = hosts.find(connection, origin) if there is not None else None
    if known is None or known.state == hosts.REVOKED:
        return False
    return hosts.change(connection, origin, now, state=hosts.REVOKED, note="removed: it is asked no more")


def removed(connection: Connection) -> set[tuple[str, str]]:
    """Return the zone and address of each device that somebody removed: what finds it must not bring it back."""
    query = select(_DEVICES.c.zone, _DEVICES.c.address).join(_HOSTS, _HOSTS.c.origin == _DEVICES.c.origin)
    return {(zone, address) for zone, address in connection.execute(query.where(_HOSTS.c.state == hosts.REVOKED))}


def poller(connection: Connection, zone: str, now: datetime) -> HostRow:
    """Return the host that speaks for a zone's devices."""
    query = select(_HOSTS.c.origin).where(_HOSTS.c.zone == zone, _HOSTS.c["class"] == POLLER)
    known = connection.execute(query.order_by(_HOSTS.c.enrolled_at)).scalar()
    found = None if known is None else hosts.find(connection, known)
    if found is None:
        found = HostRow(f"p-{secrets.token_hex(10)}", 1, f"poller-{zone}", zone, "unassigned", "unassigned", POLLER)
        hosts.save(connection, [found], now)
    return found


def new_origin() -> str:
    """Return an origin for a device."""
    return f"{DEVICE}{secrets.token_hex(10)}"


def load(connection: Connection, keeper: str | None = None) -> list[tuple[DeviceRow, HostRow]]:
    """Return every device that is asked, with its host. keeper: only those that this one asks."""
    names = [field.removesuffix("_") if field == "class_" else field for field in HostRow._fields]
    query = (
        select(*(_DEVICES.c[name] for name in DeviceRow._fields), *(_HOSTS.c[name] for name in names))
        .join(_HOSTS, _HOSTS.c.origin == _DEVICES.c.origin)
        .where(_HOSTS.c.state == hosts.APPROVED)
        .order_by(_DEVICES.c.zone, _DEVICES.c.address)
    )
    if keeper is not None:
        query = query.where(_HOSTS.c.keeper == keeper)
    width = len(DeviceRow._fields)
    return [(DeviceRow(*row[:width]), HostRow(*row[width:])) for row in connection.execute(query)]


def find(connection: Connection, origin: str) -> DeviceRow | None:
    """Return how a device is asked, None for what is none."""
    query = select(*(_DEVICES.c[name] for name in DeviceRow._fields)).where(_DEVICES.c.origin == origin)
    row = connection.execute(query).first()
    return None if row is None else DeviceRow(*row)


def credentials(connection: Connection) -> list[CredentialRow]:
    """Return every credential, sealed."""
    query = select(*(_CREDENTIALS.c[name] for name in CredentialRow._fields))
    return [CredentialRow(*row) for row in connection.execute(query.order_by(_CREDENTIALS.c.zone, _CREDENTIALS.c.name))]


def keep_credential(connection: Connection, rows: Iterable[CredentialRow]) -> None:
    """Keep credentials, or give those of a name other secrets."""
    upsert(connection, _CREDENTIALS, [row._asdict() for row in rows])


def remove_credential(connection: Connection, zone: str, name: str) -> bool:
    """Forget a credential; return whether there was one."""
    where = (_CREDENTIALS.c.zone == zone, _CREDENTIALS.c.name == name)
    return connection.execute(delete(_CREDENTIALS).where(*where)).rowcount > 0
