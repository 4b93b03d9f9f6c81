"""`driftvakt add-host`: enrols a host from the collector's side."""

import argparse
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from driftvakt_collector.commands.common import add_data, load, write_private
from driftvakt_collector.config import ConfigError

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
    store.write_now(lambda connection: hosts.save(connection, [row]))
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
