"""Which product is on which host, whatever packages it comes in: over the releases that `software` keeps.

A release is named once, when it is first seen; what an earlier release of ours named by other rules is named anew,
step by step (`rename`). Versions are compared as the publisher writes them, without epoch and revision.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    case,
    distinct,
    func,
    select,
    true,
    update,
)

from driftvakt_collector.naming.product import RULES, product, upstream
from driftvakt_collector.store.holders import holders
from driftvakt_collector.store.models import SoftwareTable
from driftvakt_collector.store.software import COMPARISONS, MAX_RELEASES, Answer, Release, SoftwareError
from driftvakt_collector.store.version import Version

_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
STEP = 1000
"""Releases that one transaction names anew: a tenth of a second."""
MAX_PRODUCTS = 1000
_SPELLINGS = 20
_FEW, _MANY, _MOST = 4, 512, 100_000
"""Releases that are looked up at once: few of what the whole city has, for no more hosts than `_MOST` are in memory."""


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
    """Return the products of this name, that which is written like it first; case does not matter."""
    known = product("registry", text).name
    is_it = _SOFTWARE.c.product.in_({text, known}) | (func.lower(_SOFTWARE.c.product) == text.lower())
    return _listed(connection, is_it, _SPELLINGS, case((_SOFTWARE.c.product.in_({text, known}), 0), else_=1))


def listing(connection: Connection, text: str = "", publisher: str = "", limit: int = MAX_PRODUCTS) -> list[ProductRow]:
    """Return products by their names. text: that the name holds. publisher: of this one alone."""
    plain = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    holds = func.lower(_SOFTWARE.c.product).like(f"%{plain}%", escape="\\")
    theirs = func.lower(_SOFTWARE.c.product_by) == publisher.lower() if publisher else true()
    return _listed(connection, and_(holds, theirs), limit)


def search(connection: Connection, names: Collection[str], compare: str = "", version: str = "") -> Answer:
    """Return who has which release of a product. compare: as in `software`. names: as it is written.

    A host stands with the latest that it has, as a product is often in many packages: those that a release is on are
    counted, and only those that have no later one are named. So a city's answer is no longer than the city.
    """
    known = _matching(connection, names, compare, version)
    ids = sorted(known, key=lambda one: (known[one].source, known[one].name, known[one].architecture))
    ids.sort(key=lambda one: Version(upstream(known[one].version)), reverse=True)
    found = Answer([], [])
    seen: set[str] = set()
    for one, having in _in_parts(connection, ids):
        found.releases.append(known[one]._replace(hosts=len(having)))
        found.holders.append([origin for origin in having if origin not in seen])
        seen.update(having)
    return found


def _in_parts(connection: Connection, ids: list[int]) -> Iterator[tuple[int, list[str]]]:
    """Yield who has which release, in the order of `ids`, a part of them in memory at once."""
    at, size = 0, _FEW
    while at < len(ids):
        part = ids[at : at + size]
        having = holders(connection, part)
        yield from ((one, having[one]) for one in part if one in having)
        at += size
        size = min(2 * size, _MANY) if sum(map(len, having.values())) < _MOST else _FEW


def _listed(
    connection: Connection, clause: ColumnElement[bool], limit: int, first: ColumnElement[int] | None = None
) -> list[ProductRow]:
    """Return products by their names. first: what comes before that, and after it the number of releases."""
    by_name = (_SOFTWARE.c.product, _SOFTWARE.c.product_by)
    order = by_name if first is None else (first, func.count().desc(), *by_name)
    query = (
        select(_SOFTWARE.c.product, _SOFTWARE.c.product_by, func.count(distinct(_SOFTWARE.c.name)), func.count())
        .where(clause, _SOFTWARE.c.product != "")
        .group_by(*by_name)
        .order_by(*order)
        .limit(limit)
    )
    return [ProductRow(*row) for row in connection.execute(query)]


def _matching(connection: Connection, names: Collection[str], compare: str, version: str) -> dict[int, Release]:
    columns = [_SOFTWARE.c[one] for one in ("id", *Release._fields[:5])]
    query = select(*columns).where(_SOFTWARE.c.product.in_(list(names))).limit(MAX_RELEASES)
    rows = connection.execute(query).all()
    if len(rows) >= MAX_RELEASES:
        name = next(iter(names))[:100]
        raise SoftwareError(f"there are more than {MAX_RELEASES} releases of {name}: some host makes them up")
    found = {number: Release._make((*told, 0)) for number, *told in rows}
    if not compare:
        return found
    fits, wanted = COMPARISONS[compare], Version(upstream(version))
    return {number: one for number, one in found.items() if fits(Version(upstream(one.version)), wanted)}
