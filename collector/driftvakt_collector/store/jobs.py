"""What was heard of jobs that tell by themselves how they went. Each is a service check too, of the same origin."""

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, select, update

from driftvakt_collector.store.models import JobTable
from driftvakt_collector.store.upsert import upsert

_JOBS: Table = JobTable.__table__  # type: ignore[attr-defined]
KIND = "job"
"""The kind of its service check."""


class JobRow(NamedTuple):
    """mark: what its secret is known by. changed_at: when that came, seconds since the epoch.

    started, succeeded, failed: when it last did, seconds since the epoch, 0 for never. seconds: how long the last run
    that went well took. why, output: what the last failure said, and what was last printed. address: where it last
    came from. told: what the last event said of it.
    """

    origin: str
    mark: str
    changed_at: float
    started: float = 0.0
    succeeded: float = 0.0
    failed: float = 0.0
    seconds: float | None = None
    why: str = ""
    output: str = ""
    address: str = ""
    told: str = ""


def mark_of(secret: str) -> str:
    """Return what a secret is known by. It is long and random, so its plain hash gives nothing away."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def save(connection: Connection, row: JobRow) -> None:
    """Keep a new job."""
    upsert(connection, _JOBS, [row._asdict()])


def heard(connection: Connection, row: JobRow) -> bool:
    """Keep what a job told; return whether it is still there, and its secret the same."""
    told = {name: value for name, value in row._asdict().items() if name not in ("origin", "mark", "changed_at")}
    where = (_JOBS.c.origin == row.origin, _JOBS.c.mark == row.mark)
    return connection.execute(update(_JOBS).where(*where).values(**told)).rowcount > 0


def renew(connection: Connection, origin: str, mark: str, at: float) -> bool:
    """Give a job another secret, by its mark; the old one is good no more. Return whether there is such a job."""
    values = {"mark": mark, "changed_at": at}
    return connection.execute(update(_JOBS).where(_JOBS.c.origin == origin).values(**values)).rowcount > 0


def remove(connection: Connection, origin: str) -> None:
    """Forget a job."""
    connection.execute(delete(_JOBS).where(_JOBS.c.origin == origin))


def load(connection: Connection) -> dict[str, JobRow]:
    """Return all of them by origin."""
    rows = connection.execute(select(*(_JOBS.c[name] for name in JobRow._fields)))
    return {row.origin: row for row in (JobRow(*one) for one in rows)}
