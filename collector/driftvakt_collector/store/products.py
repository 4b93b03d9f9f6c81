"""Which product is on which host, whatever packages it comes in: over the releases that `software` keeps.

A release is named once, when it is first seen; what an earlier release of ours named by other rules is named anew,
step by step (`rename`). Versions are compared as the publisher writes them, without epoch and revision.
"""

from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
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
from driftvakt_collector.store.holders import holders
from driftvakt_collector.store.models import SoftwareTable
from driftvakt_collector.store.software import COMPARISONS, MAX_RELEASES, Answer, Release, SoftwareError
from driftvakt_collector.store.version import Version

_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
STEP = 1000
"""Releases that one transaction names anew: a tenth of a second."""
MAX_PRODUCTS = 1000


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


def search(connection: Connection, name: str, compare: str = "", version: str = "") -> Answer:
    """Return who has which release of the packages of a product. compare: as in `software`."""
    known = _matching(connection, name, compare, version)
    found = [
        (known[one]._replace(hosts=len(having)), having) for one, having in holders(connection, list(known)).items()
    ]
    found.sort(key=lambda one: (one[0].source, one[0].name, one[0].architecture))
    found.sort(key=lambda one: Version(upstream(one[0].version)), reverse=True)
    return Answer([release for release, _ in found], [having for _, having in found])


def _listed(connection: Connection, clause: ColumnElement[bool], limit: int) -> list[ProductRow]:
    query = (
        select(_SOFTWARE.c.product, _SOFTWARE.c.product_by, func.count(distinct(_SOFTWARE.c.name)), func.count())
        .where(clause, _SOFTWARE.c.product != "")
        .group_by(_SOFTWARE.c.product, _SOFTWARE.c.product_by)
        .order_by(_SOFTWARE.c.product, _SOFTWARE.c.product_by)
        .limit(limit)
    )
    return [ProductRow(*row) for row in connection.execute(query)]


def _matching(connection: Connection, name: str, compare: str, version: str) -> dict[int, Release]:
    columns = [_SOFTWARE.c[one] for one in ("id", *Release._fields[:5])]
    rows = connection.execute(select(*columns).where(_SOFTWARE.c.product == name).limit(MAX_RELEASES)).all()
    if len(rows) >= MAX_RELEASES:
        raise SoftwareError(f"there are more than {MAX_RELEASES} releases of {name[:100]}: some host makes them up")
    found = {number: Release._make((*told, 0)) for number, *told in rows}
    if not compare:
        return found
    fits, wanted = COMPARISONS[compare], Version(upstream(version))
    return {number: one for number, one in found.items() if fits(Version(upstream(one.version)), wanted)}
