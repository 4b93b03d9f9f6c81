"""`driftvakt host`: whom the collector knows and trusts; `add-host` enrols one from the collector's side."""

import argparse
import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from driftvakt_collector.commands import host_change
from driftvakt_collector.commands.common import add_data, load, read_store, shown, write_private, write_store, write_to
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.store.hosts import HostRow

_HERE = "http://127.0.0.1:8180"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    adding = commands.add_parser("add-host", help="enrol a host and write its agent's configuration and key")
    add_data(adding)
    adding.add_argument("--name", required=True, help="what the host is called; becomes the label 'instance'")
    adding.add_argument("--zone", default="adm", help="zone whose key signs for it (default: adm)")
    adding.add_argument("--administration", default="unassigned", help="who it belongs to (default: unassigned)")
    adding.add_argument("--site", default="unassigned", help="where it stands (default: unassigned)")
    adding.add_argument(
        "--class", dest="class_", choices=("server", "workstation"), default="server",
        help="what it is, and so what its agent measures (default: server)",
    )  # fmt: skip
    adding.add_argument(
        "--collector", default=_HERE, metavar="URL",
        help=f"where its agent reaches the collector, https:// from another machine (default: {_HERE})",
    )  # fmt: skip
    adding.add_argument(
        "--out", type=Path, required=True, metavar="DIR",
        help="directory for agent.toml and agent.key; one that holds a key is refused",
    )  # fmt: skip
    adding.set_defaults(run=_add_host)
    host = commands.add_parser(
        "host", help="list the hosts, approve, revoke, quarantine, release or change them, show one"
    )
    hosts = host.add_subparsers(required=True, metavar="WHAT")
    listing = hosts.add_parser("list", help="show the hosts and whether they are trusted")
    add_data(listing)
    listing.add_argument("--state", choices=("approved", "pending", "quarantined", "revoked"), help="only these")
    listing.set_defaults(run=_list)
    approve = hosts.add_parser("approve", help="take the reports of hosts that wait for it")
    add_data(approve)
    approve.add_argument("origins", nargs="*", metavar="ORIGIN", help="the hosts, as 'host list' shows them")
    approve.add_argument(
        "--all", action="store_true", help="every host that waits and of which nothing strange is noted"
    )
    approve.add_argument("--wave", help="with --all: only those of this wave")
    approve.set_defaults(run=_approve)
    for name, does, help_ in (
        ("revoke", _revoke, "take nothing more from a host, for good"),
        ("quarantine", _quarantine, "take nothing from a host until it is released"),
        ("release", _release, "trust a quarantined host again"),
        ("show", _show, "show all that is known of how a host was enrolled"),
    ):
        one = hosts.add_parser(name, help=help_)
        add_data(one)
        one.add_argument("origin", metavar="ORIGIN", help="the host, as 'host list' shows it")
        if name == "revoke":
            one.add_argument("--old", action="store_true", help="only its older keys; the newest stays good")
        one.set_defaults(run=does)
    host_change.add(hosts)


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts

    rows = read_store(arguments, lambda connection: hosts.listing(connection, arguments.state or ""))
    if not rows:
        print("there is no such host" if arguments.state else "no host is enrolled yet: driftvakt token create")
    for row, wave, note in rows:
        place = f"{row.zone} {row.class_} {row.administration}/{row.site}" + (f", wave {wave}" if wave else "")
        print(shown(f"{row.origin}  {row.state:<11} {row.name}  {place}" + (f"  [{note}]" if note else "")))
    return 0


def _approve(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts

    if bool(arguments.origins) == arguments.all or (arguments.wave is not None and not arguments.all):
        raise ConfigError("name the hosts to approve, or say --all, with --wave for those of a wave")
    rows = read_store(arguments, lambda connection: hosts.listing(connection, ""))
    if arguments.all:
        waits = [one for one in rows if one[0].state == hosts.PENDING and arguments.wave in (None, one[1])]
        chosen = [row.origin for row, _, note in waits if not note]
        for row, _, note in waits:
            if note:
                print(shown(f"{row.origin} {row.name} is left to you: {note}"))
    else:
        chosen = arguments.origins
        for origin in chosen:
            _must_be(rows, origin, (hosts.PENDING,))
    for origin in chosen:
        _change(arguments, origin, state=hosts.APPROVED, note="")
        print(f"{origin} is approved")
    if not chosen:
        print("no host waits for approval without a note" if arguments.all else "nothing to do")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts

    rows = read_store(arguments, lambda connection: hosts.listing(connection, ""))
    row = _must_be(rows, arguments.origin, (hosts.APPROVED, hosts.PENDING, hosts.QUARANTINED))
    if arguments.old:
        _change(arguments, row.origin, gen_floor=row.gen)
        print(f"of {row.origin} only the key of generation {row.gen} is taken now")
        return 0
    _change(arguments, row.origin, state=hosts.REVOKED)
    _decide(arguments, row.origin, "revoked")
    print(f"{row.origin} is revoked; to watch {shown(row.name)} again, enrol it with a token")
    asked = [one.origin for one, _, _ in rows if one.keeper == row.origin and one.state == hosts.APPROVED]
    if asked:
        print(
            f"it asked {len(asked)} devices and services, which nobody asks now: driftvakt host change"
            f" {' '.join(asked[:3])}{' …' if len(asked) > 3 else ''} --via RELAY, or --via collector"
        )
    return 0


def _quarantine(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts

    rows = read_store(arguments, lambda connection: hosts.listing(connection, ""))
    _must_be(rows, arguments.origin, (hosts.APPROVED, hosts.PENDING))
    _change(arguments, arguments.origin, state=hosts.QUARANTINED, note="quarantined by an operator")
    print(f"{arguments.origin} is quarantined")
    return 0


def _release(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts

    rows = read_store(arguments, lambda connection: hosts.listing(connection, ""))
    _must_be(rows, arguments.origin, (hosts.QUARANTINED,))
    _decide(arguments, arguments.origin, "released")
    _change(arguments, arguments.origin, state=hosts.APPROVED, note="")
    print(f"{arguments.origin} is trusted again")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import enrolments, forks, hosts

    origin = arguments.origin
    rows = read_store(arguments, lambda connection: hosts.listing(connection, ""))
    row = _must_be(rows, origin, (hosts.APPROVED, hosts.PENDING, hosts.QUARANTINED, hosts.REVOKED))
    wave, note = next((wave, note) for one, wave, note in rows if one.origin == origin)
    facts = json.loads(read_store(arguments, lambda connection: hosts.facts(connection, origin)))
    print(shown(f"{row.origin}  {row.state}  {row.name}"))
    print(
        shown(
            f"  zone {row.zone}, {row.class_} of {row.administration} at {row.site}"
            + (f", wave {wave}" if wave else "")
        )
    )
    print(f"  keys of generation {row.gen_floor} to {row.gen} are taken" if row.gen_floor < row.gen else
          f"  its key is of generation {row.gen}")  # fmt: skip
    if note:
        print(shown(f"  note: {note}"))
    for name, value in facts.items():
        print(shown(f"  {name}: {', '.join(value) if isinstance(value, list) else value}"))
    for one in read_store(arguments, lambda connection: enrolments.of_origin(connection, origin)):
        came = f"{one.at:%Y-%m-%d %H:%M:%S} UTC from {one.address} with {one.token}"
        print(shown(f"  {came}: generation {one.gen}, {one.reason}"))
    for fork in read_store(arguments, lambda connection: forks.of(connection, origin)):
        print(f"  seen twice, found {fork.found_at:%Y-%m-%d %H:%M:%S} UTC, {fork.decision or 'not decided'}:"
              f" epoch {fork.epoch}, number {fork.seq}")  # fmt: skip
        print(shown(f"    one side:   {fork.known}"))
        print(shown(f"    other side: {fork.other}"))
    return 0


def _change(arguments: argparse.Namespace, origin: str, **told: object) -> None:
    from driftvakt_collector.store import hosts

    write_store(arguments, lambda connection: hosts.change(connection, origin, datetime.now(UTC), **told))


def _decide(arguments: argparse.Namespace, origin: str, decision: str) -> None:
    from driftvakt_collector.store import forks

    write_store(arguments, lambda connection: forks.decide(connection, origin, decision, datetime.now(UTC)))


def _must_be(rows: "list[tuple[HostRow, str, str]]", origin: str, states: tuple[str, ...]) -> "HostRow":
    """Return the host of this origin. Raises ConfigError where there is none, or it is in another state."""
    row = next((row for row, _, _ in rows if row.origin == origin), None)
    if row is None:
        raise ConfigError(f"there is no host {shown(origin)!r}; 'driftvakt host list' shows them")
    if row.state not in states:
        raise ConfigError(f"{origin} is {row.state}; this is for hosts that are {' or '.join(states)}")
    return row


def _add_host(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts, zones
    from driftvakt_collector.store.engine import Store
    from driftvakt_wire.envelope import derive_key

    told = load(arguments)
    masters = zones.load(told.data)
    if arguments.zone not in masters:
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(masters))}")
    _check_url(arguments.collector)
    out: Path = arguments.out
    if (out / "agent.key").exists():
        raise ConfigError(f"{out} holds a host's key already, which is left alone: name another directory with --out")
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise ConfigError(f"cannot make the directory {out}, nothing was enrolled: {e.strerror}") from e
    row = hosts.HostRow(
        f"a-{secrets.token_hex(10)}", 1, arguments.name, arguments.zone, arguments.administration, arguments.site,
        arguments.class_,
    )  # fmt: skip
    store = Store(told.store_url())
    store.migrate()
    same = [one.origin for one in store.read(hosts.load) if (one.name, one.zone) == (row.name, row.zone)]
    write_to(store, arguments, lambda connection: hosts.save(connection, [row]))
    store.close()
    write_private(out / "agent.key", derive_key(masters[row.zone], row.origin, row.gen).hex() + "\n")
    profile = "server" if row.class_ == "server" else "workstation"
    (out / "agent.toml").write_text(
        f'collector = "{arguments.collector}"\norigin = "{row.origin}"\ngen = {row.gen}\n'
        f'key_file = "agent.key"\nprofile = "{profile}"\n',
        "utf-8",
    )
    print(f"enrolled {row.name} as {row.origin}; run: driftvakt-agent run --config {out / 'agent.toml'}")
    if same:
        print(
            f"driftvakt: zone {row.zone} had a host {row.name} already, {', '.join(same)}: the console shows both",
            file=sys.stderr,
        )
    return 0


def _check_url(url: str) -> None:
    """Raise ConfigError for what an agent would refuse as its collector's URL."""
    try:
        parts = urlsplit(url)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        good = parts.hostname and parts.port != 0 and (parts.scheme == "https" or (parts.scheme == "http" and here))
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"'--collector' must be https://HOST:PORT (http:// on this machine only), got {url!r}")
