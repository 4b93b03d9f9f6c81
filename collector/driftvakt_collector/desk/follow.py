"""Follow-up of incidents for the executive office: a list of an administration and a period, and its figures.

Read only, and without persons: who had an incident is no figure. The rows are plain cells; whoever makes a file of
them sees to it that a spreadsheet does not reckon with them (`console.sheet`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.moment import ZONE, full
from driftvakt_collector.store import follow
from driftvakt_collector.store.follow import FollowRow

Cell = str | int | float | bool | None
MAX_ROWS = 100_000
_MOST_SUMMARY = 200
_MINUTE = 60.0
COLUMNS = (
    Words("incident", "incident"), Words("förvaltning", "administration"), Words("plats", "site"),
    Words("tjänst", "service"), Words("allvar", "severity"), Words("fel", "fault"), Words("läge", "state"),
    Words("öppnad", "opened"), Words("kvitterad", "acknowledged"), Words("löst", "resolved"),
    Words("stängd", "closed"), Words("minuter till kvittens", "minutes to acknowledge"),
    Words("minuter till lösning", "minutes to resolve"), Words("öppnad på kontorstid", "opened in office hours"),
    Words("leverantör", "supplier"), Words("tystade larm", "alerts kept silent"), Words("hör till", "belongs to"),
)  # fmt: skip
FIGURES = (
    Words("förvaltning", "administration"), Words("incidenter", "incidents"), Words("kritiska", "critical"),
    Words("utanför kontorstid", "outside office hours"), Words("olösta", "unresolved"),
    Words("hos leverantör", "with a supplier"), Words("median minuter till kvittens", "median minutes to acknowledge"),
    Words("median minuter till lösning", "median minutes to resolve"),
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """columns: names, a cell of each row for each. is_cut: there are more incidents than a report holds."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figure_columns: tuple[str, ...]
    figures: tuple[tuple[Cell, ...], ...]
    is_cut: bool


def report(
    connection: Connection, begin: float, end: float, in_office: Callable[[float], bool], language: str,
    administrations: Collection[str] | None = None, *, zone: str = ZONE, limit: int = MAX_ROWS,
) -> Report:  # fmt: skip
    """Return the incidents that opened in a period, seconds since the epoch, and figures of each administration.

    administrations: whose incidents the reader may see; None for all, an empty one for none. in_office: by the
    calendar that counted at that moment.
    """
    found = follow.incidents(connection, begin, end, administrations, limit + 1)
    rows, is_cut = found[:limit], len(found) > limit
    suppliers = follow.suppliers(connection, begin, end)
    office = {row.number: in_office(row.opened_at) for row in rows}
    return Report(
        tuple(one.of(language) for one in COLUMNS),
        tuple(_cells(row, suppliers.get(row.number, ()), language, zone, office=office[row.number]) for row in rows),
        tuple(one.of(language) for one in FIGURES),
        tuple(_figures(rows, suppliers.keys(), office)),
        is_cut,
    )


def _cells(row: FollowRow, suppliers: Sequence[str], language: str, zone: str, *, office: bool) -> tuple[Cell, ...]:
    times = [full(at, zone) if at is not None else None for at in
             (row.opened_at, row.acknowledged_at, row.resolved_at, row.closed_at)]  # fmt: skip
    return (
        key(row.number), row.administration, row.site, row.service, row.severity, fault(row.summary, language),
        row.state, *times, _minutes(row.opened_at, row.acknowledged_at), _minutes(row.opened_at, row.resolved_at),
        office, ", ".join(suppliers), row.muffled, key(row.parent) if row.parent else None,
    )  # fmt: skip


def _figures(
    rows: Sequence[FollowRow], with_supplier: Collection[int], office: dict[int, bool]
) -> Iterable[tuple[Cell, ...]]:
    by_name: dict[str, list[FollowRow]] = {}
    for row in rows:
        by_name.setdefault(row.administration, []).append(row)
    for name, some in sorted(by_name.items(), key=lambda one: one[0].casefold()):
        yield (
            name, len(some), sum(row.severity == "critical" for row in some),
            sum(not office[row.number] for row in some), sum(row.resolved_at is None for row in some),
            sum(row.number in with_supplier for row in some),
            _median(_minutes(row.opened_at, row.acknowledged_at) for row in some),
            _median(_minutes(row.opened_at, row.resolved_at) for row in some),
        )  # fmt: skip


def key(number: int) -> str:
    return f"INC-{number}"


def fault(summary: str, language: str) -> str:
    """Return the summary of an incident: JSON of its languages, or a text of before."""
    try:
        told = msgspec.json.decode(summary, type=Words)
    except (msgspec.DecodeError, UnicodeError):
        return line(summary, _MOST_SUMMARY)
    return line(told.of(language), _MOST_SUMMARY)


def _minutes(begin: float, end: float | None) -> float | None:
    return None if end is None else round(max(0.0, end - begin) / _MINUTE, 1)


def _median(values: Iterable[float | None]) -> float | None:
    """Return the middle one of those that there are; of two middle ones the lower, which happened."""
    told = sorted(value for value in values if value is not None)
    return told[(len(told) - 1) // 2] if told else None
