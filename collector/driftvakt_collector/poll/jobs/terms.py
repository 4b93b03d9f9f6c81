"""What is agreed with a job, read from its service check."""

import json
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from driftvakt_collector.poll.checks import job
from driftvakt_collector.poll.checks.options import CheckConfigError, Value, options_of
from driftvakt_collector.poll.jobs.job import Terms, spell
from driftvakt_collector.poll.plan import Cron, Interval, PlanError, zone_of
from driftvakt_collector.store.service_checks import ServiceCheckRow

GRACE = 3600.0
ZONE = "Europe/Stockholm"
LONGEST = 86_400.0
"""Seconds that a run may take, at most, where nothing is agreed."""
MAX_SECONDS = 400 * 86_400.0


def terms_of(row: ServiceCheckRow) -> Terms:
    """Return the terms of a row. Raises CheckConfigError."""
    told = options_of(job.CHECK, json.loads(row.options))
    return agree(told, row.every, row.patience, row.added_at)


def agree(told: Mapping[str, Value], every: float, patience: float, since: float) -> Terms:
    """Return terms. every: seconds between two runs, 0 where a cron expression says when.

    patience: seconds that a run may take; 0 for until the next is late, and a day at most. Raises CheckConfigError.
    """
    try:
        zone = zone_of(str(told.get("time_zone", ZONE)))
        grace = float(str(told.get("grace", GRACE)))
        if not 0 <= grace <= MAX_SECONDS:
            raise PlanError(f"grace must be 0 to {spell(MAX_SECONDS)}")
        plan = _plan(str(told.get("cron", "")), every, grace, zone)
    except PlanError as e:
        raise CheckConfigError(f"check 'job': {e}") from e
    return Terms(plan, grace, patience or min(plan.shortest(since) + grace, LONGEST), since, zone)


def _plan(cron: str, every: float, grace: float, zone: ZoneInfo) -> Interval | Cron:
    if cron:
        return Cron(cron, zone)
    if not 60 <= every <= MAX_SECONDS:
        raise PlanError(f"a job runs every 60 s to {spell(MAX_SECONDS)}, or as a cron expression says")
    return Interval(every, grace)


def plan_told(row: ServiceCheckRow) -> str:
    """Return when a job runs, in words."""
    told = json.loads(row.options)
    if told.get("cron"):
        return f"at '{told['cron']}' of {told.get('time_zone', ZONE)}"
    return f"every {spell(row.every)}"
