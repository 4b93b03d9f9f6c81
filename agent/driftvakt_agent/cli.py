"""The commands of `driftvakt-agent` that a person types."""

import argparse
import json
import os
import sys
import time

from driftvakt_agent import own
from driftvakt_agent.apart import answer
from driftvakt_agent.config import DEFAULT_INTERVAL, PROFILES, Config, ConfigError, read, split_url
from driftvakt_agent.host import Host
from driftvakt_agent.probes import PROBES
from driftvakt_agent.report import Names
from driftvakt_agent.runner import Outcome, Runner
from driftvakt_agent.sample import NoData, ProbeError, Sample
from driftvakt_agent.sender import Sender
from driftvakt_agent.status import healthy, process_lives, read_status
from driftvakt_wire import RELEASE, encode

DEFAULT_CONFIG = "/etc/driftvakt/agent.toml"


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
    probe.set_defaults(run=_probe)
    status = commands.add_parser("status", help="say how the running agent does")
    _config(status)
    status.add_argument("--json", action="store_true", help="print all of it as JSON")
    status.set_defaults(run=_status)
    check = commands.add_parser("check-config", help="read the configuration and say what is wrong with it")
    _config(check)
    check.set_defaults(run=_check)
    return parser


def _names() -> str:
    return ", ".join(sorted(one.name for one in PROBES))


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", default=DEFAULT_CONFIG, help=f"the agent's TOML file (default: {DEFAULT_CONFIG})"
    )


def _run(arguments: argparse.Namespace) -> int:
    from driftvakt_agent.loop import run

    return run(read(arguments.config))


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

    probe = next(one for one in PROBES if one.name == arguments.name)
    samples: list[Sample] = []
    error = empty = ""
    try:
        samples.extend(importlib.import_module(probe.module()).collect(Host()))
    except NoData as e:
        empty = str(e) or "nothing of this kind here"
    except (ProbeError, OSError) as e:
        error = str(e)
    print(answer(samples, error, empty))
    return 1 if error else 0


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
