"""From a report that names a section to the change on the host's page."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from collecting import Sender, host_row, prepare, series_body

from driftvakt_collector.app import App
from driftvakt_collector.config import Config, ConfigError
from driftvakt_collector.store import inventory
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Report, Section

DIGEST, _ = series_body(("node_load1", ()))


def packages(version: str) -> bytes:
    columns = ["source", "name", "architecture", "version"]
    return json.dumps({"columns": columns, "rows": [["dpkg", "openssl", "amd64", version]]}).encode()


class House:
    """A collector with one host, whose clock stands until it is set."""

    def __init__(self, tmp_path: Path) -> None:
        self.data = tmp_path / "data"
        (self.sender,) = prepare(self.data, [host_row(1)])
        self.now = 10_000.0

    def live(self, work: Callable[[App], Awaitable[None]], *, killed: bool = False) -> None:
        """Start a collector, do the work, and stop it, or leave it as a kill would."""

        async def all_of_it() -> None:
            app = App(Config(data=self.data), lambda: self.now, lambda: 1.7e9 + self.now)
            await app.start()
            try:
                await work(app)
            finally:
                await (_kill(app) if killed else app.stop())

        asyncio.run(all_of_it())

    def report(self, sender: Sender, body: bytes) -> bytes:
        self.now += 60
        return sender.line(Report(1.7e9 + self.now, self.now, DIGEST, (0.5,), sections={"packages": digest(body)}))


async def _kill(app: App) -> None:
    for task in app._tasks:
        task.cancel()
    await asyncio.gather(*app._tasks, return_exceptions=True)
    await app.journal.close()
    app.store.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def send(app: App, *lines: bytes) -> dict[str, Any]:
    told: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    app.door.take(b"\n".join(lines), b"", lambda status, body: told.set_result((status, body)))
    status, body = await told
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


async def changes(app: App, origin: str) -> list[tuple[str, str]]:
    await app._flush()
    rows = app.store.read(lambda connection: inventory.recent_changes(connection, (origin,)))
    return [(row.old, row.new) for row in rows]


def section(house: House, body: bytes) -> bytes:
    return house.sender.line(Section("packages", digest(body), body))


def test_what_is_named_is_asked_for_once_and_a_change_is_written_down(house: House) -> None:
    old, new = packages("3.0.11"), packages("3.0.14")

    async def work(app: App) -> None:
        origin = house.sender.origin
        assert digest(old) in (await send(app, house.report(house.sender, old)))["want"][origin]
        answer = await send(app, section(house, old))
        assert digest(old) not in answer.get("want", {}).get(origin, [])
        assert digest(old) not in (await send(app, house.report(house.sender, old))).get("want", {}).get(origin, [])
        assert await changes(app, origin) == []
        assert digest(new) in (await send(app, house.report(house.sender, new)))["want"][origin]
        await send(app, section(house, new))
        assert await changes(app, origin) == [("3.0.11", "3.0.14")]

    house.live(work)


def test_a_section_that_waited_is_no_change_back(house: House) -> None:
    old, new = packages("3.0.11"), packages("3.0.14")

    async def work(app: App) -> None:
        late = section(house, old)
        await send(app, house.report(house.sender, new), section(house, new))
        await send(app, late)
        await send(app, house.report(house.sender, new))
        assert await changes(app, house.sender.origin) == []
        assert app.intake.counts.ignored.get("late section") == 1

    house.live(work)


def test_a_restart_repeats_no_change(house: House) -> None:
    old, new = packages("3.0.11"), packages("3.0.14")
    seen: list[list[tuple[str, str]]] = []

    async def first(app: App) -> None:
        await send(app, house.report(house.sender, old), section(house, old))
        await send(app, house.report(house.sender, new), section(house, new))

    async def again(app: App) -> None:
        seen.append(await changes(app, house.sender.origin))

    house.live(first)
    (house.data / "fleet.snapshot").unlink()
    house.live(again)
    house.live(again)

    assert seen == [[("3.0.11", "3.0.14")]] * 2


def test_a_store_that_is_behind_the_fleet_gets_all_of_it(house: House) -> None:
    old, new = packages("3.0.11"), packages("3.0.14")
    seen: list[list[tuple[str, str]]] = []

    async def first(app: App) -> None:
        for body in (old, new):
            await send(app, house.report(house.sender, body), section(house, body))
        await app._save()

    async def again(app: App) -> None:
        seen.append(await changes(app, house.sender.origin))

    house.live(first, killed=True)
    house.live(again)

    assert seen == [[("3.0.11", "3.0.14")]]


def test_a_host_gets_its_model_and_its_applications_as_its_inventory_comes(house: House) -> None:
    columns = ["source", "name", "architecture", "version"]
    software = json.dumps({"columns": columns, "rows": [["dpkg", "postgresql-15", "amd64", "15.6-0+deb12u1"]]}).encode()
    system = json.dumps({"columns": ["manufacturer", "product"], "rows": [["Hewlett-Packard", "HP Z2"]]}).encode()
    bodies = {"packages": software, "system": system}

    async def work(app: App) -> None:
        host = app.fleet.hosts[house.sender.origin]
        await app._name_products()
        await app._recognise()
        await app.models.name()
        assert (host.vendor, host.model, host.applications) == ("", "", ())
        house.now += 60
        marks = {name: digest(body) for name, body in bodies.items()}
        report = house.sender.line(Report(1.7e9 + house.now, house.now, DIGEST, (0.5,), sections=marks))
        parts = [house.sender.line(Section(name, marks[name], body)) for name, body in bodies.items()]
        await send(app, report, *parts)
        await app._flush()
        await app._recognise()
        await app.models.name()

        assert (host.vendor, host.model, host.applications) == ("HP", "Z2", ("PostgreSQL",))

    house.live(work)


def test_a_collector_does_not_start_with_rules_that_it_can_not_use(house: House) -> None:
    rules = house.data / "applications.toml"
    rules.write_text('[[application]]\nname = "x"\n', "utf-8")

    with pytest.raises(ConfigError, match="would match every host"):
        App(Config(data=house.data, applications_file=rules))
