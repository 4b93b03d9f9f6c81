"""The jobs that tell by themselves how they went: hears them, and says how each is, through the door like all else."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from driftvakt_collector.fleet.gaps import Time
from driftvakt_collector.poll.checks.options import CheckConfigError
from driftvakt_collector.poll.jobs import telling
from driftvakt_collector.poll.jobs.gate import UNKNOWN, Gate, Refusal
from driftvakt_collector.poll.jobs.job import Terms, after, judge
from driftvakt_collector.poll.jobs.signal import output_of, signal_of
from driftvakt_collector.poll.jobs.telling import marks_of
from driftvakt_collector.poll.jobs.terms import terms_of
from driftvakt_collector.poll.rounds import Rounds
from driftvakt_collector.poll.schedule import Turn
from driftvakt_collector.poll.teller import Teller
from driftvakt_collector.store import jobs
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.jobs import JobRow, mark_of
from driftvakt_collector.store.service_checks import ServiceCheckRow
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest
from driftvakt_wire.privacy import Mask

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two reports of a job, whatever its plan: one that is quiet is not silent."""
AT_ONCE = 50
_RETRY_SECONDS = 10.0
_SOON = 0.1


@dataclass(slots=True)
class _Job:
    row: JobRow
    check: ServiceCheckRow
    host: HostRow
    terms: Terms
    output: str = ""
    known: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Jobs:
    """Hears jobs. pings: what came since the start, by what it was. outages: when the collector could not hear.

    private: zones in which no person may be named.
    """

    def __init__(
        self, store: Store, teller: Teller, private: Iterable[str], outages: Callable[[], Sequence[Time]], *,
        now: Callable[[], float], wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self.pings: dict[str, int] = {}
        self.rounds = Rounds(self._turn, AT_ONCE, now, backs_off=False)
        self._store = store
        self._teller = teller
        self._mask = Mask()
        self._private = frozenset(private)
        self._outages = outages
        self._wall = wall
        self._gate = Gate(now)
        self._jobs: dict[str, _Job] = {}
        self._origins: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def know(self, told: Iterable[tuple[ServiceCheckRow, HostRow]], heard: dict[str, JobRow]) -> None:
        """Take the jobs that there are now. heard: by origin; of one that is known, only its secret is taken."""
        fresh = {row.origin: (row, host) for row, host in told if row.origin in heard}
        for origin in self._jobs.keys() - fresh.keys():
            del self._jobs[origin]
            self.rounds.drop(origin)
        for origin, (check, host) in fresh.items():
            if not self._teller.speaks_as(host.keeper):
                continue
            row, known = heard[origin], self._jobs.get(origin)
            if known is not None and known.check == check:
                known.host = host
                known.row = known.row._replace(mark=row.mark, changed_at=row.changed_at)
                continue
            try:
                terms = terms_of(check)
            except (CheckConfigError, json.JSONDecodeError) as e:
                log.error("cannot watch job %s (%s): %s", host.name, origin, e)
                continue
            self._jobs[origin] = _Job(row, check, host, terms)
            self.rounds.set(origin, EVERY)
        self._origins = {job.row.mark: origin for origin, job in self._jobs.items()}

    def refusal(self, secret: str, word: str, address: str, zone: str) -> Refusal | None:
        """Return why a call is not taken, before its body is read. zone: the only one that may call so; "" for all."""
        job = self._find(secret, zone)
        origin, last = (job.row.origin, job.row.address) if job is not None else ("", "")
        refused = self._gate.refusal(address, origin, last)
        if refused is None and signal_of(word) is None:
            text = "the last part of the address is start, fail or an exit code; nothing for a success"
            refused = Refusal(400, text, 0.0, "unreadable")
        if refused is not None:
            self._count(refused.result)
        return refused

    async def take(self, secret: str, word: str, body: bytes, address: str, zone: str) -> Refusal | None:
        """Keep what a job told; once this returns None it is on disk."""
        job, signal = self._find(secret, zone), signal_of(word)
        if job is None or signal is None:
            return Refusal(404, UNKNOWN)
        output = output_of(body, self._mask_of(job)) if body.strip() else ""
        try:
            async with job.lock:
                marks = after(marks_of(job.row), signal, self._wall())
                row = job.row._replace(
                    started=marks.started, succeeded=marks.succeeded, failed=marks.failed, seconds=marks.seconds,
                    why=marks.why, output=output or job.row.output, address=address[:64],
                )  # fmt: skip
                if not await self._store.write(lambda connection: jobs.heard(connection, row)):
                    return Refusal(404, UNKNOWN)
                job.row = row._replace(mark=job.row.mark, changed_at=job.row.changed_at, told=job.row.told)
                job.output = output or job.output
        except SQLAlchemyError as e:
            log.error("cannot write down what job %s told: %s", job.host.name, getattr(e, "orig", None) or e)
            return Refusal(503, "the collector cannot write now; come back soon", _RETRY_SECONDS, "unwritten")
        self._count(signal.kind.value)
        self.rounds.soon(job.row.origin, 0.0)
        return None

    def _find(self, secret: str, zone: str) -> _Job | None:
        """Return the job of a secret. It is looked up by its hash: how long that takes tells nothing of the secret."""
        job = self._jobs.get(self._origins.get(mark_of(secret), ""))
        return job if job is not None and zone in ("", job.check.zone) else None

    def _count(self, result: str) -> None:
        self.pings[result] = self.pings.get(result, 0) + 1

    def _mask_of(self, job: _Job) -> Mask | None:
        return self._mask if job.check.zone in self._private else None

    async def _turn(self, origin: str, _turn: Turn, _facts: bool) -> bool:  # noqa: FBT001  as Rounds calls it
        job = self._jobs.get(origin)
        if job is None:
            return True
        at, terms, marks, output = self._wall(), job.terms, marks_of(job.row), job.output
        verdict = judge(terms, marks, self._outages(), at)
        found = telling.series(verdict, marks, job.check.service)
        part = encode.series_set(list(found), {})
        mark = digest(part)
        records = [] if job.known == mark else [encode.series(mark, part)]
        records.append(encode.report(at, 0.0, EVERY, mark, list(found.values()), {}, origin))
        news = telling.news(job.host.name, verdict, marks, job.row.told, output)
        if news is not None:
            text = telling.masked(news.text, self._mask_of(job))
            records.append(encode.event(at, news.name, text, origin))
        lacks = await self._teller.tell(job.host.keeper, origin, records)
        job.known = "" if lacks is None or mark in lacks else mark
        if lacks is not None and news is not None:
            if job.output is output:
                job.output = ""
            await self._was_told(job, news.told)
        ends = (verdict.expected + terms.grace, marks.started + terms.patience)
        change = min((one - at for one in ends if one > at), default=EVERY)
        if change < EVERY:
            # What is late is said when it is, and not a minute after.
            self.rounds.soon(origin, change + _SOON)
        return verdict.fault is None

    async def _was_told(self, job: _Job, told: str) -> None:
        """Keep what the last event said, so that it is not said again after a restart."""
        async with job.lock:
            row = job.row._replace(told=told)
            await self._store.write(lambda connection: jobs.heard(connection, row))
            job.row = job.row._replace(told=told)
