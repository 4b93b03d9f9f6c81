"""The composition root: builds everything once, owns start and stop."""

import asyncio
import gc
import logging
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from driftvakt_collector.alert.incoming.foreign import Find, finder
from driftvakt_collector.alert.rootcause import guest_list
from driftvakt_collector.config import Config, Zone, read_secret
from driftvakt_collector.console.codes import Codes
from driftvakt_collector.console.desk_pages import Desk
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import building
from driftvakt_collector.expose.own import OwnCollector, registry
from driftvakt_collector.expose.page import RenderCache
from driftvakt_collector.expose.routes import Exposition
from driftvakt_collector.fleet import acquaintance, snapshot
from driftvakt_collector.fleet.acquaintance import Acquaintances
from driftvakt_collector.fleet.assets import Assets
from driftvakt_collector.fleet.gaps import Time, remember
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.identity import evidence
from driftvakt_collector.fleet.models import SECTIONS as MODEL_SECTIONS
from driftvakt_collector.fleet.models import Models
from driftvakt_collector.fleet.series import SetError
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology import evidence as topology
from driftvakt_collector.fleet.topology import part
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.ingest import assignment
from driftvakt_collector.ingest.answers import Answers
from driftvakt_collector.ingest.asgi import records
from driftvakt_collector.ingest.door import Door
from driftvakt_collector.ingest.enrol import Enrolment, enrol
from driftvakt_collector.ingest.entrance import NOBODY
from driftvakt_collector.ingest.glpi_agent import PATHS, GlpiAgents
from driftvakt_collector.ingest.incoming import PATH as INCOMING
from driftvakt_collector.ingest.incoming import Incoming
from driftvakt_collector.ingest.ping import PATH, ping
from driftvakt_collector.ingest.supplier_hooks import SupplierHooks
from driftvakt_collector.ingest.zone import ZoneApp
from driftvakt_collector.intake import Intake
from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.sqlite import SqliteJournal
from driftvakt_collector.poll.assigner import Assigner
from driftvakt_collector.poll.polls import Polls
from driftvakt_collector.service.applications import book
from driftvakt_collector.service.applications.keeper import Keeper
from driftvakt_collector.service.coverage.ledger import Ledger
from driftvakt_collector.store import applications, feed, forks, hosts, products, sweep, tidy, zones
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust import vault
from driftvakt_collector.trust.keeping import authorities
from driftvakt_collector.trust.settle import Realm, retire

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.5
_POSITION_SECONDS = 10.0
_HOSTS_SECONDS = 1.0
_ASSETS_SECONDS = 10.0
_MODELS_SECONDS = 2.0
_APPLICATIONS_SECONDS = 5.0
_COVERAGE_SECONDS = 20.0
_ATLAS_SECONDS = 10.0
_INCOMING_SECONDS = 60.0
_FIRST_SECONDS = 2.0
"""Until a work is done for the first time, where it is done less often."""
_SAY_SECONDS = 60.0
_WORKS = {"_flush": "write the store", "_refresh_hosts": "read the hosts", "_snapshot": "write the fleet down",
          "work": "keep the register of assets", "look": "keep the coverage ledger",
          "name": "name the models of hosts", "_name_products": "name products",
          "_recognise": "recognise applications", "survey": "work out who hangs behind whom"}  # fmt: skip
_OUTAGE_SECONDS = 3.0
"""A pause in which no report was lost needs no word."""
_ROOM_AGAIN = 1.05
"""What is free must be this much above the floor before records are taken again."""
_HARD_PART = 10
"""Of the floor so small a part must be free on the disk itself: snapshot and store can't use the journal's pages."""
_STALL_SECONDS = 15.0
"""A pause of our own this long (a suspended machine, a blocked disk) means that we were deaf, not hosts mute."""


class App:
    """The collector. `start`, serve it as an ASGI application, `stop`."""

    def __init__(
        self, config: Config, now: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self.config = config
        self._now = now
        self._wall = wall
        self._tasks: list[asyncio.Task[None]] = []
        self._trouble = ""
        self._deaf_since = 0.0
        self._enrolled_until = datetime.fromtimestamp(0, UTC)
        self._said: dict[str, float] = {}
        self._known: dict[str, hosts.HostRow] = {}
        self._stamps: dict[str, float] = {}
        self._previous_position = 0
        self._unnamed: int | None = -1

        rules = book.load(config.applications_file)
        data = config.data
        masters = zones.load(data)
        self.store = Store(config.store_url())
        self.store.migrate()
        self._enrolled_until = datetime.fromtimestamp(wall(), UTC) - timedelta(seconds=5)
        self.fleet = Fleet(self.store.read(hosts.load), healthy_since=now())
        for origin, epochs in self.store.read(forks.closed).items():
            if origin in self.fleet.hosts:
                self.fleet.hosts[origin].closed = epochs
        self.intake = Intake(self.fleet, now, wall)
        try:
            self.journal = SqliteJournal(data / "journal.db", keep_seconds=config.journal_hours * 3600, now=wall)
        except JournalError:
            self.store.close()
            raise
        self._catch_up()
        self.assets = Assets(self.fleet, self.store, wall)
        self.models = Models(self.fleet, self.store)
        self.acquaintances = Acquaintances(self.fleet, self.store, wall)
        self.applications = Keeper(self.fleet, self.store, rules, wall)
        self.coverage = Ledger(self.fleet, self.store, wall)
        self.atlas = Atlas(self.fleet, self.store, wall)
        cache = RenderCache(config.render_cache_mb << 20, lambda host: self.fleet.gaps(host, wall()))
        self.door = Door(
            self.fleet, self.intake, self.journal, masters, zones=config.zones, next_seconds=config.next_seconds,
            wall=wall, now=now,
        )  # fmt: skip
        self.entrance = self.door.anywhere
        self.realm = Realm(masters, authorities(data, masters), {zone.name: zone.privacy for zone in config.zones})
        self.enrolment = Enrolment(
            self.store, self.realm, self._meet, relay=self.fleet.has_relay_at, now=now, wall=wall
        )
        self.glpi = GlpiAgents(
            self.store, self.realm, self.fleet, self._meet, hours=config.inventory_hours, now=now, wall=wall
        )
        self.alarms = building.build(config, self.fleet, self.store, self.atlas, now=now, wall=wall)
        self.intake.heard = self.alarms.heard
        cache.usual = lambda host: self.alarms.evaluator.expected(host.origin, wall())
        self.polls = Polls(
            config,
            self.store,
            self.atlas,
            masters,
            {zone for zone in masters if self.realm.profile(zone) != "full"},
            self._bring,
            lambda: self.fleet.outages,
            now=now,
            wall=wall,
        )
        assigner = Assigner(
            self.store, self.polls.box, lambda zone: self.realm.profile(zone) != "full", self.polls.explorer.routers
        )
        self.assignments = assignment.Assignments(
            self.fleet.hosts, masters, assigner.assign, self.polls.explorer.heard, now
        )
        self.incoming = Incoming(
            self.store, self.alarms.take, lambda: {key: one.alert for key, one in self.alarms.engine.firing.items()},
            self._finder, expire=config.incoming_expire_hours * 3600, now=now, wall=wall,
        )  # fmt: skip
        self.watch, self.trapping, self.explorer = self.polls.watch, self.polls.trapping, self.polls.explorer
        own = OwnCollector(
            self.fleet, self.intake, self.door.counts, self.journal, cache, now, self._stamps, self.door.load, wall,
            self.enrolment.counts,
        )  # fmt: skip
        self.figures = own
        own.register = lambda: (self.assets.assets, self.assets.questions)
        own.coverage = self.coverage
        own.discovery = self.explorer
        own.polls, own.traps, own.told = self.polls.pollers, self.trapping, self.polls.teller
        own.alerts = self.alarms
        own.checks, own.jobs = self.polls.checker, self.polls.jobs
        self.alarms.place = self._place
        self.alarms.hurry = self.polls.hurry
        token = read_secret(config.metrics_token_file) if config.metrics_token_file else ""
        exposition = Exposition(self.fleet, cache, registry(own), self._why_not_ready, token=token, now=now)
        console = Console(
            self.fleet,
            self.store,
            now=now,
            wall=wall,
            secure=config.tls_cert is not None,
            coverage=self.coverage,
            applications=self.applications,
            privacy={zone: self.realm.profile(zone) for zone in masters},
            atlas=self.atlas,
            desk=Desk(
                self.alarms.rules,
                self.alarms.changes,
                self.alarms.trouble,
                self.alarms.person,
                self.alarms.handing.clocks,
                lambda: self.alarms.rotas,
            ),
            codes=Codes(vault.load(data)),
        )
        gateway = Answers(self.alarms.inbox, self.alarms.gateway_secret, wall)
        pressed = console.answers(self.alarms.answering, lambda: self.alarms.rotas)
        hooks = SupplierHooks(self.alarms.inbox, vault.load(config.data))
        self._pages = Starlette(
            routes=[*exposition.routes(), *console.routes(), *pressed, *gateway.routes(), *hooks.routes()],
            exception_handlers=console.errors(),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request that `ingest.http.RecordsProtocol` did not keep for itself."""
        if scope["type"] == "http" and scope["path"] == "/v1/records":
            await records(self.entrance, scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/v1/enrol":
            await enrol(self.enrolment, "", scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in assignment.PATHS:
            await assignment.assignment(self.assignments, "", scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in PATHS:
            await self.glpi.serve(self.entrance, "", scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PATH):
            await ping(self.watch.jobs, "", scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(INCOMING):
            await self.incoming.serve(self.entrance, "", scope, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self._pages(scope, receive, send)

    def zone(self, zone: Zone) -> ZoneApp:
        """Return what serves a zone's own listener."""
        authority = self.realm.authorities.get(zone.name)
        certificate = authority.certificate if authority is not None and zone.tls_cert is None else b""
        entrance, jobs = self.door.entrance(zone.name), self.watch.jobs
        return ZoneApp(
            zone.name, entrance, self.enrolment, self.glpi, jobs, certificate, self.assignments, self.incoming
        )  # fmt: skip

    async def _forget_incoming(self) -> None:
        await self.incoming.forget()

    def _finder(self, zone: str) -> Find:
        return finder(self.fleet.hosts.values(), zone, self.atlas.asked)

    def _place(self) -> dict[str, object]:
        """Return what the audit is told of the journal and the disk."""
        total = shutil.disk_usage(self.config.data).total
        return {"journal": self.journal.trouble or self.door.shut, "disk_free": self.figures.free / total}

    def daily(self) -> None:
        """Let go of keys that were replaced long ago, and of what the store need not keep. Called by a thread."""
        now = datetime.fromtimestamp(self._wall(), UTC)
        self.store.write_now(lambda connection: retire(connection, now))
        before = self._wall() - self.config.events_days * 86_400
        while self.store.write_now(lambda connection: tidy.old_rows(connection, before)):
            pass
        last: int | None = 0
        while last is not None:
            last = self.store.write_now(partial(tidy.old_decisions, before=before, after=last))
        used = {one.digest for one in self.fleet.sets.all()}
        while self.store.write_now(lambda connection: tidy.unused_sets(connection, used)):
            pass
        place: sweep.Place | None = sweep.Place()
        while place is not None:
            place = self.store.write_now(partial(sweep.step, place=place))
        self.store.write_now(self.alarms.forget)
        while self.store.write_now(lambda connection: applications.forget(connection, tidy.STEP)):
            pass

    async def start(self) -> None:
        """Begin to take records, and to keep what comes."""
        self.journal.start()
        self.fleet.healthy_since = self._now()
        # What lives since the start is no garbage; without this each collection walks the whole fleet.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        self._tasks = [
            asyncio.create_task(self._every(_FLUSH_SECONDS, self._flush)),
            asyncio.create_task(self._every(_HOSTS_SECONDS, self._refresh_hosts)),
            asyncio.create_task(self._every(self.config.snapshot_seconds, self._snapshot)),
            asyncio.create_task(self._every(_ASSETS_SECONDS, self.assets.work)),
            asyncio.create_task(self._every(_MODELS_SECONDS, self.models.name)),
            asyncio.create_task(self._every(_MODELS_SECONDS, self.acquaintances.look, "name devices")),
            asyncio.create_task(self._every(_MODELS_SECONDS, self._name_products)),
            asyncio.create_task(self._every(_APPLICATIONS_SECONDS, self._recognise)),
            asyncio.create_task(self._every(_COVERAGE_SECONDS, self.coverage.look)),
            asyncio.create_task(self._every(_ATLAS_SECONDS, self.atlas.survey)),
            asyncio.create_task(self._every(_INCOMING_SECONDS, self._forget_incoming, "end alerts of other systems")),
            *(
                asyncio.create_task(self._every(seconds, work, does))
                for does, seconds, work in (*self.polls.works(), *self.alarms.works())
            ),
        ]

    async def stop(self) -> None:
        """Write down everything that is known, then let go. Safe to call after a failed start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.polls.close()
        await self.alarms.close()
        await self.journal.close()
        works: tuple[Callable[[], Awaitable[object]], ...] = (self._flush, self._save)
        for work in works:
            try:
                await work()
            except Exception:
                log.exception("what the collector knew was not written; it is read from the journal at the next start")
        self.store.close()

    def _catch_up(self) -> None:
        """Read the snapshot and the tail of the journal, so that the fleet is as it was."""
        began = time.perf_counter()
        path = self.config.data / "fleet.snapshot"
        fleet_from, written = 0, 0.0
        for candidate in (path, path.with_suffix(".previous")):
            if not candidate.exists():
                continue
            try:
                fleet_from, written = snapshot.load(self.fleet, candidate, self._now(), self._wall())
            except (snapshot.SnapshotError, OSError) as e:
                log.warning("%s; the journal is read instead", e)
                continue
            break
        store_from = self.store.read(feed.position)
        if max(fleet_from, store_from) > self.journal.end():
            log.warning("the journal is younger than what was read of it before; all of it is read")
            fleet_from = store_from = 0
        self.fleet.outages = [Time(*one) for one in self.store.read(feed.outages)]
        # Nothing that is made here is garbage in a cycle, and looking for some takes longer than all the rest.
        gc.disable()
        try:
            done = self.intake.replay(self.journal, fleet_from, store_from)
        finally:
            gc.enable()
        self._load_missing_sets()
        self._previous_position = fleet_from
        self._remember_outage(max(done.last, written), self._wall(), "down")
        if done.unreadable:
            log.error("%d lines of the journal could not be read and were passed over", done.unreadable)
        log.info(
            "knows %d hosts; replayed %d lines in %.1f s", len(self.fleet.hosts), done.lines,
            time.perf_counter() - began,
        )  # fmt: skip

    def _remember_outage(self, began: float, ended: float, why: str) -> None:
        """Write down that we could not hear, so that what is missing of that time is known to be our fault."""
        if began > 0 and ended - began > _OUTAGE_SECONDS:
            remember(self.fleet.outages, began, ended)
            self.intake.batch.outages.append((began, ended, why))

    def _load_missing_sets(self) -> None:
        """Take series sets that a replayed report names from the store, for their lines are older than the journal."""
        waiting: dict[str, list[Host]] = {}
        for host in self.fleet.hosts.values():
            if host.waiting is not None:
                waiting.setdefault(host.waiting[0], []).append(host)
        known = {one.digest: one.body for one in self.fleet.sets.all() if one.digest in waiting}
        missing = waiting.keys() - known
        if missing:
            known |= self.store.read(lambda connection: feed.series_sets(connection, missing))
        for digest, body in known.items():
            for host in waiting[digest]:
                # A release with stricter rules may refuse what the store holds; the host is then asked again.
                with suppress(SetError):
                    self.fleet.bind(host, digest, body, host.received_wall)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]], what: str = "") -> None:
        """Do `work` again and again. A fault is logged and tried again; it never ends the loop. what: it does."""
        what = what or _WORKS.get(work.__name__, work.__name__)
        # Nobody should wait for what is known at the start already.
        pause = min(seconds, _FIRST_SECONDS)
        while True:
            before = self._now()
            await asyncio.sleep(pause)
            if self._now() - before > pause + _STALL_SECONDS:
                log.warning("the collector stood still for %.0f s; silence is counted from now", self._now() - before)
                self.fleet.healthy_since = self._now()
                self._remember_outage(self._wall() - (self._now() - before), self._wall(), "stood still")
            pause = seconds
            try:
                await work()
            except (OSError, SQLAlchemyError, JournalError) as e:
                # A trace explains nothing of a full disk; it wants a sentence, and not twice a second.
                told = str(getattr(e, "orig", None) or e)
                self._say(what, f"cannot {what}: {told}. Free disk space or mend {self.config.data}; it is tried again")
            except Exception:
                log.exception("cannot %s; it is tried again in %.1f s", what, seconds)

    def _say(self, what: str, words: str) -> None:
        """Put an error into the log, each kind once a minute."""
        if self._now() - self._said.get(what, -_SAY_SECONDS) >= _SAY_SECONDS:
            self._said[what] = self._now()
            log.error("%s", words)

    async def _flush(self) -> None:
        """Write to the store what the journal brought."""
        now = self._wall()
        if not self.intake.batch and now - self._stamps.get("store_write", 0.0) < _POSITION_SECONDS:
            return
        batch, position = self.intake.take_batch()
        try:
            await self.store.write(lambda connection: feed.write(connection, batch, position))
        except BaseException as e:
            # Also when we are stopped meanwhile: a later flush says how far the store is, so it must bring all of it.
            batch.extend(self.intake.batch)
            self.intake.batch = batch
            self._trouble = f"cannot write the store: {e.__class__.__name__}"
            raise
        self._trouble = ""
        self._stamps["store_write"] = now
        self.alarms.happened(batch.events)
        self.assets.changed({row.origin for row in batch.sections if row.name in evidence.SECTIONS})
        self.applications.changed({row.origin for row in batch.sections if row.name in applications.SOURCES})
        self.models.changed({row.origin for row in batch.sections if row.name in MODEL_SECTIONS})
        self.acquaintances.changed({row.origin for row in batch.sections if row.name in acquaintance.SECTIONS})
        self.atlas.changed({row.origin for row in batch.sections if row.name in topology.SECTIONS})
        self.alarms.guests.changed({row.origin for row in batch.sections if row.name in guest_list.SECTIONS})
        self.atlas.changed({origin for origin, name in batch.parts if name == part.NAME})

    async def _name_products(self) -> None:
        """Name the releases of packages that an earlier release of ours named by other rules, a step at a time."""
        while self._unnamed is not None:
            self._unnamed = await self.store.write(partial(products.rename, after=self._unnamed))

    async def _recognise(self) -> None:
        """Recognise applications, once all products have their names, for rules go by them."""
        if self._unnamed is None:
            await self.applications.recognise()

    async def _refresh_hosts(self) -> None:
        """Take in hosts that were enrolled by another process since the last look; look for room and for trouble."""
        await self._look_for_room()
        since = self._enrolled_until
        now = datetime.fromtimestamp(self._wall(), UTC)
        changed = await asyncio.to_thread(self.store.read, lambda connection: hosts.load(connection, since))
        forked = await asyncio.to_thread(self.store.read, forks.closed) if changed else {}
        unwritten = {fork.origin for fork in self.intake.batch.forks}
        for row in changed:
            if row.origin not in unwritten and self._known.get(row.origin) != row:
                self.fleet.enrol(row).closed = forked.get(row.origin)
                if row.state != hosts.APPROVED:
                    self.alarms.left(row.origin)
                self._known[row.origin] = row
        self._known = {row.origin: row for row in changed}
        self._enrolled_until = now - timedelta(seconds=5)
        if self.journal.trouble or self.door.shut:
            self.fleet.healthy_since = self._now()
            self._deaf_since = self._deaf_since or self._wall()
        elif self._deaf_since:
            self._remember_outage(self._deaf_since, self._wall(), "could not write")
            self._deaf_since = 0.0

    async def _look_for_room(self) -> None:
        """Take no records while the disk is nearly full: what is there already must still be written down.

        What the journal let go of is room for what comes next, though the disk does not see it.
        """
        self.figures.free = free = shutil.disk_usage(self.config.data).free
        floor = self.config.disk_free_mb * 10**6
        least = floor * (_ROOM_AGAIN if self.door.shut else 1.0)
        if free < least and (free < least / _HARD_PART or free + await self._spare() < least):
            told = f"only {free / 1e6:,.0f} MB are free on the disk of {self.config.data}"
            self.door.shut = f"{told}, and {floor / 1e6:,.0f} MB must stay free ('disk_free_mb')"
            self._say("room", f"no records are taken: {self.door.shut}. Agents keep theirs; free some space")
        elif self.door.shut:
            self.door.shut = ""
            log.warning("there is room on the disk again; records are taken")

    async def _spare(self) -> int:
        """Return the bytes of the journal's file that hold nothing."""
        try:
            return await self.journal.spare()
        except JournalError:
            return 0

    def _bring(self, lines: Sequence[bytes]) -> "asyncio.Future[tuple[int, bytes]]":
        """Take what our own pollers made through the door, as everybody's lines."""
        done: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def reply(status: int, body: bytes) -> None:
            if not done.done():
                done.set_result((status, body))

        self.door.take(b"\n".join(lines), b"", reply, NOBODY, self.entrance)
        return done

    def _meet(self, row: hosts.HostRow) -> None:
        """Know a host that came in a moment ago, before `_refresh_hosts` finds it."""
        if self._known.get(row.origin) != row:
            self.fleet.enrol(row)
            self._known[row.origin] = row

    async def _snapshot(self) -> None:
        """Write the fleet down, then drop the journal that nobody needs any more."""
        written = await self._save()
        position = min(self._previous_position, await asyncio.to_thread(self.store.read, feed.position))
        self._previous_position = written
        gone = 1
        while gone:
            gone = await self.journal.forget(position)

    async def _save(self) -> int:
        """Write the fleet down; return the journal position that the file names."""
        path, position = self.config.data / "fleet.snapshot", self.intake.position
        await snapshot.save(self.fleet, path, position, self._now(), self._wall())
        await self.alarms.save()
        self._stamps["snapshot"] = self._wall()
        return position

    def _why_not_ready(self) -> str:
        return self.journal.trouble or self.door.shut or self._trouble
