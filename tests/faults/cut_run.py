"""A site that is cut off for a day: `cut_run.py --agents 25 --way direct` says how it came back.

Ways: `direct`, the site's own line to the collector is cut; `relay`, the agents reach their relay, and it nobody.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from world import World
from world_book import Key, key_of
from world_collector import BOOTED

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.journal.line import carriage

INTERVAL = 60.0
LATE = INTERVAL + 10.0
_PATIENCE = 12 * 3600.0


class Site:
    """A site and its line. fresh: when each host's live values came back, seconds after the line did."""

    def __init__(self, agents: int, way: str, folder: Path) -> None:
        self.world = world = World(1, folder, {"adm": agents})
        world.network.faulty = False
        world.collector.start()
        self.relay = world.relays["adm"] if way == "relay" else None
        if self.relay is not None:
            self.relay.start()
        for place in range(agents):
            world.after(INTERVAL * place / agents, world.machine(f"a-adm-{place:03}", (way,)).start)
        world.run(600.0)
        ends = "r-adm up" if self.relay is not None else " direct"
        self.links = [link for name, link in world.network.links.items() if name.endswith(ends)]
        assert world.collector.app is not None
        self.app = world.collector.app
        self.hosts: list[Host] = [self.app.fleet.hosts[one.config.origin] for one in world.machines.values()]
        self.fresh: dict[str, float] = {}
        self.late = 0

    def waiting(self) -> int:
        """How many lines wait, of those that are not of this minute."""
        if self.relay is not None:
            return max(0, self.relay.waiting() - len(self.hosts))
        return sum(machine.waiting() for machine in self.world.machines.values())

    def cut(self, seconds: float) -> None:
        for link in self.links:
            link.cut_until = self.world.loop.time() + seconds
        self.world.run(seconds)

    def drain(self) -> float:
        """Let it come back; return how long that took, infinity where it did not."""
        back = self.world.loop.time()
        while self.world.loop.time() - back < _PATIENCE:
            self.world.run(1.0)
            self._look(back)
            if len(self.fresh) == len(self.hosts) and not self.waiting():
                return self.world.loop.time() - back
        return float("inf")

    def _look(self, back: float) -> None:
        now = self.world.collector.monotonic()
        for host in self.hosts:
            received = host.received or 0.0
            if host.origin not in self.fresh:
                if received > back + BOOTED:
                    self.fresh[host.origin] = received - back - BOOTED
            elif now - received > LATE:
                self.late += 1

    def missing(self) -> set[Key]:
        """Return the lines that are nowhere."""
        blocks = (chunk.lines for chunk in self.app.journal.read(0))
        stored = {key_of(raw) for block in blocks for raw in block if carriage(raw) is None}
        held = [machine.agent.delivery.custody for machine in self.world.machines.values() if machine.agent]
        stored.update(key_of(line.line) for one in held for line in one.memory.unsaved())
        return {key for key in self.world.book.made if key[0].startswith("a-")} - stored

    def passing(self) -> set[Key]:
        """Return the lines that the relay has, and has not handed on."""
        there = () if self.relay is None else self.relay.spooled()
        return {key for key in map(key_of, there) if key is not None}

    def gaps(self) -> int:
        wall = self.world.collector.wall()
        return sum(len(self.app.fleet.gaps(host, wall)) for host in self.hosts)

    def bytes(self) -> int:
        """Return what went over the line that was cut."""
        return sum(link.bytes for link in self.links)


def run(agents: int, way: str, hours: float, folder: Path) -> dict[str, object]:
    """Cut the site off for so many hours; return how it came back."""
    began = time.monotonic()
    site = Site(agents, way, folder)
    site.cut(hours * 3600.0)
    waited, sent = site.waiting(), site.bytes()
    drained = site.drain()
    carried = site.bytes() - sent
    site.world.run(30.0)
    missing = site.missing()
    # What the relay got this moment must arrive; what is nowhere now is lost, whatever comes later.
    passing = missing & site.passing()
    site.world.run(5.0)
    missing = (missing - passing) | (passing & site.missing())
    found: dict[str, object] = {
        "agents": agents, "way": way, "hours": hours, "lines": len(site.world.book.made), "waited": waited,
        "missing": len(missing), "gaps": site.gaps(), "twice": len(site.world.book.twice),
        "live after s": round(max(site.fresh.values()), 2) if len(site.fresh) == agents else _PATIENCE,
        "late": site.late, "drained after s": round(min(drained, _PATIENCE)), "bytes": carried,
        "wrong": site.world.book.wrong[:5], "digest": site.world.book.digest(),
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip
    site.world.close()
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=25)
    parser.add_argument("--way", choices=("direct", "relay"), default="direct")
    parser.add_argument("--hours", type=float, default=24.0)
    told = parser.parse_args(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of texts are walked in an order that the process chooses, unless it is told.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, __file__, *arguments])
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="cut-", dir=memory) as folder:
        print(json.dumps(run(told.agents, told.way, told.hours, Path(folder))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
