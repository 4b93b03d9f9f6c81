"""One visit to a machine by SSH: what it is, then how it is as series and, now and then, what it has as facts."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial

from driftvakt_collector.poll.ssh import facts as facts_
from driftvakt_collector.poll.ssh import health, health_others
from driftvakt_collector.poll.ssh.commands import DETECTION, Platform, platform, wanted
from driftvakt_collector.poll.ssh.connection import SshConnection
from driftvakt_collector.poll.ssh.health import Told
from driftvakt_collector.poll.ssh.parsers import show_version
from driftvakt_collector.poll.ssh.series import Sample, Shape, shaped
from driftvakt_collector.poll.ssh.target import Answer, Limits, SshError, Target, Trouble
from driftvakt_collector.store.section import Body


@dataclass(slots=True)
class Memory:
    """What is remembered of a machine between two visits: what it is, and which series it had."""

    platform: Platform | None = None
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What a machine told. uptime: seconds, 0 where it does not say. sections: of a visit with facts.

    troubles: commands that hung, were cut off or asked for a password; all others told what they could.
    """

    platform: Platform
    uptime: float
    shape: Shape
    values: list[float | int | None]
    sections: dict[str, Body] = field(default_factory=dict)
    troubles: Sequence[SshError] = ()


async def visit(
    target: Target, memory: Memory, *, facts: bool, persons: bool = True, limits: Limits | None = None,
    threads: Executor | None = None,
) -> Visit:  # fmt: skip
    """Ask a machine for everything that we have commands for. Raises SshError.

    persons: whether what may be a person's may be told; else accounts are not even asked for.
    """
    async with SshConnection(target, limits, threads=threads) as connection:
        # What a machine is changes with its host key only; without facts, a visit need not ask again.
        kind = memory.platform if not facts else None
        answers: list[Answer] = []
        if kind is None:
            kind, answers = await _recognized(connection, target)
            memory.platform = kind
        known = {one.name for one in answers}
        asked = [one for one in wanted(kind, facts=facts, persons=persons) if one.name not in known]
        answers += await connection.run(asked)
    # In a thread too: a list of software takes longer than the loop may be held up.
    read = partial(_read, kind, answers, memory.shape, facts=facts, persons=persons)
    found = await asyncio.get_running_loop().run_in_executor(threads, read)
    memory.shape = found.shape
    return found


def _read(kind: Platform, answers: Sequence[Answer], shape: Shape | None, *, facts: bool, persons: bool) -> Visit:
    told = {one.name: one.text for one in answers if one.told}
    troubles = [one.error for one in answers if one.error is not None]
    made, values = shaped(_samples(kind, told), shape, persons=persons)
    sections = facts_.sections(kind, told, persons=persons) if facts else {}
    return Visit(kind, _uptime(kind, told), made, values, sections, troubles)


async def _recognized(connection: SshConnection, target: Target) -> tuple[Platform, list[Answer]]:
    """Return what a machine is, and its answers to what was asked for it. Raises SshError where nothing is known."""
    answers: list[Answer] = []
    for command in DETECTION:
        answers += await connection.run([command])
        error = answers[-1].error
        if error is not None and error.trouble in (Trouble.HUNG, Trouble.PROMPT, Trouble.TOO_LARGE):
            # It will not be better with the next: a shell that greets with a menu, or never comes to an end.
            raise error
        kind = platform({one.name: one.text for one in answers})
        if kind is not None:
            return kind, answers
    raise SshError(
        Trouble.UNKNOWN,
        f"{target.address}:{target.port} lets '{target.user}' in, and is no Linux, FreeBSD, macOS, AIX, Windows or"
        " command line like Cisco's",
    )


def _samples(kind: Platform, told: Told) -> list[Sample]:
    if kind is Platform.LINUX:
        return list(health.linux(told))
    if kind is Platform.WINDOWS:
        return list(health_others.windows(told))
    return list(health_others.unix(told)) if kind is not Platform.IOS else []


def _uptime(kind: Platform, told: Told) -> float:
    if kind is Platform.WINDOWS:
        return health_others.windows_up(told) or 0.0
    if kind is Platform.IOS:
        return float(show_version.parse(told.get("show_version", "")).uptime or 0)
    return health.seconds_up(told) or 0.0
