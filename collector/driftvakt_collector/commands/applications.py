"""`driftvakt applications`: which business applications hosts have, and what is wrong with a file of rules."""

import argparse
from collections import Counter
from pathlib import Path

from driftvakt_collector.commands.common import add_data, load, read_store, shown


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    parser = commands.add_parser(
        "applications", help="which business applications hosts have, and the rules that recognise them",
        description="Rules recognise what a host is for from its packages, services and open ports: those that are "
        "shipped, and yours in the file that 'applications_file' names.",
    )  # fmt: skip
    whats = parser.add_subparsers(required=True, metavar="WHAT")
    lists = whats.add_parser("list", help="show which there are, and on how many hosts")
    add_data(lists)
    lists.add_argument("--rules", action="store_true", help="the rules instead, also of what no host has")
    lists.set_defaults(run=_list)
    check = whats.add_parser("check", help="read a file of rules and say what is wrong with it")
    check.add_argument("file", type=Path, metavar="FILE", help="TOML with tables [[application]]")
    check.set_defaults(run=_check)


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.service.applications import book
    from driftvakt_collector.store import applications

    rules = book.load(load(arguments).applications_file)
    counts = Counter(one.name for one in read_store(arguments, applications.installed))
    for rule in sorted(rules, key=lambda one: (one.category, one.name)):
        if arguments.rules or counts[rule.name]:
            print(f"{counts[rule.name]:>7} hosts  {shown(rule.category):<18} {shown(rule.name)}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.service.applications import book

    ours = {rule.name for rule in book.read(book.SHIPPED)}
    rules = book.read(arguments.file)
    print(f"{arguments.file} is fine: {len(rules)} rules")
    for rule in rules:
        if rule.name in ours:
            print(f"  {shown(rule.name)} takes the place of the shipped rule of that name")
    return 0
