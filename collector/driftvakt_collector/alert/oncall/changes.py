"""What differs from a rota for a time: somebody steps in, two change places, somebody is away."""

from dataclasses import dataclass
from enum import Enum


class ChangeKind(Enum):
    """OVERRIDE: person is on duty, in the place of `instead` or, without that, first of all. SWAP: person and

    `instead` have each other's duty. ABSENCE: person is away, in all rotas.
    """

    OVERRIDE = "override"
    SWAP = "swap"
    ABSENCE = "absence"


@dataclass(frozen=True)
class DutyChange:
    """It holds from `begin` until before `end`, seconds since the epoch. Of two, the one with the higher id is newer.

    rota: empty for an absence.
    """

    id: int
    kind: ChangeKind
    person: str
    begin: float
    end: float
    rota: str = ""
    instead: str = ""
    note: str = ""

    def holds(self, at: float) -> bool:
        """Say whether a moment is within."""
        return self.begin <= at < self.end

    def concerns(self, rota: str) -> bool:
        """Say whether a rota may be another for it."""
        return self.kind is ChangeKind.ABSENCE or self.rota == rota
