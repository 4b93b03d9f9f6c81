"""What several commands share: where the data is, and how a secret is written."""

import argparse
import os
from pathlib import Path

from driftvakt_collector import config


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the collector's TOML file; it names the directory")
    parser.add_argument("--data", metavar="DIR", help="the collector's data directory; this or --config is needed")


def load(arguments: argparse.Namespace) -> config.Config:
    overrides = {key: getattr(arguments, key, None) for key in ("data", "listen", "port")}
    return config.load(arguments.config, overrides)


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)


def shown(text: str) -> str:
    """Return a text for the terminal: what a host calls itself must not write over the screen."""
    return "".join(char if char.isprintable() else "?" for char in text)
