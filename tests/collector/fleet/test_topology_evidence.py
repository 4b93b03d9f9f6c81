"""What hosts say of their neighbours is taken within bounds, however it is written."""

import json

import pytest

from driftvakt_collector.fleet.topology import part
from driftvakt_collector.fleet.topology.evidence import Near, mac, of_sections
from driftvakt_collector.fleet.topology.part import Forwarding, PartError, Seen
from driftvakt_collector.fleet.topology.port import plain
from driftvakt_collector.store.section import Body


@pytest.mark.parametrize(("told", "expected"), [
    pytest.param("00:1B:A9:0B:A7:52", "00:1b:a9:0b:a7:52", id="capitals"),
    pytest.param(" 00-1b-a9-0b-a7-52", "00:1b:a9:0b:a7:52", id="as Windows writes it"),
    pytest.param("001b.a90b.a752", "00:1b:a9:0b:a7:52", id="as Cisco writes it"),
    pytest.param("01:00:5e:00:00:01", "", id="a group's"),
    pytest.param("ff:ff:ff:ff:ff:ff", "", id="everybody's"),
    pytest.param("00:00:00:00:00:00", "", id="nobody's"),
    pytest.param("sw-a-huset", "", id="a name"),
    pytest.param("٠٠:1b:a9:0b:a7:52", "", id="digits of another script"),
    pytest.param("", "", id="nothing"),
])  # fmt: skip
def test_a_mac_is_one_however_it_is_written(told: str, expected: str) -> None:
    assert mac(told) == expected


@pytest.mark.parametrize(("one", "other", "same"), [
    ("GigabitEthernet1/0/1", "Gi1/0/1", True), ("TenGigabitEthernet1/1/4", "te1/1/4", True), ("Port 24", "24", True),
    ("Ethernet 1/1", "Eth1/1", True), ("Port-channel1", "Po1", True), ("Gi1/0/1", "Gi1/0/11", False),
    ("eno1", "ens1", False), ("ge-0/0/1", "ge-0/0/2", False), ("1", "2", False), ("", "1", False),
])  # fmt: skip
def test_a_port_is_the_same_in_long_and_in_short(one: str, other: str, same: bool) -> None:
    assert (plain(one) == plain(other)) is same


def test_sections_of_a_device_become_evidence() -> None:
    told = of_sections(
        {
            "network_interfaces": Body(["name", "mac"], [["Gi1/0/1", "00-1B-A9-0B-A7-52"], ["lo", None], ["x", "no"]]),
            "addresses": Body(["interface", "address"], [["v1", "10.0.0.2"], ["lo", "127.0.0.1"], ["v2", "fe80::1"]]),
            "neighbours": Body(["port", "chassis", "their_port", "name", "protocol"], [
                ["Gi1/0/1", "3C:52:82:11:22:33", "eth0", "pc", "lldp"], ["Gi1/0/2", "", "1", "sw-b", "cdp"],
                ["Gi1/0/3", "", "", "", "lldp"], [5, None, True, None, None],
            ]),
        },
        Forwarding("001b.a90b.a700", (Seen("3C-52-82-11-22-33", "1", 7), Seen("33:33:00:00:00:01", "1")), "10.0.0.1"),
        "10.20.0.7",
    )  # fmt: skip

    assert told.cards == (("00:1b:a9:0b:a7:52", "Gi1/0/1"),)
    assert told.addresses == ("10.20.0.7", "10.0.0.2")
    assert told.chassis == ("00:1b:a9:0b:a7:00",)
    assert told.neighbours == (
        Near("Gi1/0/1", "3c:52:82:11:22:33", "eth0", "pc"), Near("Gi1/0/2", "sw-b", "1", "sw-b", "cdp"),
    )  # fmt: skip
    assert told.forwarding == (Seen("3c:52:82:11:22:33", "1", 7),)
    assert told.gateway == "10.0.0.1"


def test_no_host_tells_without_end() -> None:
    rows: list[list[str | int | float | bool | None]] = [[f"{n}", f"x{n}" * 99] for n in range(5000)]

    told = of_sections({"neighbours": Body(["port", "chassis"], rows)})

    assert len(told.neighbours) == 2000
    assert max(len(near.chassis) for near in told.neighbours) == 255


# --- the part ---


def test_a_part_is_read_as_it_was_written_whatever_the_order_of_its_rows() -> None:
    rows = (Seen("00:1b:a9:0b:a7:52", "Gi1/0/7", 100), Seen("00:1b:a9:0b:a7:51", "Gi1/0/7"))
    body = part.write(Forwarding("00:1b:a9:0b:a7:00", rows, "10.0.0.1"))

    assert part.read(body) == Forwarding("00:1b:a9:0b:a7:00", rows[::-1], "10.0.0.1")
    assert part.write(Forwarding("00:1b:a9:0b:a7:00", (*rows[::-1], rows[0]), "10.0.0.1")) == body
    assert json.loads(body)["rows"][1] == ["00:1b:a9:0b:a7:52", "Gi1/0/7", 100]


@pytest.mark.parametrize("port", ["1", "å" * 255, '"' * 200])
def test_what_is_written_is_never_larger_than_what_is_read(port: str) -> None:
    rows = tuple(Seen(f"00:1b:a9:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}", port, 4094) for n in range(25_000))

    body = part.write(Forwarding("", rows))

    assert 0 < len(part.read(body).rows) <= part.MAX_ROWS
    assert len(body) <= part.MAX_BODY


@pytest.mark.parametrize("body", [
    pytest.param(b"", id="nothing"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'{"rows":[["00:1b:a9:0b:a7:52"]]}', id="a row too short"),
    pytest.param(b'{"rows":[["00:1b:a9:0b:a7:52","1",1,2]]}', id="a row too long"),
    pytest.param(b'{"rows":[["00:1b:a9:0b:a7:520","1",1]]}', id="a MAC too long"),
    pytest.param(b'{"rows":[["","' + b"x" * 256 + b'",1]]}', id="a port too long"),
    pytest.param(b'{"rows":[["","1",1.5]]}', id="half a VLAN"),
    pytest.param(b'{"rows":[["","1","1"]]}', id="a VLAN in words"),
    pytest.param(b'{"bridge":7}', id="a number for a bridge"),
    pytest.param(b'{"bridge":"\xff"}', id="not UTF-8"),
    pytest.param(b'{"rows":[' + b",".join([b'["","1",1]'] * 20_001) + b"]}", id="too many rows"),
    pytest.param(b'{"bridge":"' + b" " * (1 << 20) + b'"}', id="too large"),
    pytest.param(b'{"rows":' + b"[" * 100_000, id="too deep"),
])  # fmt: skip
def test_what_is_no_part_is_refused(body: bytes) -> None:
    with pytest.raises(PartError):
        part.read(body)


def test_what_a_later_release_adds_is_passed_over() -> None:
    assert part.read(b'{"bridge":"x","ages":[1]}') == Forwarding("x")
