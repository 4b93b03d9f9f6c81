"""A collector in this process, whose clock is moved, hears jobs: on SQLite and on PostgreSQL."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from polling import House, named, value

from driftvakt_collector.app import App
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store import feed, jobs

H = 3600.0
NAME = "Säkerhetskopian"
Answer = tuple[int, str, dict[str, str]]


async def call(
    app: Callable[..., Awaitable[None]], path: str, method: str = "GET", body: bytes = b"", address: str = "10.0.0.7"
) -> Answer:
    """Call an address as a machine would; return status, text and headers."""
    sent: list[dict[str, object]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "client": (address, 5000), "headers": []}
    await app(scope, receive, send)
    start, text = sent[0], sent[1]["body"]
    assert isinstance(text, bytes)
    headers = {name.decode(): told.decode() for name, told in start["headers"]}  # type: ignore[attr-defined]
    return int(str(start["status"])), text.decode(), headers


class Told:
    """What a job's host is, and what happened to it."""

    def __init__(self, house: House, app: App) -> None:
        self.house = house
        self.app = app
        self.host: Host = named(app, NAME)

    def events(self) -> list[str]:
        return [one.name for one in self._events()]

    def texts(self) -> list[str]:
        return [one.text for one in self._events()]

    def _events(self) -> list[feed.EventRow]:
        return self.app.store.read(lambda one: feed.recent_events(one, self.host.origin))[::-1]

    async def reported(self, seconds: float = 60.0) -> None:
        """Let time pass, and wait for a report of then."""
        wall = 1.7e9 + self.house.now + seconds
        await self.house.until(lambda: self.host.at >= wall - 1 and self._rest(), seconds)
        # Behind what is being written just now.
        await self.app.store.write(lambda _: None)

    def _rest(self) -> bool:
        return self.app.watch.jobs.rounds.running == 0 and not self.app.intake.batch

    def fault(self) -> str:
        """Return what is wrong, "" for nothing."""
        found = [one for one in ("late", "failed", "hung") if value(self.host, "driftvakt_probe_fault", fault=one)]
        return " ".join(found)

    def success(self) -> float | None:
        told = value(self.host, "probe_success")
        return None if told != told else told


@pytest.fixture(autouse=True)
def moved_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set forward is no collector that stood still."""
    monkeypatch.setattr("driftvakt_collector.app._STALL_SECONDS", float("inf"))


@pytest.fixture
def house(tmp_path: Path, store_url: str) -> House:
    made = House(tmp_path / "data", store_url)
    made.now = time.time() - 1.7e9
    return made


def add(house: House, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Add a job; return its path."""
    assert house.command("service-check", "add", "job", NAME, *words) == 0
    return path_in(capsys.readouterr().out)


def path_in(text: str) -> str:
    found = re.search(r"/ping/[0-9a-f]{40}", text)
    assert found is not None, text
    return found[0]


@pytest.mark.real
def test_a_job_from_its_first_run_to_its_worst(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(house, capsys, "--every", "1h", "--grace", "10m", "--patience", "30m")

    async def work(app: App) -> None:
        told = Told(house, app)
        await told.reported()
        assert (told.success(), told.fault(), told.events()) == (None, "", [])
        assert 'job="blackbox"' in told.host.labels()

        assert (await call(app, f"{path}/start"))[:2] == (200, "OK\n")
        await told.reported()
        assert (told.success(), value(told.host, "driftvakt_job_running")) == (None, 1)
        assert (await call(app, path, "POST", b"3 files\r\n"))[0] == 200
        await told.reported()
        assert (told.success(), value(told.host, "driftvakt_job_running")) == (1, 0)
        assert value(told.host, "driftvakt_job_last_duration_seconds") == pytest.approx(60)
        ended = value(told.host, "driftvakt_job_last_success_timestamp_seconds")
        assert value(told.host, "driftvakt_job_next_expected_timestamp_seconds") == pytest.approx(ended + H)
        assert (told.events(), told.texts()[0].split("\n")[1]) == (["check.output"], "3 files")

        # It fails, twice, and each is an event.
        assert (await call(app, f"{path}/3", "POST", b"disk full"))[0] == 200
        await told.reported()
        assert (told.success(), told.fault()) == (0, "failed")
        assert (await call(app, f"{path}/fail", "HEAD"))[0] == 200
        await told.reported()
        assert told.events()[1:] == ["check.failed", "check.failed"]
        assert "with exit code 3\ndisk full" in told.texts()[1]
        assert (await call(app, f"{path}/0"))[0] == 200
        await told.reported()
        assert (told.success(), told.fault(), told.events()[-1]) == (1, "", "check.ok")

        # It begins and does not end.
        assert (await call(app, f"{path}/start"))[0] == 200
        await told.reported(29 * 60)
        assert told.fault() == ""
        await told.reported(2 * 60)
        assert (told.fault(), told.events()[-1]) == ("hung", "check.hung")
        assert (await call(app, path))[0] == 200
        await told.reported()
        assert (told.fault(), told.events()[-1]) == ("", "check.ok")

        # It does not come at all, and that is said in the minute in which its grace ends.
        await told.reported(68 * 60)
        assert told.fault() == ""
        await told.reported(2 * 60)
        assert (told.success(), told.fault(), told.events()[-1]) == (0, "late", "check.late")
        before = len(told.events())
        await told.reported(24 * H)
        assert len(told.events()) == before
        assert app.watch.jobs.pings == {"start": 2, "success": 3, "failure": 2}

    house.live(work)


@pytest.mark.real
def test_what_is_known_outlives_a_restart_and_what_was_not_heard_is_no_delay(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    path = add(house, capsys, "--every", "1h", "--grace", "10m")

    async def fails(app: App) -> None:
        told = Told(house, app)
        await told.reported()
        assert (await call(app, f"{path}/fail", "POST", b"no room"))[0] == 200
        await told.reported()
        assert told.events() == ["check.failed"]

    async def failed_still(app: App) -> None:
        told = Told(house, app)
        await told.reported()
        assert (told.success(), told.fault(), told.events()) == (0, "failed", ["check.failed"])
        assert (await call(app, path))[0] == 200
        await told.reported()
        assert told.events() == ["check.failed", "check.ok"]

    async def deaf_meanwhile(app: App) -> None:
        told = Told(house, app)
        await told.reported()
        assert (told.success(), told.fault(), told.events()[-1]) == (None, "", "check.unknown")
        assert "the collector was down from" in told.texts()[-1]
        await told.reported(130 * 60)
        assert (told.fault(), told.events()[-1]) == ("late", "check.late")

    house.live(fails)
    house.now += 60
    house.live(failed_still)
    # Its time comes while nobody hears.
    house.now += 90 * 60
    house.live(deaf_meanwhile)
    capsys.readouterr()
    assert house.command("service-check", "show", NAME) == 0
    assert "| no room" in capsys.readouterr().out


@pytest.mark.real
def test_secrets_are_not_found_by_trying(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(house, capsys, "--cron", "30 2 * * 1-5", "--time-zone", "Europe/Stockholm")

    async def work(app: App) -> None:
        assert (await call(app, path, address="10.0.0.1"))[0] == 200
        seen = [(await call(app, f"/ping/{number:040}", address="10.0.0.9"))[0] for number in range(60)]
        assert seen == [404] * 20 + [429] * 40
        # A right one learns no more, from there: from elsewhere, and where it came from before, it is heard.
        status, text, headers = await call(app, path, address="10.0.0.9")
        assert (status, int(headers["retry-after"]) > 0) == (429, True), text
        for number in range(30):
            await call(app, f"/ping/{number:040}", address="10.0.0.1")
        assert (await call(app, path, address="10.0.0.1"))[0] == 200
        assert (await call(app, path, address="10.0.0.2"))[0] == 200

        # One job that tells again and again is held back, and others are not.
        flood = [(await call(app, path, address="10.0.0.2"))[0] for _ in range(200)]
        assert flood.count(200) <= 60
        assert flood[-1] == 429
        assert app.watch.jobs.pings["limited"] > 180
        house.now += 300
        assert (await call(app, path, address="10.0.0.2"))[0] == 200

        # Another secret takes the place of the first.
        assert await asyncio.to_thread(house.command, "service-check", "secret", NAME) == 0
        fresh = path_in(capsys.readouterr().out)
        await app.watch.refresh()
        assert (await call(app, path, address="10.0.0.3"))[0] == 404
        assert (await call(app, f"{fresh}/start", address="10.0.0.3"))[0] == 200
        origin = named(app, NAME).origin
        assert await asyncio.to_thread(house.command, "service-check", "remove", origin) == 0
        await app.watch.refresh()
        assert (await call(app, fresh, address="10.0.0.4"))[0] == 404
        assert app.store.read(jobs.load) == {}

    house.live(work)
    secret = path.rpartition("/")[2].encode()
    for file in house.data.iterdir():
        assert not file.is_file() or secret not in file.read_bytes()


@pytest.mark.real
def test_nobody_is_named_in_a_zone_where_persons_may_not_be(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(tmp_path / "data", store_url, privacy="edu")
    house.now = time.time() - 1.7e9
    path = add(house, capsys, "--every", "1d")

    async def work(app: App) -> None:
        told = Told(house, app)
        assert (await call(app, f"{path}/1", "POST", b"3 files\ncan't read /home/anna/Documents\nended"))[0] == 200
        await told.reported()
        assert told.texts()[0].split("\n")[1:] == ["3 files", "(a line that tells of a person)", "ended"]
        assert app.watch.jobs.rounds.running == 0
        (row,) = app.store.read(jobs.load).values()
        assert "anna" not in row.output

    house.live(work)


@pytest.mark.parametrize(("method", "path", "status", "says"), [
    ("PUT", "", 405, "GET, HEAD or POST"), ("GET", "/strat", 400, "start, fail or an exit code"),
    ("GET", "/start/", 200, "OK"), ("HEAD", "", 200, "OK"), ("GET", "/KILL", 200, "OK"), ("GET", "/-1", 200, "OK"),
])  # fmt: skip
def test_how_it_may_be_called(tmp_path: Path, capsys: pytest.CaptureFixture[str], method: str, path: str, status: int,
                              says: str) -> None:  # fmt: skip
    house = House(tmp_path / "data")
    address = add(house, capsys, "--every", "1d")

    async def work(app: App) -> None:
        found = await call(app, address + path, method)
        assert (found[0], says in found[1]) == (status, True), found
        assert address.rpartition("/")[2] not in found[1]

    house.live(work)


def test_a_store_that_cannot_be_written_is_no_ok(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path / "data")
    path = add(house, capsys, "--every", "1d")

    async def work(app: App) -> None:
        from sqlalchemy.exc import OperationalError

        async def full(_work: object) -> None:
            raise OperationalError("", {}, OSError("disk full"))

        monkeypatch.setattr(app.store, "write", full)
        status, _, headers = await call(app, path)
        assert (status, "retry-after" in headers) == (503, True)
        monkeypatch.undo()
        assert (await call(app, path))[0] == 200

    house.live(work)
