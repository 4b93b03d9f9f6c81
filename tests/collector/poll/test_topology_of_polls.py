"""A network of two sites, polled by SNMP: who hangs behind whom is as the cables are, also when they were moved."""

from pathlib import Path

import pytest
from made_network import Cable, Thing, write
from polling import House, named
from simulated import Simulator

from driftvakt_collector.app import App
from driftvakt_collector.fleet.topology.link import LIKELY, End, How

pytestmark = pytest.mark.real

CISCO = "Cisco IOS Software, C2960S Software (C2960S-UNIVERSALK9-M), Version 12.2(55)SE3, RELEASE SOFTWARE (fc1)"
JETDIRECT = "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24090012,CIDATE 09/10/2019"
ROUTER = "10.9.0.1"
THINGS = (
    Thing("rt-1", 1, "1.3.6.1.4.1.14988.1", "RouterOS CCR1009-7G-1C-1S+", ports=4, lldp=True, prefix="ether"),
    Thing("sw-a", 2, "1.3.6.1.4.1.9.1.1208", CISCO, ports=48, bridge=True, lldp=True, prefix="Gi1/0/", gateway=ROUTER),
    Thing("sw-b", 3, "1.3.6.1.4.1.9.1.1208", CISCO, ports=48, bridge=True, lldp=True, prefix="Gi1/0/", gateway=ROUTER),
    # Speaks no LLDP: its place follows from what the others see.
    Thing("sw-c", 4, "1.3.6.1.4.1.11.2.3.7.11.78", "ProCurve J9085A Switch 2610-24, revision R.11.25", ports=24,
          bridge=True, prefix="", gateway=ROUTER),
    Thing("skrivare-å", 5, "1.3.6.1.4.1.11.2.3.9.1", JETDIRECT, gateway=ROUTER),
    Thing("skrivare-ö", 6, "1.3.6.1.4.1.11.2.3.9.1", JETDIRECT, gateway=ROUTER),
    Thing("ups-b", 7, "1.3.6.1.4.1.318.1.3.27", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.6)"),
    # Telephones of nobody: they are seen, and are no things of ours.
    *(Thing(f"tel-{number}", number, "", "") for number in range(20, 30)),
)  # fmt: skip
SITES = {"rt-1": "A-huset", "sw-a": "A-huset", "skrivare-å": "A-huset"}
TELEPHONES: tuple[Cable, ...] = (
    *(("sw-a", number, f"tel-{number}", 1) for number in range(20, 24)),
    *(("sw-c", number - 13, f"tel-{number}", 1) for number in range(24, 30)),
)
BEFORE: tuple[Cable, ...] = (
    ("rt-1", 2, "sw-a", 48), ("sw-a", 47, "sw-b", 48), ("sw-b", 47, "sw-c", 24), ("sw-a", 7, "skrivare-å", 1),
    ("sw-c", 3, "skrivare-ö", 1), ("sw-b", 5, "ups-b", 1),
)  # fmt: skip
AFTER: tuple[Cable, ...] = (
    ("rt-1", 2, "sw-a", 48), ("sw-a", 47, "sw-b", 48), ("sw-a", 46, "sw-c", 23), ("sw-c", 9, "skrivare-å", 1),
    ("sw-c", 3, "skrivare-ö", 1), ("sw-b", 5, "ups-b", 1),
)  # fmt: skip


def links(app: App) -> set[tuple[tuple[str, str], ...]]:
    """Return the links that are likely, each as its ends, with a name and a port."""
    names = {origin: host.name for origin, host in app.fleet.hosts.items()}
    return {
        tuple(sorted(_end(one, names) for one in (link.one, link.other)))
        for link in app.atlas.plan.solution.links
        if link.confidence >= LIKELY
    }


def _end(end: End, names: dict[str, str]) -> tuple[str, str]:
    return names.get(end.origin, end.name), end.port


def truth(cables: tuple[Cable, ...]) -> set[tuple[tuple[str, str], ...]]:
    """Return the links of cables as they can be known: nobody sees the port of a thing that is no bridge."""
    things = {one.name: one for one in THINGS}
    found = set()
    for one, port, other, their in cables:
        there = things[other].port(their) if things[other].bridge or things[other].lldp else ""
        found.add(tuple(sorted([(one, things[one].port(port)), (other, there)])))
    return found


def test_the_links_are_the_cables_also_after_they_were_moved(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    for thing in THINGS:
        if thing.object_id:
            secret = tmp_path / thing.name
            secret.write_text(f"t{thing.number}")
            assert house.command("credential", "add", f"c{thing.number}", "--community-file", str(secret)) == 0
    addresses = [thing.address for thing in THINGS if thing.object_id]
    write(tmp_path / "before", THINGS, BEFORE + TELEPHONES)
    write(tmp_path / "after", THINGS, AFTER + TELEPHONES)
    (tmp_path / "index").mkdir()
    simulator = Simulator(tmp_path / "before", tmp_path / "index", addresses=addresses)
    port = simulator.port
    for thing in THINGS:
        if thing.object_id:
            where = ["--port", str(port), "--name", thing.name, "--site", SITES.get(thing.name, "B-huset"),
                     "--credential", f"c{thing.number}"]  # fmt: skip
            assert house.command("device", "add", thing.address, *where) == 0
    found: list[set[tuple[tuple[str, str], ...]]] = []
    ways: dict[str, list[str]] = {}

    async def polled(app: App) -> None:
        await house.visits(app, len(addresses))
        assert app.watch.pollers[0].counts.failures == {}
        await app._flush()
        for _ in range(2):
            # The collector's own round may have read what was there before, just when it was due.
            house.now += 120
            await app.atlas.survey()
        found.append(links(app))
        for name in SITES:
            origin = named(app, name).origin
            ways[name] = [app.fleet.hosts[one].name for one in app.atlas.plan.tree.path(origin)]
        if len(found) == 1:
            nobody = app.atlas.plan.solution.strangers
            assert {app.fleet.hosts[origin].name for origin in nobody} == {"sw-a", "sw-c"}
        assert not [one for one in app.atlas.plan.solution.links if one.how is How.GATEWAY and one.confidence >= LIKELY]

    try:
        house.live(polled)
        assert found[0] == truth(BEFORE)
        assert ways["skrivare-å"] == ["sw-a", "rt-1"]
        simulator.stop()
        (tmp_path / "again").mkdir()
        simulator = Simulator(tmp_path / "after", tmp_path / "again", addresses=addresses, port=port)
        house.now += 4000
        house.live(polled)
        assert found[1] == truth(AFTER)
        assert ways["skrivare-å"] == ["sw-c", "sw-a", "rt-1"]
    finally:
        simulator.stop()
