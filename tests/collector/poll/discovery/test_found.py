"""What a relay tells of a network: bounded, inside that network, and taken of that relay alone."""

import json
from dataclasses import replace
from ipaddress import IPv4Network
from math import inf
from pathlib import Path

import pytest
from polling import House

from driftvakt_collector.app import App
from driftvakt_collector.poll.discovery import found
from driftvakt_collector.poll.discovery.found import FoundError, finds_of
from driftvakt_collector.poll.discovery.sweep import Find, Told
from driftvakt_collector.store import coverage, devices, subnets
from driftvakt_collector.store.subnets import SubnetRow

NETWORK = IPv4Network("10.20.0.0/24")
SWITCH = Told("lan", "sw-å", "switch", "Cisco", "C2960", "FOC1", frozenset({"02:aa:bb:cc:dd:01"}),
              frozenset({"10.20.0.2", "10.30.0.1"}))  # fmt: skip
ROW = SubnetRow("adm", str(NETWORK), "A-huset", "Idrott", "", 3600.0, 50.0, True, 1.7e9, "root", keeper="r-1")
FINDS = (Find("10.20.0.2", "", SWITCH), Find("10.20.0.9"), Find("10.20.0.7"))


def test_what_was_found_comes_out_as_it_went_in() -> None:
    finds = [Find("10.20.0.2", "02:aa:bb:cc:dd:01", SWITCH), Find("10.20.0.9"), Find("10.20.0.8", "02:aa:bb:cc:dd:09")]

    told = found.read(found.write(str(NETWORK), 1.7e9, finds))

    assert (told.network, told.began, told.said) == (str(NETWORK), 1.7e9, "")
    assert list(finds_of(told, NETWORK)) == finds


@pytest.mark.parametrize("body", [
    b"", b"[]", b"\xff", b"{", b"[" * 100_000,
    json.dumps({"kind": "assignment", "network": "10.20.0.0/24", "began": 1.0}).encode(),
    json.dumps({"kind": "found", "network": 7, "began": 1.0}).encode(),
    json.dumps({"kind": "found", "network": "x", "began": 1.0, "finds": [{"address": "10.0.0.1"}] * 2049}).encode(),
])  # fmt: skip
def test_what_is_no_report(body: bytes) -> None:
    with pytest.raises(FoundError):
        found.read(body)


def test_what_is_hostile_is_left_out_or_cut() -> None:
    things = [
        {"address": "10.99.0.1"}, {"address": "' OR 1=1"}, {"address": "10.20.0.3", "mac": "<b>"},
        {"address": "10.20.0.3", "mac": "02:aa:bb:cc:dd:07"},
        {"address": "10.20.0.4", "told": {"credential": "c" * 9999, "name": "n" * 9999, "class": "relay",
                                          "macs": ["x", "02:aa:bb:cc:dd:01"], "addresses": ["x", "10.20.0.4"]}},
    ]  # fmt: skip
    body = json.dumps({"kind": "found", "network": str(NETWORK), "began": 1.0, "finds": things}).encode()

    bare, told = finds_of(found.read(body), NETWORK)

    assert bare == Find("10.20.0.3")
    assert told.told is not None
    assert (len(told.told.name), len(told.told.credential)) == (255, 255)
    assert (list(told.told.macs), list(told.told.addresses)) == (["02:aa:bb:cc:dd:01"], ["10.20.0.4"])


class Hearing:
    """A collector that asked a relay for a network at second 100. After `hear`: who asks which device, and the rest."""

    def __init__(self, folder: Path) -> None:
        self._house = House(folder / "data")
        self.answers: list[str] = []
        self.keepers: dict[str, str] = {}
        self.listed: list[str] = []

    def hear(self, *told: tuple[str, str, bytes]) -> SubnetRow:
        rows: list[SubnetRow] = []

        async def work(app: App) -> None:
            await self._house.until(lambda: app.atlas.ready)
            # The collector's own round would ask the relay anew, and take no answer to what was asked before.
            app.explorer._not_before[ROW.zone, ROW.network] = inf
            app.store.write_now(lambda one: subnets.keep(one, ROW))
            app.store.write_now(lambda one: subnets.tell(one, ROW, {"began": 100.0}))
            self.answers = [await app.explorer.heard(*one) for one in told]
            self.keepers = {host.name: f"{host.keeper} {host.class_}" for _, host in app.store.read(devices.load)}
            self.listed = sorted(row.name for row in app.store.read(coverage.rows))
            rows.extend(app.store.read(subnets.load))

        self._house.live(work)
        return rows[0]


def test_devices_are_asked_by_the_relay_that_found_them(tmp_path: Path) -> None:
    body = found.write(str(NETWORK), 100.0, FINDS)
    hearing = Hearing(tmp_path)

    row = hearing.hear(("r-1", "adm", body), ("r-1", "adm", body))

    assert hearing.answers == ["", ""]
    assert hearing.keepers == {"sw-å": "r-1 switch"}
    assert hearing.listed == ["10.20.0.7", "10.20.0.9"]
    assert (row.known, row.added, row.unknown, row.said) == (0, 1, 2, "")
    assert row.ended > 1.7e9


def test_a_class_that_no_device_has_is_none(tmp_path: Path) -> None:
    hearing = Hearing(tmp_path)
    finds = [Find("10.20.0.2", "", replace(SWITCH, class_="relay"))]

    hearing.hear(("r-1", "adm", found.write(str(NETWORK), 100.0, finds)))

    assert hearing.keepers == {"sw-å": "r-1 device"}


@pytest.mark.parametrize(("relay", "zone", "network", "began"), [
    ("r-2", "adm", str(NETWORK), 100.0), ("r-1", "edu", str(NETWORK), 100.0), ("r-1", "adm", "10.30.0.0/24", 100.0),
    ("r-1", "adm", str(NETWORK), 99.0),
])  # fmt: skip
def test_nobody_tells_of_anothers_network_or_of_another_time(
    tmp_path: Path, relay: str, zone: str, network: str, began: float
) -> None:
    hearing = Hearing(tmp_path)

    row = hearing.hear((relay, zone, found.write(network, began, FINDS)))

    assert (hearing.keepers, hearing.listed, row.ended) == ({}, [], 0.0)


def test_why_a_relay_could_not_look_is_kept(tmp_path: Path) -> None:
    hearing = Hearing(tmp_path)

    row = hearing.hear(("r-1", "adm", found.write(str(NETWORK), 100.0, (), "this program may send no echoes")))

    assert (row.said, row.ended, hearing.listed) == ("this program may send no echoes", 0.0, [])
