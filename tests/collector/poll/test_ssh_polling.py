"""A machine without an agent, asked by SSH: from a command line, by a real sshd, to series, inventory and events."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from polling import House, named, value
from real_sshd import BINARY, Sshd

from driftvakt_collector.app import App
from driftvakt_collector.store import feed, inventory

pytestmark = [pytest.mark.real, pytest.mark.skipif(not BINARY, reason="there is no sshd here")]


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    work = tmp_path / "sshd"
    work.mkdir()
    server = Sshd(work)
    yield server
    server.stop()


@pytest.fixture
def house(tmp_path: Path, sshd: Sshd) -> House:
    made = House(tmp_path / "data")
    key = tmp_path / "key"
    key.write_text(sshd.key)
    assert made.command("credential", "add", "linux", "--ssh-user", sshd.user, "--key-file", str(key)) == 0
    return made


def fingerprint(work: Path) -> str:
    told = subprocess.run(["ssh-keygen", "-lf", str(work / "host.pub")], capture_output=True, text=True, check=True)
    return told.stdout.split()[1]


def add(house: House, sshd: Sshd, *more: str) -> int:
    return house.command(
        "device", "add", "127.0.0.1", "--ssh", "--port", str(sshd.port), "--credential", "linux", "--name", "gammal-ö",
        *more,
    )  # fmt: skip


def test_nobody_is_asked_before_a_person_compared_the_host_key(
    house: House, sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = fingerprint(tmp_path / "sshd")

    assert add(house, sshd) == 1
    assert f"--host-key {right}" in capsys.readouterr().err
    assert add(house, sshd, "--host-key", "SHA256:" + "x" * 43) == 1
    assert "another machine answers in its place" in capsys.readouterr().err
    assert house.command("device", "list") == 0
    assert "no device is asked yet" in capsys.readouterr().out
    assert add(house, sshd, "--host-key", right, "--credential", "annan") == 1
    assert "no credential 'annan' for SSH" in capsys.readouterr().err
    assert add(house, sshd, "--host-key", right) == 0
    assert house.command("device", "list") == 0
    assert f"port {sshd.port} by SSH, every 60 s, linux" in capsys.readouterr().out
    assert house.command("credential", "list") == 0
    assert f"SSH, user {sshd.user}, by key" in capsys.readouterr().out


def test_from_a_command_to_series_inventory_and_a_word_when_it_is_another(
    house: House, sshd: Sshd, tmp_path: Path
) -> None:
    assert add(house, sshd, "--host-key", fingerprint(tmp_path / "sshd"), "--supplier", "Leverantören") == 0

    async def work(app: App) -> None:
        poller = app.watch.pollers[1]

        async def visits(count: int, seconds: float) -> None:
            await house.until(
                lambda: (
                    poller.counts.visits + sum(poller.counts.failures.values()) >= count and poller.rounds.running == 0
                ),
                seconds,
            )

        await visits(1, 60.0)
        assert poller.counts.failures == {}
        host = named(app, "gammal-ö")
        assert value(host, "node_memory_MemTotal_bytes") > 1e8
        assert value(host, "node_load1") >= 0
        assert host.supplier == "Leverantören"
        assert app.watch.pollers[0].devices == 0
        await house.until(lambda: "packages" in app.store.read(lambda one: inventory.sections_of(one, host.origin)))
        told = app.store.read(lambda one: inventory.of_host(one, host.origin))
        assert len(told["packages"].rows) > 50
        assert {"operating_system", "network_interfaces", "local_users"} <= told.keys()

        # Another machine in its place: it is not let in on anything, and people hear of it.
        sshd.stop()
        (tmp_path / "other").mkdir()
        other = Sshd(tmp_path / "other", port=sshd.port)
        try:
            await visits(2, 60.0)
            await visits(3, 120.0)
            assert poller.counts.failures == {"other_host": 2}
            await house.until(lambda: bool(app.store.read(lambda one: feed.recent_events(one, host.origin))))
            (event,) = app.store.read(lambda one: feed.recent_events(one, host.origin))
            assert "another host key than the approved one" in event.text
        finally:
            other.stop()

    house.live(work)
