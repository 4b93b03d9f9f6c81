"""`driftvakt subnet`: networks that are looked through: what answers SNMP is asked from then on, the rest is listed."""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING

from driftvakt_collector.commands import via
from driftvakt_collector.commands.common import add_data, load, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.poll.discovery.sweep import Find, Progress
    from driftvakt_collector.store.subnets import SubnetRow

_HOURS = (1.0, 24.0 * 31)
_PACE = (1.0, 500.0)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    subnet = commands.add_parser(
        "subnet", help="networks that are looked through for what we do not know: add, list, remove, look once",
        description="The collector asks each address of a network for an echo, reads tables of neighbours, and asks"
        " what is there by SNMP with the credentials of its zone and site. What takes one is asked from then on; what"
        " does not is on the page Coverage, as unmanaged, with its age.",
    )  # fmt: skip
    whats = subnet.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="look through a network from now on",
        epilog="Example: driftvakt subnet add 10.20.0.0/24 --site A-huset --administration Idrott --data DIR",
    )  # fmt: skip
    add_data(adding)
    adding.add_argument("network", metavar="NETWORK", help="as 10.20.0.0/24, at most a /16")
    adding.add_argument("--zone", default="adm", help="zone that it is of (default: adm)")
    adding.add_argument("--site", default=None, help="where it is; found devices stand there")
    adding.add_argument("--administration", default=None, help="who found devices belong to")
    adding.add_argument("--supplier", default=None, help="who delivers found devices, where that is not ourselves")
    adding.add_argument("--hours", type=float, default=24.0, help="hours between two sweeps, 1 to 744 (default: 24)")
    adding.add_argument("--cron", default="", metavar="EXPRESSION",
                        help="when instead, as '0 20 * * 1-5': minute, hour, day, month, weekday")  # fmt: skip
    adding.add_argument("--time-zone", default="Europe/Stockholm", metavar="ZONE",
                        help="whose wall clock --cron means (default: Europe/Stockholm)")  # fmt: skip
    adding.add_argument("--per-second", type=float, default=50.0, metavar="N",
                        help="echoes a second, 1 to 500 (default: 50)")  # fmt: skip
    adding.add_argument("--list-only", action="store_true", help="add no devices: only say what is there")
    via.add(adding)
    adding.set_defaults(run=_add)
    listing = whats.add_parser("list", help="show the networks, and what was found the last time")
    add_data(listing)
    listing.set_defaults(run=_list)
    remove = whats.add_parser("remove", help="look through a network no more; what was added stays")
    add_data(remove)
    remove.add_argument("network", metavar="NETWORK")
    remove.add_argument("--zone", default="adm", help="its zone (default: adm)")
    remove.set_defaults(run=_remove)
    look = whats.add_parser("look", help="look through a network now, and show what is there; nothing is kept")
    add_data(look)
    look.add_argument("network", metavar="NETWORK")
    look.add_argument("--zone", default="adm", help="zone whose credentials are tried (default: adm)")
    look.add_argument("--site", default="unassigned", help="site whose credentials are tried too")
    look.add_argument("--per-second", type=float, default=50.0, metavar="N", help="echoes a second (default: 50)")
    look.add_argument("--port", type=int, default=161, help="UDP port of SNMP (default: 161)")
    look.set_defaults(run=_look)


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.discovery.found import MAX_ADDRESSES
    from driftvakt_collector.store import subnets, zones
    from driftvakt_collector.store.subnets import SubnetRow

    network = _network(arguments.network)
    if arguments.zone not in (known := zones.load(load(arguments).data)):
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    _within("--hours", arguments.hours, _HOURS)
    _within("--per-second", arguments.per_second, _PACE)
    _plan(arguments)
    others = read_store(arguments, subnets.load)
    _as_before(arguments, next((one for one in others if (one.zone, one.network) == (arguments.zone, network)), None))
    for other in others:
        if other.zone == arguments.zone and other.network != network and _overlap(other.network, network):
            raise ConfigError(
                f"{other.network} of zone {other.zone} is looked through already, and {network} overlaps it"
            )
    keeper = read_store(arguments, lambda one: via.keeper(one, arguments.via, arguments.zone))
    if keeper and ip_network(network).num_addresses > MAX_ADDRESSES:
        raise ConfigError(f"{network} is too large for a relay, which looks through a /21 at most: add several")
    row = SubnetRow(
        arguments.zone, network, arguments.site[:255], arguments.administration[:255], arguments.supplier[:255],
        arguments.hours * 3600.0, arguments.per_second, not arguments.list_only, time.time(), who(),
        cron=arguments.cron, time_zone=arguments.time_zone, keeper=keeper,
    )  # fmt: skip
    write_store(arguments, lambda one: subnets.keep(one, row))
    first = f"by {arguments.via} within minutes" if keeper else "now"
    then = f"{first}, and then {_when(row)}"
    print(shown(f"{network} of zone {row.zone} is looked through {then}: driftvakt subnet list"))
    return 0


def _as_before(arguments: argparse.Namespace, there: "SubnetRow | None") -> None:
    """Let what is not said of a network stay as it was."""
    for name, usual in (("site", "unassigned"), ("administration", "unassigned"), ("supplier", "")):
        if getattr(arguments, name) is None:
            setattr(arguments, name, usual if there is None else getattr(there, name))


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import subnets

    rows, relays = read_store(arguments, lambda one: (subnets.load(one), via.names(one)))
    if not rows:
        print("no network is looked through yet: driftvakt subnet add NETWORK --site SITE")
    for row in rows:
        found = "not looked through yet"
        if row.ended:
            found = (
                f"{_moment(row.ended)}, in {row.ended - row.began:.0f} s: {row.known} known, {row.added} added,"
                f" {row.unknown} unknown of {row.asked} addresses"
            )
        if row.began > row.ended:
            found += f"; begun {_moment(row.began)}"
        place = f"{row.zone} {row.administration}/{row.site}" + ("" if row.adds else ", adds nothing")
        place += via.suffix(relays, row.keeper)
        print(shown(f"{row.network}  {place}  {_when(row)}  {found}"))
        if row.said:
            print(shown(f"  the last sweep failed: {row.said}"))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.discovery.outcome import WHO, list_name
    from driftvakt_collector.store import coverage, subnets

    network = _network(arguments.network)
    if not write_store(arguments, lambda one: subnets.remove(one, arguments.zone, network)):
        raise ConfigError(f"{network} of zone {arguments.zone} is not looked through: driftvakt subnet list")
    write_store(arguments, lambda one: coverage.forget(one, list_name(arguments.zone, network), WHO))
    print(shown(f"{network} of zone {arguments.zone} is looked through no more; devices that were added stay"))
    return 0


def _look(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.discovery.echoes import EchoError
    from driftvakt_collector.store import zones

    network = _network(arguments.network)
    if arguments.zone not in (known := zones.load(load(arguments).data)):
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    _within("--per-second", arguments.per_second, _PACE)
    try:
        finds = asyncio.run(_swept(arguments, network))
    except EchoError as e:
        raise ConfigError(f"cannot look through {network}: {e}") from e
    for line in _lines(finds):
        print(shown(line))
    print(f"{len(finds)} things answer; nothing was kept: driftvakt subnet add {network}")
    return 0


async def _swept(arguments: argparse.Namespace, network: str) -> "list[Find]":
    from driftvakt_collector.poll.discovery import subnet
    from driftvakt_collector.poll.discovery.explorer import known_of
    from driftvakt_collector.poll.discovery.senses import SnmpSenses
    from driftvakt_collector.poll.discovery.sweep import sweep
    from driftvakt_collector.poll.snmp.asker import SnmpAsker
    from driftvakt_collector.poll.snmp.fast import FastDriver
    from driftvakt_collector.store import devices
    from driftvakt_collector.trust import vault

    driver = FastDriver()
    keys = SnmpAsker(driver, vault.load(load(arguments).data))
    keys.know(read_store(arguments, devices.credentials))
    known = known_of(arguments.zone, (), read_store(arguments, devices.load))
    senses = SnmpSenses(driver, keys.fitting(arguments.zone, arguments.site), (), arguments.port)
    asked = list(subnet.addresses(subnet.network_of(network)))
    try:
        return await sweep(asked, arguments.per_second, senses, known, _tell if sys.stderr.isatty() else _quiet)
    finally:
        if sys.stderr.isatty():
            print(file=sys.stderr)


def _lines(finds: "Iterable[Find]") -> Iterable[str]:
    from ipaddress import ip_address

    for one in sorted(finds, key=lambda find: ip_address(find.address)):
        if one.host is not None:
            what = f"known: {one.host.name}"
        elif one.told is not None:
            kind = " ".join(part for part in (one.told.class_, one.told.vendor, one.told.model) if part)
            what = f"{one.told.name or '-'}  {kind or 'of an unknown kind'}; takes {one.told.credential}"
        else:
            what = "takes none of our credentials"
        yield f"{one.address:<15}  {one.mac or '-':<17}  {what}"


def _tell(progress: "Progress") -> None:
    words = f"\r{progress.echoes} of {2 * progress.of} echoes"
    if progress.step == "snmp":
        words = f"\r{progress.asked} of {progress.answering} asked by SNMP"
    print(f"{words:<40}", end="", file=sys.stderr, flush=True)


def _quiet(_progress: "Progress") -> None:
    """Say nothing where nobody looks on."""


def _plan(arguments: argparse.Namespace) -> None:
    """Raise ConfigError for what is no expression, or no time zone."""
    from driftvakt_collector.poll.plan import Cron, PlanError, zone_of

    try:
        zone = zone_of(arguments.time_zone)
        if arguments.cron:
            Cron(arguments.cron, zone)
    except PlanError as e:
        raise ConfigError(str(e)) from e


def _when(row: "SubnetRow") -> str:
    return f"at '{row.cron}' {row.time_zone}" if row.cron else f"every {row.every / 3600:g} h"


def _network(text: str) -> str:
    from driftvakt_collector.poll.discovery.subnet import SubnetError, network_of

    try:
        return str(network_of(text))
    except SubnetError as e:
        raise ConfigError(str(e)) from e


def _overlap(one: str, other: str) -> bool:
    from ipaddress import ip_network

    return ip_network(one).overlaps(ip_network(other))


def _within(option: str, value: float, bounds: tuple[float, float]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise ConfigError(f"'{option}' must be {bounds[0]:g} to {bounds[1]:g}, got {value:g}")


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M}"
