"""`driftvakt incident …`: the service desk's cases, and why people were told of an alert or not."""

import argparse
import json
import secrets
import time
from typing import TYPE_CHECKING

from driftvakt_collector.commands import handovers, incident_report, why
from driftvakt_collector.commands.common import add_data, moment, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from driftvakt_collector.store.alerts import AlertRow
    from driftvakt_collector.store.incidents import IncidentRow

_ABOUT = """An incident has one owner and one number, INC-12. Alerts that page open one, or join the one of their host.

  driftvakt incident list                  what is open
  driftvakt incident show INC-12           what is wrong, who was told and why, and what was done
  driftvakt incident take INC-12           it is yours: nobody else is paged
  driftvakt incident handover INC-12 --to 'S:t Erik'
  driftvakt incident why                   what is held back or only shown, each with its reasons
  driftvakt incident why srv-fil-01        what is written of a host, also of a night that is over
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    parser = commands.add_parser(
        "incident", help="see and handle incidents, and ask why nobody was paged",
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    nouns = parser.add_subparsers(dest="incident_command", required=True, metavar="COMMAND")
    listed = nouns.add_parser("list", help="show incidents, those that are open if nothing else is said")
    listed.add_argument("--state", choices=("open", "acknowledged", "resolved", "closed", "all"), default="")
    listed.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (default: 50)")
    listed.set_defaults(run=_list)
    _one(nouns, "show", "show all of an incident", _show)
    _one(nouns, "take", "take an incident: nobody else is paged for it", _take)
    given = _one(nouns, "assign", "give it to another owner", _assign)
    given.add_argument("--to", required=True, metavar="PERSON", help="who has it from now on")
    attached = _one(nouns, "attach", "say that it is a part of another one", _attach)
    attached.add_argument("--to", required=True, metavar="INC-1", help="the one that it is a part of")
    _one(nouns, "escalate", "have the next person told at once", _escalate)
    _one(nouns, "resolve", "say that it is over; refused while its alerts fire", _resolve)
    _one(nouns, "close", "close what is resolved", _close)
    noted = _one(nouns, "note", "write a note into its timeline", _note)
    noted.add_argument("text", help="what the next one should know")
    asked = nouns.add_parser("why", help="show alerts that page nobody now, and every reason")
    asked.add_argument("host", nargs="?", default="", help="all that is written of this host: its name or origin")
    asked.add_argument("--language", choices=("sv", "en"), default="en", help="of what is said of a host (default: en)")
    asked.set_defaults(run=_why)
    add_data(listed)
    add_data(asked)
    handovers.add(nouns)
    incident_report.add(nouns)


def _one(
    nouns: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str,
    run: "Callable[[argparse.Namespace], int]",
) -> argparse.ArgumentParser:  # fmt: skip
    parser = nouns.add_parser(name, help=about, description=about)
    parser.add_argument("incident", metavar="INC-12", help="its number")
    add_data(parser)
    parser.set_defaults(run=run)
    return parser


def _number(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store.incidents import number_of

    number = number_of(arguments.incident)
    if number is None:
        raise ConfigError(f"{arguments.incident!r} is no incident: write INC-12 or 12")
    return number


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import incidents

    states = {"": incidents.ALIVE, "all": ("open", "acknowledged", "resolved", "closed")}.get(
        arguments.state, (arguments.state,)
    )
    rows = read_store(arguments, lambda one: incidents.listed(one, states, max(1, arguments.limit)))
    for row in rows:
        print(shown(_line(row)))
    if not rows:
        print("no incident is open" if not arguments.state else "no incident is like that")
    return 0


def _line(row: "IncidentRow") -> str:
    has = f"{row.owner} has it" if row.owner else "nobody has it"
    state = "" if row.state in ("open", "acknowledged") else f"{row.state}, "
    return f"{row.key:<9} {row.severity:<8}  {moment(row.opened_at)}  {_en(row.summary)}  ({state}{has})"


def _en(summary: str) -> str:
    return str(json.loads(summary).get("en", ""))


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import alerts, incidents, outbox, timers
    from driftvakt_collector.store import handovers as handovers_store

    number = _number(arguments)
    row = read_store(arguments, lambda one: incidents.get(one, number))
    if row is None:
        raise ConfigError(f"there is no INC-{number}: driftvakt incident list --state all shows what there is")
    print(shown(_line(row)))
    for name, text in (
        ("zone, site", f"{row.zone}, {row.site}"), ("service", row.service), ("escalation", row.policy),
        ("silent behind it", str(row.muffled) if row.muffled else ""),
    ):  # fmt: skip
        if text.strip(", "):
            print(shown(f"  {name:<17} {text}"))
    print("alerts:")
    for alert in read_store(arguments, lambda one: alerts.of_incident(one, number)):
        _say_alert(alert)
    print("told:")
    for message in read_store(arguments, lambda one: outbox.of_incident(one, number)):
        error = f": {message.error.removeprefix('!')}" if message.error else ""
        # The address of a webhook is as good as a secret.
        whom = message.address if message.channel == "supplier" else message.person or "a URL"
        end = f"{message.state} {message.receipt}".rstrip() + error
        print(
            shown(
                f"  {moment(message.sent_at or message.made_at)}  {message.kind} to {whom} by {message.channel}: {end}"
            )
        )
    for case in read_store(arguments, lambda one: handovers_store.of_incident(one, number)):
        key = f", their {case.their_key.partition('#')[0]}" if case.their_key else ""
        print(shown(f"  {moment(case.opened_at)}  {case.supplier}: {case.state}{key}"))
    for timer in read_store(arguments, lambda one: timers.waiting(one, number)):
        step = f", step {timer.step + 1}" if timer.kind == timers.ESCALATE else ""
        print(shown(f"  {moment(timer.due_at)}  next: {timer.kind}{step}"))
    print("timeline:")
    for event in read_store(arguments, lambda one: incidents.timeline(one, number)):
        text = event.text if event.what == "note" else _en(event.text)
        print(shown(f"  {moment(event.at)}  {event.who}: {event.what}: {text}"))
    return 0


def _say_alert(row: "AlertRow") -> None:
    from driftvakt_collector.alert import decision

    print(shown(f"  {row.severity:<8}  {row.rule}  {row.subject}: {_en(row.summary)} ({row.state}, {row.standing})"))
    for reason in decision.read(row.trace):
        until = f", until {moment(reason.until)}" if reason.until else ""
        print(shown(f"            {reason.words.en}{until}"))


def _why(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert import decision
    from driftvakt_collector.desk.suppliers.leaving import LEFT
    from driftvakt_collector.store import alerts

    rows: Sequence[AlertRow] = read_store(arguments, alerts.firing)
    if arguments.host:
        done = why.why(arguments)
        for row in _covering(arguments, rows):
            on = f", INC-{row.incident}" if row.incident is not None else ""
            print(shown(f"  {arguments.host} is a part of what is told already: {_en(row.summary)}{on}"))
        return done
    quiet = [
        row for row in rows
        if row.standing != "paged" or any(reason.code == LEFT for reason in decision.read(row.trace))
    ]  # fmt: skip
    for row in sorted(quiet, key=lambda one: (one.standing, one.started_at)):
        _say_alert(row)
    if not quiet:
        told = len(rows)
        fire = "1 alert fires, and people were told of it" if told == 1 else f"{told} alerts fire, and people were told"
        print(shown(f"nothing is held back; {fire}" if told else "nothing fires"))
    return 0


def _covering(arguments: argparse.Namespace, rows: "Sequence[AlertRow]") -> "list[AlertRow]":
    """Return the alerts of a whole site or zone that stand for a host, too: it has none of its own then."""
    from driftvakt_collector.store import hosts

    known = [one for one in read_store(arguments, hosts.load) if arguments.host in (one.origin, one.name)]
    return [
        row for row in rows
        if row.source == "liveness" and not row.origin
        and any(row.zone == one.zone and row.site in ("", one.site) for one in known)
    ]  # fmt: skip


def _do(arguments: argparse.Namespace, work: "Callable[[Connection, int, str, float], IncidentRow]") -> int:
    from driftvakt_collector.desk.incidents import DeskError

    number = _number(arguments)
    try:
        row = write_store(arguments, lambda one: work(one, number, who(), time.time()))
    except DeskError as e:
        raise ConfigError(str(e)) from e
    print(shown(_line(row)))
    return 0


def _take(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk

    return _do(arguments, lambda one, number, me, now: desk.acknowledge(one, number, me, "command", now))


def _assign(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk
    from driftvakt_collector.store import people

    if read_store(arguments, lambda one: people.find(one, arguments.to)) is None:
        raise ConfigError(f"there is no person {arguments.to!r}: driftvakt person list shows who there is")
    return _do(arguments, lambda one, number, me, now: desk.assign(one, number, me, arguments.to, now))


def _attach(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk
    from driftvakt_collector.store.incidents import number_of

    parent = number_of(arguments.to)
    if parent is None:
        raise ConfigError(f"{arguments.to!r} is no incident: write INC-1 or 1")
    return _do(arguments, lambda one, number, me, now: desk.attach(one, number, parent, me, now))


def _escalate(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk

    return _do(arguments, lambda one, number, me, now: desk.escalate(one, number, me, "command", now))


def _resolve(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk

    rules = desk.Rules(lambda _alert, _at: "", lambda: secrets.token_hex(10))
    return _do(arguments, lambda one, number, me, now: desk.resolve(one, number, me, rules, now))


def _close(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk

    return _do(arguments, desk.close)


def _note(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import incidents as desk
    from driftvakt_collector.store import incidents

    def work(one: "Connection", number: int, me: str, now: float) -> "IncidentRow":
        desk.note(one, number, me, arguments.text, now)
        row = incidents.get(one, number)
        assert row is not None
        return row

    return _do(arguments, work)
