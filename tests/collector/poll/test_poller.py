"""A collector asks real agents on loopback: from a command line to series, inventory, history and events."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_agents import Network, credential
from polling import House, named, value
from simulated import free_port

from driftvakt_collector.app import App
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.store import devices, feed, inventory

pytestmark = pytest.mark.real


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.stop()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "data")


def add(house: House, network: Network, tmp_path: Path) -> None:
    credential(tmp_path, house.command, "lan", "hemligt-ord")
    for address, name in (("127.1.0.1", "sw-1"), ("127.2.0.1", "skrivare-ö"), ("127.4.0.1", "ups-1")):
        where = ["--port", str(network.port), "--name", name, "--site", "A-huset"]
        assert house.command("device", "add", address, *where,
                       "--administration", "Idrott") == 0  # fmt: skip


def test_from_a_command_to_series_and_inventory(
    house: House, network: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(house, network, tmp_path)
    assert house.command("device", "list") == 0
    assert "127.2.0.1" in capsys.readouterr().out

    async def work(app: App) -> None:
        await house.visits(app, 3)
        switch, printer, ups = (named(app, name) for name in ("sw-1", "skrivare-ö", "ups-1"))
        await house.until(
            lambda: all(app.fleet.verdict(one, house.now) is Verdict.OK for one in (switch, printer, ups))
        )
        assert value(switch, "ifHCInOctets", ifIndex="10107", ifName="Gi1/0/7", ifAlias="ut00001007") == 10**12 + 42
        assert value(switch, "driftvakt_poll_variables") > 2000
        assert value(printer, "driftvakt_printer_supply_ratio", supply="Cyan Toner") == 0.6
        assert value(printer, "prtMarkerLifeCount") == 271871
        assert value(ups, "driftvakt_ups_runtime_seconds") == 95 * 60
        assert switch.up == 901175.0

        def sections(host: Host) -> set[str]:
            return app.store.read(lambda one: inventory.sections_of(one, host.origin))

        await house.until(lambda: "supplies" in sections(printer) and "neighbours" in sections(switch))
        told = app.store.read(lambda one: inventory.of_host(one, printer.origin))
        system = dict(zip(told["system"].columns, told["system"].rows[0], strict=True))
        assert (system["serial"], system["location"]) == ("W492KB03439", "A-huset, plan 2")
        assert [row[0] for row in told["supplies"].rows][:2] == ["Black Toner", "Cyan Toner"]
        neighbours = app.store.read(lambda one: inventory.of_host(one, switch.origin))["neighbours"]
        assert len(neighbours.rows) == 2
        # The second visit brings numbers alone.
        lines = app.intake.counts.reports
        await house.visits(app, 6)
        await house.until(lambda: app.intake.counts.reports == lines + 3)
        assert app.intake.counts.ignored == {}

    house.live(work)
    for path in (house.data / "journal.db", house.data / "store.db"):
        assert b"hemligt-ord" not in path.read_bytes()


def test_a_device_that_falls_silent_and_comes_back(house: House, network: Network, tmp_path: Path) -> None:
    add(house, network, tmp_path)

    async def work(app: App) -> None:
        await house.visits(app, 3)
        network.stop()
        for count in (6, 9):
            await house.visits(app, count)
        printer = named(app, "skrivare-ö")
        # For the collector its own clock stood still; we know better.
        app.fleet.healthy_since = 0.0
        assert app.fleet.verdict(printer, house.now + 300) is Verdict.SILENT
        network.start()
        await house.visits(app, 12, 900)
        await house.until(lambda: app.fleet.verdict(printer, house.now) is Verdict.OK)

        def events() -> list[str]:
            return [event.name for event in app.store.read(lambda one: feed.recent_events(one, printer.origin))]

        await house.until(lambda: len(events()) == 2)
        assert events()[::-1] == ["poll.unreachable", "poll.answers"]

    house.live(work)


def test_a_device_that_is_removed_is_asked_no_more(house: House, network: Network, tmp_path: Path) -> None:
    add(house, network, tmp_path)

    async def work(app: App) -> None:
        await house.visits(app, 3)
        origin = named(app, "ups-1").origin
        assert await asyncio.to_thread(house.command, "device", "remove", origin) == 0
        await house.until(lambda: app.watch.pollers[0].devices == 2)
        await house.until(lambda: not app.fleet.hosts[origin].trusted)
        await house.visits(app, 5)

    house.live(work)


def test_a_poller_speaks_for_its_own_devices_alone(house: House, network: Network, tmp_path: Path) -> None:
    add(house, network, tmp_path)

    async def work(app: App) -> None:
        await house.visits(app, 3)
        host = named(app, "sw-1")
        host.keeper = "p-another"
        await house.until(lambda: app.figures.told.refused == 1, 60)
        assert app.door.counts.rejected

    house.live(work)


@pytest.mark.skipif(not shutil.which("snmptrap"), reason="apt-get install snmp")
def test_a_trap_is_an_event_and_its_device_is_asked_at_once(house: House, network: Network, tmp_path: Path) -> None:
    add(house, network, tmp_path)
    port = free_port()
    how = ["snmptrap", "-v2c", "-c", "hemligt-ord", "-m", "", f"--clientaddr=127.1.0.1:{free_port()}"]
    what = ["4711", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.31.1.1.1.1.7", "s", "Gi1/0/7"]

    async def work(app: App) -> None:
        await house.visits(app, 3)
        await house.until(lambda: app.trapping.port == port)
        await asyncio.to_thread(subprocess.run, [*how, f"127.0.0.1:{port}", *what], check=True)
        switch = named(app, "sw-1")

        def events() -> list[tuple[str, str]]:
            return [(one.name, one.text) for one in app.store.read(lambda one: feed.recent_events(one, switch.origin))]

        await house.until(lambda: events() == [("snmp.linkDown", "linkDown: ifName Gi1/0/7")])
        await house.visits(app, 4, 5)
        # From who is no device of ours, with a community that is.
        await asyncio.to_thread(subprocess.run, [*how[:-1], f"127.0.0.1:{port}", *what], check=True)
        await house.until(lambda: app.trapping.strangers == 1)
        assert app.trapping.taken == 1

    house.live(work, port)


def test_what_cannot_be_added_is_said(house: House, network: Network, tmp_path: Path,
                                      capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    port = ["--port", str(network.port)]
    assert house.command("device", "add", "127.1.0.1", *port) == 1
    assert "driftvakt credential add" in capsys.readouterr().err
    add(house, network, tmp_path)
    for words, told in (
        (("device", "add", "127.1.0.1", *port), "already"), (("device", "add", "sw-1", *port), "no IP address"),
        (("device", "add", "127.9.0.1", *port), "does not answer"), (("device", "remove", "d-1"), "device list"),
        (("device", "add", "127.1.0.2", *port, "--zone", "x"), "there is no zone"),
        (("device", "add", "127.1.0.2", *port, "--every", "1"), "10 to 3600"),
        (("credential", "add", "x", "--user", "x", "--privacy", "aes"), "--privacy-file go together"),
        (("credential", "add", "x"), "one of --community-file"), (("credential", "remove", "x"), "credential list"),
    ):  # fmt: skip
        assert house.command(*words) == 1, words
        assert told in capsys.readouterr().err, words
    assert house.command("device", "probe", "127.2.0.1", *port) == 0
    assert "W492KB03439" in capsys.readouterr().out
    assert house.command("credential", "list") == 0
    assert "hemligt" not in capsys.readouterr().out


def test_what_was_added_unseen_gets_its_name_and_class_once_it_answers(
    house: House, network: Network, tmp_path: Path
) -> None:
    credential(tmp_path, house.command, "lan", "hemligt-ord")
    network.stop()
    for address, more in (("127.1.0.1", ()), ("127.2.0.1", ("--name", "vår egen", "--class", "appliance"))):
        assert house.command("device", "add", address, "--port", str(network.port), "--unseen", *more) == 0
    network.start()

    def known(app: App) -> dict[str, str]:
        return {host.name: host.class_ for host in app.fleet.hosts.values() if host.class_ != "poller"}

    async def work(app: App) -> None:
        assert known(app) == {"127.1.0.1": "device", "vår egen": "appliance"}
        await house.visits(app, 2)
        await house.until(lambda: len(known(app)) == 2 and "127.1.0.1" not in known(app))
        assert sorted(known(app).items()) == [("switch-åäö", "switch"), ("vår egen", "appliance")]

    house.live(work)


def test_a_change_is_seen_though_a_clock_was_ahead_once(house: House, network: Network, tmp_path: Path) -> None:
    add(house, network, tmp_path)

    async def work(app: App) -> None:
        app.store.write_now(lambda one: devices.keep_credential(one, [
            row._replace(name="later", changed_at=9e9) for row in devices.credentials(one)
        ]))  # fmt: skip
        await app.watch.refresh()
        assert app.polls.crew.asker.fitting("adm", "")[0].community == "hemligt-ord"
        (tmp_path / "community").write_text("ett-annat")
        assert house.command("credential", "add", "lan", "--community-file", str(tmp_path / "community")) == 0
        await app.watch.refresh()
        assert "ett-annat" in [one.community for one in app.polls.crew.asker.fitting("adm", "")]

    house.live(work)


def test_traps_hurry_a_device_once_a_minute_and_name_nobody_where_nobody_may_be_named(
    network: Network, tmp_path: Path
) -> None:
    house = House(tmp_path / "data", privacy="edu")
    add(house, network, tmp_path)

    async def work(app: App) -> None:
        poller = app.watch.pollers[0]
        await house.visits(app, 3)
        for _ in range(20):
            await poller.happened("127.1.0.1", "snmp.linkDown", "linkDown: ifAlias anna@skola.example", again=True)
            await house.visits(app, 0, 2.0)
        # Three at first, and that of a trap once a minute beside those that are due anyway.
        assert poller.counts.visits <= 3 + 3 + 1
        switch = named(app, "sw-1")
        await house.until(
            lambda: len(app.store.read(lambda one: feed.recent_events(one, switch.origin))) >= 20
        )  # fmt: skip
        told = app.store.read(lambda one: feed.recent_events(one, switch.origin))
        assert {one.text for one in told} == {"linkDown: ifAlias *"}

    house.live(work)
