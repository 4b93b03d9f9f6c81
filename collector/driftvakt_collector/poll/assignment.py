"""What a relay has to ask: devices and services, and what they let it in with. Written by the collector, read there.

Secrets are plain in it, so it travels and rests sealed only (see trust.assignment).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from backports import zstd

from driftvakt_collector.poll import keys
from driftvakt_collector.poll.checker import about
from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.service_checks import ServiceCheckRow
from driftvakt_collector.trust.assignment import AssignmentError
from driftvakt_collector.trust.vault import Vault, VaultError

_MAX_BYTES = 64 << 20


class Thing(msgspec.Struct, omit_defaults=True):
    """What a device or a service is known as. every: seconds between two visits."""

    origin: str
    name: str
    administration: str
    site: str
    class_: str = msgspec.field(name="class")
    every: float


class Device(msgspec.Struct, omit_defaults=True):
    """See DeviceRow."""

    thing: Thing
    address: str
    port: int
    how: str
    credential: str = ""
    host_key: str = ""


class Service(msgspec.Struct, omit_defaults=True):
    """See ServiceCheckRow. secret: in plain."""

    thing: Thing
    kind: str
    target: str
    port: int
    options: str
    patience: float
    service: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Service({self.thing.origin})"


class Credential(msgspec.Struct, omit_defaults=True):
    """See CredentialRow. secret: what is sealed there, in plain."""

    name: str
    kind: str
    secret: bytes
    site: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.name})"


class Network(msgspec.Struct, omit_defaults=True):
    """A network to look through. began: when that was asked for, seconds since the epoch. routers: devices, by origin,

    that know whom it holds.
    """

    network: str
    site: str
    per_second: float
    began: float
    routers: list[str] = []


class Assignment(msgspec.Struct, omit_defaults=True):
    """All that one relay has to do. private: nobody may be named in what it tells."""

    devices: list[Device] = []
    services: list[Service] = []
    credentials: list[Credential] = []
    networks: list[Network] = []
    private: bool = False


class Rows(NamedTuple):
    """An assignment as those who ask take it; secrets are sealed again."""

    devices: list[tuple[DeviceRow, HostRow]]
    checks: list[tuple[ServiceCheckRow, HostRow]]
    credentials: list[CredentialRow]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Assignment)


def write(one: Assignment) -> bytes:
    """Return an assignment as bytes, the same for what is the same."""
    return zstd.compress(_encoder.encode(one), 3)


def read(body: bytes) -> Assignment:
    """Read an assignment. Raises AssignmentError."""
    try:
        plain = zstd.ZstdDecompressor().decompress(body, _MAX_BYTES)
        return _decoder.decode(plain)
    except (zstd.ZstdError, msgspec.DecodeError, msgspec.ValidationError) as e:
        raise AssignmentError(f"the assignment can't be read: {e}") from e


def of(
    devices: Iterable[tuple[DeviceRow, HostRow]], checks: Iterable[tuple[ServiceCheckRow, HostRow]],
    credentials: Iterable[CredentialRow], vault: Vault, networks: Sequence[Network] = (), *, private: bool,
) -> tuple[Assignment, list[str]]:  # fmt: skip
    """Return the assignment for one relay, and sentences about secrets that can't be read.

    Only those credentials are in it that may be needed: a relay that is stolen gives away no others.
    """
    one, troubles = Assignment(networks=list(networks), private=private), []
    one.devices = [
        Device(_thing(host, row.every), row.address, row.port, row.how, row.credential, row.host_key)
        for row, host in devices
    ]
    for row in credentials:
        sought = row.kind == keys.SNMP and any(row.site in ("", network.site) for network in one.networks)
        if sought or any(_may_need(device, row) for device in one.devices):
            try:
                one.credentials.append(Credential(row.name, row.kind, keys.plain(vault, row), row.site))
            except VaultError as e:
                troubles.append(str(e))
    for check, host in checks:
        try:
            secret = vault.open(check.sealed, about(check.origin)).decode() if check.sealed else ""
        except VaultError as e:
            troubles.append(str(e))
            continue
        thing = _thing(host, check.every)
        one.services.append(
            Service(
                thing, check.kind, check.target, check.port, check.options, check.patience, check.service, secret
            )
        )  # fmt: skip
    return one, troubles


def _may_need(device: Device, row: CredentialRow) -> bool:
    if row.kind != device.how:
        return False
    if device.how == keys.SSH:
        return device.credential == row.name
    return device.credential in ("", row.name) and row.site in ("", device.thing.site)


def _thing(host: HostRow, every: float) -> Thing:
    return Thing(host.origin, host.name, host.administration, host.site, host.class_, every)


def rows(one: Assignment, keeper: str, zone: str, vault: Vault, now: float) -> Rows:
    """Return an assignment as rows. keeper: the relay. vault: seals the secrets again. now: seconds since the epoch."""

    def host(thing: Thing) -> HostRow:
        return HostRow(
            thing.origin, 1, thing.name, zone, thing.administration, thing.site, thing.class_, keeper=keeper
        )  # fmt: skip

    devices = [
        (DeviceRow(device.thing.origin, zone, device.address, device.port, device.credential, device.thing.every, 0.0,
                   "", device.how, device.host_key), host(device.thing))
        for device in one.devices
    ]  # fmt: skip
    checks = [
        (ServiceCheckRow(
            told.thing.origin, zone, told.kind, told.target, told.port, told.options,
            vault.seal(told.secret.encode(), about(told.thing.origin)) if told.secret else b"", told.thing.every,
            told.patience, told.service, 0.0, "",
        ), host(told.thing))
        for told in one.services
    ]  # fmt: skip
    credentials = [
        keys.row(vault, zone, told.site, told.name, told.kind, told.secret, now) for told in one.credentials
    ]  # fmt: skip
    return Rows(devices, checks, credentials)
