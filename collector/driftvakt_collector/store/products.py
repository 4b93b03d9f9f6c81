"""Which product is on which host, whatever packages it comes in: over the releases that `software` keeps.

A release is named once, when it is first seen; what an earlier release of ours named by other rules is named anew,
step by step (`rename`). Versions are compared as the publisher writes them, without epoch and revision.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    distinct,
    func,
    or_,
    select,
    true,
    update,
)

from driftvakt_collector.naming.product import RULES, product, upstream
from driftvakt_collector.store.models import HostSectionTable, SoftwareListTable, SoftwarePartTable, SoftwareTable
from driftvakt_collector.store.version import Version

_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
_PARTS: Table = SoftwarePartTable.__table__  # type: ignore[attr-defined]
_LISTS: Table = SoftwareListTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
STEP = 1000
"""Releases that one transaction names anew: a tenth of a second."""
MAX_IDS = 20_000
"""Releases of one product that a search looks at; PostgreSQL and SQLite take 32,000 values in a statement."""
MAX_PRODUCTS = 1000
_COMPARE = {"<": (-1,), "<=": (-1, 0), "=": (0,), ">=": (0, 1), ">": (1,)}


class Release(NamedTuple):
    """A release of one of the packages of a product, and on how many hosts it is."""

    source: str
    name: str
    architecture: str
    version: str
    hosts: int


class Has(NamedTuple):
    """A host that has a product, and by which package."""

    origin: str
    version: str
    source: str
    package: str


class ProductRow(NamedTuple):
    """A product, who publishes it, and how many packages and releases of it there are."""

    product: str
    publisher: str
    packages: int
    releases: int


def columns(source: str, name: str, publisher: str) -> dict[str, str | int]:
    """Return the columns that say what a release belongs to."""
    found = product(source, name, publisher)
    return {"product": found.name, "product_by": found.publisher, "rules": RULES}


def rename(connection: Connection, after: int = -1, limit: int = STEP) -> int | None:
    """Name a step of the releases that other rules named; return where the next step begins, None after the last."""
    query = (
        select(_SOFTWARE.c.id, _SOFTWARE.c.source, _SOFTWARE.c.name, _SOFTWARE.c.publisher)
        .where(_SOFTWARE.c.id > after, _SOFTWARE.c.rules != RULES)
        .order_by(_SOFTWARE.c.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    statement = update(_SOFTWARE).where(_SOFTWARE.c.id == bindparam("number"))
    connection.execute(statement, [{"number": row[0], **columns(*row[1:])} for row in rows])
    return int(rows[-1][0])


def exactly(connection: Connection, text: str) -> list[ProductRow]:
    """Return the products of this name; case does not matter."""
    wanted = {text, product("registry", text).name}
    return _listed(connection, or_(_SOFTWARE.c.product.in_(wanted), func.lower(_SOFTWARE.c.product) == text.lower()), 5)


def listing(connection: Connection, text: str = "", publisher: str = "", limit: int = MAX_PRODUCTS) -> list[ProductRow]:
    """Return products by their names. text: that the name holds. publisher: of this one alone."""
    plain = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    holds = func.lower(_SOFTWARE.c.product).like(f"%{plain}%", escape="\\")
    theirs = func.lower(_SOFTWARE.c.product_by) == publisher.lower() if publisher else true()
    return _listed(connection, and_(holds, theirs), limit)


def releases(connection: Connection, name: str, compare: str = "", version: str = "") -> list[Release]:
    """Return the releases of a product that are on any host, the latest first. compare: as in `software`."""
    ids = _matching(connection, name, compare, version)
    query = _holders(ids).with_only_columns(_PARTS.c.software, func.count()).group_by(_PARTS.c.software)
    counts: dict[int, int] = {row[0]: row[1] for row in connection.execute(query)}
    named_by = [_SOFTWARE.c[one] for one in ("id", "source", "name", "architecture", "version")]
    rows = connection.execute(select(*named_by).where(_SOFTWARE.c.id.in_(ids)))
    found = [
        Release(source, named, architecture, told, counts[number])
        for number, source, named, architecture, told in rows if number in counts
    ]  # fmt: skip
    found.sort(key=lambda one: (one.source, one.name, one.architecture))
    found.sort(key=lambda one: Version(upstream(one.version)), reverse=True)
    return found


def hosts_with(
    connection: Connection, name: str, compare: str = "", version: str = "", origins: Collection[str] | None = None
) -> list[Has]:
    """Return who has a product, by origin; a row a package. origins: only these hosts."""
    query = (
        _holders(_matching(connection, name, compare, version))
        .join(_SOFTWARE, _SOFTWARE.c.id == _PARTS.c.software)
        .with_only_columns(_HOSTS.c.origin, _SOFTWARE.c.version, _SOFTWARE.c.source, _SOFTWARE.c.name)
    )
    if origins is not None:
        query = query.where(_HOSTS.c.origin.in_(list(origins)))
    return sorted(Has(*row) for row in connection.execute(query))


def _listed(connection: Connection, clause: ColumnElement[bool], limit: int) -> list[ProductRow]:
    query = (
        select(_SOFTWARE.c.product, _SOFTWARE.c.product_by, func.count(distinct(_SOFTWARE.c.name)), func.count())
        .where(clause, _SOFTWARE.c.product != "")
        .group_by(_SOFTWARE.c.product, _SOFTWARE.c.product_by)
        .order_by(_SOFTWARE.c.product, _SOFTWARE.c.product_by)
        .limit(limit)
    )
    return [ProductRow(*row) for row in connection.execute(query)]


def _holders(ids: Sequence[int]) -> Select[tuple[str]]:
    return (
        select(_HOSTS.c.origin)
        .join(_LISTS, _LISTS.c.list == _HOSTS.c.number)
        .join(_PARTS, _PARTS.c.part == _LISTS.c.part)
        .where(_PARTS.c.software.in_(ids), _HOSTS.c.name == "packages")
    )


def _matching(connection: Connection, name: str, compare: str, version: str) -> list[int]:
    query = select(_SOFTWARE.c.id, _SOFTWARE.c.version).where(_SOFTWARE.c.product == name).limit(MAX_IDS)
    rows: Iterable[tuple[int, str]] = ((row[0], row[1]) for row in connection.execute(query))
    if not compare:
        return [number for number, _ in rows]
    fits, wanted = _COMPARE[compare], Version(upstream(version))
    return [number for number, told in rows if _order(Version(upstream(told)), wanted) in fits]


def _order(one: Version, other: Version) -> int:
    return -1 if one < other else int(one != other)
