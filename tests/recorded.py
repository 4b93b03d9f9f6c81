"""Devices that were recorded or made up, asked in memory: no simulator, no network."""

import asyncio
from collections.abc import Mapping, Sequence

from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Credential, Peer, Value, Walk
from driftvakt_collector.poll.snmp.modules import system
from driftvakt_collector.poll.snmp.visit import Memory, Visit, visit

_PEER = Peer("192.0.2.1", Credential("devices"))
_NUMBERS = frozenset({"2", "65", "66", "67", "70"})
"""Tags of INTEGER, Counter32, Gauge32, TimeTicks and Counter64."""
_ENTERPRISES = "1.3.6.1.4.1."


class Played:
    """A driver that answers what a device answered."""

    def __init__(self, told: Mapping[str, Value]) -> None:
        self.told = told

    async def get(self, _peer: Peer, oids: Sequence[str]) -> Mapping[str, Value]:
        return {oid: self.told[oid] for oid in oids if oid in self.told}

    async def walk(self, _peer: Peer, base: str) -> Walk:
        found = [oid for oid in self.told if oid.startswith(f"{base}.")]
        return Walk(found, [self.told[oid] for oid in found])

    async def close(self) -> None: ...


def recording(name: str) -> dict[str, Value]:
    """Return what a recording answers."""
    told: dict[str, Value] = {}
    for line in (RECORDINGS / f"{name}.snmprec").read_text("utf-8").splitlines():
        oid, _, rest = line.partition("|")
        tag, _, value = rest.partition("|")
        if tag in _NUMBERS:
            told[oid] = int(value)
        elif tag.rstrip("x") == "4":
            told[oid] = bytes.fromhex(value) if tag.endswith("x") else value.encode()
        else:
            told[oid] = value
    return told


def made_up(object_id: str, descr: str, told: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a device of a maker answers that tells this below 1.3.6.1.4.1."""
    who: dict[str, Value] = {system.OBJECT_ID: f"{_ENTERPRISES}{object_id}", system.DESCR: descr.encode()}
    return who | {f"{_ENTERPRISES}{oid}": value for oid, value in told.items()}


def seen(told: Mapping[str, Value], memory: Memory | None = None) -> Visit:
    """Return a visit with facts to who answers this."""
    return asyncio.run(visit(Played(told), _PEER, memory or Memory(), facts=True))


def series(visited: Visit, *names: str) -> dict[tuple[str, ...], float | None]:
    """Return our own series of these names, by the name without `driftvakt_` and the texts of the labels."""
    return {
        (short, *(text for _, text in labels)): value
        for (name, labels), value in zip(visited.layout.keys, visited.values, strict=True)
        if (short := name.removeprefix("driftvakt_")) != name and short.startswith(names)
    }
