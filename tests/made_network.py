"""A network made of cables: what each of its devices would tell by SNMP, as recordings for the simulator.

What a switch tells follows from the cables alone: its forwarding table sends each address out of the port that the way
there begins at, as a bridge learns it (IEEE 802.1D); its neighbours are whoever speaks LLDP at the other end.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

Cable = tuple[str, int, str, int]
"""Device and port, and the device and port at the other end."""


@dataclass(frozen=True)
class Thing:
    """name: as the device tells it. number: makes its address 127.9.0.N and its MACs. bridge: whether it forwards.

    lldp: whether it speaks of itself and of its neighbours. prefix: of what its ports are called.
    """

    name: str
    number: int
    object_id: str
    descr: str
    ports: int = 1
    bridge: bool = False
    lldp: bool = False
    prefix: str = "eth"
    gateway: str = ""

    @property
    def address(self) -> str:
        return f"127.9.0.{self.number}"

    def mac(self, port: int = 0) -> bytes:
        return bytes((0x00, 0x1B, 0xA9, 0x00, self.number, port))

    def port(self, number: int) -> str:
        return f"{self.prefix}{number}"


def write(folder: Path, things: Sequence[Thing], cables: Sequence[Cable]) -> None:
    """Write a recording for each thing that answers SNMP, as t1 for the one with the number 1."""
    folder.mkdir(exist_ok=True)
    for thing in things:
        if thing.object_id:
            lines = sorted(_lines(thing, things, cables), key=lambda one: [int(part) for part in one[0].split(".")])
            text = "".join(f"{oid}|{tag}|{value}\n" for oid, tag, value in lines)
            (folder / f"t{thing.number}.snmprec").write_text(text, "utf-8")


def ends(name: str, cables: Sequence[Cable]) -> Iterator[tuple[int, str, int]]:
    """Give each port of a thing that a cable is in, with what is at the other end."""
    for one, port, other, their in cables:
        if one == name:
            yield port, other, their
        if other == name:
            yield their, one, port


def _lines(thing: Thing, things: Sequence[Thing], cables: Sequence[Cable]) -> Iterator[tuple[str, str, object]]:
    by_name = {one.name: one for one in things}
    system = "1.3.6.1.2.1.1"
    yield f"{system}.1.0", "4", thing.descr
    yield f"{system}.2.0", "6", thing.object_id
    yield f"{system}.3.0", "67", 8_640_000
    yield f"{system}.5.0", "4", thing.name
    for port in range(1, thing.ports + 1):
        yield f"1.3.6.1.2.1.2.2.1.1.{port}", "2", port
        yield f"1.3.6.1.2.1.2.2.1.2.{port}", "4", thing.port(port)
        yield f"1.3.6.1.2.1.2.2.1.3.{port}", "2", 6
        yield f"1.3.6.1.2.1.2.2.1.6.{port}", "4x", thing.mac(port).hex()
        yield f"1.3.6.1.2.1.31.1.1.1.1.{port}", "4", thing.port(port)
    yield f"1.3.6.1.2.1.4.20.1.2.{thing.address.replace('127', '10')}", "2", 1
    yield f"1.3.6.1.2.1.4.20.1.3.{thing.address.replace('127', '10')}", "64", "255.255.0.0"
    if thing.gateway:
        yield "1.3.6.1.2.1.4.21.1.7.0.0.0.0", "64", thing.gateway
    if thing.bridge:
        yield from _bridge(thing, by_name, cables)
    if thing.lldp:
        yield from _lldp(thing, by_name, cables)


def _bridge(thing: Thing, things: dict[str, Thing], cables: Sequence[Cable]) -> Iterator[tuple[str, str, object]]:
    yield "1.3.6.1.2.1.17.1.1.0", "4x", thing.mac().hex()
    for port in range(1, thing.ports + 1):
        # The bridge counts its ports otherwise than the interfaces are counted.
        yield f"1.3.6.1.2.1.17.1.4.1.2.{port + 100}", "2", port
    for other, port in _ways(thing, things, cables):
        macs = [things[other].mac()] if things[other].bridge else [things[other].mac(1)]
        for mac in macs:
            yield f"1.3.6.1.2.1.17.7.1.2.2.1.2.10.{'.'.join(map(str, mac))}", "2", port + 100


def _ways(thing: Thing, things: dict[str, Thing], cables: Sequence[Cable]) -> Iterator[tuple[str, int]]:
    """Give each other thing that bridges lead to, with our port that the way begins at."""
    waiting = deque((other, port) for port, other, _ in ends(thing.name, cables))
    seen = {thing.name}
    while waiting:
        other, port = waiting.popleft()
        if other in seen:
            continue
        seen.add(other)
        yield other, port
        if things[other].bridge:
            waiting.extend((further, port) for _, further, _ in ends(other, cables))


def _lldp(thing: Thing, things: dict[str, Thing], cables: Sequence[Cable]) -> Iterator[tuple[str, str, object]]:
    lldp = "1.0.8802.1.1.2.1"
    yield f"{lldp}.3.1.0", "2", 4
    yield f"{lldp}.3.2.0", "4x", thing.mac().hex()
    yield f"{lldp}.3.3.0", "4", thing.name
    for port in range(1, thing.ports + 1):
        yield f"{lldp}.3.7.1.2.{port}", "2", 5
        yield f"{lldp}.3.7.1.3.{port}", "4", thing.port(port)
    for count, (port, other, their) in enumerate(ends(thing.name, cables), 1):
        neighbour = things[other]
        if neighbour.lldp:
            row = f"0.{port}.{count}"
            for sub, tag, value in (
                (4, "2", 4), (5, "4x", neighbour.mac().hex()), (6, "2", 5), (7, "4", neighbour.port(their)),
                (9, "4", neighbour.name),
            ):  # fmt: skip
                yield f"{lldp}.4.1.1.{sub}.{row}", tag, value
