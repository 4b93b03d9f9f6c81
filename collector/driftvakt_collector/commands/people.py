"""`driftvakt person`: who can be on call, and how they are reached."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, moment, read_store, shown, who, write_private, write_store
from driftvakt_collector.commands.span import USUAL_ZONE, read_zone
from driftvakt_collector.config import ConfigError, read_secret

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.store.people import PersonRow

_LANGUAGES = ("sv", "en")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    command = commands.add_parser(
        "person", help="who can be on call, and how they are reached: add, list, show, change, remove, contact, feed",
        epilog="Example: driftvakt person add anna --full-name 'Anna Berg' --phone '070-123 45 67'"
        " --email anna.berg@example.se --data DIR",
    )  # fmt: skip
    whats = command.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser("add", help="add somebody", epilog=command.epilog)
    add_data(adding)
    adding.add_argument("name", metavar="NAME", help="a short word by which rotas and policies name them, as anna")
    _say_facts(adding)
    adding.add_argument("--phone", default="", help="for SMS, as '070-123 45 67' or +46701234567; tried first")
    adding.add_argument("--email", default="", help="tried after that")
    adding.set_defaults(run=_add)
    listing = whats.add_parser("list", help="show everybody")
    add_data(listing)
    listing.set_defaults(run=_list)
    showing = whats.add_parser("show", help="show somebody, with the ways to them and their next shifts")
    add_data(showing)
    showing.add_argument("name", metavar="NAME")
    showing.set_defaults(run=_show)
    changing = whats.add_parser("change", help="change what is known of somebody; one who is not active is never told")
    add_data(changing)
    changing.add_argument("name", metavar="NAME")
    _say_facts(changing)
    state = changing.add_mutually_exclusive_group()
    state.add_argument("--active", action="store_true", default=None, help="can be on call again")
    state.add_argument("--inactive", dest="active", action="store_false", help="can't be on call any more")
    changing.set_defaults(run=_change)
    removing = whats.add_parser("remove", help="forget somebody and the ways to them")
    add_data(removing)
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=_remove)
    _declare_contacts(whats)
    feeding = whats.add_parser(
        "feed", help="make the secret address of somebody's calendar anew, for Outlook, Google and phones",
        epilog="Whoever has the address can read the shifts. Only a hash of it is kept; the one before ends.",
    )  # fmt: skip
    add_data(feeding)
    feeding.add_argument("name", metavar="NAME")
    feeding.add_argument("--out", type=Path, metavar="FILE", help="write it there, for its owner alone, and not here")
    feeding.add_argument("--remove", action="store_true", help="take the address away")
    feeding.set_defaults(run=_feed)


def _declare_contacts(whats: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    contact = whats.add_parser("contact", help="ways to somebody: add, remove, verify")
    hows = contact.add_subparsers(required=True, metavar="WHAT")
    adding = hows.add_parser("add", help="add a way, tried after those that are there")
    adding.add_argument("--first", action="store_true", help="try it first of all")
    adding.set_defaults(run=_add_contact)
    removing = hows.add_parser("remove", help="take a way away")
    removing.set_defaults(run=_remove_contact)
    verifying = hows.add_parser("verify", help="say that an address is theirs, because a message arrived")
    verifying.set_defaults(run=_verify)
    for one in (adding, removing, verifying):
        add_data(one)
        one.add_argument("name", metavar="NAME")
        one.add_argument("channel", metavar="CHANNEL", help="sms, email, webhook or apprise")
        one.add_argument("address", metavar="ADDRESS", nargs="?", default="", help="phone number or mail address")
        one.add_argument("--address-file", type=Path, metavar="FILE",
                         help="file with the URL of a webhook or of apprise: it holds a secret")  # fmt: skip


def _say_facts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full-name", help="as in 'Anna Berg'")
    parser.add_argument("--language", choices=_LANGUAGES, help="in which they are written to (default: sv)")
    parser.add_argument("--time-zone", metavar="ZONE", help=f"in which times are told (default: {USUAL_ZONE})")
    parser.add_argument("--login", help="their login of the console")


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.contact import EMAIL, SMS
    from driftvakt_collector.alert.oncall.person import NAME
    from driftvakt_collector.store import people
    from driftvakt_collector.store.people import PersonRow

    if not NAME.fullmatch(arguments.name):
        raise ConfigError(f"a person's name must be small letters, digits, -, _ and ., got {arguments.name[:64]!r}")
    typed = ((SMS, arguments.phone), (EMAIL, arguments.email))
    ways = [(channel, _address(channel, told)) for channel, told in typed if told]
    row = _with_facts(
        PersonRow(arguments.name, "", "sv", USUAL_ZONE, "", is_active=True, feed="", changed_at=time.time()), arguments
    )

    def write(connection: "Connection") -> None:
        if people.find(connection, row.name) is not None:
            raise ConfigError(f"{row.name} is there already: driftvakt person change {row.name}")
        people.keep(connection, row)
        for channel, address in ways:
            if not people.add_contact(connection, row.name, channel, address):
                raise ConfigError(f"{address} belongs to {people.holder(connection, channel, address)} already")

    write_store(arguments, write)
    told = ", ".join(f"{channel} {address}" for channel, address in ways) or "no way to them yet"
    print(shown(f"{row.name} added: {told}"))
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall import book

    people = read_store(arguments, book.people_of)
    if not people:
        print("nobody is there yet: driftvakt person add NAME --full-name 'Anna Berg' --phone '070-123 45 67'")
    for name, person in sorted(people.items()):
        ways = ", ".join(person.channels) or ("not active" if not person.is_active else "no way to them")
        print(shown(f"{name:<16}  {person.full_name or '-'}  {person.language}  {ways}"))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall import book, contact, days
    from driftvakt_collector.alert.oncall.feed import level_words
    from driftvakt_collector.alert.oncall.shift import stints
    from driftvakt_collector.alert.oncall.when import span_words
    from driftvakt_collector.store import people

    row, rotas = read_store(
        arguments, lambda one: (people.find(one, arguments.name), book.load(one, days.load(one)))
    )  # fmt: skip
    if row is None:
        raise ConfigError(f"there is no person {arguments.name!r}: driftvakt person list")
    person, now = rotas.people[row.name], time.time()
    print(shown(f"{row.name}  {row.full_name}  {row.language}  {row.time_zone}  login {row.login or '-'}"))
    print(f"{'active' if row.is_active else 'not active'}; calendar address {'made' if row.feed else 'not made yet'}")
    for way in person.contacts:
        proven = f"verified {moment(way.verified_at)}" if way.verified_at else "not verified"
        print(shown(f"  {way.channel:<8}  {contact.shown(way.channel, way.address)}  {proven}"))
    for name in rotas.names:
        for one in stints(rotas.shifts(name, now, now + 28 * 86_400.0), person.name):
            when = span_words(one.begin, one.end, read_zone(row.time_zone)).en
            print(shown(f"  {name}, {level_words(one.level).en}: {when}"))
    return 0


def _change(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import people

    row = read_store(arguments, lambda one: people.find(one, arguments.name))
    if row is None:
        raise ConfigError(f"there is no person {arguments.name!r}: driftvakt person list")
    changed = _with_facts(row, arguments)
    if arguments.active is not None:
        changed = changed._replace(is_active=arguments.active)
    write_store(arguments, lambda one: people.keep(one, changed._replace(changed_at=time.time())))
    state = "active" if changed.is_active else "not active: rotas pass them over"
    print(shown(f"{row.name}  {changed.full_name}  {changed.language}  {changed.time_zone}  {state}"))
    return 0


def _with_facts(row: "PersonRow", arguments: argparse.Namespace) -> "PersonRow":
    if arguments.time_zone is not None:
        read_zone(arguments.time_zone)
    facts = {
        key: value for key in ("full_name", "language", "time_zone", "login")
        if (value := getattr(arguments, key)) is not None
    }  # fmt: skip
    for key, longest in (("full_name", 255), ("login", 64)):
        if len(facts.get(key, "")) > longest or not facts.get(key, "").isprintable():
            raise ConfigError(f"'--{key.replace('_', '-')}' must be at most {longest} characters in one line")
    return row._replace(**facts)


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall import book, days
    from driftvakt_collector.store import people

    rotas = read_store(arguments, lambda one: book.load(one, days.load(one)))
    named = [name for name, rota in rotas.at(time.time()).items() if arguments.name in rota.people]
    if named:
        raise ConfigError(
            f"{arguments.name} is in the rota {', '.join(named)}: apply it without them first, or"
            f" driftvakt person change {arguments.name} --inactive, and rotas pass them over at once"
        )
    if not write_store(arguments, lambda one: people.remove(one, arguments.name)):
        raise ConfigError(f"there is no person {arguments.name!r}: driftvakt person list")
    print(shown(f"{arguments.name} is forgotten, with the ways to them"))
    return 0


def _add_contact(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall import contact
    from driftvakt_collector.store import people

    address = _told_address(arguments)

    def write(connection: "Connection") -> None:
        if people.find(connection, arguments.name) is None:
            raise ConfigError(f"there is no person {arguments.name!r}: driftvakt person add {arguments.name[:64]}")
        if not people.add_contact(connection, arguments.name, arguments.channel, address, first=arguments.first):
            holder = people.holder(connection, arguments.channel, address)
            raise ConfigError(f"that address belongs to {holder} already: one address is one person's")

    write_store(arguments, write)
    print(shown(f"{arguments.name}: {arguments.channel} {contact.shown(arguments.channel, address)}"))
    return 0


def _remove_contact(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import people

    address = _chosen(arguments)
    write_store(arguments, lambda one: people.remove_contact(one, arguments.name, arguments.channel, address))
    print(shown(f"{arguments.name}: {arguments.channel} taken away"))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import people

    address = _chosen(arguments)
    write_store(arguments, lambda one: people.verify(one, arguments.name, arguments.channel, address, time.time()))
    print(shown(f"{arguments.name}: {arguments.channel} verified by {who()}"))
    return 0


def _chosen(arguments: argparse.Namespace) -> str:
    """Return the address that is meant, of those that somebody has; it need not be told where there is one only."""
    from driftvakt_collector.store import people

    mine = [
        one.address for one in read_store(arguments, people.contacts)
        if (one.person, one.channel) == (arguments.name, arguments.channel)
    ]  # fmt: skip
    if not (arguments.address or arguments.address_file) and len(mine) == 1:
        return mine[0]
    address = _told_address(arguments) if arguments.address or arguments.address_file else ""
    if address not in mine:
        raise ConfigError(
            f"{arguments.name} has {len(mine)} of {arguments.channel}, and not that one:"
            f" driftvakt person show {arguments.name}"
        )
    return address


def _told_address(arguments: argparse.Namespace) -> str:
    from driftvakt_collector.alert.oncall.contact import APPRISE, WEBHOOK

    secret = arguments.channel in (WEBHOOK, APPRISE)
    if secret and not arguments.address_file:
        raise ConfigError(f"the URL of {arguments.channel} holds a secret: write it to a file, and tell --address-file")
    told = read_secret(arguments.address_file) if secret else arguments.address
    return _address(arguments.channel, told)


def _address(channel: str, told: str) -> str:
    from driftvakt_collector.alert.oncall.contact import ContactError, read

    try:
        return read(channel, told)
    except ContactError as e:
        raise ConfigError(str(e)) from e


def _feed(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.feed import mark, new_token
    from driftvakt_collector.store import people

    row = read_store(arguments, lambda one: people.find(one, arguments.name))
    if row is None:
        raise ConfigError(f"there is no person {arguments.name!r}: driftvakt person list")
    token = "" if arguments.remove else new_token()
    path = f"/oncall/{token}.ics"
    if token and arguments.out:
        write_private(arguments.out, path + "\n")
    write_store(arguments, lambda one: people.keep(one, row._replace(feed=mark(token))))
    if not token:
        print(shown(f"{row.name} has no calendar address any more"))
    elif arguments.out:
        print(shown(f"the address of {row.name}'s calendar stands in {arguments.out}; put the console's before it"))
    else:
        print(f"{path}\nput the console's address before it; with ?rota=NAME it shows a whole rota", flush=True)
    return 0
