"""What is missing of a host, as a page shows it: a row a cause and stretch of time, never a number without a reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftvakt_collector.console import quantity
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.fleet.gaps import CAUSES, UNKNOWN, WAITING, Gap

MAX_ROWS = 50


@dataclass(frozen=True)
class MissingRow:
    """after, before: when the collector got the records around it; None where it never got one.

    tone: as of a finding: `warn` for what nobody explains, else `none`. numbers: of the records.
    """

    cause: str
    text: str
    tone: str
    records: str
    after: Moment | None
    before: Moment | None
    numbers: str


@dataclass(frozen=True)
class Missing:
    """total: in words, empty when nothing is missing. more: rows that are left out."""

    total: str
    rows: Sequence[MissingRow]
    more: int


def missing(gaps: Sequence[Gap], wall: float, clock: Clock) -> Missing:
    """Return what to show of a host's gaps, those of the last hours first."""
    ordered = sorted(gaps, key=lambda gap: (gap.before or wall, gap.last), reverse=True)
    lines = sum(gap.lines for gap in gaps)
    rows = [
        MissingRow(
            cause=gap.cause,
            text=CAUSES[gap.cause],
            tone="warn" if gap.cause == UNKNOWN else "none",
            records=quantity.counted(gap.lines, "record"),
            after=clock.moment(gap.after, wall) if gap.after else None,
            before=clock.moment(gap.before, wall) if gap.before else None,
            numbers=f"{gap.first} to {gap.last}" if gap.lines > 1 else str(gap.first),
        )
        for gap in ordered[:MAX_ROWS]
    ]
    waiting = sum(gap.lines for gap in gaps if gap.cause == WAITING)
    total = (
        "" if not lines else quantity.counted(lines, "record") + (f", {waiting} of them on the way" if waiting else "")
    )
    return Missing(total, rows, max(0, len(ordered) - MAX_ROWS))
