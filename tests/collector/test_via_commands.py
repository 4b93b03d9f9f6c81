"""`--via`: who asks a device or a service, said when it is added or later."""

from pathlib import Path

import pytest
from collecting import host_row, prepare
from relaying import relay_row

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import devices, hosts, service_checks, subnets
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.subnets import SubnetRow

Out = pytest.CaptureFixture[str]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqT3Mkd4rXvO7DqT4Yl8kU5V0m2fM3nWb1a0C9d8e7f root@lådan"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        relay_row(), relay_row(origin="r-2")._replace(name="skolan"), relay_row(origin="r-3")._replace(name="skolan"),
        relay_row(origin="r-4")._replace(name="gone", state=hosts.REVOKED), relay_row("edu", "r-5"),
        host_row(1),
    ]  # fmt: skip
    where = tmp_path / "data"
    prepare(where, rows)
    (tmp_path / "community").write_text("x")
    assert main(["credential", "add", "lan", "--community-file", str(tmp_path / "community"),
                 "--data", str(where)]) == 0  # fmt: skip
    assert main(["credential", "add", "linux", "--ssh-user", "driftvakt", "--password-file",
                 str(tmp_path / "community"), "--data", str(where)]) == 0  # fmt: skip
    return where


def keepers(data: Path) -> dict[str, str]:
    """Return who asks, by the name of what is asked."""
    store = Store(f"sqlite:///{data}/store.db")
    try:
        asked = store.read(lambda one: [*devices.load(one), *service_checks.load(one)])
    finally:
        store.close()
    return {host.name: host.keeper for _, host in asked}


def test_who_asks_is_said_when_it_is_added_and_changed_later(data: Path, capsys: Out) -> None:
    def run(*words: str) -> str:
        assert main([*words, "--data", str(data)]) == 0
        return capsys.readouterr().out

    assert "by r-0001, which hears of it within a minute" in run("device", "add", "10.0.0.1", "--via", "r-0001")
    run("device", "add", "10.0.0.2", "--ssh", "--host-key", KEY, "--via", "r-2", "--credential", "linux")
    run("service-check", "add", "tcp", "10.0.0.3:25", "--name", "post", "--via", "r-0001")
    run("device", "add", "10.0.0.4", "--via", "collector", "--unseen")
    ours = keepers(data).pop("10.0.0.4")
    assert keepers(data) == {"10.0.0.1": "r-0001", "10.0.0.2": "r-2", "post": "r-0001", "10.0.0.4": ours}
    assert ours.startswith("p-")
    lines = run("device", "list").splitlines()
    assert "via r-0001" in next(line for line in lines if "10.0.0.1" in line)
    assert "via skolan" in next(line for line in lines if "10.0.0.2" in line)
    assert "via" not in next(line for line in lines if "10.0.0.4" in line)
    assert "via r-0001" in run("service-check", "list")

    origin = next(line.split()[0] for line in lines if "10.0.0.1" in line)
    assert "10.0.0.1: asked by collector" in run("host", "change", origin, "--via", "collector")
    assert keepers(data)["10.0.0.1"] == ours
    assert "site B, asked by r-3" in run("host", "change", origin, "--site", "B", "--via", "r-3")
    assert keepers(data)["10.0.0.1"] == "r-3"


@pytest.mark.parametrize(("words", "why"), [
    ("device add 10.0.0.9 --via nobody", "no approved relay 'nobody'; zone adm has: r-0001, skolan, skolan"),
    ("device add 10.0.0.9 --via gone", "no approved relay 'gone'"),
    ("device add 10.0.0.9 --via a-0001", "no approved relay 'a-0001'"),
    ("device add 10.0.0.9 --via skolan", "2 relays are called 'skolan': say which by its origin"),
    ("device add 10.0.0.9 --via r-5", "relay r-5 stands in zone edu, and asks nothing in zone adm"),
    ("device add 10.0.0.9 --ssh --via r-2 --host-key SHA256:abc", "must be its key as a whole"),
    ("device add 10.0.0.9 --ssh --via r-2", "must be its key as a whole"),
    (f"device add 10.0.0.9 --ssh --via r-2 --host-key {KEY.replace(' ', '_')}", "say with --credential NAME"),
    ("service-check add job Nattlig --every 1d --via r-2", "it needs no --via"),
    ("host change a-0001 --via r-2", "asked by nobody: it reports by itself"),
    ("host change a-0001 --site B --via r-2", "Nothing was changed"),
])  # fmt: skip
def test_a_slip_is_told_and_changes_nothing(data: Path, capsys: Out, words: str, why: str) -> None:
    assert main([*(one.replace("_", " ") for one in words.split()), "--data", str(data)]) == 1

    assert why in capsys.readouterr().err
    assert keepers(data) == {}


def test_whoever_revokes_a_relay_is_told_what_nobody_asks_now(data: Path, capsys: Out) -> None:
    for last in (1, 2):
        assert main(["device", "add", f"10.0.0.{last}", "--via", "r-2", "--data", str(data)]) == 0
    capsys.readouterr()

    assert main(["host", "revoke", "r-2", "--data", str(data)]) == 0
    assert "it asked 2 devices and services, which nobody asks now: driftvakt host change d-" in capsys.readouterr().out
    assert main(["host", "revoke", "r-3", "--data", str(data)]) == 0
    assert "nobody asks" not in capsys.readouterr().out


def test_a_credential_that_a_device_names_is_not_forgotten(data: Path, capsys: Out) -> None:
    assert main(["device", "add", "10.0.0.1", "--via", "r-2", "--credential", "lan", "--data", str(data)]) == 0
    assert main(["credential", "remove", "lan", "--data", str(data)]) == 1
    assert "1 device would fall silent, for no other credential is tried: 10.0.0.1" in capsys.readouterr().err
    (origin,) = [host.origin for host in _hosts(data) if host.name == "10.0.0.1"]
    assert main(["device", "remove", origin, "--data", str(data)]) == 0
    assert main(["credential", "remove", "lan", "--data", str(data)]) == 0


def test_two_devices_of_one_name_are_told_apart_by_their_address(data: Path, capsys: Out) -> None:
    for last in (1, 2, 3):
        where = ["--name", "switch", "--via", "r-2", "--data", str(data)]
        assert main(["device", "add", f"10.0.0.{last}", *where]) == 0

    assert set(keepers(data)) == {"switch", "switch 10.0.0.2", "switch 10.0.0.3"}
    assert "another host is called switch too" in capsys.readouterr().err


def test_a_network_that_is_told_again_keeps_what_is_not_said(data: Path) -> None:
    def added(*more: str) -> SubnetRow:
        assert main(["subnet", "add", "10.20.0.0/24", *more, "--data", str(data)]) == 0
        store = Store(f"sqlite:///{data}/store.db")
        try:
            return store.read(subnets.load)[0]
        finally:
            store.close()

    assert added("--site", "A-huset", "--administration", "Idrott").site == "A-huset"
    again = added("--hours", "12")
    assert (again.site, again.administration, again.supplier, again.every) == ("A-huset", "Idrott", "", 43_200.0)
    assert added("--site", "B").site == "B"


def _hosts(data: Path) -> list[hosts.HostRow]:
    store = Store(f"sqlite:///{data}/store.db")
    try:
        return store.read(hosts.load)
    finally:
        store.close()
