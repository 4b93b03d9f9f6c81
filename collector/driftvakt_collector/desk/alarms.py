"""All that watches and tells people, put together: rules, silence, decisions, incidents, escalation, the outbox."""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Change, Source, What
from driftvakt_collector.alert.answers import link as links
from driftvakt_collector.alert.audit import Facts, Step
from driftvakt_collector.alert.engine import MOST_WAITING, Engine, Judgement, Known
from driftvakt_collector.alert.notify.message import Notifier
from driftvakt_collector.alert.notify.settings import NotifySettings
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.outbox import Channel, Outbox
from driftvakt_collector.alert.rootcause.guests import REFRESH_SECONDS, Guests
from driftvakt_collector.alert.rootcause.survey import LOOK_SECONDS, Survey
from driftvakt_collector.alert.rules import kept as kept_rules
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.rule import Rule
from driftvakt_collector.alert.self_watch import SelfWatch
from driftvakt_collector.alert.sent_notes import SentNotes
from driftvakt_collector.alert.surroundings import Surroundings
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import casework, joining, roster
from driftvakt_collector.desk import changes as changed
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk.answering import Answering
from driftvakt_collector.desk.composing import Composer
from driftvakt_collector.desk.escalation import Escalation
from driftvakt_collector.desk.handing import Handing, Surveyed
from driftvakt_collector.desk.inbox import Inbox
from driftvakt_collector.desk.incidents import Rules
from driftvakt_collector.desk.neighbours import Neighbours, Places
from driftvakt_collector.desk.roster import Book, Roster
from driftvakt_collector.desk.suppliers import service_time
from driftvakt_collector.desk.suppliers.leaving import Leave
from driftvakt_collector.fleet.host import POLLER, Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.store import alerts, incidents, outbox, people, timers
from driftvakt_collector.store import links as links_store
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.feed import EventRow

log = logging.getLogger(__name__)

Work = tuple[str, float, Callable[[], Awaitable[None]]]

DECIDE_SECONDS = 1.0
SEND_SECONDS = 0.5
PROBE_SECONDS = 30.0
READ_SECONDS = 5.0
FETCH_SECONDS = 15.0
SPOOL_SECONDS = 3.0
_SEND_ROUNDS = 200


class Alarms:
    """now: monotonic; wall: seconds since the epoch. key: makes the codes of answers. watcher: finds what is silent.

    channels: ways to people. place: what the audit is told of the machine. hurry: asks a device at once. url: of the
    console, as people reach it.
    kept: the file in which stands what rules know, for a restart.
    """

    def __init__(
        self, fleet: Fleet, store: Store, atlas: Atlas, rules: Sequence[Rule], watcher: Survey,
        surroundings: Surroundings, channels: Mapping[str, Notifier], settings: NotifySettings, places: Places, *,
        guests: Guests, key: bytes, url: str, kept: Path, now: Callable[[], float], wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self._fleet, self._store, self._atlas = fleet, store, atlas
        self._watcher, self.guests = watcher, guests
        self._now, self._wall = now, wall
        self._url = url
        self.surroundings = surroundings
        surroundings.watcher = watcher
        self._looked = -LOOK_SECONDS
        self.evaluator = Evaluator(rules)
        self._kept = kept
        self.roster = Roster(store.read(self._read_book), lambda: surroundings.days)
        known = [
            Known(joining.alert_of(row), row.generation, joining.decision_of(row), row.incident)
            for row in store.read(alerts.firing)
        ]
        self.engine = Engine(surroundings.of, self._write, known, self._raised_before)
        watcher.resume((one.alert for one in known), now(), wall())
        kept_rules.load(self.evaluator, kept, self.engine.firing, wall(), fleet.hosts)
        # Those that are known are passed over, but for rules that were made more severe meanwhile.
        self.engine.take(Change(What.RAISED, one, wall()) for one in self.evaluator.firing())
        self._orphans = {one.alert.fingerprint for one in known if one.alert.source is Source.RULE}
        self._began = wall()
        self.answering = Answering(lambda: self.roster.book.people, key, url)
        self.composer = Composer(
            self._changes, self.answering.offered, self.roster.called, self.roster.duty, self.answering.code, url
        )  # fmt: skip
        sender = settings.email.sender if settings.email is not None else None
        self.handing = Handing(
            self.composer,
            Surveyed(lambda: fleet.hosts, lambda: atlas.plan.tree, lambda host: fleet.verdict(host, now())),
            self.roster.concerned, lambda one, at: service_time.clock(surroundings.days.calendars, one, at),
            has_mail=sender is not None and bool(sender.reply), contact=sender.name if sender is not None else "",
        )  # fmt: skip
        self.rules = Rules(self.roster.policy, lambda: secrets.token_hex(10), self.handing.leave, self._order)
        self.escalation = Escalation(lambda: self.roster.book, self.composer, self.handing)
        # One process sends. What the one before it had begun to send, and did not note as taken, is sent once more.
        notes = SentNotes(kept.with_name("outbox.sent"))
        store.write_now(lambda one: outbox.taken(one, notes.read(), wall()))
        notes.clear()
        store.write_now(lambda one: outbox.release(one, wall()))
        self.outbox = Outbox(
            store, channels, wall=wall, token=lambda: secrets.token_hex(8), lost=self.escalation.lost,
            digest=self._digest, notes=notes,
        )  # fmt: skip
        self.gateway_secret = key.hex()
        self.inbox = Inbox(
            store, self.answering, self.escalation, self.composer, self.handing, lambda: self.roster.book.people,
            settings, wall,
        )  # fmt: skip
        self.neighbours = Neighbours(places, url, lambda: self.engine.firing.values(), self.facts, wall)
        self.place: Callable[[], Mapping[str, Any]] = dict
        self.hurry: Callable[[str], None] = _nobody_asks
        self.overdue = self._written = self._canary = 0.0
        self._step = Step(wall(), now())
        self._self_watch = SelfWatch(self.facts, [one.alert for one in known])
        self.incidents: Mapping[tuple[str, str], int] = {}
        self.waiting: Mapping[str, tuple[int, float]] = {}
        self._read_at = ""

    # --- what others ask ---

    @property
    def standing(self) -> Mapping[tuple[str, str], int]:
        """Alerts that fire, by severity and standing."""
        return Counter(
            (one.alert.severity.value, one.decision.standing.value) for one in self.engine.firing.values()
        )  # fmt: skip

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Ways to people."""
        return self.outbox.channels

    @property
    def lag(self) -> float:
        """Seconds since alerts were last decided on."""
        return self._wall() - self.engine.stepped if self.engine.stepped else 0.0

    @property
    def rule_count(self) -> int:
        """How many rules are in force."""
        return len(self.evaluator.rules)

    @property
    def rotas(self) -> RotaBook:
        """Who is on call."""
        return self.roster.book.rotas

    def trouble(self) -> list[str]:
        """Return why people could not be told now, in sentences for the console."""
        found = [
            f"Nothing goes out by {name}: {one.broken}" for name, one in sorted(self.channels.items()) if one.broken
        ]
        if not any(person.channels for person in self.roster.book.people.values()):
            found.append("Nobody can be told of anything: add people with 'driftvakt person add'")
        elif not {"email", "sms"} & self.channels.keys():
            found.append("Neither mail nor SMS is set up: write [notify.email] and [notify.sms] into collector.toml")
        return found

    def changes(self, connection: Connection, origins: Sequence[str], before: float) -> list[str]:
        """Return what changed on hosts and above them before a moment, for the console."""
        return [one.en for one in self._changes(connection, origins, before)]

    @staticmethod
    def person(connection: Connection, login: str) -> str:
        """Return whom a login of the console is: the person who has it, else the login itself."""
        return next((row.name for row in people.load(connection) if row.login == login), login)

    def heard(self, host: Host, wall: float) -> None:
        """Evaluate the rules of a host whose newest values came."""
        if host.class_ == POLLER:
            self._canary = wall
        found = self.evaluator.line(host, wall)
        if found:
            self.engine.take(found)

    def happened(self, events: Sequence[EventRow]) -> None:
        """Take in what happened to hosts: that a device did not answer says more than that no report came."""
        self._watcher.heard(events, self._now(), self._wall())

    def left(self, origin: str) -> None:
        """Let go of a host that is no longer trusted: what its rules said is over."""
        self.engine.take(self.evaluator.forget(origin, self._wall()))

    async def take(self, found: Sequence[Change]) -> None:
        """Take changes of another system in, and return when they are written. Raises OSError where too many wait."""
        if self.engine.waiting > MOST_WAITING:
            # Whoever sends them sends them again, and what waits is kept in memory.
            raise OSError(f"{self.engine.waiting} changes wait to be written")
        self.engine.take(found)
        await self.engine.step(self._wall())

    # --- what goes on ---

    def works(self) -> Iterator[Work]:
        """Give what must go on while the collector runs."""
        yield "decide on alerts", DECIDE_SECONDS, self.decide
        yield "escalate incidents", DECIDE_SECONDS, self.escalate
        yield "send messages", SEND_SECONDS, self.send
        yield "read who is on call", READ_SECONDS, self.refresh
        yield "write down why nobody was told", READ_SECONDS, self.write_notes
        yield "read who is a guest of whom", REFRESH_SECONDS, self.guests.refresh
        yield "look whether mail goes out", PROBE_SECONDS, self.outbox.probe
        yield from self.neighbours.works()
        if self.inbox.mailbox is not None:
            yield "fetch answers", FETCH_SECONDS, self.inbox.fetch
        if self.inbox.spools:
            yield "read what the modem told", SPOOL_SECONDS, self.inbox.look

    async def decide(self) -> None:
        """Look at silence, let time pass for rules, and decide on all that changed."""
        now, wall = self._now(), self._wall()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self.engine.take(await self._watcher.alook(now, wall))
            for origin in self._watcher.ask(now):
                self.hurry(origin)
        self.engine.take(self.evaluator.tick(wall))
        self._clear_orphans(wall)
        await self.engine.step(wall)

    async def escalate(self) -> None:
        """Do what timers bring."""
        while await self._store.write(lambda one: self.escalation.run(one, self._wall())):
            pass
        self._written = self._wall()

    async def send(self) -> None:
        """Send what is due."""
        for _ in range(_SEND_ROUNDS):
            if not await self.outbox.turn():
                break
            await self.outbox.freed(SEND_SECONDS)

    async def refresh(self) -> None:
        """Read who is on call and what is muted, where that changed; count what stands."""
        self.roster.book = await asyncio.to_thread(self._store.read, self._read_book)
        await self.surroundings.refresh()
        now = self._wall()
        firing, muffled = [*self.engine.firing.values()], self._watcher.muffled
        if muffled:
            await self._store.write(lambda one: joining.recount(one, firing, muffled))
        self.incidents = await asyncio.to_thread(self._store.read, incidents.counts)
        due = await asyncio.to_thread(self._store.read, lambda one: outbox.standing(one, now))
        self.waiting = {name: (count, max(0.0, now - oldest)) for name, (count, oldest) in due.items()}
        oldest = await asyncio.to_thread(self._store.read, lambda one: timers.oldest_due(one, now))
        self.overdue = now - oldest if oldest is not None else 0.0
        self.engine.take(self._self_watch.look(now))

    async def write_notes(self) -> None:
        """Write down why hosts that were silent were not told of."""
        record = self._watcher.record
        while rows := record.take():
            try:
                await self._store.write(partial(alerts.remember, events=rows))
            except BaseException:
                record.put_back(rows)
                raise

    def facts(self) -> Facts:
        """Return what is known of the way from a fault to a person, all of it at hand."""
        wall, now = self._wall(), self._now()
        ages = [age for _, age in self.waiting.values()]
        mail = self.channels.get("email")

        def age(at: float) -> float | None:
            return wall - at if at > 0 else None

        went = max(mail.sent_at, mail.works_at) if mail is not None else 0.0
        return Facts(
            up=wall - self._began, canary=self._canary_age(wall), outbox=max(ages, default=0.0), timers=self.overdue,
            store=age(self._written), loop=age(self.engine.stepped), mail_ok=age(went),
            mail_failed=age(mail.failed_at) if mail is not None else None, step=self._step.look(wall, now),
            broken={name: one.broken for name, one in self.channels.items() if one.broken},
            watchdogs={name: wall - since for name, since in self.neighbours.unheard.items()}, **self.place(),
        )  # fmt: skip

    def _canary_age(self, wall: float) -> float | None:
        """Return the age of the newest report of a poller of our own: it came through the door as all do, and was kept,

        applied and evaluated. Where nothing is polled there is none, and nothing to be learned from that.
        """
        if self._canary:
            return wall - self._canary
        return None if any(host.class_ == POLLER for host in self._fleet.hosts.values()) else 0.0

    async def save(self) -> None:
        """Keep what rules know, so that `for` and windows go on after a restart."""
        await kept_rules.save(self.evaluator, self._kept)

    async def close(self) -> None:
        """Let what is on its way arrive, and let go of connections."""
        await self.outbox.close()
        await self.neighbours.close()

    def forget(self, connection: Connection) -> None:
        """Let go of links that ended long ago."""
        links_store.forget(connection, self._wall() - links.LIFE)
        alerts.forget_notes(connection, self._wall() - _NOTES)

    # --- parts ---

    async def _write(self, judged: Sequence[Judgement]) -> Mapping[str, int | None]:
        now, muffled = self._wall(), self._watcher.muffled
        return await self._store.write(lambda one: joining.apply(one, judged, self.rules, now, muffled))

    async def _raised_before(self, keys: Sequence[str]) -> Mapping[str, int]:
        found = await asyncio.to_thread(self._store.read, lambda one: alerts.generations(one, keys))
        return {key: generation for key, (generation, _) in found.items()}

    def _clear_orphans(self, wall: float) -> None:
        """Clear what fired before a restart and that no rule says any more, once its host was heard for a while."""
        if not self._orphans or wall - self._began < _ORPHANS:
            return
        alive = {one.fingerprint for one in self.evaluator.firing()}
        waiting = {one.fingerprint for one in self.evaluator.waiting()}
        # What is so, though not for long enough since the restart, is not over.
        orphans, self._orphans = self._orphans - alive - waiting, self._orphans & waiting
        for key in orphans & self.engine.firing.keys():
            one = self.engine.firing[key].alert
            host = self._fleet.hosts.get(one.origin)
            if host is not None and host.received is not None and host.received < self._now() - _ORPHANS / 2:
                # Nothing is known of a host that was not heard: what was wrong with it is wrong still.
                self._orphans.add(key)
                continue
            self.engine.take([Change(What.CLEARED, one, wall)])

    def _changes(self, connection: Connection, origins: Sequence[str], before: float) -> list[Words]:
        hosts, guests = dict(self._fleet.hosts), self.guests.mapping()
        return changed.of_hosts(connection, origins, self._atlas.plan.tree, hosts, before, self._wall(), guests)

    def _digest(self, connection: Connection, rows: Sequence[outbox.OutboxRow], now: float) -> str:
        person: Person | None = self.roster.book.people.get(rows[0].person)
        return self.composer.digest(connection, rows, person, now)

    def _order(self, connection: Connection, number: int, left: Leave, now: float) -> None:
        casework.order(connection, number, left.supplier, left.reason.words, desk.DRIFTVAKT, now)

    def _read_book(self, connection: Connection) -> Book:
        return roster.read(connection, self.surroundings.days)


_ORPHANS = 600.0
_NOTES = 90 * 86_400.0
"""Seconds for which it can be asked why a silent host was not told of."""


def _nobody_asks(_origin: str) -> None:
    """Before there is who asks."""
