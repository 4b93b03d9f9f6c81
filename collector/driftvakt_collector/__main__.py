"""`driftvakt`: the collector's command line."""

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from driftvakt_collector import config
from driftvakt_collector.config import ConfigError
from driftvakt_wire import RELEASE

_FIRST_LOGIN = "first-login"
_HERE = "http://127.0.0.1:8180"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code (0 done, 1 failed, 2 wrong use)."""
    arguments = _parser().parse_args(argv)
    # What is made here holds secrets or what hosts told; nobody else on the machine needs to read it.
    before = os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for quiet in ("alembic", "uvicorn.error"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    try:
        return int(arguments.run(arguments))
    except ConfigError as e:
        print(f"driftvakt: {e}", file=sys.stderr)
    except ModuleNotFoundError as e:
        if (e.name or "").startswith("driftvakt"):
            raise
        print(
            f"driftvakt: '{e.name}' is missing, for only the agent is installed here:"
            " pip install '.[collector]' in a copy of the repository brings the rest",
            file=sys.stderr,
        )
    finally:
        os.umask(before)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="driftvakt",
        description="The collector: takes what agents report, keeps it, shows it.",
        epilog="First time: driftvakt init --data /var/lib/driftvakt && driftvakt serve --data /var/lib/driftvakt",
    )
    parser.add_argument("--version", action="version", version=f"driftvakt {RELEASE}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="make the data directory: zone keys, store, the first login")
    _data(init)
    init.add_argument(
        "--zone", action="append", help="a zone to make a key for; repeat it for more (default: adm, edu)"
    )
    init.set_defaults(run=_init)

    add = commands.add_parser("add-host", help="enrol a host and write its agent's configuration and key")
    _data(add)
    add.add_argument("--name", required=True, help="what the host is called; becomes the label 'instance'")
    add.add_argument("--zone", default="adm", help="zone whose key signs for it (default: adm)")
    add.add_argument("--administration", default="unassigned", help="who it belongs to (default: unassigned)")
    add.add_argument("--site", default="unassigned", help="where it stands (default: unassigned)")
    add.add_argument(
        "--class", dest="class_", choices=("server", "workstation"), default="server",
        help="what it is, and so what its agent measures (default: server)",
    )  # fmt: skip
    add.add_argument(
        "--collector", default=_HERE, metavar="URL",
        help=f"where its agent reaches the collector, https:// from another machine (default: {_HERE})",
    )  # fmt: skip
    add.add_argument(
        "--out", type=Path, required=True, metavar="DIR",
        help="directory for agent.toml and agent.key; one that holds a key is refused",
    )  # fmt: skip
    add.set_defaults(run=_add_host)

    serve = commands.add_parser("serve", help="run the collector")
    serve.add_argument("--config", type=Path, metavar="FILE", help="TOML file; what the command line says goes first")
    serve.add_argument("--data", metavar="DIR", help="directory for everything that is kept")
    serve.add_argument("--listen", help="address to serve on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to serve on, 0 for a free one (default: 8180)")
    serve.set_defaults(run=_serve)

    check = commands.add_parser("check-config", help="read a configuration and say what is wrong with it")
    check.add_argument("config", type=Path, metavar="FILE", help="the collector's TOML file")
    check.set_defaults(run=_check_config)

    demo = commands.add_parser("demo", help="run the collector with a simulated city that reports to it")
    demo.add_argument(
        "--data", metavar="DIR", default="var/demo", help="directory that is made anew (default: var/demo)"
    )
    demo.add_argument("--port", type=int, default=8180, help="port to serve on, 0 for a free one (default: 8180)")
    demo.add_argument("--size", type=int, default=2000, help="assets, 50 to 100000 (default: 2000)")
    demo.add_argument("--seed", type=int, default=1, help="which city; the same number, the same city (default: 1)")
    demo.add_argument("--speed", type=float, default=1.0, help="days of the city in a day (default: 1)")
    demo.add_argument("--at", type=_hour, metavar="HH:MM", help="its time of day, on a working day (default: now)")
    demo.add_argument("--interval", type=float, default=60.0, help="seconds between two reports (default: 60)")
    demo.set_defaults(run=_demo)

    login = commands.add_parser("new-login", help="give a console login a new secret, and print it")
    _data(login)
    login.add_argument("--name", default="admin", help="the login (default: admin)")
    login.set_defaults(run=_new_login)
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the collector's TOML file; it names the directory")
    parser.add_argument("--data", metavar="DIR", help="the collector's data directory; this or --config is needed")


def _load(arguments: argparse.Namespace) -> config.Config:
    overrides = {key: getattr(arguments, key, None) for key in ("data", "listen", "port")}
    return config.load(arguments.config, overrides)


def _init(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins, zones
    from driftvakt_collector.store.engine import Store

    told = _load(arguments)
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
        _write_private(told.data / _FIRST_LOGIN, secret + "\n")
        made = True
        print(f"made the login admin; its secret stands in {told.data / _FIRST_LOGIN}")
    store.close()
    if not made:
        print(f"nothing to make: {told.data} has its keys, its store and a login already")
    return 0


def _new_login(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins, zones
    from driftvakt_collector.store.engine import Store

    told = _load(arguments)
    zones.load(told.data)
    store = Store(told.store_url())
    store.migrate()
    secret = logins.new_secret()
    store.write_now(lambda connection: logins.set_secret(connection, arguments.name, secret))
    store.close()
    print(secret)
    return 0


def _add_host(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts, zones
    from driftvakt_collector.store.engine import Store
    from driftvakt_wire.envelope import derive_key

    told = _load(arguments)
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
    _write_private(out / "agent.key", derive_key(masters[row.zone], row.origin, row.gen).hex() + "\n")
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


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)


def _check_config(arguments: argparse.Namespace) -> int:
    config.load(arguments.config, {})
    print(f"{arguments.config} is fine")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    import uvloop

    from driftvakt_collector.serve import serve

    return int(uvloop.run(serve(_load(arguments))))


def _hour(text: str) -> float:
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise argparse.ArgumentTypeError(f"a time of day is written as 09:30, got {text!r}")
    return int(hours) + int(minutes) / 60


def _demo(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.demo.show import Show, run

    show = Show(arguments.seed, arguments.size, arguments.interval, arguments.speed, arguments.at)
    return run(config.load(None, {"data": arguments.data, "port": arguments.port}), show)


if __name__ == "__main__":
    sys.exit(main())
