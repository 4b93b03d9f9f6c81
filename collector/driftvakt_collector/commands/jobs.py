"""`driftvakt service-check … job`: jobs that tell by themselves how they went."""

import argparse
import json
import secrets
import time
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import load, read_store, shown, who, write_store
from driftvakt_collector.config import Config, ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.poll.checks.options import Value
    from driftvakt_collector.poll.jobs.job import Terms
    from driftvakt_collector.store.hosts import HostRow
    from driftvakt_collector.store.jobs import JobRow
    from driftvakt_collector.store.service_checks import ServiceCheckRow

KIND = "job"
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_CURL = "curl -fsS -m 10 --retry 3 -o /dev/null"


def add_terms(parser: argparse.ArgumentParser) -> None:
    """Declare what is agreed with a job."""
    group = parser.add_argument_group("of a job", "driftvakt service-check add job NAME --every 1d --grace 2h")
    group.add_argument(
        "--cron", metavar="EXPRESSION",
        help="when it runs, instead of --every: '30 2 * * 1-5', minute hour day month weekday",
    )  # fmt: skip
    group.add_argument("--time-zone", metavar="ZONE", help="whose clock --cron means (default: Europe/Stockholm)")
    group.add_argument("--grace", type=seconds, metavar="TIME",
                       help="how long after its time it is late, like 30m or 2h (default: 1h)")  # fmt: skip
    add_url(group)


def add_url(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Declare how the collector is reached."""
    parser.add_argument(
        "--url", default="", metavar="URL",
        help="how the job's machine reaches the collector, like https://collector.example:8444",
    )  # fmt: skip


def seconds(text: str) -> float:
    """Return the seconds of 90, 90s, 30m, 2h, 1d or 1w. For argparse: raises ArgumentTypeError."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    try:
        found = float(number) * _UNITS[text[len(number) :] or "s"]
    except (KeyError, ValueError):
        found = -1.0
    if not 0 <= found < 1e10:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 90, 30m, 2h or 1d")
    return found


def add(arguments: argparse.Namespace) -> int:
    """Take a job in, and show its address."""
    from driftvakt_collector.poll.jobs.job import clock, judge, spell
    from driftvakt_collector.poll.jobs.telling import marks_of
    from driftvakt_collector.poll.jobs.terms import plan_told
    from driftvakt_collector.store import jobs, service_checks, zones
    from driftvakt_collector.store.hosts import HostRow
    from driftvakt_collector.store.service_checks import SERVICE, ServiceCheckRow

    told, now = load(arguments), time.time()
    if arguments.zone not in (known := zones.load(told.data)):
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    options, terms = _agreed(arguments, now)
    base = _base(told, arguments)
    name = (arguments.name or arguments.target)[:255]
    origin, secret = f"c-{secrets.token_hex(10)}", secrets.token_hex(20)
    row = ServiceCheckRow(
        origin, arguments.zone, KIND, arguments.target[:255], 0, json.dumps(options, ensure_ascii=False), b"",
        arguments.every or 0.0, terms.patience, arguments.service[:255], now, who(),
    )  # fmt: skip
    host = HostRow(origin, 1, name, arguments.zone, arguments.administration, arguments.site, SERVICE)
    job = jobs.JobRow(origin, jobs.mark_of(secret), now)

    def work(connection: "Connection") -> None:
        if service_checks.named(connection, name):
            raise ConfigError(f"there is a check called {name!r} already: remove it, or choose another name")
        service_checks.add(connection, host, row)
        jobs.save(connection, job)

    write_store(arguments, work)
    first = clock(terms, judge(terms, marks_of(job), (), now).expected)
    print(shown(f"{origin}  {name}, {plan_told(row)}, late after {spell(terms.grace)},"
                f" may run for {spell(terms.patience)}; expected at {first}"))  # fmt: skip
    _show_address(base, secret, str(options.get("cron", "30 2 * * *")))
    return 0


def renew(arguments: argparse.Namespace) -> int:
    """Give a job another secret."""
    from driftvakt_collector.store import jobs

    told, secret = load(arguments), secrets.token_hex(20)
    row, host, _ = find(arguments, arguments.name)
    arguments.zone = row.zone
    base = _base(told, arguments)
    write_store(arguments, lambda one: jobs.renew(one, row.origin, jobs.mark_of(secret), time.time()))
    print(shown(f"{row.origin}  {host.name}: what knew the old address is answered 404 from now on"))
    _show_address(base, secret, str(json.loads(row.options).get("cron", "30 2 * * *")))
    return 0


def show(row: "ServiceCheckRow", host: "HostRow", job: "JobRow", outages: list[tuple[float, float]]) -> int:
    """Show how a job is; return 1 where something is wrong."""
    from driftvakt_collector.fleet.gaps import Time
    from driftvakt_collector.poll.jobs.job import clock, judge, spell
    from driftvakt_collector.poll.jobs.telling import marks_of
    from driftvakt_collector.poll.jobs.terms import plan_told, terms_of

    terms, marks = terms_of(row), marks_of(job)
    verdict = judge(terms, marks, [Time(*one) for one in outages], time.time())
    print(shown(f"{host.name}: {verdict.state.value}: {verdict.reason}"))
    facts = {
        "next expected": clock(terms, verdict.expected),
        "agreed": f"{plan_told(row)}, late after {spell(terms.grace)}, may run for {spell(terms.patience)}",
        "last start": clock(terms, marks.started) if marks.started else "never",
        "last success": clock(terms, marks.succeeded) if marks.succeeded else "never",
        "last failure": clock(terms, marks.failed) if marks.failed else "never",
        "took": "unknown" if marks.seconds is None else f"{marks.seconds:.0f} s",
        "called from": job.address or "nowhere yet",
        "address": "kept nowhere: 'driftvakt service-check secret' makes a new one",
    }
    for what, text in facts.items():
        print(shown(f"  {what:<14} {text}"))
    for line in job.output.split("\n") if job.output else ():
        print(shown(f"  | {line}"))
    return 0 if verdict.fault is None else 1


def states(connection: "Connection") -> dict[str, str]:
    """Return how each job is, in a word or two, by origin."""
    from driftvakt_collector.fleet.gaps import Time
    from driftvakt_collector.poll.jobs.job import judge
    from driftvakt_collector.poll.jobs.telling import marks_of
    from driftvakt_collector.poll.jobs.terms import terms_of
    from driftvakt_collector.store import feed, jobs, service_checks

    heard, now = jobs.load(connection), time.time()
    outages = [Time(*one) for one in feed.outages(connection)]
    rows = [row for row, _ in service_checks.load(connection) if row.origin in heard]
    return {row.origin: judge(terms_of(row), marks_of(heard[row.origin]), outages, now).state.value for row in rows}


def find(arguments: argparse.Namespace, name: str) -> "tuple[ServiceCheckRow, HostRow, JobRow]":
    """Return a job by its name or origin. Raises ConfigError where there is none, or more."""
    from driftvakt_collector.store import jobs, service_checks

    found, heard = read_store(arguments, lambda one: (service_checks.named(one, name), jobs.load(one)))
    found = [(row, host) for row, host in found if row.origin in heard]
    if len(found) != 1:
        what = "more than one job is" if found else "no job is"
        raise ConfigError(f"{what} called {name!r}: driftvakt service-check list shows the origin of each")
    row, host = found[0]
    return row, host, heard[row.origin]


def _agreed(arguments: argparse.Namespace, now: float) -> "tuple[dict[str, Value], Terms]":
    """Return a job's options and what they mean. Raises ConfigError with all that is wrong."""
    from driftvakt_collector.poll.checks.options import CheckConfigError
    from driftvakt_collector.poll.jobs.terms import agree

    told: dict[str, object] = dict(arguments.read)
    told |= {key: value for key in ("cron", "time_zone", "grace") if (value := getattr(arguments, key)) is not None}
    if bool(told.get("cron")) == bool(arguments.every):
        raise ConfigError("a job needs either '--every 1d' or '--cron \"30 2 * * *\"', and not both")
    if "time_zone" in told and not told.get("cron"):
        raise ConfigError("'--time-zone' says whose clock '--cron' means; with '--every' there is none")
    options: dict[str, Value] = {key: value for key, value in told.items() if isinstance(value, str | float)}
    try:
        return options, agree(options, arguments.every or 0.0, arguments.patience or 0.0, now)
    except CheckConfigError as e:
        raise ConfigError(str(e)) from e


def _base(told: Config, arguments: argparse.Namespace) -> str:
    """Return how the collector is reached from a zone: as the command says, else as its configuration lets guess."""
    from driftvakt_collector.trust.keeping import machine_names

    if arguments.url:
        if not arguments.url.startswith(("http://", "https://")):
            raise ConfigError(f"'--url {arguments.url}' must begin with https:// or http://")
        return str(arguments.url.rstrip("/"))
    for zone in told.zones:
        if zone.name == arguments.zone:
            return f"https://{(zone.names or machine_names())[0]}:{zone.port or 'PORT'}"
    return f"http{'s' if told.tls_cert else ''}://{machine_names()[0]}:{told.port or 'PORT'}"


def _show_address(base: str, secret: str, cron: str) -> None:
    """Show the address, this once, and lines to copy."""
    url = f"{base}/ping/{secret}"
    print(f"""
Its address, which is shown only now. Whoever has it can tell for the job; it is a secret:
  {url}

  {url}/start    it begins
  {url}          it went well
  {url}/fail     it failed; or its exit code instead of fail: 0 went well, all else failed

cron:
  {cron}  {_CURL} {url}/start; /path/to/job; {_CURL} {url}/$?
systemd, in [Service]:
  ExecStartPre=-/usr/bin/{_CURL} {url}/start
  ExecStopPost=-/usr/bin/{_CURL} {url}/${{EXIT_STATUS}}
PowerShell:
  Invoke-RestMethod -TimeoutSec 10 {url}/start
  & C:\\path\\to\\job.exe
  Invoke-RestMethod -TimeoutSec 10 {url}/$LASTEXITCODE

With the certificate of a zone's own authority curl wants --cacert FILE; see docs/service-checks.md.""")
