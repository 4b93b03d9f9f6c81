"""What the agent may cost, and what it leaves undone when it costs more.

Level 0 does everything. Each level above leaves out the probes with the next lower `shed` number of the table, the
highest first, and probes with number 0 always stay. Going up takes two dear cycles, coming down ten cheap ones, so that
one slow minute changes nothing.
"""

from collections.abc import Iterable

from driftvakt_agent.probes import Probe

_DEAR_CYCLES = 2
_CHEAP_CYCLES = 10
_CHEAP = 0.5


class Budget:
    """cpu: share of one core. memory: bytes. levels: the different shed numbers in use, highest first."""

    __slots__ = ("_cheap", "_cpu", "_dear", "_levels", "_memory", "level")

    def __init__(self, cpu: float, memory: int, probes: Iterable[Probe]) -> None:
        self._cpu = cpu
        self._memory = memory
        self._levels = sorted({probe.shed for probe in probes if probe.shed}, reverse=True)
        self._dear = self._cheap = 0
        self.level = 0

    def spent(self, cpu: float, memory: int) -> None:
        """Take what the last cycle cost (share of a core, bytes held) and settle the level of the next."""
        if cpu > self._cpu or memory > self._memory:
            self._dear, self._cheap = self._dear + 1, 0
            if self._dear >= _DEAR_CYCLES and self.level < len(self._levels):
                self.level, self._dear = self.level + 1, 0
        elif cpu < self._cpu * _CHEAP and memory < self._memory:
            self._cheap, self._dear = self._cheap + 1, 0
            if self._cheap >= _CHEAP_CYCLES and self.level:
                self.level, self._cheap = self.level - 1, 0
        else:
            self._dear = self._cheap = 0

    def sheds(self, probe: Probe) -> bool:
        """Say if this probe is left out now."""
        return probe.shed > 0 and probe.shed in self._levels[: self.level]
