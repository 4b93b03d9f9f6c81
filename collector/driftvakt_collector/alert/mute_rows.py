"""Mutes as the store keeps them."""

import json
from collections.abc import Iterable

from driftvakt_collector.alert import recurrence as recurrences
from driftvakt_collector.alert import scope as scopes
from driftvakt_collector.alert.mute import Kind, Mute, MuteError
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.wall_clock import zone_of
from driftvakt_collector.store.mutes import MuteRow


def row_of(mute: Mute) -> MuteRow:
    """Return what the store keeps of a mute."""
    repeated = ""
    if mute.recurrence is not None:
        one = mute.recurrence
        repeated = json.dumps({"every": one.written(), "seconds": one.seconds, "since": one.since, "until": one.until})
    return MuteRow(
        mute.id, mute.kind.value, scopes.to_json(mute.scope), mute.span.begin, mute.span.end, mute.last_until(),
        repeated, mute.time_zone, mute.reason, mute.made_at, mute.made_by, mute.ended, mute.ended_by,
    )  # fmt: skip


def mute_of(row: MuteRow) -> Mute:
    """Return the mute of a row. Raises MuteError for one that no release of ours wrote."""
    try:
        zone_of(row.time_zone)
        repeated = None
        if row.recurrence:
            told = json.loads(row.recurrence)
            repeated = recurrences.read(
                str(told["every"]), seconds=float(told["seconds"]), time_zone=row.time_zone,
                since=float(told["since"]), until=None if told["until"] is None else float(told["until"]),
            )  # fmt: skip
        return Mute(
            Kind(row.kind), scopes.from_json(row.scope), Span(row.from_at, row.until_at), row.reason, row.made_by,
            row.made_at, repeated, row.time_zone, row.ended_at, row.ended_by, row.id,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise MuteError(f"cannot read {row.kind[:16]} {row.id}: {e}") from e


def mutes_of(rows: Iterable[MuteRow]) -> tuple[list[Mute], list[str]]:
    """Return the mutes of rows, and what is wrong with those that can't be read: they hold nothing back."""
    found: list[Mute] = []
    wrong: list[str] = []
    for row in rows:
        try:
            found.append(mute_of(row))
        except MuteError as e:
            wrong.append(str(e))
    return found, wrong
