"""What it costs to work out who hangs behind whom in a city: all hosts, all switches, all that their tables say."""

import gc
import random
import tracemalloc
from collections.abc import Iterator
from time import perf_counter

from driftvakt_collector.fleet.topology.evidence import Evidence, Near
from driftvakt_collector.fleet.topology.link import How
from driftvakt_collector.fleet.topology.part import Seen
from driftvakt_collector.fleet.topology.solve import solve
from driftvakt_collector.fleet.topology.tree import grow

HOSTS = 60_000
SWITCHES = 4_000
PORTS = 48
ENTRIES = 100_000
"""Addresses in all forwarding tables together, at scale 1."""
_SITE = 10
"""Switches at a site: one that the others hang on, behind a router."""


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for a city."""
    switches = max(_SITE, round(SWITCHES * scale))
    evidence = city(switches, max(switches, round(HOSTS * scale)), max(switches, round(ENTRIES * scale)))
    known = {one.origin: one for one in evidence}
    gc.collect()
    began = perf_counter()
    found = solve(evidence)
    solved = perf_counter()
    tree = grow(known, found.links)
    grown = perf_counter()
    tracemalloc.start()
    kept = (again := solve(evidence), grow(known, again.links))
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    told = [link.how for link in found.links]
    machines = [one.origin for one in evidence if one.class_ == "workstation"]
    return {
        "hosts": len(evidence),
        "switches": switches,
        "entries of forwarding tables": sum(len(one.forwarding) for one in evidence),
        "neighbours told": sum(len(one.neighbours) for one in evidence),
        "links": len(told),
        "links by LLDP both ways": told.count(How.LLDP_BOTH),
        "links by forwarding tables": told.count(How.FDB),
        "machines whose way leads to their own switch": sum(
            tree.parents.get(one, ("",))[0] == one.partition("-")[0] for one in machines
        ),
        "links: s": round(solved - began, 2),
        "ways up: s": round(grown - solved, 2),
        "kept of it: MB": round(now / 1e6, 1),
        "at most meanwhile: MB": round(most / 1e6, 1),
    }


def city(switches: int, hosts: int, entries: int) -> list[Evidence]:
    """Return sites of switches in a star behind a router; machines are named after the switch that they hang on."""
    chance = random.Random(42)
    names = [f"s{number:05}" for number in range(switches)]
    sites = [names[at : at + _SITE] for at in range(0, switches, _SITE)]
    made: list[Evidence] = [Evidence("core", "core", "hall", "adm", "router", ((_mac(0), "ge0"),), ("10.0.0.1",))]
    on: dict[str, list[str]] = {name: [] for name in names}
    number = switches + 1
    macs = {name: _mac(at + 1) for at, name in enumerate(names)}
    while len(made) + switches < hosts:
        name = names[chance.randrange(switches)]
        if len(on[name]) < PORTS - 2:
            origin = f"{name}-{len(on[name])}"
            macs[origin] = _mac(number)
            on[name].append(origin)
            made.append(Evidence(origin, origin, f"site-{name[:4]}", "adm", "workstation", ((macs[origin], "eth0"),)))
            number += 1
    # What each access switch sees, and of the rest as much as there is room for: the upper one sees it too.
    spare = entries - len(macs)
    for at, site in enumerate(sites):
        for place, name in enumerate(site):
            near = list(_neighbours(site, place, macs))
            seen = [Seen(macs[origin], f"Gi1/0/{port + 1}", 100) for port, origin in enumerate(on[name])]
            for other, member in enumerate(site):
                port = f"Te1/1/{other}" if place == 0 else "Gi1/0/48"
                if member == name or (place and other):
                    continue
                more = [member, *(on[member] if place == 0 else [])]
                seen += [Seen(macs[origin], port, 100) for origin in more[: max(1, spare)]]
                spare -= len(more)
            made.append(Evidence(
                name, name, f"site-{at}", "adm", "switch", ((macs[name], "vlan1"),), (), (), tuple(near), tuple(seen),
                "10.0.0.1",
            ))  # fmt: skip
    return made


def _neighbours(site: list[str], place: int, macs: dict[str, str]) -> Iterator[Near]:
    if place == 0:
        for other in range(1, len(site)):
            yield Near(f"Te1/1/{other}", macs[site[other]], "Gi1/0/48", site[other])
        # A telephone on every other port is nobody that we know.
        for port in range(0, PORTS - 2, 2):
            yield Near(f"Gi1/0/{port + 1}", f"02:00:00:{macs[site[0]][12:]}:{port:02x}", "1", "SEP")
    else:
        yield Near("Gi1/0/48", macs[site[0]], f"Te1/1/{place}", site[0])


def _mac(number: int) -> str:
    return f"00:1b:a9:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
