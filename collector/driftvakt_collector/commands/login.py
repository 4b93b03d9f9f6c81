"""`driftvakt new-login`: a new secret for a console login."""

import argparse

from driftvakt_collector.commands.common import add_data, load, write_to


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    login = commands.add_parser("new-login", help="give a console login a new secret, and print it")
    add_data(login)
    login.add_argument("--name", default="admin", help="the login (default: admin)")
    login.set_defaults(run=_new_login)


def _new_login(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins, zones
    from driftvakt_collector.store.engine import Store

    told = load(arguments)
    zones.load(told.data)
    store = Store(told.store_url())
    store.migrate()
    secret = logins.new_secret()
    write_to(store, arguments, lambda connection: logins.set_secret(connection, arguments.name, secret))
    store.close()
    print(secret)
    return 0
