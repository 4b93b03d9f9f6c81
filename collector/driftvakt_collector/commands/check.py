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
    config.load(arguments.config, {})
    print(f"{arguments.config} is fine")
    return 0
