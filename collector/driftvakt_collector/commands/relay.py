"""`driftvakt relay`: takes the lines of a site or a zone, and hands them on."""

import argparse
import json
import socket
import sys
import time
from pathlib import Path


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    relay = commands.add_parser(
        "relay", help="run a relay: it takes lines where the collector can't be reached, and hands them on",
        epilog="First time: driftvakt relay enrol https://COLLECTOR:PORT --token-file FILE --dir /etc/driftvakt-relay",
    )  # fmt: skip
    relay.add_argument("--config", type=Path, metavar="FILE", help="the relay's TOML file")
    relay.set_defaults(run=_run)
    parts = relay.add_subparsers(metavar="WHAT")

    enrol = parts.add_parser(
        "enrol", help="get a key and a certificate with a token of class relay, and write the relay's configuration"
    )
    enrol.add_argument("url", metavar="URL", help="the zone's listener of the collector, or another relay of the zone")
    enrol.add_argument("--token-file", required=True, metavar="FILE", help="file with the token, - for standard input")
    enrol.add_argument("--dir", type=Path, required=True, metavar="DIR", help="directory for relay.toml and its keys")
    enrol.add_argument("--name", default="", help="what the relay is called (default: this machine's name)")
    enrol.set_defaults(run=_enrol)

    renew = parts.add_parser(
        "renew", help="change an enrolled relay's key and certificate now; start it again afterwards"
    )
    renew.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the relay's TOML file")
    renew.set_defaults(run=_renew)

    check = parts.add_parser("check-config", help="read a relay's configuration and say what is wrong with it")
    check.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the relay's TOML file")
    check.set_defaults(run=_check)

    status = parts.add_parser("status", help="show how a relay on this machine is; ends with 1 where it is not well")
    status.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the relay's TOML file")
    status.add_argument("--json", action="store_true", help="print what the relay wrote as it is")
    status.set_defaults(run=_status)


def _told(arguments: argparse.Namespace) -> Path:
    from driftvakt_collector.config import ConfigError

    if arguments.config is None:
        raise ConfigError("which relay? Name its configuration: driftvakt relay --config relay.toml")
    path: Path = arguments.config
    return path


def _run(arguments: argparse.Namespace) -> int:
    import uvloop

    from driftvakt_collector.relay import config
    from driftvakt_collector.relay.run import serve

    path = _told(arguments)
    return int(uvloop.run(serve(config.load(path), path)))


def _enrol(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.config import ConfigError
    from driftvakt_collector.relay.enrol import CONFIG, enrol

    source = arguments.token_file
    try:
        text = sys.stdin.readline() if source == "-" else Path(source).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the token in {source}: {e}") from e
    folder: Path = arguments.dir
    done = enrol(folder, arguments.url, text, arguments.name or socket.gethostname())
    print(f"enrolled as {done.origin} of zone {done.zone}, {done.state}")
    if not done.whole:
        why = done.trouble or (
            f"it has no certificate yet: on the collector, driftvakt host approve {done.origin}; then run this again"
            if done.state != "approved"
            else f"its zone has no authority of its own: set tls_cert and tls_key in {folder / CONFIG}"
        )
        print(why)
        return 1
    print(f"run: driftvakt relay --config {folder / CONFIG}")
    called = arguments.name or socket.gethostname()
    print(f"what it shall ask is told on the collector: driftvakt device add ADDRESS --zone {done.zone} --via {called}")
    return 0


def _renew(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.relay.enrol import renew

    done = renew(_told(arguments))
    print(f"renewed {done.origin}; start the relay again" if done.whole else done.trouble or "no certificate came")
    return 0 if done.whole else 1


def _check(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.relay import config

    path = _told(arguments)
    config.load(path)
    print(f"{path} is fine")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.relay import config, status

    told = status.read(config.load(_told(arguments)).data / status.FILE)
    if told is None:
        print("the relay has never run here")
        return 1
    found = status.trouble(told, time.time())
    if arguments.json:
        print(json.dumps({**told, "trouble": found}, indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(told)))
        for one in found:
            print(f"trouble: {one}")
    return 1 if found else 0


def _lines(told: dict[str, object]) -> list[str]:
    """Return the status for a reader."""
    lines = [f"relay {told.get('origin')} of zone {told.get('zone')}, release {told.get('version')}"]
    upstreams = told.get("upstreams")
    lines += [
        f"upstream {one['url']}: {one['error'] or ('in use' if one['in_use'] else 'ready')}"
        for one in (upstreams if isinstance(upstreams, list) else [])
    ]
    spool = told.get("spool")
    for name, lane in spool.items() if isinstance(spool, dict) else []:
        full = f"; {lane['full']}" if lane["full"] else ""
        lines.append(f"waiting, {name}: {lane['lines']} lines, {lane['bytes'] / 1e6:.1f} MB{full}")
    lines.append(f"oldest line: {told.get('oldest_seconds')} s")
    lines.append(f"received {told.get('received')}, handed on {told.get('forwarded')}, refused {told.get('refused')}")
    lines += _asks(told.get("asks"))
    held = told.get("held")
    for origin, reason in held.items() if isinstance(held, dict) else []:
        lines.append(f"not accepted upstream: {origin}: {reason}")
    return lines


def _asks(asks: object) -> list[str]:
    """Return what it asks itself, nothing where that is nothing."""
    if not isinstance(asks, dict) or "devices" not in asks:
        return []
    parts = [f"{what} {asks[what]}, {asks[f'{what}_failing']} failing" for what in ("devices", "services")]
    parts.append(f"traps {asks['traps']} on UDP port {asks['trap_port']}" if asks["trap_port"] else "hears no traps")
    if asks["refused"]:
        parts.append(f"{asks['refused']} answers found no room in the spool")
    at = asks["at"]
    said = time.strftime("%H:%M:%S", time.localtime(at)) if at else "not since the start"
    return [f"asks: {'; '.join(parts)}", f"what to ask was heard from the collector: {said}"]
