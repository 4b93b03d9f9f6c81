"""One look through a network: who is there, and what it is. It asks, and keeps nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from driftvakt_collector.poll.discovery.known import Acquaintance, Known

AT_ONCE = 10
"""Things that are asked by SNMP at the same time."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one said by SNMP. credential: that it took. macs, addresses: of its own cards."""

    credential: str
    name: str
    class_: str
    vendor: str
    model: str
    serial: str
    macs: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Find:
    """Something that is there. mac: empty where it is not seen from here. told: None where it says nothing by SNMP.

    host: that it is, None where it is nobody we know.
    """

    address: str
    mac: str = ""
    told: Told | None = None
    host: Acquaintance | None = None


class Senses(Protocol):
    """How one looks: by echoes, by tables of neighbours, and by SNMP."""

    async def alive(self, addresses: Sequence[str], per_second: float, told: Callable[[int], None]) -> set[str]:
        """Return who answers an echo. Raises EchoError."""

    async def neighbours(self) -> Mapping[str, str]:
        """Return the MAC of each address that is seen."""

    async def ask(self, address: str) -> Told | None:
        """Return what one says by SNMP, None for one that takes none of our credentials."""


@dataclass(slots=True)
class Progress:
    """How far a sweep is. echoes: sent, of `of`. asked: by SNMP, of `answering`."""

    of: int = 0
    echoes: int = 0
    answering: int = 0
    asked: int = 0
    step: str = field(default="")


async def sweep(
    addresses: Sequence[str], per_second: float, senses: Senses, known: Known,
    told: Callable[[Progress], None] = lambda _: None,
) -> list[Find]:  # fmt: skip
    """Return what is there, in the order of addresses as they were given. Raises EchoError."""
    progress = Progress(of=len(addresses), step="echoes")

    def sent(count: int) -> None:
        progress.echoes = min(progress.of, progress.echoes + count)
        told(progress)

    here = await senses.alive(addresses, per_second, sent)
    macs = _own(await senses.neighbours())
    there = [one for one in addresses if one in here or one in macs]
    strangers = [one for one in there if known.find(one, _macs(macs, one)) is None]
    progress.answering, progress.step = len(strangers), "snmp"
    places = asyncio.Semaphore(AT_ONCE)

    async def asked(address: str) -> Told | None:
        async with places:
            answer = await senses.ask(address)
            progress.asked += 1
            told(progress)
            return answer

    answers = dict(zip(strangers, await asyncio.gather(*map(asked, strangers)), strict=True))
    return [met(Find(one, macs.get(one, ""), answers.get(one)), known) for one in there]


def met(find: Find, known: Known) -> Find:
    """Return something that is there with the host that it is, where that is one we know."""
    address, mac, told = find.address, find.mac, find.told
    macs, serial = (told.macs, told.serial) if told is not None else (frozenset[str](), "")
    host = known.find(address, macs, seen=mac, serial=serial)
    if host is None and told is not None:
        # Another door of a thing that we know: a router has an address in each of its networks.
        doors = (known.find(one, macs, seen=mac, serial=serial) for one in told.addresses)
        host = next((found for found in doors if found is not None), None)
    return Find(address, mac, told, host)


def _own(macs: Mapping[str, str]) -> dict[str, str]:
    """Leave out a card that stands at several addresses: a router answers for others with its own (RFC 1027)."""
    count = Counter(macs.values())
    return {address: mac if count[mac] == 1 else "" for address, mac in macs.items()}


def _macs(macs: Mapping[str, str], address: str) -> Sequence[str]:
    return [mac] if (mac := macs.get(address, "")) else []
