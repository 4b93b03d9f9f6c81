"""What must hold when a chaos run is over: every line that was made is somewhere, once, or somebody said why not."""

import re
from collections.abc import Iterable, Iterator

from world import World
from world_book import Key, key_of, mark

from driftvakt_collector.app import App
from driftvakt_collector.fleet.gaps import UNKNOWN
from driftvakt_collector.fleet.host import Verdict
from driftvakt_collector.journal.line import carriage
from driftvakt_collector.store import feed, forks

_SHOWN = 12
_GAVE_UP = re.compile(r"epoch (\S+), (\d+) to (\d+): ")


def judge(world: World, drained: float) -> dict[str, object]:
    """Compare the book with what the collector has; return the figures, and under `wrong` what is not as it must be."""
    app, book = world.collector.app, world.book
    wrong = ["the collector does not run at the end"] if app is None else _End(world, app, drained).wrong()
    more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
    figures = {"drained s": round(drained), **book.figures}
    return {
        "wrong": wrong[:_SHOWN] + more, "digest": book.digest(), "events": book.events, "figures": figures,
        "faults": book.faults,
    }  # fmt: skip


class _End:
    """The end of a run. journal: what the collector has on disk. doubtful: hosts that a fault made two of.

    A line of a number that another line has too is `shadowed`: until the third report finds the fork out (docs, One
    identity seen twice) the later one is answered as a duplicate.
    """

    def __init__(self, world: World, app: App, drained: float) -> None:
        self._world = world
        self._app = app
        self._drained = drained
        self._book = world.book
        self._doubtful = {one.config.origin for one in world.machines.values() if one.doubtful}
        self._trusted = {origin for origin, host in app.fleet.hosts.items() if host.trusted}
        self._journal: dict[Key, list[bytes]] = {}
        for raw in _lines(chunk.lines for chunk in app.journal.read(0)):
            key = key_of(raw)
            if key is None:
                world.book.fail("the journal holds what is no line")
            else:
                self._journal.setdefault(key, []).append(mark(raw))
        self._spooled = {key for key in map(key_of, _spooled(world)) if key is not None}
        self._given_up = list(_given_up(world, app))

    def wrong(self) -> list[str]:
        """Return what is not as it must be."""
        parts = (self._identities, self._told, self._twice, self._explained, self._here)
        return [*self._book.wrong, *(text for part in parts for text in part())]

    def _told(self) -> Iterator[str]:
        """Whoever was told "accepted" was told the truth."""
        for one, (who, key) in self._book.told.items():
            if one in self._journal.get(key, ()):
                self._book.count("told and there")
            elif one not in self._book.made.get(key, ()):
                self._book.count("forged, told by a relay, which can't know better")
                if who == "collector":
                    yield f"FORGED: {who} took {key}, and its host did not make it"
            elif key in self._spooled:
                self._book.count("told and still on the way")
            elif key[0] in self._doubtful:
                trusted = "trusted still" if key[0] in self._trusted else "quarantined"
                self._book.count(f"shadowed, host {trusted}" if key in self._journal else "lost in a fork")
            elif not self._relay_gave_up(key):
                yield f"LOST: {who} was told to have {key}, and the journal has not"

    def _twice(self) -> Iterator[str]:
        """Nothing is there twice, and nothing that nobody made."""
        for key, marks in self._journal.items():
            if len(marks) > 1:
                yield f"TWICE in the journal: {key}"
            if any(one not in self._book.made.get(key, ()) for one in marks):
                yield f"FORGED: {key} is in the journal, and its host did not make it"
        for key in self._book.twice:
            yield f"TWICE applied: {key}"

    def _explained(self) -> Iterator[str]:
        """What was made is stored, told as a gap, or still in a spool."""
        for key in self._book.made:
            self._book.count("made")
            fate = self._fate(key)
            if fate:
                self._book.count(fate)
            else:
                yield f"UNEXPLAINED: {key}"
        fleet = self._app.fleet
        for origin in sorted(self._trusted - self._doubtful):
            for gap in fleet.gaps(fleet.hosts[origin], self._world.collector.wall()):
                if gap.cause == UNKNOWN and (origin, gap.epoch) not in self._book.destroyed:
                    yield f"UNKNOWN gap: {origin} {gap.epoch} {gap.first} to {gap.last}"

    def _fate(self, key: Key) -> str:
        """Return what became of a line, empty where nobody can say."""
        origin, epoch, seq = key
        if key in self._journal:
            return "stored"
        for one, hole in self._app.fleet.hosts[origin].ledger.holes():
            if one == epoch and hole.first <= seq <= hole.last and hole.why:
                return f"told as gaps: {hole.why}"
        if key in self._spooled:
            return "still in a spool"
        if (origin, epoch) in self._book.destroyed:
            return f"nobody left to tell: {self._book.destroyed[origin, epoch]}"
        if origin in self._doubtful:
            return "lost in a fork"
        if origin not in self._trusted:
            return "of a host that may not tell"
        return "told by the relay" if self._relay_gave_up(key) else ""

    def _identities(self) -> Iterator[str]:
        """Nobody is taken for two who is one."""
        for origin, host in self._app.fleet.hosts.items():
            if host.trusted:
                continue
            self._book.count("quarantined")
            if origin not in self._doubtful:
                found = self._app.store.read(lambda connection, origin=origin: forks.of(connection, origin))  # type: ignore[misc]
                sides = "; ".join(f"{one.epoch} {one.seq}: {one.known} and {one.other}" for one in found)
                yield f"{origin} is {host.state}, and there is only one of it: {sides}"

    def _here(self) -> Iterator[str]:
        """Everybody is here, and has nothing left to tell."""
        now, fleet = self._world.collector.monotonic(), self._app.fleet
        for machine in self._world.machines.values():
            host = fleet.hosts[machine.config.origin]
            if not host.trusted:
                continue
            verdict = fleet.verdict(host, now)
            if verdict is not Verdict.OK:
                yield f"{machine.name} is not there: {verdict.value}, alive: {machine.alive}"
            elif machine.waiting() > 3:
                yield f"{machine.name} still has {machine.waiting()} to tell after {self._drained:.0f} s"
        for relay in self._world.relays.values():
            verdict = fleet.verdict(fleet.hosts[relay.name], now)
            if verdict is not Verdict.OK:
                yield f"{relay.name} is not there: {verdict.value}"
            if relay.waiting() > 20:
                yield f"{relay.name} still has {relay.waiting()} lines after {self._drained:.0f} s"

    def _relay_gave_up(self, key: Key) -> bool:
        return any(epoch == key[1] and first <= key[2] <= last for epoch, first, last in self._given_up)


def _lines(blocks: Iterable[list[bytes]]) -> Iterator[bytes]:
    for block in blocks:
        yield from (raw for raw in block if carriage(raw) is None)


def _spooled(world: World) -> Iterator[bytes]:
    """Give the lines that still wait, in agents and relays."""
    for machine in world.machines.values():
        if machine.agent is None or not machine.alive:
            continue
        for line in machine.agent.delivery.custody.memory._lines:
            yield line.line
        for path in machine.files():
            yield from (piece[9:] for piece in path.read_bytes().split(b"\n"))
    for relay in world.relays.values():
        yield from relay.spooled()


def _given_up(world: World, app: App) -> Iterator[tuple[str, int, int]]:
    """Give the epochs and numbers that a relay said it gave up."""
    for name in (relay.name for relay in world.relays.values()):
        for event in app.store.read(lambda connection, name=name: feed.recent_events(connection, name, 10**6)):  # type: ignore[misc]
            told = _GAVE_UP.match(event.text)
            if event.name.startswith("relay.") and told:
                yield told[1], int(told[2]), int(told[3])
