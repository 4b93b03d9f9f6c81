"""`driftvakt user`: who may open the console, as what, and which sessions are open."""

import argparse
import re
import sys
import time
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, load, moment, read_store, shown, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.store.accounts import AccountRow

_NAME = re.compile(r"[a-z0-9åäö][a-z0-9åäö._-]{0,63}")
ROLES = ("admin", "operator", "oncall", "administration", "executive", "supplier")
_ABOUT = """\
roles:
  admin           everything, with accounts and the audit log
  operator        sees all, takes incidents, accepts findings of the coverage ledger
  oncall          sees all, takes incidents
  administration  sees its own hosts and incidents (--administration, again for each)
  executive       sees all lists, without names of people
  supplier        sees the hosts that it delivers and the incidents that it has (--supplier)
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    user = commands.add_parser("user", help="who may open the console, as what; their sessions")
    users = user.add_subparsers(required=True, metavar="WHAT")
    create = users.add_parser(
        "add", help="make an account, and print its secret once", epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    _named(create, _add)
    _told(create, role=True)

    listing = users.add_parser("list", help="show all accounts")
    add_data(listing)
    listing.set_defaults(run=_list)

    change = users.add_parser(
        "change", help="change what an account is or sees", epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    _named(change, _change)
    _told(change, role=False)

    for name, run, help_ in (
        ("secret", _secret, "give an account a new secret, print it once, and end its sessions"),
        ("disable", _disable, "let an account in no more, and end its sessions"),
        ("enable", _enable, "let an account in again"),
        ("remove", _remove, "forget an account; what it did stays in the audit log"),
    ):
        _named(users.add_parser(name, help=help_), run)
    codes = users.add_parser("codes", help="ask an account for a one-time code at each login; prints what to scan")
    _named(codes, _codes)
    codes.add_argument("--off", action="store_true", help="ask for none any more")
    sessions = users.add_parser("sessions", help="show which sessions are open, or end them")
    add_data(sessions)
    sessions.add_argument("name", metavar="NAME", nargs="?", default="", help="whose (default: everybody's)")
    sessions.add_argument("--end", metavar="SESSION", nargs="?", const="", help="end one of NAME's, or all of them")
    sessions.set_defaults(run=_sessions)


def _named(parser: argparse.ArgumentParser, run: object) -> None:
    add_data(parser)
    parser.add_argument("name", metavar="NAME", help="the login, as anna.ek")
    parser.set_defaults(run=run)


def _told(parser: argparse.ArgumentParser, *, role: bool) -> None:
    parser.add_argument("--role", choices=ROLES, required=role, help="what the account is; see below")
    parser.add_argument("--administration", action="append", metavar="NAME", help="that the role administration sees")
    parser.add_argument("--supplier", metavar="NAME", help="whose the account is, for the role supplier")
    parser.add_argument("--full-name", metavar="TEXT", help="who that is")


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts, logins

    name = str(arguments.name)
    if not _NAME.fullmatch(name) or name.startswith("api"):
        raise ConfigError("a login is 1 to 64 of a-z, å, ä, ö, 0-9, '.', '_' and '-', and does not begin with api")
    secret, now = logins.new_secret(), time.time()

    def work(connection: "Connection") -> None:
        if accounts.find(connection, name) is not None:
            raise ConfigError(f"there is an account {name} already: driftvakt user change {name}")
        told = _checked(connection, arguments, None)
        logins.set_secret(connection, name, secret)
        accounts.change(connection, name, now, **told)

    write_store(arguments, work)
    print(f"{name} may log in as {arguments.role}; the secret is shown only now:", file=sys.stderr)
    print(secret)
    return 0


def _change(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts

    def work(connection: "Connection") -> None:
        row = _account(connection, arguments.name)
        told = _checked(connection, arguments, row)
        if not told:
            raise ConfigError("say what to change: --role, --administration, --supplier or --full-name")
        _keep_one_admin(connection, row, str(told.get("role", row.role)))
        accounts.change(connection, row.name, time.time(), **told)

    write_store(arguments, work)
    print(f"{arguments.name} is changed")
    return 0


def _checked(connection: "Connection", arguments: argparse.Namespace, row: "AccountRow | None") -> dict[str, object]:
    """Return what is to be changed. Raises ConfigError where role and part do not fit."""
    from driftvakt_collector.store import hosts, suppliers

    role = arguments.role or (row.role if row is not None else "")
    mine = tuple(arguments.administration or (row.administrations if row is not None else ()))
    supplier = arguments.supplier if arguments.supplier is not None else (row.supplier if row is not None else "")
    if role == "administration":
        known = sorted({one.administration for one in hosts.load(connection) if one.administration})
        unknown = [one for one in mine if one not in known]
        if not mine:
            raise ConfigError("the role administration needs --administration, once for each that it sees")
        if unknown:
            raise ConfigError(
                f"no host is of the administration {unknown[0]!r}; there are {', '.join(known) or 'none'}"
            )
    if role == "supplier":
        known = sorted(one.name for one in suppliers.load(connection))
        if supplier not in known:
            raise ConfigError(f"there is no supplier {supplier!r}; there are {', '.join(known) or 'none'}")
    told: dict[str, object] = {}
    if arguments.role is not None or arguments.administration is not None or arguments.supplier is not None:
        told = {
            "role": role, "administrations": mine if role == "administration" else (),
            "supplier": supplier if role == "supplier" else "",
        }  # fmt: skip
    if arguments.full_name is not None:
        told["full_name"] = shown(arguments.full_name)[:255]
    return told


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts

    found = read_store(arguments, accounts.load)
    if not found:
        print("nobody may log in; make an account: driftvakt user add NAME --role admin", file=sys.stderr)
    for one in found:
        part = ", ".join(one.administrations) or one.supplier
        words = [one.name, one.role + (f" of {part}" if part else "")]
        words += ["with one-time codes"] * bool(one.totp) + ["DISABLED"] * one.disabled
        print(shown("  ".join([*words, one.full_name]).rstrip()))
    return 0


def _secret(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins

    secret = logins.new_secret()

    def work(connection: "Connection") -> None:
        logins.set_secret(connection, _account(connection, arguments.name).name, secret)

    write_store(arguments, work)
    print(secret)
    return 0


def _disable(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts

    def work(connection: "Connection") -> int:
        row = _account(connection, arguments.name)
        _keep_one_admin(connection, row, "")
        accounts.change(connection, row.name, time.time(), disabled=True)
        return accounts.end_sessions(connection, row.name)

    ended = write_store(arguments, work)
    print(f"{arguments.name} may not log in any more; {ended} sessions ended")
    return 0


def _enable(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts

    write_store(
        arguments,
        lambda one: accounts.change(one, _account(one, arguments.name).name, time.time(), disabled=False),
    )
    print(f"{arguments.name} may log in again")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts

    def work(connection: "Connection") -> None:
        row = _account(connection, arguments.name)
        _keep_one_admin(connection, row, "")
        accounts.remove(connection, row.name)

    write_store(arguments, work)
    print(f"{arguments.name} is forgotten")
    return 0


def _codes(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.console.codes import Codes
    from driftvakt_collector.store import accounts
    from driftvakt_collector.trust import vault

    name = str(arguments.name)
    secret, sealed, address = ("", "", "")
    if not arguments.off:
        secret, sealed, address = Codes(vault.load(load(arguments).data)).make(name)
    write_store(
        arguments,
        lambda one: accounts.change(one, _account(one, name).name, time.time(), totp=sealed, totp_at=0.0),
    )
    if arguments.off:
        print(f"{name} is asked for no code any more")
        return 0
    import segno

    print(f"scan this with an app for one-time codes, or type {secret}; it is shown only now:", file=sys.stderr)
    if sys.stdout.isatty():
        segno.make(address).terminal(compact=True)
    print(address)
    return 0


def _sessions(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import accounts

    if arguments.end is not None:
        if not arguments.name:
            raise ConfigError("say whose sessions end: driftvakt user sessions NAME --end")
        ended = write_store(arguments, lambda one: accounts.end_sessions(one, arguments.name, arguments.end))
        print(f"{ended} sessions of {arguments.name} ended")
        return 0 if ended else 1
    found = read_store(arguments, lambda one: accounts.sessions(one, time.time(), arguments.name))
    if not found:
        print("no session is open", file=sys.stderr)
    for one in found:
        since = moment(one.opened_at) if one.opened_at else "before this release"
        told = (one.token[:12], one.login, f"since {since}", f"until {moment(one.expires)}", one.address, one.browser)
        print(shown("  ".join(told)))
    return 0


def _account(connection: "Connection", name: str) -> "AccountRow":
    from driftvakt_collector.store import accounts

    row = accounts.find(connection, name)
    if row is None:
        raise ConfigError(f"there is no account {name}: driftvakt user list")
    return row


def _keep_one_admin(connection: "Connection", row: "AccountRow", role: str) -> None:
    """See that somebody is left who may do everything. Raises ConfigError."""
    from driftvakt_collector.store import accounts

    if row.role == "admin" and role != "admin" and accounts.is_last(connection, row):
        raise ConfigError(f"{row.name} is the only platform administrator: make another one first")
