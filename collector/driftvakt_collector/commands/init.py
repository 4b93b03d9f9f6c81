"""`driftvakt init`: makes the data directory."""

import argparse

from driftvakt_collector.commands.common import add_data, load, write_private
from driftvakt_collector.config import ConfigError

_FIRST_LOGIN = "first-login"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    init = commands.add_parser("init", help="make the data directory: zone keys, store, the first login")
    add_data(init)
    init.add_argument(
        "--zone", action="append", help="a zone to make a key for; repeat it for more (default: adm, edu)"
    )
    init.set_defaults(run=_init)


def _init(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins, zones
    from driftvakt_collector.store.engine import Store

    told = load(arguments)
    made = False
    try:
        told.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for zone in arguments.zone or ("adm", "edu"):
            if zones.create(told.data, zone):
                made = True
                print(f"made the master key of zone {zone}")
    except OSError as e:
        raise ConfigError(f"cannot make the data directory {told.data}: {e.strerror}") from e
    store = Store(told.store_url())
    store.migrate()
    if not store.read(logins.has_logins):
        secret = logins.new_secret()
        store.write_now(lambda connection: logins.set_secret(connection, "admin", secret))
        write_private(told.data / _FIRST_LOGIN, secret + "\n")
        made = True
        print(f"made the login admin; its secret stands in {told.data / _FIRST_LOGIN}")
    store.close()
    if not made:
        print(f"nothing to make: {told.data} has its keys, its store and a login already")
    return 0
