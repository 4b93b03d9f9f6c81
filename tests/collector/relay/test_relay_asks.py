"""A relay asks the devices and services of its own network, and what they tell reaches the collector through it."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import Collector, Sender, prepare, until
from device_agents import Network, credential
from relaying import RelayProcess, enrolled, relay_row, set_port
from simulated import free_port

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import devices, feed, subnets
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.subnets import SubnetRow

pytestmark = pytest.mark.real

SECRET = "hemligt-ord"


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.stop()


@pytest.fixture
def service() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def command(data: Path, *words: str) -> int:
    return main([*words, "--data", str(data)])


def relay_of(collector: Collector, folder: Path, sender: Sender, zone: str = "adm", settings: str = "") -> RelayProcess:
    """Return a relay of a collector which will be found where it is now when it starts again."""
    set_port(collector, collector.port)
    return RelayProcess(folder, sender, [f"http://127.0.0.1:{collector.port}"], zone=zone, settings=settings)


def told(relay: RelayProcess) -> dict[str, float]:
    found = relay.status().get("asks", {})
    assert isinstance(found, dict)
    return found


def test_what_a_relay_asks_reaches_the_collector(
    tmp_path: Path, network: Network, service: int, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    sender, _ = enrolled(data, 0)
    credential(tmp_path, lambda *words: command(data, *words), "lan", SECRET)
    for address, name in (("127.1.0.1", "sw-1"), ("127.2.0.1", "skrivare-ö")):
        where = f"--port {network.port} --site A-huset --every 10 --via {sender.origin} --name".split()
        assert command(data, "device", "add", address, *where, name) == 0
    check = f"service-check add tcp 127.0.0.1:{service} --name port --every 10 --via {sender.origin}".split()
    assert command(data, *check) == 0
    assert command(data, "device", "list") == 0
    assert f"via {sender.origin}" in capsys.readouterr().out

    with Collector(data, "next_seconds = 5") as collector, relay_of(collector, tmp_path / "relay", sender) as relay:

        def page() -> str:
            return collector.get("/metrics/hosts")

        until(lambda: 'ifHCInOctets{instance="sw-1"' in page(), "what the switch tells")
        until(lambda: 'prtMarkerLifeCount{instance="skrivare-ö"' in page(), "what the printer tells")
        until(lambda: 'probe_success{instance="port"' in page(), "how the service is")
        until(lambda: 'driftvakt_poller_devices{instance="r-0001"' in page(), "how the relay's work goes")
        assert 'driftvakt_poller_devices{instance="poller-adm"' not in page()
        until(lambda: told(relay).get("devices") == 2, "the status to name the devices")
        assert told(relay)["services"] == 1
        assert main(["relay", "status", "--config", str(relay.config)]) == 0
        assert "asks: devices 2, 0 failing; services 1, 0 failing; hears no traps" in capsys.readouterr().out

        # Without the collector it goes on with what it knows, also after a start.
        collector.stop()
        assert relay.stop() == 0
        relay.start()
        until(lambda: relay.status()["spool"]["live"]["lines"] > 3, "lines to wait for the collector")
        until(lambda: told(relay).get("devices") == 2, "the status to name them again")
        collector.start()
        until(lambda: relay.status()["spool"]["live"]["lines"] == 0, "what waited to be handed on")

        # What is asked no more there is asked no more here.
        origin = next(
            line.split()[0] for line in listing(data, capsys) if "skrivare-ö" in line
        )  # fmt: skip
        assert command(data, "device", "remove", origin) == 0
        assert relay.stop() == 0
        relay.start()
        until(lambda: told(relay).get("devices") == 1, "one device to be left")
        assert relay.stop() == 0

    assert secrets_in(tmp_path / "relay") == []
    assert (tmp_path / "relay" / "spool" / "assignment.sealed").stat().st_mode & 0o777 == 0o600


def events(data: Path) -> list[str]:
    """Return the names of the events of what is asked."""
    store = Store(f"sqlite:///{data}/store.db")
    try:
        (origin,) = [row.origin for row, _ in store.read(devices.load)]
        return [one.name for one in store.read(lambda one: feed.recent_events(one, origin))]
    finally:
        store.close()


def listing(data: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert command(data, "device", "list") == 0
    return capsys.readouterr().out.splitlines()


def secrets_in(folder: Path) -> list[str]:
    """Return the files of a folder in which a secret stands."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_a_relay_of_schools_names_nobody_and_forgets_secrets_once_it_is_revoked(
    tmp_path: Path, network: Network
) -> None:
    data = tmp_path / "data"
    sender, _ = enrolled(data, 0, zone="edu")
    credential(tmp_path, lambda *words: command(data, *words, "--zone", "edu"), "lan", SECRET)
    where = f"--zone edu --port {network.port} --name sw-1 --every 10 --via {sender.origin}".split()
    assert command(data, "device", "add", "127.1.0.1", *where) == 0

    port = free_port()

    with (
        Collector(data) as collector,
        relay_of(collector, tmp_path / "relay", sender, "edu", f"trap_port = {port}") as relay,
    ):
        until(lambda: 'ifHCInOctets{instance="sw-1"' in collector.get("/metrics/hosts"), "what the switch tells")
        assert "ut00001007" not in collector.get("/metrics/hosts")
        if shutil.which("snmptrap"):
            where = ["-m", "", f"--clientaddr=127.1.0.1:{free_port()}", f"127.0.0.1:{port}"]
            what = ["4711", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.31.1.1.1.1.7", "s", "Gi1/0/7"]
            subprocess.run(["snmptrap", "-v2c", "-c", SECRET, *where, *what], check=True, timeout=30)
            until(lambda: "snmp.linkDown" in events(data), "the trap to be an event of the switch")
        kept = tmp_path / "relay" / "spool" / "assignment.sealed"
        assert kept.exists()
        assert relay.stop() == 0
        assert command(data, "host", "revoke", sender.origin) == 0
        assert collector.stop() == 0
        collector.start()
        relay.start()
        until(lambda: not kept.exists(), "it to be forgotten")
        until(lambda: told(relay).get("devices") == 0, "nothing to be asked any more")
        assert relay.stop() == 0


def test_a_relay_looks_through_its_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    sender, _ = enrolled(data, 0)
    add = f"subnet add 127.9.0.0/30 --site A-huset --administration Idrott --via {sender.origin}".split()
    assert command(data, *add) == 0
    assert "looked through by r-0001 within minutes" in capsys.readouterr().out

    def found() -> SubnetRow:
        store = Store(f"sqlite:///{data}/store.db")
        try:
            return store.read(subnets.load)[0]
        finally:
            store.close()

    with Collector(data) as collector:
        until(lambda: found().began > 0, "the relay to be asked for it")
        assert found().ended == 0
        with relay_of(collector, tmp_path / "relay", sender):
            until(lambda: found().ended > 0, "what is there to be told")
        row = found()
        assert (row.asked, row.known, row.added, row.unknown, row.said) == (2, 0, 0, 2, "")
    capsys.readouterr()
    assert command(data, "subnet", "list") == 0
    assert "adm Idrott/A-huset, via r-0001" in capsys.readouterr().out


def test_a_relay_behind_another_is_told_what_to_ask(tmp_path: Path, network: Network) -> None:
    data = tmp_path / "data"
    outer, inner = prepare(data, [relay_row(), relay_row(origin="r-0002")])
    credential(tmp_path, lambda *words: command(data, *words), "lan", SECRET)
    where = f"--port {network.port} --name sw-1 --every 10 --via r-0002".split()
    assert command(data, "device", "add", "127.1.0.1", *where) == 0

    with (
        Collector(data) as collector,
        relay_of(collector, tmp_path / "outer", outer) as first,
        RelayProcess(tmp_path / "inner", inner, [first.url]),
    ):
        until(lambda: 'ifHCInOctets{instance="sw-1"' in collector.get("/metrics/hosts"), "what the switch tells")
        assert told(first).get("devices") is None
