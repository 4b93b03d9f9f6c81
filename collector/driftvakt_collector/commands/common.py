"""What several commands share: where the data is, and how a secret is written."""

import argparse
import getpass
import os
import shlex
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from driftvakt_collector import config

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.store.engine import Store

T = TypeVar("T")
_MAX_WHO = 64


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the collector's TOML file; it names the directory")
    parser.add_argument("--data", metavar="DIR", help="the collector's data directory; this or --config is needed")


def load(arguments: argparse.Namespace) -> config.Config:
    overrides = {key: getattr(arguments, key, None) for key in ("data", "listen", "port")}
    return config.load(arguments.config, overrides)


def read_store(arguments: argparse.Namespace, work: "Callable[[Connection], T]") -> T:
    """Open the store, read from it, and close it."""
    return _stored(arguments, work, write=False)


def write_store(arguments: argparse.Namespace, work: "Callable[[Connection], T]") -> T:
    """Open the store, write to it in one transaction, and close it."""
    return _stored(arguments, work, write=True)


def _stored(arguments: argparse.Namespace, work: "Callable[[Connection], T]", *, write: bool) -> T:
    from driftvakt_collector.store.engine import Store

    store = Store(load(arguments).store_url())
    store.migrate()
    try:
        return write_to(store, arguments, work) if write else store.read(work)
    finally:
        store.close()


def write_to(store: "Store", arguments: argparse.Namespace, work: "Callable[[Connection], T]") -> T:
    """Write to a store that is open, in one transaction with the entry of the audit log."""
    return store.write_now(lambda one: _audited(one, arguments, work))


def _audited(connection: "Connection", arguments: argparse.Namespace, work: "Callable[[Connection], T]") -> T:
    """Do the work, and write down in the same transaction who typed what: no secret ever stands in a command line."""
    from driftvakt_collector.store import audit

    done = work(connection)
    words = list(getattr(arguments, "typed", ()))
    named = [word for word in words[:2] if not word.startswith("-")]
    told = {"typed": shlex.join(words)}
    audit.write(connection, time.time(), who(), audit.COMMAND, ".".join(["command", *named]), "", told)
    return done


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)


def shown(text: str) -> str:
    """Return a text for the terminal: what a host calls itself must not write over the screen."""
    return "".join(char if char.isprintable() else "?" for char in text)


def who() -> str:
    """Return who types this; in a container an account may have no name."""
    try:
        return getpass.getuser()[:_MAX_WHO]
    except (KeyError, OSError):
        return "unknown"


def moment(at: float) -> str:
    """Return seconds since the epoch for the terminal."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
