"""`driftvakt escalation`: who is told when nobody answers, and which policy an incident takes."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from driftvakt_collector.commands.common import add_data, read_store, shown, who, write_store
from driftvakt_collector.commands.oncall import read_plan
from driftvakt_collector.commands.span import USUAL_ZONE, read_at, since
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.escalation.book import PolicyBook
    from driftvakt_collector.alert.escalation.explain import Moment
    from driftvakt_collector.alert.escalation.reading import Known
    from driftvakt_collector.alert.oncall.book import RotaBook

_FACTS = ("zone", "administration", "site", "service", "class", "supplier")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    command = commands.add_parser(
        "escalation", help="who is told when nobody answers: list, show, apply, check, remove, explain",
        description="Policies are files of TOML with plain steps; routes say which one an incident takes. Without any,"
        " the policy 'default' tells the rota for the incident's service and zone.",
        epilog="Example: driftvakt escalation explain --severity critical --service natverk --zone adm --data DIR",
    )  # fmt: skip
    whats = command.add_subparsers(required=True, metavar="WHAT")
    listing = whats.add_parser("list", help="show policies and routes")
    listing.set_defaults(run=_list)
    showing = whats.add_parser("show", help="print a policy, or 'routes', as it was applied")
    showing.add_argument("name", metavar="NAME")
    showing.set_defaults(run=_show)
    applying = whats.add_parser("apply", help="let a policy, or routes, count as a file says")
    applying.add_argument("file", type=Path, metavar="FILE")
    applying.add_argument(
        "--from", dest="begin", default="", metavar="TIME", help="since when it counts (default: now)"
    )
    applying.add_argument("--note", default="", help="why, for those who read it later")
    applying.set_defaults(run=_apply)
    checking = whats.add_parser("check", help="say what is wrong with a file; nothing is kept")
    checking.add_argument("file", type=Path, metavar="FILE")
    checking.set_defaults(run=_check)
    removing = whats.add_parser("remove", help="take a policy, or 'routes', away from now on")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=_remove)
    explaining = whats.add_parser(
        "explain", help="show who would be told, when and by which channel, if nobody answered; nothing is sent",
        epilog=command.epilog,
    )  # fmt: skip
    explaining.add_argument("--severity", choices=("info", "warning", "critical"), default="critical",
                            help="of the incident (default: critical)")  # fmt: skip
    for fact in _FACTS:
        explaining.add_argument(f"--{fact}", dest=f"of_{fact}", default="", help=f"the {fact} of the incident")
    explaining.add_argument("--policy", default="", help="this policy, whatever the routes say")
    explaining.add_argument("--at", default="", metavar="TIME", help="as if it began then (default: now)")
    explaining.add_argument("--language", choices=("sv", "en"), default="en", help="of the reasons (default: en)")
    explaining.set_defaults(run=_explain)
    for one in (listing, showing, applying, checking, removing, explaining):
        add_data(one)


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.escalation.book import shipped_text
    from driftvakt_collector.alert.escalation.reading import read_policy

    policies, _ = _books(arguments)
    now = time.time()
    shipped = read_policy(shipped_text())
    for name, policy in sorted(policies.at(now).items()):
        last = f"; last resort {', '.join(policy.last_resort)}" if policy.last_resort else ""
        mark = " (shipped)" if policy == shipped else ""
        print(shown(f"{name:<16}  {policy.title or '-'}{mark}  {len(policy.steps)} steps{last}"))
    for number, route in enumerate(policies.routes(now), 1):
        facts = [
            f"{key} {', '.join(getattr(route, key))}"
            for key in ("zones", "administrations", "sites", "services", "severities", "classes", "suppliers")
            if getattr(route, key)
        ]  # fmt: skip
        if route.calendar:
            facts.append(f"{route.calendar} {'open' if route.is_open else 'closed'}")
        print(shown(f"route {number}: {'; '.join(facts) or 'everything'} → {route.policy}"))
    for name, told in policies.broken(now).items():
        print(shown(f"{name} can't be read: {told.splitlines()[0]}"), file=sys.stderr)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.escalation.book import KIND, shipped_text
    from driftvakt_collector.alert.escalation.routes import DEFAULT
    from driftvakt_collector.store import plans

    rows = read_store(arguments, lambda one: plans.versions(one, KIND, arguments.name))
    body = rows[-1].body if rows else ""
    if not body and arguments.name != DEFAULT:
        raise ConfigError(f"there is no policy {arguments.name!r}: driftvakt escalation list")
    print("\n".join(shown(line) for line in (body or shipped_text()).splitlines()))
    return 0


def _apply(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.escalation.book import KIND
    from driftvakt_collector.store import plans

    body = read_plan(arguments.file)
    name = _checked(arguments, body)
    begin, now = since(arguments, ZoneInfo(USUAL_ZONE)), time.time()
    row = write_store(
        arguments,
        lambda one: plans.save(one, KIND, name, body, from_at=begin, now=now, who=who(), note=arguments.note[:500]),
    )
    print(shown(f"{name}: version {row.version} counts{f' from {arguments.begin} on' if arguments.begin else ''}"))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    print(shown(f"{_checked(arguments, read_plan(arguments.file))} can be applied; nothing was kept"))
    return 0


def _checked(arguments: argparse.Namespace, body: str) -> str:
    """Return the name of what a text describes. Raises ConfigError with every mistake."""
    from driftvakt_collector.alert.escalation.reading import ROUTES, is_routes, read_policy, read_routes

    known = _known(*_books(arguments))
    if is_routes(body):
        read_routes(body, known)
        return ROUTES
    return read_policy(body, known).name


def _known(policies: "PolicyBook", rotas: "RotaBook") -> "Known":
    from driftvakt_collector.alert.escalation.reading import Known

    now = time.time()
    people = {name for name, person in rotas.people.items() if person.is_active}
    return Known(people, rotas.names, rotas.days.named(), policies.at(now))


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.escalation.book import KIND
    from driftvakt_collector.store import plans

    policies, _ = _books(arguments)
    now = time.time()
    rows = read_store(arguments, lambda one: plans.versions(one, KIND, arguments.name))
    if not rows or not rows[-1].body:
        raise ConfigError(f"there is no policy {arguments.name!r} of your own: driftvakt escalation list")
    if used := [number for number, one in enumerate(policies.routes(now), 1) if one.policy == arguments.name]:
        raise ConfigError(f"line {used[0]} of the routes leads to {arguments.name}: apply routes without it first")
    write_store(arguments, lambda one: plans.save(one, KIND, arguments.name, "", from_at=now, now=now, who=who()))
    print(shown(f"{arguments.name} counts no more; what fits no route takes 'default'"))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.alert import Severity
    from driftvakt_collector.alert.escalation.explain import explain, situation_of
    from driftvakt_collector.alert.escalation.routes import Choice, Subject, choose
    from driftvakt_collector.alert.oncall.when import moment_words
    from driftvakt_collector.alert.words import Words

    policies, rotas = _books(arguments)
    at, severity = read_at(arguments, ZoneInfo(USUAL_ZONE)), Severity(arguments.severity)
    zone, administration, site, service, class_, supplier = (getattr(arguments, f"of_{fact}") for fact in _FACTS)
    subject = Subject(zone, administration, site, service, severity.value, class_, supplier)
    known = policies.at(at)
    if arguments.policy and arguments.policy not in known:
        raise ConfigError(f"there is no policy {arguments.policy!r}; known are {', '.join(sorted(known))}")
    choice = choose(policies.routes(at), subject, lambda name: rotas.days.is_open(name, at), known)
    if arguments.policy:
        choice = Choice(arguments.policy, Words("så frågat", "as asked"))
    moments = explain(
        known[choice.policy], at,
        lambda when, told: situation_of(
            rotas, when, severity, service=service, zone=zone, supplier=supplier, told=told
        ),
    )  # fmt: skip
    language = arguments.language
    told = [f"{fact} {value}" for fact in _FACTS if (value := getattr(arguments, f"of_{fact}"))]
    print(shown(f"{', '.join([severity.value, *told])}; it begins {moment_words(at, ZoneInfo(USUAL_ZONE)).en}"))
    print(shown(f"policy {choice.policy}: {choice.why.of(language)}"))
    print(shown(f"rota {rotas.serving(service, zone, at) or 'NONE for this service and zone'}"))
    for moment in moments:
        _tell(moment, at, rotas, language)
    return 1 if not any(moment.decision.notify for moment in moments) else 0


def _tell(moment: "Moment", at: float, rotas: "RotaBook", language: str) -> None:
    from datetime import datetime

    decision = moment.decision
    clock = f"{datetime.fromtimestamp(moment.at, ZoneInfo(USUAL_ZONE)):%a %H:%M}"
    print(f"+{(moment.at - at) / 60:g} min, {clock}")
    for line in decision.trace:
        print(shown(f"    {line.of(language)}"))
    for notice in decision.notify:
        who_ = rotas.people[notice.person].called if notice.person in rotas.people else notice.person
        print(shown(f"  → {who_} by {', '.join(notice.channels)}: {notice.why.of(language)}"))
    for supplier in decision.suppliers:
        print(shown(f"  → handed over to {supplier}"))
    for _ in decision.webhooks:
        print("  → webhook called")
    if decision.next_at is None:
        print("  the end, if nobody answered")


def _books(arguments: argparse.Namespace) -> "tuple[PolicyBook, RotaBook]":
    from driftvakt_collector.alert.escalation import book as policies
    from driftvakt_collector.alert.oncall import book as rotas
    from driftvakt_collector.alert.oncall import days

    return read_store(arguments, lambda one: (policies.load(one), rotas.load(one, days.load(one))))
