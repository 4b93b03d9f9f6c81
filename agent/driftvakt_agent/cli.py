"""The commands of `driftvakt-agent` that a person types."""

import argparse
import json
import os
import sys
import time

from driftvakt_agent import own
from driftvakt_agent.apart import answer
from driftvakt_agent.config import DEFAULT_INTERVAL, PRIVACY, PROFILES, Config, ConfigError, read, split_url
from driftvakt_agent.host import Host
from driftvakt_agent.inventory.captured import FOLDER
from driftvakt_agent.probes import PROBES
from driftvakt_agent.report import Names
from driftvakt_agent.runner import Outcome, Runner
from driftvakt_agent.sample import NoData, ProbeError, Sample
from driftvakt_agent.sender import Sender
from driftvakt_agent.status import healthy, process_lives, read_status
from driftvakt_wire import RELEASE, encode

DEFAULT_CONFIG = "/etc/driftvakt/agent.toml"
_GROUP = "driftvakt-agent"


def command(argv: list[str]) -> int:
    """Run what the arguments say; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except ConfigError as e:
        print(f"driftvakt-agent: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read it (`head`, say) has enough. Python would try once more at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="driftvakt-agent",
        description="Reads this machine, signs what it saw, sends it to the collector. No listener, no root.",
    )
    parser.add_argument("--version", action="version", version=f"driftvakt-agent {RELEASE}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="report until stopped")
    _config(run)
    run.set_defaults(run=_run)
    once = commands.add_parser(
        "once", help="print what would be sent, and send nothing", epilog="Works without a configuration file."
    )
    once.add_argument("--config", metavar="FILE", help="take profile and probes from this file")
    once.add_argument("--profile", choices=PROFILES, help="what to measure (default: as configured, else server)")
    once.add_argument(
        "--format", choices=("table", "prometheus", "json"), default="table",
        help="a table to read, Prometheus' text format, or the record as it would be signed (default: table)",
    )  # fmt: skip
    once.set_defaults(run=_once)
    probe = commands.add_parser("probe", help="run one probe and write what it gave as JSON")
    probe.add_argument("name", metavar="NAME", choices=sorted(one.name for one in PROBES), help=_names())
    probe.add_argument("--inventory", metavar="DIR", help="leave there what the inventory tells of it too")
    probe.set_defaults(run=_probe)
    inventory = commands.add_parser(
        "inventory", help="take the inventory of this machine and print it, or write it down for the agent"
    )
    inventory.add_argument("section", nargs="*", metavar="SECTION", help="print only these, as packages (default: all)")
    inventory.add_argument("--out", metavar="DIR", help="write a file a section, with an index of their digests")
    inventory.add_argument("--privacy", choices=PRIVACY, default="full", help="edu: without names of persons")
    inventory.add_argument("--json", action="store_true", help="print it as JSON")
    inventory.set_defaults(run=_inventory)
    _capture_parser(commands)
    status = commands.add_parser("status", help="say how the running agent does")
    _config(status)
    status.add_argument("--json", action="store_true", help="print all of it as JSON")
    status.set_defaults(run=_status)
    _enrol_parser(commands)
    check = commands.add_parser("check-config", help="read the configuration and say what is wrong with it")
    _config(check)
    check.set_defaults(run=_check)
    return parser


def _capture_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    capture = commands.add_parser(
        "capture", help="as root: write down for the agent what only root may read, as serial numbers and SMART",
        epilog="With --install once, root does it every hour by a timer. The agent itself never needs root.",
    )  # fmt: skip
    capture.add_argument("--dir", metavar="DIR", default=FOLDER, help=f"where to write (default: {FOLDER})")
    what = capture.add_mutually_exclusive_group()
    what.add_argument("--install", action="store_true", help="set up the timer of systemd, and run it at once")
    what.add_argument("--uninstall", action="store_true", help="take the timer away")
    what.add_argument("--show-units", action="store_true", help="print the units, and change nothing")
    capture.add_argument(
        "--group", metavar="NAME", default=_GROUP, help=f"who may read what is found (default: {_GROUP})"
    )
    capture.set_defaults(run=_capture)


def _enrol_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    enrol = commands.add_parser(
        "enrol", help="get this machine a key of its own with a token, and start to report",
        epilog="The operator makes the token at the collector: driftvakt token create",
    )  # fmt: skip
    enrol.add_argument("urls", nargs="*", metavar="URL", help="https://HOST:PORT of the zone's listener, or of relays")
    enrol.add_argument(
        "--token-file", metavar="FILE", help="file with the token (default: it is read from standard input)"
    )
    _folder(enrol, "folder for configuration and key")
    enrol.add_argument("--name", help="what this machine is called (default: its host name)")
    enrol.add_argument("--profile", choices=PROFILES, help="what to measure (default: after the token's class)")
    enrol.add_argument("--ca-file", metavar="FILE", default="", help="PEM of the authority, where the token names none")
    enrol.add_argument("--no-start", action="store_true", help="leave the agent as it is, running or not")
    enrol.add_argument("--renew", action="store_true", help="change the key of an enrolled agent; no token is needed")
    enrol.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    enrol.set_defaults(run=_enrol)
    seal = commands.add_parser(
        "seal", help="make this machine's disk fit to be copied; each copy enrols itself at its first start"
    )
    _folder(seal, "the agent's folder")
    seal.add_argument("--token-file", metavar="FILE", default="", help="file with the token for the copies")
    seal.set_defaults(run=_seal)


def _folder(parser: argparse.ArgumentParser, what: str) -> None:
    default = os.path.dirname(DEFAULT_CONFIG)
    parser.add_argument("--dir", metavar="DIR", default=default, help=f"{what} (default: {default})")


def _enrol(arguments: argparse.Namespace) -> int:
    """Enrol, renew, or do what a sealed or copied agent does at its start (`--again`)."""
    from driftvakt_agent import machine
    from driftvakt_agent.enrol import enrol, renew, token_of
    from driftvakt_agent.launch import launch, outcome
    from driftvakt_agent.place import Place
    from driftvakt_agent.seal import forget_spool
    from driftvakt_wire.enrolment import NO_PIN

    place = Place(arguments.dir)
    origin = place.text("origin")
    copied = bool(origin) and machine.other(place.folder, origin, Host())
    if arguments.renew or (arguments.again and origin and not copied):
        done = renew(place)
        print(f"the key of {done.origin} is renewed; it is of generation {done.gen} now")
    else:
        if not (arguments.urls or place.urls()):
            raise ConfigError("where is the collector? Name it: driftvakt-agent enrol https://COLLECTOR:PORT")
        token = token_of(_token_text(arguments.token_file or (place.text("token_file") if arguments.again else "")))
        ca_file = arguments.ca_file
        if not ca_file and token.pin == NO_PIN and place.text("ca_file"):
            ca_file = place.path(place.text("ca_file"))
        name = arguments.name or _host_name()
        done = enrol(place, arguments.urls or place.urls(), token, name, arguments.profile or "", ca_file)
        if copied and done.origin != origin:
            # What waits there was measured by the machine that this one is a copy of.
            forget_spool(place)
        print(f"enrolled {name} as {done.origin} in zone {done.zone}; its configuration stands in {place.config}")
    if arguments.no_start:
        if done.state != "approved":
            print(f"it waits for approval: the operator runs driftvakt host approve {done.origin}")
        return 0
    fine, sentence = outcome(place, launch(place), done.state, done.origin)
    print(f"the agent {sentence}")
    return 0 if fine else 1


def _token_text(path: str) -> str:
    """Read a token's text, which never stands in arguments."""
    if not path:
        if sys.stdin.isatty():
            print("the token, then Enter (its text is shown): ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline()
    try:
        with open(path, encoding="ascii") as file:
            return file.read(4096)
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "it is no text of a token"
        raise ConfigError(f"cannot read the token in {path}: {why}") from e


def _host_name() -> str:
    import socket

    return socket.gethostname()


def _seal(arguments: argparse.Namespace) -> int:
    from driftvakt_agent.place import Place
    from driftvakt_agent.seal import seal

    place = Place(arguments.dir)
    gone = seal(place, arguments.token_file, FOLDER)
    print(f"removed {', '.join(gone)}" if gone else "nothing of this machine's own was there")
    token_file = place.text("token_file")
    print(
        f"a copy enrols itself at its first start, with the token in {token_file}" if token_file
        else "no token_file is set: each copy must be enrolled with driftvakt-agent enrol"
    )  # fmt: skip
    return 0


def _names() -> str:
    return ", ".join(sorted(one.name for one in PROBES))


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", default=DEFAULT_CONFIG, help=f"the agent's TOML file (default: {DEFAULT_CONFIG})"
    )


def _run(arguments: argparse.Namespace) -> int:
    from driftvakt_agent.loop import run
    from driftvakt_agent.start import prepared

    return run(prepared(arguments.config, read))


def _check(arguments: argparse.Namespace) -> int:
    from driftvakt_agent.probes.scripts import configured

    config = read(arguments.config)
    try:
        Sender(config.collector, config.ca_file)
        configured(config.probes.get("scripts", {}))
    except (ConfigError, ProbeError) as e:
        raise ConfigError(f"cannot use {arguments.config}:\n  - {e}") from e
    _, host, port = split_url(config.collector)
    print(f"{arguments.config} is fine: {config.origin}, profile {config.profile}, reports to {host} port {port}")
    return 0


def _probe(arguments: argparse.Namespace) -> int:
    import importlib

    from driftvakt_agent.inventory import updates

    probe = next(one for one in PROBES if one.name == arguments.name)
    samples: list[Sample] = []
    error = empty = ""
    host = Host()
    try:
        samples.extend(importlib.import_module(probe.module()).collect(host))
        if arguments.inventory:
            updates.keep(arguments.inventory, host)
    except NoData as e:
        empty = str(e) or "nothing of this kind here"
    except (ProbeError, OSError) as e:
        error = str(e)
    print(answer(samples, error, empty))
    return 1 if error else 0


def _inventory(arguments: argparse.Namespace) -> int:
    from driftvakt_agent.inventory import show, take

    if arguments.out:
        return take.take_down(arguments.out, arguments.privacy)
    try:
        text = show.shown(take.take(Host(privacy=arguments.privacy)), arguments.section, as_json=arguments.json)
    except LookupError as e:
        raise ConfigError(str(e)) from e
    print(text)
    return 0


def _capture(arguments: argparse.Namespace) -> int:
    from driftvakt_agent import capture, capture_units
    from driftvakt_agent.inventory import captured

    if arguments.show_units:
        for name, text in capture_units.texts(arguments.group).items():
            print(f"# {capture_units.UNITS}/{name}\n{text}")
        return 0
    if arguments.uninstall:
        capture_units.uninstall()
        return 0
    if arguments.install:
        capture_units.install(arguments.group)
        print(f"{capture_units.NAME}.timer runs every hour; what it finds is in {FOLDER}")
        return 0
    taken = capture.capture(Host(), captured.read(arguments.dir))
    try:
        capture.write(arguments.dir, taken)
    except OSError as e:
        raise ConfigError(f"cannot write to {arguments.dir}: {e.strerror}; run this as root, or give --dir") from e
    for about, why in taken.failed.items():
        print(f"driftvakt-agent: {about}: {why}", file=sys.stderr)
    return 1 if taken.failed else 0


def _status(arguments: argparse.Namespace) -> int:
    config = read(arguments.config)
    status = read_status(config.status_file)
    if status is None:
        print(f"not running, or never ran: there is no {config.status_file}")
        return 3
    fine, sentence = healthy(status, time.time(), lives=process_lives(status))
    if arguments.json:
        print(json.dumps(status | {"healthy": fine}, ensure_ascii=False, indent=2))
        return 0 if fine else 3
    print(sentence)
    print(f"  {status.get('origin')} to {status.get('collector')}, release {status.get('release')}")
    print(f"  {status.get('pending')} records wait, {status.get('dropped')} were given up")
    memory, cpu = status.get("memory_bytes"), status.get("cpu_seconds")
    if isinstance(memory, int | float) and isinstance(cpu, int | float):
        print(f"  uses {memory / 1e6:.1f} MB and {cpu:.2f} s of CPU so far; shedding level {status.get('level')}")
    failing = status.get("failing")
    for about, text in failing.items() if isinstance(failing, dict) else ():
        print(f"  {about}: {text}")
    return 0 if fine else 3


def _once(arguments: argparse.Namespace) -> int:
    from driftvakt_agent.loop import chosen

    if arguments.config:
        config = read(arguments.config)
        if arguments.profile:
            config.profile = arguments.profile
    else:
        config = Config("", "", 1, b"", profile=arguments.profile or "server")
    outcomes = Runner(Host(profile=config.profile, settings=config.probes)).run(chosen(config))
    families: dict[str, tuple[str, str]] = {}
    samples: list[Sample] = []
    for outcome in outcomes:
        samples += outcome.samples
        families |= outcome.families
    samples += own.of_probes(outcomes, durations=config.profile == "server")
    samples += own.of_agent(own.cost(), config.profile, 0, 0, 0, 0, 0)
    if arguments.format == "prometheus":
        _print_prometheus(samples, families)
    elif arguments.format == "json":
        names = Names()
        numbers = names.numbers(samples, families)
        record = encode.report(
            time.time(),
            time.monotonic(),
            config.interval or DEFAULT_INTERVAL,
            numbers.series,
            numbers.values,
            numbers.sections,
        )
        for line in (
            record,
            encode.series(names.set_digest, names.set),
            encode.section("info", names.info_digest, names.info),
        ):
            print(line.decode())
    else:
        _print_table(samples, outcomes)
    return 0


def _print_table(samples: list[Sample], outcomes: list[Outcome]) -> None:
    for sample in sorted(samples, key=lambda one: one.key()):
        labels = " ".join(f"{name}={text}" for name, text in sample.labels)
        print(f"{sample.name:<52} {sample.value:>20.12g}  {labels}".rstrip())
    print(f"\n{len(samples)} series, {sum(one.seconds for one in outcomes) * 1e3:.1f} ms")
    for outcome in outcomes:
        if outcome.error:
            print(f"probe {outcome.name} failed: {outcome.error}")
    nothing = [outcome.name for outcome in outcomes if outcome.empty]
    if nothing:
        print(f"nothing of this kind here: {', '.join(nothing)}")


def _print_prometheus(samples: list[Sample], families: dict[str, tuple[str, str]]) -> None:
    from driftvakt_wire.names import GAUGE, INFO, UNTYPED, family

    last = ""
    for sample in sorted(samples, key=lambda one: one.key()):
        if sample.name != last:
            last = sample.name
            declared = family(last)
            kind, help_ = families.get(last, (UNTYPED, "")) if declared is None else (declared.type, declared.help)
            words = help_.replace("\\", "\\\\").replace("\n", "\\n")
            print(f"# HELP {last} {words}\n# TYPE {last} {GAUGE if kind == INFO else kind}")
        labels = ",".join(f'{name}="{_escape(text)}"' for name, text in sample.labels)
        print(f"{last}{{{labels}}} {sample.value!r}" if labels else f"{last} {sample.value!r}")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
