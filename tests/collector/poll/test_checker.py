"""A collector checks a real web server: from a command line to series and events, and what is wrong said."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from polling import House, named, value
from simulated import free_tcp_port

from driftvakt_collector.app import App
from driftvakt_collector.poll.checker import read, series
from driftvakt_collector.poll.checks.check import Fault, Outcome
from driftvakt_collector.poll.checks.options import CheckConfigError
from driftvakt_collector.poll.checks.table import CHECKS
from driftvakt_collector.store import feed, service_checks
from driftvakt_collector.store.service_checks import ServiceCheckRow
from driftvakt_collector.trust.vault import Vault, VaultError


class Web:
    """A web server that can be stopped."""

    def __init__(self, folder: Path) -> None:
        self.port = free_tcp_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "http.server", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            command, cwd=self._folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        _until(lambda: _listens(self.port))

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "index.html").write_text("<p>Välkommen")
    made = Web(folder)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "data")


@pytest.mark.real
def test_from_a_command_to_series_and_events(house: House, web: Web, tmp_path: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    secret = tmp_path / "password"
    secret.write_text("hemligt-ord")
    assert house.command(
        "service-check", "add", "http", f"127.0.0.1:{web.port}", "--option", "expect_text=V.lkommen",
        "--name", "Webben", "--service", "Webb", "--administration", "Idrott", "--option", "user=anna",
        "--secret-file", str(secret), "--option", "headers=Host: www.staden.se",
    ) == 0  # fmt: skip
    assert house.command("service-check", "list") == 0
    told = capsys.readouterr().out
    assert "Webben  http 127.0.0.1" in told
    assert "hemligt" not in told

    async def work(app: App) -> None:
        host = named(app, "Webben")
        checks = app.watch.checker

        def events() -> list[str]:
            return [one.name for one in app.store.read(lambda one: feed.recent_events(one, host.origin))][::-1]

        async def checked(count: int, seconds: float) -> None:
            await house.until(lambda: sum(checks.outcomes.values()) >= count and checks.rounds.running == 0, seconds)

        await checked(1, 60)
        assert checks.outcomes == {("http", "ok"): 1}, app.fleet.hosts[host.origin]
        assert value(host, "probe_success", service="Webb") == 1
        assert value(host, "probe_http_status_code") == 200
        assert value(host, "driftvakt_probe_fault", fault="down") == 0
        assert 'job="blackbox"' in host.labels()
        web.stop()
        await checked(2, 60)
        assert events() == []
        await checked(3, 5)
        await house.until(lambda: events() == ["check.down"])
        assert (value(host, "probe_success"), value(host, "driftvakt_probe_fault", fault="down")) == (0, 1)
        web.start()
        await checked(4, 60)
        await house.until(lambda: events() == ["check.down", "check.ok"])
        assert await asyncio.to_thread(house.command, "service-check", "remove", host.origin) == 0
        await house.until(lambda: len(checks.rounds) == 0)

    house.live(work)
    for path in (house.data / "journal.db", house.data / "store.db"):
        assert b"hemligt-ord" not in path.read_bytes()


@pytest.mark.parametrize(("words", "told"), [
    (("add", "htttp", "x"), "there are backup_file"), (("add", "http", "x:99999"), "is no target"),
    (("add", "http", "https://x/login"), "is the address of a page"),
    (("run", "http", "http://x"), "is the address of a page"),
    (("add", "http", "x", "--option", "pth=/"), "known are"), (("add", "http", "x", "--option", "path"), "NAME=VALUE"),
    (("add", "http", "x", "--option", "tls=maybe"), "true or false"), (("remove", "c-1"), "service-check list"),
    (("add", "http", "x", "--every", "1"), "5 to 86400"), (("add", "http", "x", "--patience", "0"), "--patience"),
    (("add", "http", "x", "--zone", "nowhere"), "there is no zone"), (("kinds", "htp"), "there are backup_file"),
    (("add", "ntp", "[::1", "--option", "max_offset=much"), "a number"),
])  # fmt: skip
def test_what_cannot_be_checked_is_said(
    house: House, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    where = () if words[0] == "kinds" else ("--data", str(house.data))
    assert house.main("service-check", *words, *where) == 1
    assert told in capsys.readouterr().err


def test_each_kind_is_explained(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.main("service-check", "kinds") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CHECKS) >= 22
    for kind in CHECKS:
        assert house.main("service-check", "kinds", kind) == 0
        assert capsys.readouterr().out.startswith(f"{kind}: ")


def test_once_from_the_command_line(house: House, web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    target = f"127.0.0.1:{web.port}"
    assert house.command("service-check", "run", "http", target) == 0
    assert capsys.readouterr().out.startswith("well (")
    assert house.command("service-check", "run", "http", target, "--option", "path=/nothing") == 1
    assert capsys.readouterr().out.startswith("answer: ")


def test_the_series_of_an_outcome() -> None:
    outcome = Outcome(Fault.HUNG, "no answer", 10.0, {"connect": 0.1}, {("probe_http_status_code", ()): 200.0})

    found = series(CHECKS["http"], outcome, "Webb")
    own = (("service", "Webb"),)
    assert found["probe_success", own] == 0.0
    assert found["driftvakt_probe_fault", (*own, ("fault", "hung"))] == 1.0
    assert found["probe_http_duration_seconds", (*own, ("phase", "connect"))] == 0.1
    assert found["probe_http_status_code", own] == 200.0
    assert ("probe_success", ()) in series(CHECKS["tcp"], outcome, "")


def test_a_row_that_a_later_release_wrote_is_an_error() -> None:
    vault = Vault(b"k" * 32)
    row = ServiceCheckRow("c-1", "adm", "http", "x", 0, "{}", b"", 60.0, 10.0, "", 1.0, "anna")

    for wrong in (row._replace(kind="telepathy"), row._replace(options='{"warp": 9}')):
        with pytest.raises(CheckConfigError):
            read(wrong, vault)
    with pytest.raises(VaultError):
        read(row._replace(sealed=b"another's"), vault)
    assert service_checks.SERVICE == "service"
