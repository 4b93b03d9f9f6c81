"""Two hundred new PCs of a school: what they bring is what is stored, and each is one thing in the register."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.city import City
from bench.pupil import Pupil
from sqlalchemy import Connection, text

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.fleet.assets import PATIENCE
from driftvakt_collector.store import hosts, tokens, zones
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.tokens import TokenRow
from driftvakt_wire.enrolment import token_secret

COUNT, AGAIN = 200, 8
START = 1_788_000_000.0


class School:
    """A collector whose clock stands until it is set, with a token for exactly as many PCs as come."""

    def __init__(self, data: Path) -> None:
        data.mkdir(mode=0o700)
        zones.create(data, "edu")
        self.master = zones.load(data)["edu"]
        store = Store(f"sqlite:///{data / 'store.db'}")
        store.migrate()
        now = datetime.fromtimestamp(START, UTC)
        row = TokenRow("t-1", "edu", "schools", "north", "workstation", "w1", approve=True, uses=COUNT + AGAIN, used=0,
                       cidr=(), names=(), created_at=now, expires_at=now + timedelta(hours=2))  # fmt: skip
        store.write_now(lambda connection: tokens.save(connection, row))
        store.close()
        self.now = 0.0
        self.app = App(Config(data=data), lambda: 1000.0 + self.now, lambda: START + self.now)

    async def enrol(self, pupil: Pupil) -> bool:
        """Let one in; return whether the token was good for it."""
        status, answer = await self.app.enrolment.ask(pupil.asks(), "10.1.0.1", "edu")
        if status == 200:
            pupil.enrolled(answer)
        return status == 200

    async def send(self, pupil: Pupil, lines: list[bytes]) -> list[str]:
        """Post lines; return what the collector lacks."""
        told: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self.app.door.take(b"\n".join(lines), b"", lambda status, body: told.set_result((status, body)))
        status, body = await told
        assert status == 200, body
        pupil.taken += len(lines)
        answer: dict[str, Any] = json.loads(body)
        wanted: list[str] = answer.get("want", {}).get(pupil.origin, [])
        return wanted

    async def tell(self, pupil: Pupil) -> None:
        wanted = await self.send(pupil, [pupil.report(START + self.now)])
        await self.send(pupil, pupil.brings(wanted))
        self.now += 1
        assert await self.send(pupil, [pupil.report(START + self.now)]) == []

    async def settle(self) -> None:
        """Let the collector do what it does by itself, until each has its asset."""
        await self.app._flush()
        await self.app.assets.work()
        self.now += PATIENCE + 1
        await self.app.assets.work()


def test_a_school_of_new_computers(tmp_path: Path) -> None:
    school = School(tmp_path / "data")
    city, secret = City(COUNT), token_secret(school.master, "t-1")
    first = [Pupil(city, number, "t-1", secret, "edu") for number in range(COUNT)]
    again = [Pupil(city, number, "t-1", secret, "edu", again=True) for number in range(AGAIN)]
    app = school.app

    async def morning() -> None:
        await app.start()
        for pupil in first:
            assert await school.enrol(pupil)
            await school.tell(pupil)
        await school.settle()
        school.now += 600
        for pupil in again:
            assert await school.enrol(pupil)
        # Known machines without their key: an operator looks at each.
        assert {pupil.state for pupil in again} == {"pending"}

        def approve(connection: Connection) -> None:
            for pupil in again:
                at = datetime.fromtimestamp(START + school.now, UTC)
                hosts.change(connection, pupil.origin, at, state=hosts.APPROVED)

        app.store.write_now(approve)
        await app._refresh_hosts()
        for pupil in again:
            await school.tell(pupil)
        await school.settle()
        # The wave is as large as its token says.
        assert not await school.enrol(Pupil(city, COUNT, "t-1", secret, "edu"))
        await app.stop()

    asyncio.run(morning())
    pupils = first + again
    store = Store(f"sqlite:///{tmp_path / 'data' / 'store.db'}")

    def rows(query: str) -> list[Any]:
        return store.read(lambda connection: list(connection.execute(text(query)).all()))

    kept = {(origin, name): mark for origin, name, mark in rows("SELECT origin, name, digest FROM host_section")}
    asset: dict[str, int] = dict(rows("SELECT source, asset FROM asset_source"))
    (told,) = rows("SELECT used, uses FROM token")
    store.close()

    assert all(pupil.produced == pupil.taken for pupil in pupils)
    assert kept == {(one.origin, name): mark for one in pupils for name, (mark, _) in one.sections.items()}
    assert len({asset[pupil.origin] for pupil in first}) == COUNT
    assert [asset[pupil.origin] for pupil in again] == [asset[pupil.origin] for pupil in first[:AGAIN]]
    assert tuple(told) == (COUNT + AGAIN, COUNT + AGAIN)
