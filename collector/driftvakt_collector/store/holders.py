"""Which hosts have which releases, of the lists that `lists` keeps."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, Table, func, select

from driftvakt_collector.store.models import SoftwareApartTable, SoftwareBaseTable, SoftwareHostTable

_BASES: Table = SoftwareBaseTable.__table__  # type: ignore[attr-defined]
_APART: Table = SoftwareApartTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = SoftwareHostTable.__table__  # type: ignore[attr-defined]
_ORIGINS = func.aggregate_strings(_HOSTS.c.origin, "\n")


def holders(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return who has each of these releases, of those that anybody has.

    Most have it from the base of their list, and are read from one index in its order. Three questions, each answered
    from indexes alone, are many times faster than one that compares them; and so is one text of all origins than a row
    for each.
    """
    found = _together(
        connection,
        select(_BASES.c.software, _ORIGINS).join(_HOSTS, _HOSTS.c.base == _BASES.c.base)
        .where(_BASES.c.software.in_(ids)).group_by(_BASES.c.software),
    )  # fmt: skip
    lacking, having = (
        _together(
            connection,
            select(_APART.c.software, _ORIGINS).join(_HOSTS, _HOSTS.c.list == _APART.c.list)
            .where(_APART.c.software.in_(ids), _APART.c.has.is_(has)).group_by(_APART.c.software),
        )
        for has in (False, True)
    )  # fmt: skip
    for one, origins in lacking.items():
        without = frozenset(origins)
        found[one] = [origin for origin in found.get(one, ()) if origin not in without]
    for one, origins in having.items():
        found[one] = found.get(one, []) + origins
    return {one: origins for one, origins in found.items() if origins}


def _together(connection: Connection, query: Select[int, str]) -> dict[int, list[str]]:
    return {one: told.split("\n") for one, told in connection.execute(query)}
