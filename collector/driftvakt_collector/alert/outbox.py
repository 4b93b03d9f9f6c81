"""Sends what the outbox holds: claims rows, some lanes a channel, and writes how each ended.

At least once: a row is marked when its message was taken, under the lease that it was claimed with. Who dies between
the two has sent one message that is sent again, with the same id. How messages ended is written together with the
next claim: under load a transaction has many of both, and what waits for the disk is few.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from driftvakt_collector.alert import delivery
from driftvakt_collector.alert.delivery import Outcome, message_of
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Notifier, Sent
from driftvakt_collector.alert.sent_notes import SentNotes
from driftvakt_collector.store import outbox
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.outbox import OutboxRow

log = logging.getLogger(__name__)

LANES = 8
"""Messages of one channel that are on their way at once."""
LEASE = 90.0
"""Seconds in which a message is sent or given back; longer than any notifier may take."""
QUIET = 900.0
CAPS = {"sms": 10}
"""Messages that one address gets in QUIET seconds one by one; what is more comes together."""
_CAP = 30
DIGEST_EVERY = 300.0
"""Seconds between two digests to an address."""
DIGEST_SOON = 45.0
"""The same where a digest has the only page about an incident: nobody else was told of it."""
STALE = 600.0
"""Seconds after which what could not be sent is told together: nobody wants forty pages of the night before."""
_DIGESTED = (outbox.PAGE, "resolved", "taken")
_MOST_DIGESTED = 10_000
_SAY_AGAIN = 60.0

Ended = tuple[OutboxRow, Outcome, float]
"""A message, how the try ended, and when."""
Lost = Callable[[Connection, OutboxRow, float], None]
"""Told in the transaction that writes that a page is late or did not go out."""
Digest = Callable[[Connection, Sequence[OutboxRow], float], str]
"""Makes the body of one message that tells of many."""


@dataclass
class Channel:
    """How a way to people is. broken: why it does not work, empty where it does. Moments are seconds since the epoch.

    sent_at, failed_at: of the last message; works_at: when it last said that it works. rests_until: what is broken is
    not tried before; failures: how often that was so, one after the other;
    tried: somebody is just trying it again.
    """

    notifier: Notifier
    lanes: int = 0
    broken: str = ""
    sent_at: float = 0.0
    failed_at: float = 0.0
    works_at: float = 0.0
    rests_until: float = 0.0
    failures: int = 0
    tried: bool = False
    mended: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    said: float = 0.0

    def count(self, what: str) -> None:
        """Count an outcome."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def works(self) -> None:
        """Remember that it works."""
        self.mended = self.mended or self.rests_until > 0
        self.broken, self.rests_until, self.failures, self.tried = "", 0.0, 0, False

    def fails(self, why: str, now: float) -> None:
        """Remember why it does not work, for any message, and let it rest: longer each time."""
        if not self.tried and now < self.rests_until:
            # It was on its way already when another one found that out.
            return
        self.broken, self.tried = why, False
        self.rests_until = now + delivery.RESTS[min(self.failures, len(delivery.RESTS) - 1)]
        self.failures += 1

    def rest(self, now: float) -> float:
        """Return the seconds for which it is left alone, 0 for none; who is let through tries for all others.

        A password that is tried for each of a hundred messages locks the account.
        """
        if not self.rests_until:
            return 0.0
        left = self.rests_until - now
        # A clock that was put back must not make it rest for long.
        if 0.0 < left <= delivery.RESTS[-1]:
            return left
        self.rests_until, self.tried = now + delivery.RESTS[0], True
        return 0.0


class Outbox:
    """wall: seconds since the epoch. token: makes lease tokens. lost, digest: see above."""

    def __init__(
        self, store: Store, notifiers: Mapping[str, Notifier], *, wall: Callable[[], float],
        token: Callable[[], str], lost: Lost, digest: Digest, caps: Mapping[str, int] = CAPS,
        notes: SentNotes | None = None,
    ) -> None:  # fmt: skip
        self.channels = {name: Channel(one) for name, one in notifiers.items()}
        self._store = store
        self._wall = wall
        self._token = token
        self._lost = lost
        self._digest = digest
        self._caps = caps
        self._notes = notes
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[Ended] = []
        self._again = False
        self._freed = asyncio.Event()

    async def turn(self) -> int:
        """Write how messages ended, and begin to send what is due, as far as lanes are free.

        Returns how many messages were looked at for both.
        """
        ended, self._ended = self._ended, []
        mended = [name for name, channel in self.channels.items() if channel.mended]
        free = {name: LANES - channel.lanes for name, channel in self.channels.items() if channel.lanes < LANES}
        if not ended and not free:
            return 0
        now, token = self._wall(), self._token()
        try:
            claimed, work = await self._store.write(
                partial(self._transact, ended=ended, mended=mended, free=free, now=now, token=token)
            )
        except BaseException:
            # Written with the next ones: else the leases would run out, and all of them would be sent again.
            self._ended = ended + self._ended
            raise
        for name in mended:
            self.channels[name].mended = False
        for row in claimed:
            channel = self.channels[row.channel]
            channel.lanes += 1
            task = asyncio.create_task(self._send(channel, row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        # What was put off or gathered took no lane: others may be due behind it.
        self._again = work > len(claimed)
        return len(ended) + work

    async def drain(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def freed(self, seconds: float) -> None:
        """Wait until a lane is free again, or for some seconds."""
        self._freed.clear()
        if self._ended or self._again:
            await asyncio.sleep(0)
            return
        # Not wait_for: in Python 3.11 that swallows being cancelled just as what it waits for comes.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._freed.wait()

    async def probe(self) -> None:
        """Ask ways to people that can say so without a message whether they work."""
        for name, channel in self.channels.items():
            probe = getattr(channel.notifier, "probe", None)
            if probe is None:
                continue
            try:
                if channel.rest(self._wall()):
                    continue
                await probe()
                channel.works_at = self._wall()
                channel.works()
            except DeliveryError as e:
                channel.failed_at = self._wall()
                if str(e) != channel.broken:
                    log.warning("%s does not work: %s", name, e)
                channel.broken = str(e)
                if e.broken:
                    channel.fails(str(e), channel.failed_at)

    async def close(self) -> None:
        """Give what is on its way some seconds, then let go of connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        ended, self._ended = self._ended, []
        if ended:
            try:
                await self._store.write(partial(self._finish_all, ended=ended))
            except (SQLAlchemyError, OSError):
                # The notes know it; the next start writes it.
                log.warning("cannot write how %d messages went out; it is read from the notes", len(ended))
        for channel in self.channels.values():
            await channel.notifier.close()
        if self._notes is not None:
            self._notes.close()

    def _transact(
        self, connection: Connection, ended: Sequence[Ended], mended: Sequence[str], free: Mapping[str, int],
        now: float, token: str,
    ) -> tuple[list[OutboxRow], int]:  # fmt: skip
        self._finish_all(connection, ended)
        for name in mended:
            outbox.hasten(connection, now, channel=name)
        claimed, work = list[OutboxRow](), 0
        for name, limit in free.items():
            found, looked = self._claim(connection, name, now, token, limit)
            claimed += found
            work += looked
        return claimed, work

    def _claim(
        self, connection: Connection, name: str, now: float, token: str, limit: int
    ) -> tuple[list[OutboxRow], int]:
        """Claim what is due; return what is to be sent, and how many were claimed for that.

        An address that gets too much, or much that is old, gets it in one message.
        """
        claimed = outbox.claim(connection, name, now, LEASE, token, limit)
        outdated = outbox.outdated(connection, now, [row.id for row in claimed]) if claimed else ()
        rows = [row for row in claimed if row.id not in outdated]
        found: list[OutboxRow] = []
        seen: dict[str, int] = {}
        gathered: set[str] = set()
        for row in rows:
            if row.kind not in _DIGESTED:
                found.append(row)
                continue
            if row.address in gathered:
                continue
            if row.address not in seen:
                others = outbox.sent_since(connection, name, row.address, now - QUIET)
                seen[row.address] = others - sum(one.address == row.address for one in rows)
            much = seen[row.address] >= self._caps.get(name, _CAP)
            left = [one for one in rows if one not in found]
            if (much or now - row.made_at > STALE) and self._gather(connection, row, left, now):
                gathered.add(row.address)
                continue
            seen[row.address] += 1
            found.append(row)
        return found, len(claimed)

    def _gather(self, connection: Connection, first: OutboxRow, claimed: Sequence[OutboxRow], now: float) -> bool:
        """Put all that waits for an address into one message; say if that was more than one."""
        waits = outbox.waiting_for(connection, first.channel, first.address, now, _DIGESTED, _MOST_DIGESTED)
        mine = [row for row in claimed if row.address == first.address and row.kind in _DIGESTED]
        rows = [*mine, *waits]
        if len(rows) < 2 and now - first.made_at > STALE:
            return False
        last = outbox.last_digest(connection, first.channel, first.address)
        due = max(now, last + DIGEST_EVERY)
        if due > now and outbox.alone(connection, [row.id for row in rows if row.kind == outbox.PAGE]):
            due = max(now, last + DIGEST_SOON)
        if due > now:
            # There will be one soon: what came meanwhile waits for it.
            outbox.put_off(connection, [row.id for row in rows], due)
            return True
        message = f"digest-{first.channel}-{first.id}-{int(now)}"
        try:
            body = self._digest(connection, rows, now)
        except SQLAlchemyError:
            raise
        except Exception:
            # What can't be told together is told one by one; nobody else's messages wait for it.
            log.exception("cannot put %d messages to %s into one", len(rows), first.person or first.channel)
            return False
        worst = "critical" if any(row.severity == "critical" for row in rows) else first.severity
        outbox.add(
            connection,
            [
                outbox.row(
                    message, first.channel, first.person, first.address, body, now, kind=outbox.DIGEST, severity=worst,
                    why=json.dumps([row.message for row in rows[:500]]),
                )
            ],
        )  # fmt: skip
        outbox.digest(connection, [row.id for row in rows], message, now)
        return True

    async def _send(self, channel: Channel, row: OutboxRow) -> None:
        try:
            outcome = await self._try(channel, row)
            now = self._wall()
            if outcome.state == outbox.SENT:
                self._note(row, outcome)
                channel.sent_at = now
                channel.works()
            else:
                channel.failed_at = now
            channel.count("sent" if outcome.state == outbox.SENT else "failed" if outcome.lost else "again")
            self._ended.append((row, outcome, now))
        finally:
            channel.lanes -= 1
            self._freed.set()

    def _note(self, row: OutboxRow, outcome: Outcome) -> None:
        """Write down at once that a message was taken: the store may have other work first, and we may be killed."""
        if self._notes is None:
            return
        try:
            self._notes.forget(idle=len(self._tasks) <= 1 and not self._ended)
            self._notes.note(row.message, outcome.provider, outcome.receipt)
        except OSError as e:
            log.warning("cannot note that %s was sent: %s; a crash now would send it again", row.message, e)

    async def _try(self, channel: Channel, row: OutboxRow) -> Outcome:
        if rest := channel.rest(self._wall()):
            return delivery.failed(row, DeliveryError(channel.broken, broken=True, after=rest), self._wall())
        try:
            async with asyncio.timeout(LEASE * 0.8):
                sent = await self._recalled(channel, row) or await channel.notifier.send(message_of(row))
        except DeliveryError as e:
            self._say(channel, row, str(e))
            if e.broken:
                channel.fails(str(e), self._wall())
                e.after = max(channel.rests_until - self._wall(), 1.0)
            return delivery.failed(row, e, self._wall())
        except TimeoutError:
            self._say(channel, row, "no answer in time")
            return delivery.failed(row, DeliveryError("no answer in time", unsure=True), self._wall())
        except Exception as e:
            log.exception("cannot send message %s by %s", row.message, row.channel)
            return delivery.failed(row, DeliveryError(f"a fault of ours: {e.__class__.__name__}"), self._wall())
        return delivery.went(sent)

    @staticmethod
    async def _recalled(channel: Channel, row: OutboxRow) -> Sent | None:
        """Return what was taken of a message when it was tried before: its answer may have been lost, or we died."""
        recall: Callable[[Message], Awaitable[Sent | None]] | None = getattr(channel.notifier, "recall", None)
        if recall is None or row.attempts < 2:
            return None
        try:
            return await recall(message_of(row))
        except DeliveryError as e:
            # Better twice than not at all.
            log.info("cannot find out if message %s went out before: %s", row.message, e)
            return None

    def _finish_all(self, connection: Connection, ended: Sequence[Ended]) -> None:
        for row, outcome, now in ended:
            self._finish(connection, row, outcome, now)

    def _finish(self, connection: Connection, row: OutboxRow, outcome: Outcome, now: float) -> None:
        told: dict[str, object] = {"state": outcome.state, "error": outcome.error, "changed_at": now}
        if outcome.state == outbox.SENT:
            told |= {"sent_at": now, "provider": outcome.provider, "receipt": outcome.receipt}
        if outcome.not_before is not None:
            told["not_before"] = outcome.not_before
        if not outbox.finish(connection, row.id, row.lease_token, **told) or outcome.state == outbox.SENT:
            return
        if row.incident is not None and row.kind == outbox.PAGE:
            # What waits for a digest may be the only word of it now.
            outbox.hasten(connection, now, incident=row.incident)
        if outcome.lost:
            try:
                with connection.begin_nested():
                    self._lost(connection, row._replace(error=outcome.error), now)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                # One that can't be told of must keep no other from being written; the steps go on by themselves.
                log.exception("cannot tell the next one that message %s did not go out", row.message)

    def _say(self, channel: Channel, row: OutboxRow, told: str) -> None:
        """Put a failure into the log, once a minute a channel."""
        now = self._wall()
        if not 0.0 <= now - channel.said < _SAY_AGAIN:
            channel.said = now
            log.warning("message %s by %s did not go out: %s", row.message, row.channel, told)
