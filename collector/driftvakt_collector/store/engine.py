"""The store's engine: opened once, migrated, written by one thread, read by any."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from driftvakt_collector.config import ConfigError

T = TypeVar("T")
MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(ConfigError):
    """The store could not be opened or written. The text says what to do."""


class Store:
    """One database. `write` runs a function in a transaction on the one writing thread; `read` anywhere.

    SQLite: WAL and synchronous=FULL; only the writing connection checkpoints, for SQLite before 3.51.3 can corrupt a
    WAL that two connections reset (the fault is in 3.7.0 to 3.51.2).
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
        except SQLAlchemyError as e:
            raise StoreError("the store's URL is none: write postgresql+psycopg://USER:SECRET@HOST/DATABASE") from e
        self.dialect = self.url.get_backend_name()
        self._writer = self._engine(checkpoints=True)
        self._reader = self._engine(checkpoints=False) if self.dialect == "sqlite" else self._writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    def _engine(self, *, checkpoints: bool) -> Engine:
        if self.dialect not in ("sqlite", "postgresql"):
            raise StoreError(
                f"the store is SQLite or PostgreSQL, not {self.dialect}: write such a URL into 'store_url_file'"
            )
        if self.dialect == "postgresql":
            try:
                return create_engine(self.url, pool_pre_ping=True)
            except ModuleNotFoundError as e:
                raise StoreError(f"PostgreSQL needs more: pip install 'driftvakt[collector,scale]' ({e})") from e
        engine = create_engine(self.url, connect_args={"timeout": 30})
        if checkpoints:
            # The driver's own transactions begin as reading ones. If a command writes between their first look and
            # their first change, SQLite refuses the change at once, however long they would wait.
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            if checkpoints:
                connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            if not checkpoints:
                cursor.execute("PRAGMA wal_autocheckpoint=0")
            cursor.close()

        return engine

    def migrate(self) -> None:
        """Bring the tables to this release. Imports alembic only here: it takes a second. Raises StoreError."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        try:
            with self._writer.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as e:
            raise StoreError(f"cannot open the store {self.url.render_as_string(hide_password=True)}: {e}") from e

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, here. For start-up and the command line, where no loop runs."""
        return self._thread.submit(self._transact, work).result()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction on the writing thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with self._writer.begin() as connection:
            return work(connection)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a reading connection, here."""
        with self._reader.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what is being written, then let go."""
        self._thread.shutdown(wait=True)
        self._reader.dispose()
        self._writer.dispose()
