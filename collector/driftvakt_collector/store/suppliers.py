"""Suppliers: to whom cases are handed over, and what was agreed with them."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, select

from driftvakt_collector.store.alert_models import SupplierTable
from driftvakt_collector.store.upsert import upsert

_SUPPLIERS: Table = SupplierTable.__table__  # type: ignore[attr-defined]


class SupplierRow(NamedTuple):
    """name: as hosts' `supplier` says. kind: email, glpi, zammad or generic. settings: JSON; sealed: its secrets.

    calendar: in which its clock runs, empty for always. is_automatic: cases are handed over without being asked for.
    """

    name: str
    kind: str
    address: str
    url: str
    settings: str
    sealed: bytes
    language: str
    calendar: str
    answer_minutes: float
    mend_hours: float
    is_automatic: bool
    changed_at: float


def keep(connection: Connection, row: SupplierRow) -> None:
    """Add a supplier, or replace what is known of it."""
    upsert(connection, _SUPPLIERS, [row._asdict()])


def load(connection: Connection) -> list[SupplierRow]:
    """Return all, by name."""
    query = select(*(_SUPPLIERS.c[name] for name in SupplierRow._fields)).order_by(_SUPPLIERS.c.name)
    return [_row(tuple(row)) for row in connection.execute(query)]


def get(connection: Connection, name: str) -> SupplierRow | None:
    """Return one; the case of its letters does not matter where that is clear."""
    rows = load(connection)
    exact = next((row for row in rows if row.name == name), None)
    alike = [row for row in rows if row.name.casefold() == name.casefold()]
    return exact or (alike[0] if len(alike) == 1 else None)


def remove(connection: Connection, name: str) -> bool:
    """Forget a supplier; return whether there was one. What was handed over stays."""
    return connection.execute(delete(_SUPPLIERS).where(_SUPPLIERS.c.name == name)).rowcount > 0


def _row(told: tuple[object, ...]) -> SupplierRow:
    row = SupplierRow(*told)  # type: ignore[arg-type]  # a row's cells have the types of the table
    return row._replace(sealed=bytes(row.sealed))
