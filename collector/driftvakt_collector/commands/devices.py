"""`driftvakt device`: what is asked without an agent, by SNMP or SSH."""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from driftvakt_collector.commands import device_ssh, via
from driftvakt_collector.commands.common import add_data, load, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.poll.snmp.driver import Credential
    from driftvakt_collector.poll.snmp.visit import Visit

_PORT = 161
_EVERY = (10.0, 3600.0)
_CLASSES = ("printer", "switch", "router", "firewall", "access point", "wireless controller", "ups", "pdu", "sensor",
            "server", "storage", "management", "hypervisor", "camera", "phone", "appliance", "device")  # fmt: skip


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    device = commands.add_parser(
        "device", help="what is asked by SNMP or SSH, as printers, switches, UPSs: add, list, remove, ask once",
        epilog="First: driftvakt credential add NAME --community-file FILE, or --ssh-user USER --key-file FILE",
    )  # fmt: skip
    whats = device.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser("add", help="ask a device from now on")
    add_data(adding)
    adding.add_argument("address", metavar="ADDRESS", help="its IP address")
    adding.add_argument("--port", type=int, default=None, help="where its agent listens (default: 161, with --ssh 22)")
    adding.add_argument("--name", default="", help="what it is called (default: what it calls itself, or its address)")
    adding.add_argument("--zone", default="adm", help="zone that it stands in (default: adm)")
    adding.add_argument("--administration", default="unassigned", help="who it belongs to (default: unassigned)")
    adding.add_argument("--site", default="unassigned", help="where it stands (default: unassigned)")
    adding.add_argument("--supplier", default="", help="who delivers and mends it, where that is not ourselves")
    adding.add_argument("--class", dest="class_", choices=_CLASSES, default="",
                        help="what it is (default: by what it says of itself)")  # fmt: skip
    adding.add_argument("--credential", default="", metavar="NAME",
                        help="with what it is asked (default: each of its zone and site, until one fits)")  # fmt: skip
    adding.add_argument("--every", type=float, default=60.0, metavar="SECONDS",
                        help="seconds between two visits, 10 to 3600 (default: 60)")  # fmt: skip
    device_ssh.add(adding)
    via.add(adding)
    adding.add_argument("--unseen", action="store_true", help="add it though it does not answer now")
    adding.set_defaults(run=_add)
    listing = whats.add_parser("list", help="show every device and how it is asked")
    add_data(listing)
    listing.set_defaults(run=_list)
    remove = whats.add_parser("remove", help="ask a device no more; its history stays")
    add_data(remove)
    remove.add_argument("origin", metavar="ORIGIN", help="the device, as 'device list' shows it")
    remove.set_defaults(run=_remove)
    probe = whats.add_parser("probe", help="ask an address once and show what it tells; nothing is kept")
    add_data(probe)
    probe.add_argument("address", metavar="ADDRESS", help="its IP address")
    probe.add_argument("--port", type=int, default=161, help="UDP port of its agent (default: 161)")
    probe.add_argument("--zone", default="adm", help="zone whose credentials are tried (default: adm)")
    probe.add_argument("--credential", default="", metavar="NAME", help="this one alone")
    probe.set_defaults(run=_probe)


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import devices, zones
    from driftvakt_collector.store.devices import DeviceError, DeviceRow
    from driftvakt_collector.store.hosts import HostRow

    address = _address(arguments.address)
    if not _EVERY[0] <= arguments.every <= _EVERY[1]:
        raise ConfigError(f"'--every' must be {_EVERY[0]:.0f} to {_EVERY[1]:.0f} seconds, got {arguments.every:g}")
    if arguments.zone not in (known := zones.load(load(arguments).data)):
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    if arguments.port is None:
        arguments.port = device_ssh.PORT if arguments.ssh else _PORT
    if arguments.host_key and not arguments.ssh:
        raise ConfigError("--host-key goes with --ssh")
    host_key = device_ssh.approved(arguments, address) if arguments.ssh else ""
    keeper = read_store(arguments, lambda one: via.keeper(one, arguments.via, arguments.zone))
    if keeper:
        if arguments.ssh:
            device_ssh.named(arguments)
        name, class_ = "", "server" if arguments.ssh else ""
    else:
        name, class_ = _by_ssh(arguments, address, host_key) if arguments.ssh else _by_snmp(arguments, address)
    name, class_ = arguments.name or name or address, arguments.class_ or class_ or "device"
    now, origin = time.time(), devices.new_origin()
    host = HostRow(
        origin, 1, name[:255], arguments.zone, arguments.administration, arguments.site, class_,
        keeper=keeper, supplier=arguments.supplier,
    )  # fmt: skip
    row = DeviceRow(
        origin, arguments.zone, address, arguments.port, arguments.credential, arguments.every, now, who(),
        "ssh" if arguments.ssh else "snmp", host_key,
    )  # fmt: skip
    try:
        added = write_store(arguments, lambda one: devices.add(one, host, row))
    except DeviceError as e:
        raise ConfigError(str(e)) from e
    since = f"by {arguments.via}, which hears of it within a minute" if keeper else "from now on"
    if added.name != host.name:
        print(shown(f"driftvakt: another host is called {host.name} too; --name gives a better one"), file=sys.stderr)
    print(shown(f"{origin}  {added.name}  {class_}, asked at {address} every {arguments.every:g} s {since}"))
    return 0


def _by_snmp(arguments: argparse.Namespace, address: str) -> tuple[str, str]:
    """Return what a device calls itself, and what it is. Raises ConfigError where it does not answer."""
    found = asyncio.run(_ask(arguments, address))
    if isinstance(found, str):
        if not arguments.unseen:
            raise ConfigError(f"{found}. Nothing was added; --unseen adds it all the same")
        print(f"driftvakt: {found}; it is added all the same", file=sys.stderr)
        return "", ""
    identity = found[1].identity
    return identity.name, identity.device.class_


def _by_ssh(arguments: argparse.Namespace, address: str, host_key: str) -> tuple[str, str]:
    if arguments.unseen:
        return "", "server"
    from driftvakt_collector.poll.ssh.commands import Platform
    from driftvakt_collector.store.section import rows_of

    seen = device_ssh.ask(arguments, address, host_key)
    system = seen.sections.get("operating_system")
    told = next(iter(rows_of(system)), {}) if system is not None else {}
    return str(told.get("hostname") or ""), "switch" if seen.platform is Platform.IOS else "server"


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import devices

    rows, relays = read_store(arguments, lambda one: (devices.load(one), via.names(one)))
    if not rows:
        print("no device is asked yet: driftvakt device add ADDRESS")
    for row, host in rows:
        place = f"{row.zone} {host.class_} {host.administration}/{host.site}"
        how = (
            f"{row.address} port {row.port} by {row.how.upper()}, every {row.every:g} s,"
            f" {row.credential or 'any credential that fits'}"
        )
        place += f", {host.supplier}" if host.supplier else ""
        how += via.suffix(relays, host.keeper)
        print(shown(f"{row.origin}  {host.name}  {place}  {how}"))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import devices

    if not write_store(arguments, lambda one: devices.remove(one, arguments.origin, datetime.now(UTC))):
        raise ConfigError(f"there is no device {arguments.origin}: driftvakt device list")
    print(f"{arguments.origin} is asked no more; its history stays")
    return 0


def _probe(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.snmp import facts

    found = asyncio.run(_ask(arguments, _address(arguments.address)))
    if isinstance(found, str):
        raise ConfigError(found)
    credential, seen = found
    device = seen.identity.device
    kind, by = device.class_ or "of an unknown kind", device.vendor or "of an unknown maker"
    print(shown(f"{kind}, {by}; credential {credential}"))
    for title, value in (
        ("name", seen.identity.name), ("model", facts.model(seen)[0]), ("serial", facts.serial(seen)),
        ("release", facts.version(seen)), ("object id", seen.identity.object_id),
        ("description", seen.identity.descr.partition("\n")[0]),
        ("series", str(seen.layout.count)), ("variables", str(seen.variables)),
    ):  # fmt: skip
        print(shown(f"  {title:<12} {value or '-'}"))
    for name, body in facts.sections(seen).items():
        print(f"  {name:<20} {len(body.rows)} row{'' if len(body.rows) == 1 else 's'}")
    return 0


async def _ask(arguments: argparse.Namespace, address: str) -> "tuple[str, Visit] | str":
    """Return the credential that fitted and the visit, or a sentence why there was none."""
    from driftvakt_collector.poll import keys
    from driftvakt_collector.poll.snmp.driver import Peer, SnmpError
    from driftvakt_collector.poll.snmp.fast import FastDriver
    from driftvakt_collector.poll.snmp.visit import Memory, visit
    from driftvakt_collector.store import devices
    from driftvakt_collector.trust import vault

    box = vault.load(load(arguments).data)
    site = getattr(arguments, "site", "")
    rows = [row for row in read_store(arguments, devices.credentials) if row.zone == arguments.zone]
    found: list[Credential] = [
        keys.snmp(box, row) for row in rows
        if row.kind == keys.SNMP and arguments.credential in ("", row.name) and (not site or row.site in ("", site))
    ]  # fmt: skip
    if not found:
        return f"zone {arguments.zone} has no such credential: driftvakt credential add NAME --community-file FILE"
    driver, why = FastDriver(), ""
    for credential in found:
        try:
            return credential.name, await visit(
                driver, Peer(address, credential, arguments.port, tries=2), Memory(), facts=True
            )
        except SnmpError as e:
            why = str(e)
    return why if len(found) == 1 else f"{why} (none of {len(found)} credentials)"


def _address(told: str) -> str:
    try:
        return str(ip_address(told))
    except ValueError:
        raise ConfigError(f"{told!r} is no IP address; a device is asked by its address, as 10.20.0.7") from None
