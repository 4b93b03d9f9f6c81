"""Looks at the whole fleet now and then, and says which alerts about silence are new and which are over."""

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf

from driftvakt_collector.alert.alert import Alert, Change
from driftvakt_collector.alert.decision import Reason
from driftvakt_collector.alert.rootcause.cause import changes, of_alert
from driftvakt_collector.alert.rootcause.graph import Graph
from driftvakt_collector.alert.rootcause.judge import Judge, Verdicts
from driftvakt_collector.alert.rootcause.observation import LEAST_PATIENCE, Observation, State, patience
from driftvakt_collector.alert.rootcause.record import Record
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store.feed import EventRow
from driftvakt_collector.store.hosts import REVOKED

LOOK_SECONDS = 5.0
"""How often to look: each look adds so much to the time until somebody is told."""
NO_ANSWER = frozenset({"poll.silent", "poll.unreachable"})
"""Events by which whoever asks a device says that two visits in a row found nobody."""
ASK_AGAIN = 15.0
"""Seconds between two times that a device is asked out of its turn: it takes some to find that it does not answer."""
MOST_ASKED = 200
"""Devices that are asked out of their turn at one look."""
STEP = 500
"""Hosts that are looked at in one go."""


class Survey:
    """expected: says if a host is meant to run at a moment, seconds since the epoch; the same for all hosts of one

    class, zone and site. guests: machine to hypervisor.

    muffled: by fingerprint of what fires, how many hosts are silent because of it. record: why hosts were not told of,
    to be written to the store.
    """

    def __init__(
        self, fleet: Fleet, atlas: Atlas, expected: Callable[[Host, float], bool],
        guests: Callable[[], Mapping[str, str]],
    ) -> None:  # fmt: skip
        self.muffled: Mapping[str, int] = {}
        self.record = Record()
        self._fleet = fleet
        self._atlas = atlas
        self._expected = expected
        self._guests = guests
        self._judge = Judge()
        self._unanswered: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._seen: dict[str, Observation] = {}
        self._marks: dict[str, tuple[int, float | None, float]] = {}
        self._expects: dict[tuple[str, str, str], tuple[Host, bool]] = {}
        self._one = asyncio.Lock()
        self._kept: tuple[Tree, Mapping[str, str], Graph] | None = None

    @property
    def verdicts(self) -> Verdicts:
        """What was found last."""
        return self._judge.verdicts

    def resume(self, alerts: Iterable[Alert], now: float, wall: float) -> None:
        """Take up what fires in the store; others than ours are passed over. Clocks as for `look`."""
        self._judge.resume(cause for one in alerts if (cause := of_alert(one, wall - now)) is not None)

    def look(self, now: float, wall: float) -> list[Change]:
        """Return what changed. now: the collector's monotonic clock; wall: the same in seconds since the epoch."""
        for step in self._steps(wall):
            self._observe(step, now, wall)
        return self._judged(self._graph(), now, wall, self._fleet.healthy_since)

    async def alook(self, now: float, wall: float) -> list[Change]:
        """Do the same, a little at a time, and judge in a thread: the loop takes records meanwhile."""
        async with self._one:
            # Nothing that is made here is garbage in a cycle, and to look for some stops everybody for 50 ms.
            collects = gc.isenabled()
            gc.disable()
            try:
                return await self._look_in_steps(now, wall)
            finally:
                if collects:
                    gc.enable()

    async def _look_in_steps(self, now: float, wall: float) -> list[Change]:
        for step in self._steps(wall):
            self._observe(step, now, wall)
            await asyncio.sleep(0)
        # Asked for last: if we stood still in the meantime, those that seem silent were not heard for that.
        graph, healthy_since = self._graph(), self._fleet.healthy_since
        return await asyncio.to_thread(self._judged, graph, now, wall, healthy_since)

    def _steps(self, wall: float) -> Iterator[Sequence[Host]]:
        if self._expects_otherwise(wall):
            self._marks.clear()
        hosts = [*self._fleet.hosts.values()]
        for start in range(0, len(hosts), STEP):
            yield hosts[start : start + STEP]

    def _observe(self, hosts: Iterable[Host], now: float, wall: float) -> None:
        """Look at who said something since the last time, and at who said nothing for too long."""
        marks, seen = self._marks, self._seen
        for host in hosts:
            origin = host.origin
            mark = marks.get(origin)
            if mark is not None and mark[0] == host.version and mark[1] == host.received and now <= mark[2]:
                continue
            if host.state == REVOKED:
                seen.pop(origin, None)
                marks.pop(origin, None)
                continue
            one = seen[origin] = self._observed(host, now, wall)
            until = one.since + one.patience if one.state is State.UP else inf
            marks[origin] = (host.version, host.received, until)

    def _judged(self, graph: Graph, now: float, wall: float, healthy_since: float) -> list[Change]:
        before, seen = self._judge.verdicts.causes, self._seen
        after = self._judge.step(seen, graph, now, healthy_since).causes
        self.muffled = {cause.fingerprint: len(cause.muffled) for cause in after.values()}
        reasons = {
            origin: reason for origin, reason in self._judge.verdicts.explanations.items()
            if not seen[origin].is_personal
        }  # fmt: skip
        self.record.step(reasons, after, lambda origin: origin in seen and seen[origin].is_down, wall)
        return changes(before, after, wall, wall - now)

    def heard(self, events: Iterable[EventRow], now: float, wall: float) -> None:
        """Take in that devices did not answer who asks them, which is no report and says more than that none came."""
        for one in events:
            if one.name not in NO_ANSWER:
                continue
            host = self._fleet.hosts.get(one.origin)
            if host is not None and host.keeper:
                self._unanswered[one.origin] = min(now, now - (wall - one.received))
                self._marks.pop(one.origin, None)

    def ask(self, now: float) -> list[str]:
        """Return the devices to ask at once, for others are held until it is known how they are. Each now and then."""
        self._asked = {origin: at for origin, at in self._asked.items() if now - at < ASK_AGAIN}
        hosts = self._fleet.hosts
        asked = [
            origin for origin in sorted(self._judge.verdicts.ask - self._asked.keys())
            if origin in hosts and hosts[origin].keeper
        ][:MOST_ASKED]  # fmt: skip
        self._asked.update(dict.fromkeys(asked, now))
        return asked

    def explain(self, origin: str) -> Reason | None:
        """Return why alerts of a host itself page nobody now, None where nothing above it is to blame."""
        return self._judge.verdicts.explanations.get(origin)

    def above(self, origin: str) -> frozenset[str]:
        """Return all hosts that a host is reached over."""
        return self._graph().above(origin)

    def _graph(self) -> Graph:
        """Return the graph. It is kept while cables and guests are the same, with what was worked out of it."""
        tree, guests = self._atlas.plan.tree, self._guests()
        if self._kept is None or self._kept[0] is not tree or self._kept[1] != guests:
            self._kept = (tree, dict(guests), Graph(tree.parents, dict(guests), self._carriers))
        return self._kept[2]

    def _carriers(self, origin: str) -> Sequence[str]:
        """Return who brings what a host says: who asks it, and the relay that its lines come over."""
        host = self._fleet.hosts.get(origin)
        if host is None or not (host.keeper or host.via):
            return ()
        return tuple(one for one in dict.fromkeys((host.keeper, host.via)) if one)

    def _expects_otherwise(self, wall: float) -> bool:
        """Say if other hosts are meant to run than at the last look."""
        other = [
            key for key, (host, before) in self._expects.items()
            # Its host stands for it no longer when an operator gave it another class or site.
            if _kind(host) != key or self._expected(host, wall) != before
        ]  # fmt: skip
        for key in other:
            del self._expects[key]
        return bool(other)

    def _is_expected(self, host: Host, wall: float) -> bool:
        key = _kind(host)
        found = self._expects.get(key)
        if found is None:
            found = self._expects[key] = (host, self._expected(host, wall))
        return found[1]

    def _observed(self, host: Host, now: float, wall: float) -> Observation:
        received = host.received
        if received is None:
            since = now
        elif received < 0.0:
            # It was silent when we ended; since when, the other clock knows.
            since = min(now, now - (wall - host.received_wall))
        else:
            since = received
        unanswered = self._unanswered.get(host.origin, 0.0)
        if unanswered <= since:
            unanswered = 0.0
        if not host.trusted:
            state = State.HELD
        elif received is None:
            state = State.NEW
        elif host.off:
            state = State.OFF
        else:
            quiet = now - since
            long = LEAST_PATIENCE if unanswered else patience(host.every)
            state = State.SILENT if quiet > LEAST_PATIENCE and quiet > long else State.UP
        return Observation(
            host.origin, host.name, state, since, since, host.every, host.class_, host.zone, host.site,
            host.administration, host.supplier, self._is_expected(host, wall), unanswered,
        )  # fmt: skip


def _kind(host: Host) -> tuple[str, str, str]:
    """Return what all hosts share that are meant to run at the same times."""
    return host.class_, host.zone, host.site
