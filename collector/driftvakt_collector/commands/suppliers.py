"""`driftvakt supplier`: to whom incidents are handed over. Secrets come from files, and are kept encrypted."""

import argparse
import asyncio
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, load, moment, read_store, shown, write_store
from driftvakt_collector.config import ConfigError, read_secret

if TYPE_CHECKING:
    from driftvakt_collector.desk.suppliers.supplier import Secrets, Supplier
    from driftvakt_collector.store.suppliers import SupplierRow

_KINDS = ("email", "glpi", "zammad", "generic")
_MOST_SECRET = 1000
_WORDS = ("address", "url", "language", "calendar", "answer_minutes", "mend_hours")
_SETTINGS = ("phone", "number", "entity", "category", "group", "customer")
_SECRETS = {"app": "--app-token-file", "user": "--token-file", "hook": "--hook-file"}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    supplier = commands.add_parser(
        "supplier", help="suppliers that incidents are handed over to: add, list, show, change, remove, test",
        description="Whose things they are is said by the hosts' supplier. An incident is handed over with evidence, by"
        " mail or into the supplier's own desk; answers come back into its timeline by a token, never by the subject.",
    )  # fmt: skip
    whats = supplier.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="add a supplier",
        epilog="Mail: driftvakt supplier add 'S:t Erik' --address noc@sterik.example --answer-minutes 30"
        " --mend-hours 4 --number 'SR-[0-9]+' --data DIR. GLPI: … --kind glpi --url https://glpi.example/apirest.php"
        " --app-token-file A --token-file B --hook-file C. Zammad: … --kind zammad --url https://zammad.example"
        " --token-file B --hook-file C",
    )  # fmt: skip
    _arguments(adding)
    adding.set_defaults(run=_add)
    changing = whats.add_parser(
        "change", help="change what is said, and leave the rest",
        epilog="Example: driftvakt supplier change 'S:t Erik' --mend-hours 8 --data DIR",
    )  # fmt: skip
    _arguments(changing)
    changing.set_defaults(run=_change)
    listing = whats.add_parser("list", help="show the suppliers")
    add_data(listing)
    listing.set_defaults(run=_list)
    for name, run, told in (
        ("show", _show, "show one supplier, and the cases that it has"),
        ("remove", _remove, "forget a supplier; what was handed over stays in the incidents"),
        ("test", _test, "find out if its desk lets us in; no case is made there"),
    ):
        one = whats.add_parser(name, help=told)
        add_data(one)
        one.add_argument("name", metavar="NAME")
        one.set_defaults(run=run)


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("name", metavar="NAME", help="as the hosts' supplier says")
    parser.add_argument("--kind", choices=_KINDS, help="what its desk is (default: email)")
    parser.add_argument("--address", help="its mailbox, for mail")
    parser.add_argument("--url", help="of its desk; https, or http on this machine")
    parser.add_argument("--language", choices=("sv", "en"), help="in which it is written to (default: sv)")
    parser.add_argument("--calendar", help="calendar in which its clock runs (default: day and night)")
    parser.add_argument(
        "--answer-minutes", type=float, metavar="N", help="minutes of service time until it must answer"
    )
    parser.add_argument("--mend-hours", type=float, metavar="N", help="hours of service time until it must have mended")
    parser.add_argument("--automatic", action=argparse.BooleanOptionalAction, default=None,
                        help="hand over by itself what is wrong with its things")  # fmt: skip
    parser.add_argument("--phone", help="telephone number that is told when it is late")
    parser.add_argument("--number", metavar="EXPRESSION", help="how its case numbers look, as 'SR-[0-9]+' (RE2)")
    parser.add_argument("--sender", action="append", metavar="DOMAIN", help="another domain that its mail comes from")
    parser.add_argument("--entity", type=int, metavar="N", help="number of the entity in GLPI")
    parser.add_argument("--category", type=int, metavar="N", help="number of the category in GLPI")
    parser.add_argument("--group", help="group in Zammad (default: Users)")
    parser.add_argument("--customer", metavar="MAIL", help="customer in Zammad (default: whose the token is)")
    parser.add_argument("--app-token-file", type=Path, metavar="FILE", help="file with GLPI's application token")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="file with the user's token of GLPI or Zammad")
    parser.add_argument("--hook-file", type=Path, metavar="FILE", help="file with the secret that signs webhooks")


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Supplier
    from driftvakt_collector.store import suppliers

    known = read_store(arguments, suppliers.load)
    if any(row.name.casefold() == arguments.name.casefold() for row in known):
        raise ConfigError(f"there is a supplier {arguments.name!r} already: driftvakt supplier change")
    _keep(arguments, Supplier(arguments.name, Kind.EMAIL), Secrets())
    print(shown(f"added {arguments.name}: driftvakt supplier test {arguments.name!r}"))
    return 0


def _change(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk.suppliers.supplier import of_row, secrets_of
    from driftvakt_collector.trust import vault

    row = _one(arguments)
    _keep(arguments, of_row(row), secrets_of(row, vault.load(load(arguments).data)))
    print(shown(f"changed {row.name}"))
    return 0


def _keep(arguments: argparse.Namespace, before: "Supplier", secrets: "Secrets") -> None:
    from driftvakt_collector.alert.calendars.book import Calendars
    from driftvakt_collector.desk.suppliers.mistakes import mistakes
    from driftvakt_collector.desk.suppliers.supplier import Kind, to_row
    from driftvakt_collector.store import plans, suppliers
    from driftvakt_collector.trust import vault

    told = {name: getattr(arguments, name) for name in _WORDS if getattr(arguments, name) is not None}
    more = {name: getattr(arguments, name) for name in _SETTINGS if getattr(arguments, name) is not None}
    if arguments.sender is not None:
        more["senders"] = tuple(one.strip().lstrip("@").lower() for one in arguments.sender)
    one = replace(before, **told, settings=replace(before.settings, **more))
    if arguments.kind is not None:
        one = replace(one, kind=Kind(arguments.kind))
    if arguments.automatic is not None:
        one = replace(one, is_automatic=arguments.automatic)
    files = {"app": arguments.app_token_file, "user": arguments.token_file, "hook": arguments.hook_file}
    given = {name: _secret(path, _SECRETS[name]) for name, path in files.items() if path is not None}
    secrets = replace(secrets, **given)
    if wrong := mistakes(one, secrets):
        raise ConfigError(f"cannot keep supplier {one.name!r}:\n" + "\n".join(f"  - {told}" for told in wrong))
    row = to_row(one, secrets, vault.load(load(arguments).data), time.time())
    write_store(arguments, lambda connection: suppliers.keep(connection, row))
    known = read_store(arguments, lambda connection: Calendars(plans.versions(connection, "calendar")))
    if one.calendar and known.newest(one.calendar) is None:
        print(
            shown(f"driftvakt: there is no calendar {one.calendar!r} yet, in which its clock can run"), file=sys.stderr
        )


def _secret(path: Path, option: str) -> str:
    text = read_secret(path)
    if not text or len(text) > _MOST_SECRET or not text.isprintable():
        raise ConfigError(f"the file {path} of {option} must hold one line of 1 to {_MOST_SECRET} characters")
    return text


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import suppliers

    rows = read_store(arguments, suppliers.load)
    if not rows:
        print("there is no supplier yet: driftvakt supplier add NAME --address MAILBOX")
    for row in rows:
        print(shown(f"{row.name}  {_where(row)}  {_clock(row)}{', by itself' if row.is_automatic else ''}"))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk.suppliers.handover import OPEN
    from driftvakt_collector.desk.suppliers.supplier import Secrets, of_row, secrets_of
    from driftvakt_collector.store import handovers
    from driftvakt_collector.trust import vault
    from driftvakt_collector.trust.vault import VaultError

    row = _one(arguments)
    one = of_row(row)
    print(shown(f"{row.name}  {_where(row)}  {_clock(row)}"))
    print(shown(f"  language {row.language}, {'handed over by itself' if row.is_automatic else 'handed over by hand'}"))
    print(f"  changed {moment(row.changed_at)}")
    for field in fields(one.settings):
        value = getattr(one.settings, field.name)
        if value and (field.name != "group" or row.kind == "zammad"):
            print(shown(f"  {field.name}: {', '.join(value) if isinstance(value, tuple) else value}"))
    try:
        secrets = secrets_of(row, vault.load(load(arguments).data))
        given = [_SECRETS[field.name] for field in fields(Secrets) if getattr(secrets, field.name)]
        print(f"  secrets: {', '.join(given) or 'none'}")
    except VaultError as e:
        print(shown(f"  secrets: {e}"))
    states = [state.value for state in OPEN]
    cases = [
        case for case in read_store(arguments, lambda c: handovers.in_states(c, states)) if case.supplier == row.name
    ]
    for case in cases:
        number = f", their {case.their_key.partition('#')[0]}" if case.their_key else ""
        print(shown(f"  INC-{case.incident}: {case.state} since {moment(case.changed_at)}{number}"))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk.suppliers.handover import OPEN
    from driftvakt_collector.store import handovers, suppliers

    row = _one(arguments)
    states = [state.value for state in OPEN]
    if many := read_store(arguments, lambda connection: handovers.count(connection, row.name, states)):
        raise ConfigError(
            f"{row.name} has {many} open case{'' if many == 1 else 's'}, whose answers would be lost:"
            f" driftvakt supplier show {row.name!r}. Nothing was changed"
        )
    write_store(arguments, lambda connection: suppliers.remove(connection, row.name))
    print(shown(f"forgot {row.name}"))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.notify.message import DeliveryError
    from driftvakt_collector.desk.suppliers.supplier import Kind, of_row, secrets_of
    from driftvakt_collector.trust import vault

    row = _one(arguments)
    one, secrets = of_row(row), secrets_of(row, vault.load(load(arguments).data))
    if one.kind is Kind.EMAIL:
        print(shown(f"{one.name} is written to at {one.address}; nothing was sent"))
        return 0
    try:
        print(shown(f"{one.name}: {asyncio.run(_asked(one, secrets))}"))
    except DeliveryError as e:
        raise ConfigError(f"the desk of {one.name!r} can't be used: {e}") from e
    return 0


async def _asked(one: "Supplier", secrets: "Secrets") -> str:
    import httpx

    from driftvakt_collector.desk.suppliers.channel import desk_of

    async with httpx.AsyncClient() as client:
        desk = desk_of(client, one, secrets, time.time)
        return "" if desk is None else await desk.check()


def _one(arguments: argparse.Namespace) -> "SupplierRow":
    from driftvakt_collector.store import suppliers

    row = read_store(arguments, lambda connection: suppliers.get(connection, arguments.name))
    if row is None:
        raise ConfigError(f"there is no supplier {arguments.name!r}: driftvakt supplier list")
    return row


def _where(row: "SupplierRow") -> str:
    return f"mail {row.address}" if row.kind == "email" else f"{row.kind} {row.url}"


def _clock(row: "SupplierRow") -> str:
    told = [f"answers within {row.answer_minutes:g} min" if row.answer_minutes else "",
            f"mends within {row.mend_hours:g} h" if row.mend_hours else ""]  # fmt: skip
    times = " and ".join(one for one in told if one) or "no times agreed"
    return f"{times}, {f'in {row.calendar}' if row.calendar else 'day and night'}"
