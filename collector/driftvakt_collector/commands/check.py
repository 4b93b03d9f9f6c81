"""`driftvakt check-config`: says what is wrong with a configuration."""

import argparse
from pathlib import Path

from driftvakt_collector import config


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    check = commands.add_parser("check-config", help="read a configuration and say what is wrong with it")
    check.add_argument("config", type=Path, metavar="FILE", help="the collector's TOML file")
    check.set_defaults(run=_check_config)


def _check_config(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.notify import settings
    from driftvakt_collector.alert.rules import book
    from driftvakt_collector.desk import neighbours

    told = config.load(arguments.config, {})
    settings.read(told.notify, str(arguments.config), public_url=told.public_url)
    neighbours.read(told.alertmanagers, told.watchdogs)
    book.load(told.rules_file)
    print(f"{arguments.config} is fine")
    return 0
