"""`driftvakt token`: with what hosts enrol themselves, and who tried."""

import argparse
import re
import secrets
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, load, shown, write_to
from driftvakt_collector.config import Config, ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.store.tokens import TokenRow

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=30)
_MOST_USES = 10_000
CLASSES = ("server", "workstation", "relay")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    token = commands.add_parser(
        "token", help="make a token that hosts enrol themselves with, list, revoke, see who tried"
    )
    tokens = token.add_subparsers(required=True, metavar="WHAT")
    create = tokens.add_parser(
        "create", help="make a token; its text is written once and kept nowhere",
        epilog="On the host: driftvakt-agent enrol https://COLLECTOR:PORT --token-file FILE",
    )  # fmt: skip
    add_data(create)
    create.add_argument("--zone", default="adm", help="zone that its hosts belong to (default: adm)")
    create.add_argument("--administration", default="unassigned", help="who they belong to (default: unassigned)")
    create.add_argument("--site", default="unassigned", help="where they stand (default: unassigned)")
    create.add_argument("--class", dest="class_", choices=CLASSES, default="server",
                        help="what they are (default: server)")  # fmt: skip
    create.add_argument("--wave", default="", help="the wave of a rollout that they are part of")
    create.add_argument("--expires", type=_lasts, default="72h", metavar="TIME",
                        help="how long it may be used, as 90m, 72h or 14d, 30d at most (default: 72h)")  # fmt: skip
    create.add_argument(
        "--uses", type=int, default=1, help=f"how many hosts it is for, at most {_MOST_USES} (default: 1)"
    )
    create.add_argument("--cidr", action="append", default=[], metavar="NETWORK",
                        help="network that they must come from; repeat it for more (default: any)")  # fmt: skip
    create.add_argument("--approve", action=argparse.BooleanOptionalAction, default=None,
                        help="take their reports at once (default: of workstations only)")  # fmt: skip
    create.add_argument("--name", action="append", default=[], metavar="HOST",
                        help="name or address for a relay's certificate; repeat it for more")  # fmt: skip
    create.add_argument("--out", required=True, metavar="FILE", help="file for the token's text, - to print it")
    create.set_defaults(run=_create)

    listing = tokens.add_parser("list", help="show every token and what is left of it")
    add_data(listing)
    listing.set_defaults(run=_list)

    revoke = tokens.add_parser("revoke", help="make a token useless; hosts that have a key of their own stay")
    add_data(revoke)
    revoke.add_argument("id", metavar="ID", help="the token's id, as 'token list' shows it")
    revoke.set_defaults(run=_revoke)

    log = tokens.add_parser("log", help="show who tried to enrol, what came of it, and why")
    add_data(log)
    log.add_argument("id", nargs="?", default="", metavar="ID", help="only tries with this token")
    log.add_argument("--limit", type=int, default=50, help="how many, the newest (default: 50)")
    log.set_defaults(run=_log)


def _create(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import tokens, zones
    from driftvakt_collector.store.engine import Store
    from driftvakt_wire.enrolment import Token, token_secret

    told = load(arguments)
    masters = zones.load(told.data)
    if arguments.zone not in masters:
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(masters))}")
    _check(arguments)
    now = datetime.now(UTC)
    approve = arguments.class_ == "workstation" if arguments.approve is None else arguments.approve
    row = tokens.TokenRow(
        f"t-{secrets.token_hex(8)}", arguments.zone, arguments.administration, arguments.site, arguments.class_,
        arguments.wave, approve, arguments.uses, 0, tuple(arguments.cidr), tuple(arguments.name), now,
        now + arguments.expires,
    )  # fmt: skip
    text = Token(row.zone, row.id, token_secret(masters[row.zone], row.id), _pin(told, row.zone)).text()
    if arguments.out != "-":
        _write(Path(arguments.out), text)
    store = Store(told.store_url())
    store.migrate()
    write_to(store, arguments, lambda connection: tokens.save(connection, row))
    store.close()
    print(
        f"made token {row.id} for {row.uses} {row.class_}{'s' if row.uses > 1 else ''} of zone {row.zone} until"
        f" {row.expires_at:%Y-%m-%d %H:%M} UTC; they {'are taken at once' if approve else 'wait for approval'}",
        file=sys.stderr,
    )
    if arguments.out == "-":
        print(text)
    else:
        print(
            f"its text stands in {arguments.out}: bring that file to the host, and remove it there afterwards",
            file=sys.stderr,
        )
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Raise ConfigError for what can't be meant."""
    from driftvakt_collector.trust.ca import check_name

    wrong = []
    if not 1 <= arguments.uses <= _MOST_USES:
        wrong.append(f"'--uses' must be 1 to {_MOST_USES}, got {arguments.uses}")
    longest = {"administration": 255, "site": 255, "wave": 64}
    wrong += [f"'--{name}' is too long" for name, most in longest.items() if len(getattr(arguments, name)) > most]
    for place, network in enumerate(arguments.cidr):
        try:
            arguments.cidr[place] = str(ip_network(network))
        except ValueError as e:
            wrong.append(f"'--cidr': {e}")
    if len(",".join(arguments.cidr)) > 255:
        wrong.append("'--cidr': too many networks for one token; make two")
    wrong += [f"'--name': {text}" for name in arguments.name if (text := check_name(name))]
    if len(",".join(arguments.name)) > 1024:
        wrong.append("'--name': too many names for one certificate")
    if bool(arguments.name) != (arguments.class_ == "relay"):
        wrong.append("'--name' goes with '--class relay': the names that hosts reach it under")
    if wrong:
        raise ConfigError("cannot make this token:\n" + "\n".join(f"  - {text}" for text in wrong))


def _pin(told: Config, zone: str) -> str:
    """Return what the token says of the zone's authority: nothing where its listener shows a certificate of another."""
    from driftvakt_collector.trust import ca
    from driftvakt_wire.enrolment import NO_PIN

    path = told.data / "ca" / f"{zone}.crt"
    brought = any(one.name == zone and one.tls_cert is not None for one in told.zones)
    return NO_PIN if brought or not path.exists() else ca.pin(path.read_bytes())


def _write(path: Path, text: str) -> None:
    from driftvakt_collector import files

    try:
        if not files.make(path, f"{text}\n".encode(), 0o600):
            raise ConfigError(f"{path} is there already and is left alone: name another file with --out")
    except OSError as e:
        raise ConfigError(f"cannot write the token to {path}, so none was made: {e.strerror}") from e


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import tokens
    from driftvakt_collector.store.engine import Store

    store = Store(load(arguments).store_url())
    store.migrate()
    rows = store.read(tokens.load)
    store.close()
    now = datetime.now(UTC)
    if not rows:
        print("no token was made yet: driftvakt token create")
    for row in rows:
        where = f", from {', '.join(row.cidr)}" if row.cidr else ""
        wave = f", wave {row.wave}" if row.wave else ""
        approve = "taken at once" if row.approve else "waits for approval"
        place = f"{row.zone} {row.class_} {row.administration}/{row.site}"
        print(f"{row.id}  {state(row, now):<34} {place}{wave}: {approve}{where}")
    return 0


def state(row: "TokenRow", now: datetime) -> str:
    """Return how a token does."""
    if row.revoked_at is not None:
        return f"revoked {row.revoked_at:%Y-%m-%d %H:%M}"
    if row.used >= row.uses:
        return f"used up ({row.uses})"
    if now >= row.expires_at:
        return f"expired {row.expires_at:%Y-%m-%d %H:%M}"
    return f"{row.uses - row.used} of {row.uses} left, until {row.expires_at:%Y-%m-%d %H:%M}"


def _revoke(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import tokens
    from driftvakt_collector.store.engine import Store

    store = Store(load(arguments).store_url())
    store.migrate()
    done = write_to(store, arguments, lambda connection: tokens.revoke(connection, arguments.id, datetime.now(UTC)))
    known = done or store.read(lambda connection: tokens.find(connection, arguments.id)) is not None
    store.close()
    if not known:
        raise ConfigError(f"there is no token {shown(arguments.id)!r}; 'driftvakt token list' shows them")
    print(f"token {arguments.id} {'is revoked' if done else 'was revoked before'}")
    return 0


def _log(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import enrolments
    from driftvakt_collector.store.engine import Store

    store = Store(load(arguments).store_url())
    store.migrate()
    rows = store.read(lambda connection: enrolments.recent(connection, max(1, arguments.limit), arguments.id))
    store.close()
    if not rows:
        print("nobody tried to enrol yet")
    for row in reversed(rows):
        what = f"{row.name} as {row.origin}" if row.origin else row.name or "-"
        when = f"{row.at:%Y-%m-%d %H:%M:%S}"
        print(shown(f"{when}  {row.address:<15} {row.token or '-'}  {row.result:<11} {what}: {row.reason}"))
    return 0


def _lasts(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    lasts = timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else timedelta(0)
    if not timedelta(0) < lasts <= _LONGEST:
        raise argparse.ArgumentTypeError(f"a time is written as 90m, 72h or 14d, 30d at most, got {text!r}")
    return lasts
