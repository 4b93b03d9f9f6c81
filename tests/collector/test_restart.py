"""After a restart everything is as it was, whatever of the snapshot is left, and nobody is called silent falsely."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from collecting import Sender, host_row, prepare, series_body

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.expose.page import RenderCache, page
from driftvakt_collector.fleet.host import Verdict
from driftvakt_collector.journal import JournalError
from driftvakt_collector.store import feed
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.hosts import save as enrol
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Event, Goodbye, Report, Section, Series

DIGEST, SET = series_body(("node_load1", ()), ("node_load5", ()))
INFO = series_set([("node_os_info", (("id", "debian"),))], {})


class House:
    """A collector's data, and collectors that live on it one after the other. now: seconds on both clocks."""

    def __init__(self, tmp_path: Path, hosts: int = 3) -> None:
        self.data = tmp_path / "data"
        self.senders = prepare(self.data, [host_row(number) for number in range(hosts)])
        self.config = Config(data=self.data)
        self.now = 10_000.0
        self.wall_ahead = 1.7e9

    @property
    def wall(self) -> float:
        return self.wall_ahead + self.now

    def life(self, work: Callable[[App], Awaitable[None]], *, killed: bool = False) -> None:
        """Start a collector, do the work, and stop it, or leave as a kill would."""

        async def all_of_it() -> None:
            app = App(self.config, lambda: self.now, lambda: self.wall)
            await app.start()
            try:
                await work(app)
            finally:
                if killed:
                    for task in app._tasks:
                        task.cancel()
                    await asyncio.gather(*app._tasks, return_exceptions=True)
                    await app.journal.close()
                    app.store.close()
                else:
                    await app.stop()

        asyncio.run(all_of_it())

    def report(self, sender: Sender, load: float) -> bytes:
        return sender.line(Report(self.wall, self.now, DIGEST, (load, None), sections={"info": digest(INFO)}))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def send(app: App, *lines: bytes) -> dict[str, Any]:
    answered: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    app.door.take(b"\n".join(lines), b"", lambda status, body: answered.set_result((status, body)))
    status, body = await answered
    assert status == 200, body
    told: dict[str, Any] = json.loads(body)
    return told


async def shown(app: App, now: float) -> str:
    text = await page(app.fleet, app.fleet.hosts.values(), RenderCache(1 << 20), now, openmetrics=False)
    return "\n".join(line for line in text.decode().splitlines() if not line.startswith("#"))


async def nothing(_: App) -> None:
    """Live and do nothing."""


def first_words(house: House) -> Callable[[App], Awaitable[None]]:
    async def work(app: App) -> None:
        for sender in house.senders:
            await send(
                app, sender.line(Series(DIGEST, SET)), sender.line(Section("info", digest(INFO), INFO)),
                house.report(sender, 0.5), sender.line(Event(house.wall, "agent.start")),
            )  # fmt: skip

    return work


def scrape(house: House) -> str:
    """Return what a collector that starts now would show at once."""
    texts: list[str] = []

    async def work(app: App) -> None:
        texts.append(await shown(app, house.now))

    house.life(work, killed=True)
    return texts[0]


def snapshot_of(house: House) -> Path:
    return house.data / "fleet.snapshot"


# --- whole again ---


def no_snapshot(house: House) -> None:
    snapshot_of(house).unlink()
    snapshot_of(house).with_suffix(".previous").unlink(missing_ok=True)


def torn_newest(house: House) -> None:
    whole = snapshot_of(house).read_bytes()
    snapshot_of(house).write_bytes(whole[: len(whole) // 2])


def changed_newest(house: House) -> None:
    whole = bytearray(snapshot_of(house).read_bytes())
    whole[-40] ^= 1
    snapshot_of(house).write_bytes(whole)


def empty_newest(house: House) -> None:
    snapshot_of(house).write_bytes(b"")


def both_torn(house: House) -> None:
    torn_newest(house)
    snapshot_of(house).with_suffix(".previous").write_bytes(b"\0\0\0\1")


def half_written(house: House) -> None:
    snapshot_of(house).with_suffix(".part").write_bytes(b"\0" * 99)


def between_two_renames(house: House) -> None:
    snapshot_of(house).replace(snapshot_of(house).with_suffix(".previous"))


@pytest.mark.parametrize(
    "damage",
    [lambda _: None, no_snapshot, torn_newest, changed_newest, empty_newest, both_torn, half_written,
     between_two_renames],
    ids=["no damage", "no snapshot", "the newest is torn", "a bit of the newest is turned", "the newest is empty",
         "both are torn", "a kill while writing", "a kill between two renames"],
)  # fmt: skip
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "stopped"])
def test_the_exposition_is_whole_again(house: House, damage: Callable[[House], None], killed: bool) -> None:
    pages: list[str] = []

    async def later(app: App) -> None:
        house.now += 20.0
        await send(app, *(house.report(sender, 1.5 + place) for place, sender in enumerate(house.senders)))
        await send(app, house.senders[1].line(Goodbye(house.wall)))
        pages.append(await shown(app, house.now))

    house.life(first_words(house))
    house.life(nothing)
    house.life(later, killed=killed)
    damage(house)

    assert scrape(house) == pages[0]
    assert 'driftvakt_host_up{instance="host-1"' in pages[0]
    assert pages[0].count("node_load1{") == pages[0].count("node_os_info{") == 2


def test_values_whose_names_came_in_while_the_snapshot_was_written_are_there(house: House) -> None:
    """A snapshot is no cut in time, so what a host has learned must be in it though the rest of it is older."""
    other, body = series_body(("node_load15", ()))

    async def work(app: App) -> None:
        await first_words(house)(app)
        saved = asyncio.create_task(app._save())
        await asyncio.sleep(0)
        await send(app, house.senders[2].line(Series(other, body)))
        await send(app, house.senders[2].line(Report(house.wall, 1.0, other, (7.25,))))
        await saved

    house.life(work, killed=True)

    assert 'node_load15{instance="host-2"' in scrape(house)


def test_values_whose_names_are_not_known_yet_are_not_forgotten(house: House) -> None:
    other, body = series_body(("node_load15", ()))
    sender = house.senders[0]

    async def first(app: App) -> None:
        assert await send(app, sender.line(Report(house.wall, 1.0, other, (7.25,)))) | {"want": 0} != {}

    async def second(app: App) -> None:
        told = await send(app, sender.line(Event(1.0, "x")))
        assert told["want"] == {sender.origin: [other]}
        await send(app, sender.line(Series(other, body)))

    house.life(first)
    house.life(second, killed=True)

    assert "} 7.25" in scrape(house)


def test_names_that_left_the_journal_are_taken_from_the_store(house: House) -> None:
    house.life(first_words(house))
    no_snapshot(house)

    async def work(app: App) -> None:
        house.now += 99_999.0
        while await app.journal.forget(app.journal.end() + 1):
            pass
        app.fleet.hosts.clear()

    house.life(work, killed=True)

    async def report(app: App) -> None:
        app.fleet.hosts[house.senders[0].origin].waiting = None
        await send(app, house.report(house.senders[0], 4.5))

    house.life(report, killed=True)

    assert "} 4.5" in scrape(house)


def test_a_journal_that_was_made_anew_is_read_whole(house: House) -> None:
    house.life(first_words(house))
    for path in house.data.glob("journal.db*"):
        path.unlink()

    async def work(app: App) -> None:
        await send(app, house.report(house.senders[0], 8.5))
        await send(app, house.senders[0].line(Event(1.0, "after")))

    house.life(work, killed=True)
    house.life(nothing)

    assert "} 8.5" in scrape(house)
    assert "after" in events(house)


def events(house: House) -> list[str]:
    found: list[str] = []

    async def work(app: App) -> None:
        found.extend(row.name for row in app.store.read(lambda c: feed.recent_events(c, house.senders[0].origin)))

    house.life(work, killed=True)
    return found


# --- silence ---


def verdicts(house: House, *later: float) -> list[list[Verdict]]:
    """Return everybody's verdict at a start now, and so many seconds after it."""
    found: list[list[Verdict]] = []

    async def work(app: App) -> None:
        found.extend(
            [app.fleet.verdict(host, house.now + after) for host in app.fleet.hosts.values()] for after in later
        )

    house.life(work, killed=True)
    return found


@pytest.mark.parametrize("damage", [lambda _: None, no_snapshot], ids=["from a snapshot", "from the journal"])
def test_nobody_is_silent_because_we_were_away(house: House, damage: Callable[[House], None]) -> None:
    house.life(first_words(house))
    house.now += 3600.0
    damage(house)

    assert verdicts(house, 0.0, 149.0, 151.0, 299.0, 301.0) == [
        [Verdict.OK] * 3, [Verdict.OK] * 3, [Verdict.LATE] * 3, [Verdict.LATE] * 3, [Verdict.SILENT] * 3,
    ]  # fmt: skip


def test_who_was_silent_stays_silent_until_it_speaks(house: House) -> None:
    async def some_speak(app: App) -> None:
        house.now += 3600.0
        app.fleet.healthy_since = house.now - 3000.0
        await send(app, house.report(house.senders[1], 1.0))

    house.life(first_words(house))
    house.life(some_speak)
    assert verdicts(house, 0.0) == [[Verdict.SILENT, Verdict.OK, Verdict.SILENT]]

    async def speaks(app: App) -> None:
        await send(app, house.report(house.senders[0], 1.0))

    house.life(speaks, killed=True)

    assert verdicts(house, 0.0) == [[Verdict.OK, Verdict.OK, Verdict.SILENT]]


def test_a_machine_that_was_switched_on_again_accuses_nobody(house: House) -> None:
    """The monotonic clock begins anew, so reports are from before its zero."""
    house.life(first_words(house))
    house.wall_ahead += house.now
    house.now = 5.0

    assert verdicts(house, 0.0, 100.0) == [[Verdict.OK] * 3] * 2


def test_a_goodbye_is_remembered_and_ends_with_the_next_report(house: House) -> None:
    sender = house.senders[0]

    async def leaves(app: App) -> None:
        await first_words(house)(app)
        await send(app, sender.line(Goodbye(1.0, "reboot")))

    async def returns(app: App) -> None:
        await send(app, house.report(sender, 1.0))

    house.life(leaves)
    assert verdicts(house, 0.0, 9999.0)[0] == [Verdict.OFF, Verdict.OK, Verdict.OK]
    assert verdicts(house, 0.0, 9999.0)[1] == [Verdict.OFF, Verdict.SILENT, Verdict.SILENT]
    house.life(returns, killed=True)

    assert verdicts(house, 0.0)[0][0] == Verdict.OK


def test_silent_hosts_leave_the_exposition_and_are_said_to_be_down(house: House) -> None:
    async def work(app: App) -> None:
        await first_words(house)(app)
        house.now += 200.0
        await send(app, house.report(house.senders[0], 1.0), house.senders[1].line(Goodbye(1.0)))
        text = await shown(app, house.now + 150.0)
        up = {line.split('"')[1]: line[-1] for line in text.splitlines() if line.startswith("driftvakt_host_up")}
        assert up == {"host-0": "1", "host-1": "0", "host-2": "0"}
        assert [line.split('"')[1] for line in text.splitlines() if line.startswith("node_load1{")] == ["host-0"]

    house.life(work)


def test_a_host_that_never_reported_is_new(house: House) -> None:
    assert verdicts(house, 0.0, 99_999.0) == [[Verdict.NEW] * 3] * 2
    assert scrape(house).count("driftvakt_host_up") == 3


# --- what the store gets ---


def test_events_that_the_store_could_not_take_are_brought_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(app: App) -> None:
        await first_words(house)(app)
        with monkeypatch.context() as patched:
            patched.setattr(feed, "write", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await app._flush()
        assert "ZeroDivisionError" in app._why_not_ready()
        await send(app, house.senders[0].line(Event(1.0, "later")))
        await app._flush()
        assert app._why_not_ready() == ""

    house.life(work, killed=True)

    assert sorted(events(house)) == ["agent.start", "later"]


def test_a_stop_in_the_middle_of_a_write_loses_no_event(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    write = feed.write
    failed: list[bool] = []
    begun, told_to_stop = threading.Event(), threading.Event()

    def fail_once(*told: Any) -> None:
        if not failed:
            failed.append(True)
            begun.set()
            assert told_to_stop.wait(20)
            raise JournalError("the connection broke as the collector was stopped")
        write(*told)

    async def work(app: App) -> None:
        await first_words(house)(app)
        monkeypatch.setattr(feed, "write", fail_once)
        flush = asyncio.create_task(app._flush())
        app._tasks.append(flush)
        assert await asyncio.to_thread(begun.wait, 20)
        told_to_stop.set()

    house.life(work)

    assert failed
    assert events(house) == ["agent.start"]


def test_what_the_previous_snapshot_needs_is_not_forgotten(house: House) -> None:
    """Lines that came while the files were being put in place are past the older of the two."""
    house.config = Config(data=house.data, journal_hours=0.1)

    async def work(app: App) -> None:
        await first_words(house)(app)
        forget = app.journal.forget

        async def forget_late(before: int) -> int:
            await send(app, house.report(house.senders[0], 3.5))
            app.journal.forget = forget  # type: ignore[method-assign]
            return await forget(before)

        app.journal.forget = forget_late  # type: ignore[method-assign]
        await app._flush()
        await app._snapshot()
        house.now += 3600.0
        await app._flush()
        await app._snapshot()

    house.life(work, killed=True)
    torn_newest(house)

    assert "} 3.5" in scrape(house)


def test_a_host_that_is_enrolled_while_we_run_is_known_within_seconds(house: House) -> None:
    row: HostRow = host_row(9)

    async def work(app: App) -> None:
        await app._refresh_hosts()
        await app.store.write(lambda connection: enrol(connection, [row]))
        await app._refresh_hosts()
        assert row.origin in app.fleet.hosts

    house.wall_ahead = __import__("time").time() - house.now
    house.life(work)
