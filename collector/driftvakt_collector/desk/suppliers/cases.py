"""What is known of a case when something goes out about it: whose it is, with which secrets, and their number."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from driftvakt_collector.desk.suppliers.supplier import Secrets, Supplier, of_row, secrets_of
from driftvakt_collector.store import handovers, suppliers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.vault import Vault


@dataclass(frozen=True)
class Known:
    """A case that goes out. their_key: empty until their desk has it."""

    supplier: Supplier
    secrets: Secrets
    their_key: str


class Cases(Protocol):
    """Where that is looked up, and where their number is written down."""

    async def of(self, token: str) -> Known | None:
        """Return what is known of a case; None where it, or its supplier, is gone.

        Raises SupplierError or VaultError.
        """
        ...

    async def learn(self, token: str, their_key: str) -> None:
        """Write down by what they know it."""
        ...


class StoredCases:
    """The cases of the store."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def of(self, token: str) -> Known | None:
        """See Cases."""
        return await asyncio.to_thread(self._store.read, lambda one: known(one, token, self._vault))

    async def learn(self, token: str, their_key: str) -> None:
        """See Cases."""
        await self._store.write(lambda one: _learn(one, token, their_key))


def known(connection: Connection, token: str, vault: Vault) -> Known | None:
    """Return what is known of a case. Raises SupplierError or VaultError for a supplier that can't be read."""
    case = handovers.by_token(connection, token)
    row = suppliers.get(connection, case.supplier) if case is not None else None
    if case is None or row is None:
        return None
    return Known(of_row(row), secrets_of(row, vault), case.their_key)


def _learn(connection: Connection, token: str, their_key: str) -> None:
    case = handovers.by_token(connection, token)
    if case is not None and their_key and case.their_key != their_key:
        handovers.change(connection, case, their_key=their_key[:255])
