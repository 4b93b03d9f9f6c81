"""`driftvakt service-check`: services that are asked as their users would."""

import argparse
import asyncio
import json
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands import jobs, via
from driftvakt_collector.commands.common import add_data, load, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError, read_secret

if TYPE_CHECKING:
    from driftvakt_collector.poll.checks.check import Check, Outcome
    from driftvakt_collector.poll.checks.options import Value
    from driftvakt_collector.store.service_checks import ServiceCheckRow

_EVERY, _PATIENCE = (5.0, 86_400.0), (0.5, 120.0)
_USUAL_EVERY, _USUAL_PATIENCE = 60.0, 10.0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    command = commands.add_parser(
        "service-check",
        help="ask web, mail, directory … as their users would, and hear how jobs went: add, list, show, run, …",
        epilog="Which kinds there are and what may be set for each: driftvakt service-check kinds",
    )  # fmt: skip
    whats = command.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="check a service from now on",
        epilog="driftvakt service-check add http www.example.org --option path=/login --service Webb --data DIR ·"
        " driftvakt service-check add job 'Backup of the file server' --cron '30 2 * * *' --grace 2h --data DIR",
    )  # fmt: skip
    add_data(adding)
    _say_what(adding)
    adding.add_argument("--name", default="", help="what it is called (default: kind and target)")
    adding.add_argument("--service", default="", help="service of the catalogue that it is a part of")
    adding.add_argument("--administration", default="unassigned", help="whose service it is (default: unassigned)")
    adding.add_argument("--site", default="unassigned", help="where it stands (default: unassigned)")
    adding.add_argument("--every", type=jobs.seconds, metavar="TIME",
                        help="time between two checks, like 30, 5m or 1d; 5 to 86400 seconds (default: 60);"
                        " of a job between two runs, 60 s or more")  # fmt: skip
    via.add(adding)
    jobs.add_terms(adding)
    adding.set_defaults(run=_add)
    running = whats.add_parser("run", help="check once and show what came of it; nothing is kept. Of a job: how it is")
    add_data(running)
    _say_what(running)
    running.set_defaults(run=_run)
    listing = whats.add_parser("list", help="show every check")
    add_data(listing)
    listing.set_defaults(run=_list)
    showing = whats.add_parser(
        "show", help="show how a check is set; of a job also how it is, and what it printed last"
    )
    add_data(showing)
    showing.add_argument("name", metavar="NAME", help="its name or origin, as 'service-check list' shows them")
    showing.set_defaults(run=_show_one)
    secret = whats.add_parser(
        "secret", help="give a job a new address; the old one is good no more",
        epilog="Of an address only a hash is kept, so that nobody can read it here: one that is lost is made anew.",
    )  # fmt: skip
    add_data(secret)
    secret.add_argument("name", metavar="NAME", help="the job's name or origin, as 'service-check list' shows them")
    jobs.add_url(secret)
    secret.set_defaults(run=jobs.renew)
    remove = whats.add_parser("remove", help="check no more; the history stays")
    add_data(remove)
    remove.add_argument("origin", metavar="ORIGIN", help="the check, as 'service-check list' shows it")
    remove.set_defaults(run=_remove)
    kinds = whats.add_parser("kinds", help="show the kinds of check, or the options of one")
    kinds.add_argument("kind", nargs="?", default="", metavar="KIND", help="one of them, with its options")
    kinds.set_defaults(run=_kinds)


def _say_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", help="kind of check, as 'service-check kinds' shows them")
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="host name or address, and :PORT where it is not the usual one; of a job its name",
    )
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE",
                        help="what 'service-check kinds KIND' shows; repeat it for more")  # fmt: skip
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="file with the secret of the check's account")
    parser.add_argument("--patience", type=jobs.seconds, metavar="TIME",
                        help="time until a service counts as hung, 0.5 to 120 seconds (default: 10); of a job how long"
                        " a run may take (default: until the next is late, and a day at most)")  # fmt: skip
    parser.add_argument("--zone", default="adm", help="zone that it stands in (default: adm)")


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.checker import about
    from driftvakt_collector.store import service_checks, zones
    from driftvakt_collector.store.hosts import HostRow
    from driftvakt_collector.store.service_checks import SERVICE, ServiceCheckRow
    from driftvakt_collector.trust import vault

    check, options, host, port, secret = _read(arguments)
    if check.name == jobs.KIND:
        if arguments.via:
            raise ConfigError("'--via' is for what is asked; a job calls, also by way of a relay: it needs no --via")
        arguments.read = options
        return jobs.add(arguments)
    if not_of_it := [one for one in ("cron", "time_zone", "grace") if getattr(arguments, one) is not None]:
        raise ConfigError(f"'--{not_of_it[0].replace('_', '-')}' is for jobs, and not for a check {check.name!r}")
    arguments.every = _USUAL_EVERY if arguments.every is None else arguments.every
    told = load(arguments)
    if arguments.zone not in (known := zones.load(told.data)):
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    if not _EVERY[0] <= arguments.every <= _EVERY[1] or arguments.every < arguments.patience:
        raise ConfigError(f"'--every' must be {_EVERY[0]:.0f} to {_EVERY[1]:.0f} seconds, and not less than --patience")
    origin, now = f"c-{secrets.token_hex(10)}", time.time()
    sealed = vault.load(told.data).seal(secret.encode(), about(origin)) if secret else b""
    name = arguments.name or f"{check.name} {arguments.target}"
    row = ServiceCheckRow(
        origin, arguments.zone, check.name, host, port, json.dumps(options, ensure_ascii=False), sealed,
        arguments.every, arguments.patience, arguments.service[:255], now, who(),
    )  # fmt: skip
    made = HostRow(
        origin, 1, name[:255], arguments.zone, arguments.administration, arguments.site, SERVICE,
        keeper=read_store(arguments, lambda one: via.keeper(one, arguments.via, arguments.zone)),
    )  # fmt: skip
    write_store(arguments, lambda one: service_checks.add(one, made, row))
    since = f"by {arguments.via}, which hears of it within a minute" if made.keeper else "from now on"
    print(shown(f"{origin}  {name}, checked every {arguments.every:g} s {since}"))
    return 0


def _run(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.checks.check import Target, run

    check, options, host, port, secret = _read(arguments)
    if check.name == jobs.KIND:
        return _show_job(arguments, arguments.target)
    outcome = asyncio.run(run(check, Target(host, port, options, secret), arguments.patience))
    _show(outcome)
    return 0 if outcome.fault is None else 1


def _show(outcome: "Outcome") -> None:
    head = "well" if outcome.fault is None else f"{outcome.fault.value}: {outcome.reason}"
    print(shown(f"{head} ({outcome.seconds * 1000:.1f} ms)"))
    for phase, seconds in outcome.phases.items():
        print(shown(f"  {phase:<20} {seconds * 1000:.1f} ms"))
    for (name, labels), value in outcome.values.items():
        told = ",".join(f'{label}="{text}"' for label, text in labels)
        print(shown(f"  {name}{{{told}}} {value:g}" if told else f"  {name} {value:g}"))


def _read(arguments: argparse.Namespace) -> "tuple[Check, dict[str, Value], str, int, str]":
    """Return the check, its options, host, port and secret. Raises ConfigError with all that is wrong."""
    from driftvakt_collector.poll.checks.options import CheckConfigError, options_of
    from driftvakt_collector.poll.checks.table import CHECKS

    check = CHECKS.get(arguments.kind)
    if check is None:
        raise ConfigError(f"there is no check {arguments.kind!r}; there are {', '.join(sorted(CHECKS))}")
    of_job = check.name == jobs.KIND
    if arguments.patience is None and not of_job:
        arguments.patience = _USUAL_PATIENCE
    if not of_job and not _PATIENCE[0] <= arguments.patience <= _PATIENCE[1]:
        raise ConfigError(f"'--patience' must be {_PATIENCE[0]:g} to {_PATIENCE[1]:g} seconds")
    kinds = {option.name: option.kind for option in check.options}
    told: dict[str, object] = {}
    for one in arguments.option:
        name, found, text = one.partition("=")
        if not found:
            raise ConfigError(f"'--option {one}' must be NAME=VALUE")
        value = _value(text, kinds.get(name, str))
        told[name] = (*told.get(name, ()), *value) if isinstance(value, tuple) else value  # type: ignore[misc]
    try:
        options = options_of(check, told)
    except CheckConfigError as e:
        raise ConfigError(str(e)) from e
    host, port = (arguments.target, 0) if of_job else _target(arguments.target)
    return check, options, host, port, read_secret(arguments.secret_file) if arguments.secret_file else ""


def _value(text: str, kind: type) -> object:
    """Return an option's text as its kind; as text where it is none, so that who checks it says what is wrong."""
    if kind is tuple:
        return (text,)
    if kind is bool:
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text


def _target(text: str) -> tuple[str, int]:
    """Return host and port of www.example.org, 10.0.0.1:8443, [2001:db8::1]:443 or 2001:db8::1."""
    host, port = text, ""
    if "://" in text:
        raise ConfigError(
            f"{text[:200]!r} is the address of a page; write its host, and :PORT where it is not the usual one; of http"
            " the rest is --option path=/… and, for https, --option tls=true"
        )
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or len(host) > 255 or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise ConfigError(f"{text!r} is no target; write a name or address, and :PORT where it is not the usual one")
    return host, int(port or 0)


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import service_checks

    rows, states, relays = read_store(
        arguments, lambda one: (service_checks.load(one), jobs.states(one), via.names(one))
    )
    if not rows:
        print("no service is checked yet: driftvakt service-check add KIND TARGET")
    for row, host in rows:
        part = f", of {row.service}" if row.service else ""
        place = f"{row.zone} {host.administration}/{host.site}"
        state = f": {states[row.origin]}" if row.origin in states else ""
        by = via.suffix(relays, host.keeper)
        print(shown(f"{row.origin}  {host.name}  {_what(row)}{by}{state}  {place}{part}"))
    return 0


def _what(row: "ServiceCheckRow") -> str:
    """Return what is checked, and when."""
    from driftvakt_collector.poll.jobs.terms import plan_told

    if row.kind == jobs.KIND:
        return f"job, {plan_told(row)}"
    return f"{row.kind} {row.target}{f':{row.port}' if row.port else ''}, every {row.every:g} s"


def _show_one(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import service_checks

    found = read_store(arguments, lambda one: service_checks.named(one, arguments.name))
    if not found:
        raise ConfigError(f"there is no check {arguments.name!r}: driftvakt service-check list")
    for row, host in found:
        if row.kind == jobs.KIND:
            _show_job(arguments, row.origin)
            continue
        secret = "; it has a secret" if row.sealed else ""
        print(shown(f"{row.origin}  {host.name}  {_what(row)}, patience {row.patience:g} s{secret}"))
        for name, value in json.loads(row.options).items():
            print(shown(f"  {name:<20} {value}"))
    return 0


def _show_job(arguments: argparse.Namespace, name: str) -> int:
    from driftvakt_collector.store import feed

    row, host, job = jobs.find(arguments, name)
    return jobs.show(row, host, job, read_store(arguments, feed.outages))


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import service_checks

    if not write_store(arguments, lambda one: service_checks.remove(one, arguments.origin, datetime.now(UTC))):
        raise ConfigError(f"there is no check {arguments.origin}: driftvakt service-check list")
    print(f"{arguments.origin} is checked no more; its history stays")
    return 0


def _kinds(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll.checks.table import CHECKS

    if arguments.kind:
        check = CHECKS.get(arguments.kind)
        if check is None:
            raise ConfigError(f"there is no check {arguments.kind!r}; there are {', '.join(sorted(CHECKS))}")
        print(f"{check.name}: {check.help}" + (f" Usual port {check.port}." if check.port else ""))
        for option in check.options:
            kind = {str: "text", int: "whole number", float: "number", bool: "true or false", tuple: "texts"}
            print(f"  {option.name:<20} {kind[option.kind]:<14} {option.help}")
        return 0
    for name, check in sorted(CHECKS.items()):
        print(f"{name:<18} {check.help}")
    print("driftvakt service-check kinds KIND shows what may be set", file=sys.stderr)
    return 0
