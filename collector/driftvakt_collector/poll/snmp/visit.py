"""One visit to a device: who it is, then what its modules have, as series and, now and then, as facts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driftvakt_collector.naming.device import Device, device
from driftvakt_collector.poll.snmp.driver import Peer, SnmpDriver, SnmpError, Trouble, Value, Walk
from driftvakt_collector.poll.snmp.layout import Layout, joined, made, rows
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules import system
from driftvakt_collector.poll.snmp.modules.table import FACTS, MODULES
from driftvakt_collector.poll.snmp.nameplate import Plate, plate_of
from driftvakt_collector.poll.snmp.text import lines_of, text_of
from driftvakt_collector.poll.snmp.tree import Shapes

Rows = Mapping[str, Mapping[str, Mapping[str, Value]]]
"""Table, index, column."""

VISIT_SECONDS = 300.0
"""Of a place in the queue that one device may have."""
MAX_VARIABLES = 150_000
"""Of a visit: three times what a chassis of a thousand ports has. The loop serves nobody while they become series."""
MAX_BYTES = 32 << 20
_SHORT = 500
_SCALAR = ".0"
_MOST_SCALARS = 12
"""Of one question: with their octets, the answers fit a datagram."""
_WHO = (system.DESCR, system.OBJECT_ID, system.UPTIME, system.CONTACT, system.NAME, system.LOCATION)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers. descr may have line breaks. uptime: seconds since the agent was started."""

    object_id: str
    descr: str
    name: str
    contact: str
    location: str
    uptime: float
    device: Device


@dataclass(slots=True)
class Memory:
    """What is remembered of a device between two visits. empty: walks that brought nothing, which are not asked again

    before the facts are. shapes: shared by all devices.
    """

    layout: Layout | None = None
    empty: frozenset[str] = frozenset()
    shapes: Shapes = field(default_factory=Shapes)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a device told. walks: by their base. rows: of all modules that were asked. plate: by OID."""

    identity: Identity
    layout: Layout
    values: Sequence[float | int | None]
    variables: int
    rows: Rows = field(default_factory=dict)
    plate: Mapping[str, Value] = field(default_factory=dict)


async def identify(driver: SnmpDriver, peer: Peer) -> Identity:
    """Ask a device who it is. Raises SnmpError."""
    told = await driver.get(peer, _WHO)
    if not told:
        raise SnmpError(Trouble.GARBLED, f"{peer.address} answers SNMP and does not say what it is")
    object_id = str(told.get(system.OBJECT_ID, "")).lstrip(".")
    descr, name = lines_of(told.get(system.DESCR, b"")), text_of(told.get(system.NAME, b""))
    uptime = told.get(system.UPTIME, 0)
    return Identity(
        object_id, descr, name, text_of(told.get(system.CONTACT, b"")), text_of(told.get(system.LOCATION, b"")),
        uptime / 100.0 if isinstance(uptime, int) else 0.0, device(object_id, descr),
    )  # fmt: skip


async def visit(
    driver: SnmpDriver, peer: Peer, memory: Memory, *, facts: bool, seconds: float = VISIT_SECONDS
) -> Visit:
    """Ask a device for everything that its modules have. facts: also for what seldom changes. Raises SnmpError.

    seconds: that all of it may take.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _visit(driver, peer, memory, facts=facts)
    except TimeoutError as e:
        why = f"{peer.address} answers, and has not told everything within {seconds:.0f} s; it is asked again later"
        raise SnmpError(Trouble.HUNG, why) from e


async def _visit(driver: SnmpDriver, peer: Peer, memory: Memory, *, facts: bool) -> Visit:
    identity = await identify(driver, peer)
    modules = [one for one in MODULES if one.suits(identity.device)]
    more = [one for one in FACTS if one.suits(identity.device)] if facts else []
    skip = frozenset[str]() if facts else memory.empty
    walks: dict[str, Walk] = {}
    bases = [
        base for base in dict.fromkeys(base for one in (*modules, *more) for base in one.walks) if base not in skip
    ]
    walks |= await _scalars(driver, peer, [base for base in bases if base.endswith(_SCALAR)])
    count = size = 0
    for base in bases:
        if base not in walks:
            walk = walks[base] = await driver.walk(peer, base)
            count += len(walk.oids)
            # Of a short one the octets are few: to count them all would cost each visit.
            size += _octets(walk) if len(walk.oids) > _SHORT else 0
            if count > MAX_VARIABLES or size > MAX_BYTES:
                why = f"{peer.address} tells more than {MAX_VARIABLES:,} variables in all, or longer texts than may be"
                raise SnmpError(Trouble.GARBLED, why)
    measured = list(dict.fromkeys(base for module in modules for base in module.walks if base in walks))
    whole = joined(walks[base] for base in measured)
    layout = memory.layout
    if layout is None or not layout.fits(whole.oids, whole.values):
        # Making it takes as long as some visits: the loop has others to serve.
        await asyncio.sleep(0)
        layout = memory.layout = made(modules, whole, memory.shapes)
    found: dict[str, Mapping[str, Mapping[str, Value]]] = {}
    plate: Mapping[str, Value] = {}
    if facts:
        memory.empty = frozenset(base for base, walk in walks.items() if not walk.oids)
        for module in (*modules, *more):
            found |= _rows(module, walks)
        plate = await _plate(driver, peer, plate_of(identity.object_id))
    count = sum(len(walk.oids) for walk in walks.values())
    return Visit(identity, layout, layout.values(whole.values), count, found, plate)


def _octets(walk: Walk) -> int:
    return sum(len(value) for value in walk.values if isinstance(value, bytes | str))


async def _scalars(driver: SnmpDriver, peer: Peer, oids: Sequence[str]) -> dict[str, Walk]:
    """Ask for scalars a dozen at a time. Raises SnmpError."""
    found: dict[str, Walk] = {}
    for start in range(0, len(oids), _MOST_SCALARS):
        asked = oids[start : start + _MOST_SCALARS]
        try:
            told = await driver.get(peer, asked)
        except SnmpError as e:
            if e.trouble is not Trouble.GARBLED:
                raise
            # Some agents answer with an error where one of many is not theirs: walking there asks for each alone.
            found |= {oid: await driver.walk(peer, oid.removesuffix(_SCALAR)) for oid in asked}
        else:
            found |= {oid: Walk([oid], [told[oid]]) if oid in told else Walk([], []) for oid in asked}
    return found


def _rows(module: Module, walks: Mapping[str, Walk]) -> Rows:
    found = rows(module, joined(walks[base] for base in module.walks if base in walks))
    scalars = found.pop("", None)
    return found if scalars is None else {**found, module.name: scalars}


async def _plate(driver: SnmpDriver, peer: Peer, plate: Plate) -> Mapping[str, Value]:
    """Return what the OIDs of a plate say; of a column the first row."""
    oids = plate.oids()
    scalars = [oid for oid in oids if oid.endswith(_SCALAR)]
    found = dict(await driver.get(peer, scalars)) if scalars else {}
    for oid in oids:
        if not oid.endswith(_SCALAR):
            walk = await driver.walk(peer, oid)
            if walk.values:
                found[oid] = walk.values[0]
    return found
