"""`driftvakt init`: makes the data directory."""

import argparse
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from driftvakt_collector.commands.common import add_data, load, write_private
from driftvakt_collector.config import OWN_FILE, Config, ConfigError

_FIRST_LOGIN = "first-login"
_HERE = "127.0.0.1"
_FIRST_PORT = 8443


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    init = commands.add_parser(
        "init", help="make the data directory: zone keys and certificates, store, the first login"
    )
    add_data(init)
    init.add_argument(
        "--zone", action="append", help="a zone to make a key for; repeat it for more (default: adm, edu)"
    )
    init.add_argument(
        "--name", action="append", default=[], metavar="HOST",
        help="name or address under which hosts reach the collector, for the zones' certificates; repeat it for more",
    )  # fmt: skip
    init.add_argument(
        "--listen", dest="address", metavar="ADDRESS",
        help=f"address of the zones' listeners, 0.0.0.0 for every interface, on ports from {_FIRST_PORT} on"
        " (default: this machine alone, on ports that are free at the start)",
    )  # fmt: skip
    init.add_argument(
        "--organisation", default="driftvakt", help="whose certificates these are; stands in them (default: driftvakt)"
    )
    init.set_defaults(run=_init)


def _init(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins, zones
    from driftvakt_collector.store.engine import Store

    _check(arguments)
    told = load(arguments)
    wanted = tuple(dict.fromkeys(arguments.zone or [zone.name for zone in told.zones])) or ("adm", "edu")
    made = []
    try:
        told.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        made += [f"the master key of zone {zone}" for zone in wanted if zones.create(told.data, zone)]
        made += _certificates(told, wanted, arguments)
        made += _listeners(told, wanted, arguments)
    except OSError as e:
        raise ConfigError(f"cannot make the data directory {told.data}: {e.strerror}") from e
    for one in made:
        print(f"made {one}")
    store = Store(told.store_url())
    store.migrate()
    if not store.read(logins.has_logins):
        secret = logins.new_secret()
        store.write_now(lambda connection: logins.set_secret(connection, "admin", secret))
        write_private(told.data / _FIRST_LOGIN, secret + "\n")
        made.append("the login")
        print(f"made the login admin; its secret stands in {told.data / _FIRST_LOGIN}")
    store.close()
    if not made:
        print(f"nothing to make: {told.data} has its keys, its store and a login already")
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from driftvakt_collector.trust.ca import check_name

    if arguments.address is not None:
        try:
            ip_address(arguments.address)
        except ValueError as e:
            raise ConfigError(f"'--listen' must be an IP address, got {arguments.address!r}") from e
    for name in arguments.name:
        if check_name(name):
            raise ConfigError(f"'--name': {check_name(name)}")


def _certificates(told: Config, zones: Sequence[str], arguments: argparse.Namespace) -> list[str]:
    """Make each zone's authority and its listener's certificate; return what was made."""
    from datetime import UTC, datetime

    from driftvakt_collector.config import Zone
    from driftvakt_collector.trust.keeping import make_authority, make_certificate, names_of

    now = datetime.now(UTC)
    made = []
    for zone in zones:
        if make_authority(told.data, zone, arguments.organisation, now):
            made.append(f"the certificate authority of zone {zone}, in {told.data / 'ca'}")
        known = next((one for one in told.zones if one.name == zone), Zone(zone, names=tuple(arguments.name)))
        if known.tls_cert is None and make_certificate(told.data, zone, names_of(known), now):
            made.append(f"the certificate of zone {zone} for {', '.join(names_of(known))}")
    return made


def _listeners(told: Config, zones: Sequence[str], arguments: argparse.Namespace) -> list[str]:
    """Write the zones that have no table yet into collector.toml; return what was written."""
    from driftvakt_collector import files

    known = {one.name for one in told.zones}
    new = [zone for zone in zones if zone not in known]
    if not new:
        return []
    tables = [_table(zone, len(known) + place, arguments) for place, zone in enumerate(new)]
    if arguments.config is not None:
        print(f"these zones have no listener; one is made of each table that you put into {arguments.config}:")
        print("".join(tables))
        return []
    path = told.data / OWN_FILE
    there = path.read_text("utf-8") if path.exists() else ""
    head = there or "# Read by every command that is given --data. docs/collector.md tells what else may stand here.\n"
    files.replace(Path(path), (head + "".join(tables)).encode(), 0o600)
    return [f"the listener of zone {zone} in {path}" for zone in new]


def _table(zone: str, place: int, arguments: argparse.Namespace) -> str:
    from driftvakt_collector.trust.keeping import machine_names

    listen, port = (_HERE, 0) if arguments.address is None else (arguments.address, _FIRST_PORT + place)
    names = ", ".join(f'"{name}"' for name in arguments.name or machine_names())
    why = "  # a free one at each start; set both for other machines to come in" if port == 0 else ""
    return (
        f'\n[zones.{zone}]\nlisten = "{listen}"\nport = {port}{why}\nnames = [{names}]\n'
        f'privacy = "{"edu" if zone == "edu" else "full"}"\n'
    )
