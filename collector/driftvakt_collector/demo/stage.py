"""The data directory of the demo, made anew for each run: zones, a login, and all hosts enrolled at once."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from driftvakt_collector.config import Config, ConfigError
from driftvakt_collector.demo import lists
from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.service.coverage.ledger import as_list
from driftvakt_collector.store import coverage, hosts, logins, zones
from driftvakt_collector.store.engine import Store

ZONES = ("adm", "edu")
LOGIN = "admin"
_MARK = "demo.json"


def clear(data: Path) -> bool:
    """Remove what an earlier run left; return whether there was any. Raises ConfigError for what is not a demo's."""
    if not data.exists():
        return False
    if data.is_dir() and not any(data.iterdir()):
        return False
    if not (data / _MARK).is_file():
        raise ConfigError(f"{data} is not a demo's: name another directory with --data, this one is left alone")
    if _is_open(data / "journal.db"):
        raise ConfigError(f"a demo runs in {data}: stop it first, or name another directory with --data")
    shutil.rmtree(data)
    return True


def _is_open(journal: Path) -> bool:
    """Say if a collector holds the journal, which it locks for as long as it runs."""
    if not journal.exists():
        return False
    try:
        with closing(sqlite3.connect(journal, timeout=0)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    return False


def build(config: Config, assets: Sequence[Asset], told: dict[str, object], at: float) -> str:
    """Make the directory, enrol the assets and bring lists of them; return the login's secret.

    told: what the mark says of the run. at: seconds since the epoch.
    """
    data = config.data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / _MARK).write_text(json.dumps(told) + "\n", "utf-8")
    for zone in ZONES:
        zones.create(data, zone)
    store = Store(config.store_url())
    try:
        store.migrate()
        secret = logins.new_secret()
        store.write_now(lambda connection: logins.set_secret(connection, LOGIN, secret))
        store.write_now(lambda connection: hosts.save(connection, [row(asset) for asset in assets]))
        for name, kind, entries in (
            (lists.CONTRACT, "contract", lists.contract(assets)), (lists.LEASES, "seen", lists.leases(assets, at)),
        ):  # fmt: skip
            info, rows = as_list(name, kind, "", at, LOGIN, entries)
            store.write_now(partial(coverage.replace, info=info, rows=rows))
    finally:
        store.close()
    return secret


def row(asset: Asset) -> hosts.HostRow:
    """Return the enrolment of an asset."""
    place = asset.place
    return hosts.HostRow(asset.origin, 1, asset.name, place.zone, place.administration, place.name, asset.class_)
