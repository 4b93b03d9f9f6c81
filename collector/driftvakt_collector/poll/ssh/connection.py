"""Asks a machine by SSH without holding up the loop: each step runs in a thread, and every thread comes to an end."""

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from driftvakt_collector.poll.ssh.commands import Command
from driftvakt_collector.poll.ssh.link import Link
from driftvakt_collector.poll.ssh.target import Answer, Limits, SshError, Target, Trouble

_Result = TypeVar("_Result")


class SshConnection:
    """A visit to one machine: `async with SshConnection(target) as connection: await connection.run(commands)`.

    threads: where the waiting is done; None for the loop's own, of which there are few, so a poller of many machines
    brings its own. Time for the whole visit runs from here.
    """

    def __init__(
        self, target: Target, limits: Limits | None = None, *, threads: Executor | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._target = target
        self._limits = limits or Limits()
        self._threads = threads
        self._now = now
        self._until = now() + self._limits.visit
        self._link: Link | None = None
        self._ended = False

    async def __aenter__(self) -> Self:
        """Connect and log in. Raises SshError."""
        try:
            ipaddress.ip_address(self._target.address)
        except ValueError as e:
            # Names are looked up without a time-out, and by somebody else than who approved the host key.
            raise SshError(Trouble.UNUSABLE, f"'{self._target.address[:80]}' is no IP address") from e
        try:
            await self._thread(self._open)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self._close()

    async def run(self, commands: Sequence[Command]) -> list[Answer]:
        """Return an answer a command, in their order. Raises SshError where the connection is lost for good.

        A command that has `instead_of` is asked where none of that name has told anything so far.
        """
        answers: list[Answer] = []
        told: set[str] = set()
        for command in commands:
            if command.instead_of and command.instead_of in told:
                continue
            answer = await self._thread(partial(self._ask, command))
            answers.append(answer)
            if answer.told:
                told.add(command.instead_of or command.name)
        return answers

    def _ask(self, command: Command) -> Answer:
        link = self._link
        if link is not None and link.is_open:
            try:
                answer = link.run(command)
            except SshError as e:
                if e.trouble is not Trouble.UNREACHABLE:
                    raise
            else:
                if answer.error is None or answer.error.trouble is not Trouble.UNREACHABLE:
                    return answer
        # Cisco's IOS and its kin serve one command a connection, and may be about to hang up when they are asked again.
        return self._open().run(command)

    def _open(self) -> Link:
        if self._link is not None:
            self._link.close()
        if self._ended or self._now() >= self._until:
            raise SshError(
                Trouble.HUNG,
                f"{self._target.address}:{self._target.port} did not answer everything in {self._limits.visit:g} s",
            )
        link = self._link = Link(self._target, self._limits, self._until, self._now)
        link.open()
        return link

    async def _close(self) -> None:
        """Hang up, also when the task is cancelled meanwhile: a thread that still waits is woken by it."""
        self._ended = True
        if self._link is not None:
            await asyncio.shield(asyncio.ensure_future(asyncio.to_thread(self._link.close)))

    async def _thread(self, do: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do)


async def run(target: Target, commands: Sequence[Command], limits: Limits | None = None) -> list[Answer]:
    """Connect, ask, hang up; return an answer a command. Raises SshError."""
    async with SshConnection(target, limits) as connection:
        return await connection.run(commands)
