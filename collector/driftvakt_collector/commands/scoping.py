"""What something is about, on the command line: `--site Farsta --class server`, and how many hosts that are."""

import argparse
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import read_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from driftvakt_collector.alert.scope import Scope

_ALMOST = 3


def add(parser: argparse.ArgumentParser) -> None:
    """Declare what it is about."""
    about = parser.add_argument_group("what it is about; all that is given must fit")
    about.add_argument("--zone", default="", help="a zone, as adm")
    about.add_argument("--administration", default="", help="an administration")
    about.add_argument("--site", default="", help="a site")
    about.add_argument("--class", default="", dest="class_", metavar="CLASS", help="a class of hosts, as server")
    about.add_argument("--host", action="append", default=[], metavar="HOST", help="a host by name or origin; repeat")
    about.add_argument("--below", action="store_true", help="also what is reached through these hosts only")
    about.add_argument("--service", default="", help="a service of the catalogue")
    about.add_argument("--rule", default="", help="a rule for alerts")
    about.add_argument("--label", action="append", default=[], metavar="NAME=TEXT",
                       help="a label of the alert; NAME=~PATTERN for an expression of RE2; repeat")  # fmt: skip


def of(arguments: argparse.Namespace) -> "Scope":
    """Return the scope that the arguments ask for. Raises ConfigError."""
    from driftvakt_collector.alert.scope import Scope, ScopeError, label_of

    try:
        labels = tuple(label_of(one) for one in arguments.label)
    except ScopeError as e:
        raise ConfigError(f"'--label': {e}") from e
    texts = {key: getattr(arguments, key).strip() for key in ("zone", "administration", "site", "class_", "service")}
    origins: tuple[str, ...] = ()
    if arguments.host:
        origins = read_store(arguments, lambda one: _origins(one, arguments.host))
    return Scope(**texts, rule=arguments.rule.strip(), origins=origins, labels=labels, below=arguments.below)


def hosts_of(arguments: argparse.Namespace, scope: "Scope") -> str:
    """Say how many hosts a scope is of; where a name fits none, which it may have meant."""
    from difflib import get_close_matches

    from driftvakt_collector.store import hosts

    rows = [row for row in read_store(arguments, hosts.load) if row.state == hosts.APPROVED]
    number = sum(1 for row in rows if scope.is_of(row))
    told = f"{number} host{'' if number == 1 else 's'} now"
    if number:
        return told
    for field in ("zone", "administration", "site", "class_"):
        wanted = getattr(scope, field)
        there = sorted({str(getattr(row, field)) for row in rows})
        if wanted and wanted not in there:
            close = get_close_matches(wanted, there, _ALMOST) or there[:9]
            told += f"; no host has {field.rstrip('_')} {wanted!r}" + (
                f", there is {', '.join(close)}" if close else ""
            )
    return told


def _origins(connection: "Connection", told: "Sequence[str]") -> tuple[str, ...]:
    """Return the origins of hosts that are named by origin or name."""
    from difflib import get_close_matches

    from driftvakt_collector.store import hosts

    rows = [row for row in hosts.load(connection) if row.state != hosts.REVOKED]
    found: list[str] = []
    for text in told:
        fitting = [row.origin for row in rows if text in (row.origin, row.name)]
        if len(fitting) > 1 and text not in fitting:
            raise ConfigError(
                f"{len(fitting)} hosts are called {text!r}: say which by origin: {', '.join(fitting[:9])}"
            )
        if not fitting:
            close = get_close_matches(text, [row.name for row in rows], _ALMOST)
            raise ConfigError(
                f"there is no host {text!r}" + (f"; did you mean {' or '.join(close)}?" if close else "")
                + ": driftvakt host list"
            )  # fmt: skip
        found.append(text if text in fitting else fitting[0])
    return tuple(dict.fromkeys(found))
