"""What is told of a job: its series, and the event where something is new. Pure."""

from typing import NamedTuple

from driftvakt_collector.poll.checks.check import OF_JOBS
from driftvakt_collector.poll.jobs.job import Marks, State, Verdict
from driftvakt_collector.store.jobs import JobRow
from driftvakt_wire.encode import MAX_TEXT
from driftvakt_wire.privacy import Mask

Key = tuple[str, tuple[tuple[str, str], ...]]

_NAMES = {State.LATE: "check.late", State.FAILED: "check.failed", State.HUNG: "check.hung",
          State.UNKNOWN: "check.unknown"}  # fmt: skip


class News(NamedTuple):
    """An event. told: by what it is known that it need not be told again."""

    name: str
    text: str
    told: str


def marks_of(row: JobRow) -> Marks:
    """Return what is known of a job."""
    return Marks(row.started, row.succeeded, row.failed, row.seconds, row.why)


def series(verdict: Verdict, marks: Marks, service: str) -> dict[Key, float | None]:
    """Return a job as series; None for what is not known."""
    own = (("service", service),) if service else ()
    known = verdict.fault is not None or (marks.ended > 0 and verdict.state is not State.UNKNOWN)
    found: dict[Key, float | None] = {("probe_success", own): float(verdict.fault is None) if known else None}
    for fault in OF_JOBS:
        found["driftvakt_probe_fault", (*own, ("fault", fault.value))] = float(verdict.fault is fault)
    found["driftvakt_job_running", own] = float(marks.running)
    found["driftvakt_job_last_success_timestamp_seconds", own] = marks.succeeded or None
    found["driftvakt_job_last_duration_seconds", own] = marks.seconds
    coming = verdict.expected < float("inf")
    found["driftvakt_job_next_expected_timestamp_seconds", own] = verdict.expected if coming else None
    return found


def news(name: str, verdict: Verdict, marks: Marks, told: str, output: str) -> News | None:
    """Return the event of a job that is otherwise than before, or printed something; None where all was told.

    told: what was told last. output: what it printed since, empty for nothing.
    """
    now = _told(verdict, marks)
    if now and now != told:
        return News(_NAMES[verdict.state], _with(f"{name}: {verdict.reason}", output), now)
    # Running again is no good news yet, and neither is waiting.
    if told and not now and verdict.state is State.OK:
        return News("check.ok", _with(f"{name} is as it should be again: {verdict.reason}", output), "")
    if output:
        return News("check.output", _with(f"{name}: {verdict.reason}", output), told)
    return None


def masked(text: str, mask: Mask | None) -> str:
    """Return a text as it may be told in its zone."""
    return text if mask is None else mask.text(text)


def _told(verdict: Verdict, marks: Marks) -> str:
    if verdict.state not in _NAMES:
        return ""
    # Each run that fails is news.
    return f"failed {marks.failed:.3f}" if verdict.state is State.FAILED else verdict.state.name.lower()


def _with(sentence: str, output: str) -> str:
    """Return a sentence with what a job printed. Where not all of it has room, its end stays: there stands why."""
    if not output:
        return sentence
    room = MAX_TEXT - len(sentence) - 2
    return f"{sentence}\n{output if len(output) <= room else '…' + output[1 - room :]}"
