"""`driftvakt rules`: what alerts are made of: see them, check and test your own, export them to Prometheus."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import shown
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.rules.book import Book
    from driftvakt_collector.alert.rules.rule import Rule

_EXAMPLE = """a file of your own adds rules, changes shipped ones, or turns them off:

  [[rule]]                          # a shipped rule, with another threshold
  name = "FilesystemAlmostFull"
  below = 0.03

  [[rule]]                          # a shipped rule that you don't want
  name = "RestartNeeded"
  enabled = false

  [[rule]]                          # one of your own
  name = "QueueLong"
  series = "app_queue_length"
  hosts = { class = "server" }
  above = 1000
  for = "5m"
  severity = "critical"
  summary = { sv = "{{host}}: {{value}} väntar i kön", en = "{{host}}: {{value}} wait in the queue" }

docs/rules.md tells every key."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    rules = commands.add_parser(
        "rules", help="what alerts are made of: list, show, check, test, export to Prometheus",
        description="Rules say which series of which hosts are wrong, and since when that is an alert. Shipped are"
        " rules for servers, PCs, printers, network, power, hardware, services, certificates, backups and clocks.",
        epilog=_EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    whats = rules.add_subparsers(required=True, metavar="WHAT")
    lists = whats.add_parser(
        "list", help="show the rules that count", epilog="Example: driftvakt rules list --rules own.toml"
    )
    _add_own(lists)
    lists.add_argument("--severity", choices=("info", "warning", "critical"), help="only those")
    lists.set_defaults(run=_list)
    show = whats.add_parser(
        "show", help="show one rule: what it means, and how Prometheus would say it",
        epilog="Example: driftvakt rules show FilesystemAlmostFull",
    )  # fmt: skip
    show.add_argument("name", metavar="NAME")
    _add_own(show)
    show.set_defaults(run=_show)
    check = whats.add_parser(
        "check", help="read your file and say what is wrong with it, and what it changes",
        description="Exit code 0: it can be used. 1: it can't; every mistake is told.",
        epilog="Example: driftvakt rules check /etc/driftvakt/rules.toml",
    )  # fmt: skip
    check.add_argument("file", type=Path, nargs="?", metavar="FILE", help="your rules (default: only the shipped ones)")
    check.set_defaults(run=_check)
    test = whats.add_parser(
        "test", help="play series over time through the rules, and compare what fires with what should",
        description="FILE has tables [[test]]: series, their values line by line as for promtool, and what fires when."
        " Exit code 0: all is as expected. 1: it is not; each difference is told.",
        epilog="Example: driftvakt rules test /etc/driftvakt/rules-test.toml --rules /etc/driftvakt/rules.toml",
    )  # fmt: skip
    test.add_argument("file", type=Path, metavar="FILE")
    _add_own(test)
    test.set_defaults(run=_test)
    export = whats.add_parser(
        "export", help="write the rules as files of Prometheus, which then says the same",
        epilog="Example: driftvakt rules export --prometheus --out /etc/prometheus/rules",
    )  # fmt: skip
    export.add_argument(
        "--prometheus", action="store_true", required=True, help="in the form of Prometheus' rule files"
    )
    export.add_argument("--out", type=Path, metavar="DIR", help="write a file a subject there (default: print them)")
    _add_own(export)
    export.set_defaults(run=_export)


def _add_own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="FILE", help="your own rules, beside those that are shipped")


def _list(arguments: argparse.Namespace) -> int:
    book = _book(arguments.rules)
    for rule in book.rules:
        if arguments.severity in (None, rule.severity.value):
            print(shown(f"{rule.severity.value:<8}  {rule.subject:<12}  {rule.name:<28}  {_said(rule)}"))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.rules import prometheus, span
    from driftvakt_collector.alert.rules.reading import likely

    book = _book(arguments.rules)
    rule = next((one for one in book.rules if one.name == arguments.name), None)
    if rule is None:
        close = likely(arguments.name, [one.name for one in book.rules])
        raise ConfigError(f"there is no rule {arguments.name!r}{close}: driftvakt rules list")
    lines = [f"{rule.name}  {rule.severity.value}, of {rule.subject}", f"  {_said(rule)}"]
    lines += [f"  sv: {rule.summary.sv}", f"  en: {rule.summary.en}"]
    if rule.hosts:
        lines.append("  hosts: " + ", ".join(one.promql() for one in rule.hosts))
    if rule.labels:
        lines.append("  labels: " + ", ".join(one.promql() for one in rule.labels))
    if rule.keep:
        lines.append(f"  fires on for {span.write(rule.keep)} after it is no longer so")
    if rule.condition.clear is not None:
        lines.append(f"  while it fires, the threshold is {rule.condition.clear:g}")
    if rule.runbook:
        lines.append(f"  runbook: {rule.runbook}")
    lines += ["", "  Prometheus: " + prometheus.expression(rule)]
    for line in lines:
        print(shown(line))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.rules import book as books

    book = books.load(arguments.file)
    own = [rule for rule in book.rules if rule.subject == books.OWN_SUBJECT]
    what = f"{arguments.file} is fine" if arguments.file else "the shipped rules are fine"
    print(f"{what}: {len(book.rules)} rules count, {len(own)} of them your own")
    for name in book.changed:
        print(shown(f"  {name} is changed"))
    for name in book.off:
        print(shown(f"  {name} is turned off"))
    for rule in own:
        print(shown(f"  {rule.name}: {_said(rule)}"))
    for doubt in book.doubts:
        print(shown(f"  look again: {doubt}"))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.rules import history

    book = _book(arguments.rules)
    failed = 0
    tests = history.read(arguments.file)
    for test in tests:
        wrong = history.run(test, book.rules)
        failed += bool(wrong)
        print(shown(f"{'not so' if wrong else 'ok':<6}  {test.name}"))
        for one in wrong:
            print(shown(f"        {one}"))
    print(f"{len(tests) - failed} of {len(tests)} tests went as expected")
    return 1 if failed else 0


def _export(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.rules import prometheus

    files = prometheus.files(_book(arguments.rules).rules)
    if arguments.out is None:
        for text in files.values():
            print(text)
        return 0
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (arguments.out / name).write_text(text, "utf-8")
    except OSError as e:
        raise ConfigError(f"cannot write the rules into {arguments.out}: {e}") from e
    print(f"{len(files)} files are in {arguments.out}; tell Prometheus: rule_files: ['{arguments.out}/*.yml']")
    return 0


def _book(own: Path | None) -> "Book":
    from driftvakt_collector.alert.rules import book

    return book.load(own)


def _said(rule: "Rule") -> str:
    """Return a rule as a sentence."""
    from driftvakt_collector.alert.rules import span
    from driftvakt_collector.alert.rules.rule import Function
    from driftvakt_collector.alert.rules.telling import number

    what = rule.series + (f" per {rule.per}" if rule.per else "")
    words = {
        Function.RATE: f"rate of {what} over {span.write(rule.window)}",
        Function.INCREASE: f"increase of {what} over {span.write(rule.window)}",
        Function.FORECAST: f"forecast of {what} in {span.write(rule.ahead)}, from {span.write(rule.window)},",
        Function.AVERAGE: f"average of {what} over {span.write(rule.window)}",
        Function.MAX: f"highest {what} over {span.write(rule.window)}",
        Function.MIN: f"lowest {what} over {span.write(rule.window)}",
        Function.CHANGES: f"changes of {what} over {span.write(rule.window)}",
        Function.AGE: f"time since {what}",
        Function.UNTIL: f"time until {what}",
        Function.BASELINE: f"{what} against what is usual ({rule.against.value})",
    }
    wait = f" for {span.write(rule.wait)}" if rule.wait else ""
    if rule.function is Function.ABSENT:
        return f"{what} is absent{wait}"
    op = {">": "above", "<": "below", "==": "equal to"}[rule.condition.op.value]
    edge = number(rule.condition.threshold, rule.unit, "en")
    guards = [
        f"{one.series}{f' per {one.per}' if one.per else ''} {one.condition.op.value} {one.condition.threshold:g}"
        for one in rule.guards
    ]
    return f"{words.get(rule.function, what)} {op} {edge}{wait}" + (f", while {' and '.join(guards)}" if guards else "")
