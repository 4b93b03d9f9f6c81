"""What was given up here, gathered so that the collector is told in few lines: who, which numbers, why."""

from typing import NamedTuple

MAX_KINDS = 500
MAX_TOLD = 100


class _Key(NamedTuple):
    name: str
    origin: str
    epoch: str
    reason: str


class _Range:
    __slots__ = ("count", "first", "last")

    def __init__(self, seq: int) -> None:
        self.first = self.last = seq
        self.count = 0


class Notice(NamedTuple):
    """An event to tell. subject: the origin, None where many are meant."""

    name: str
    text: str
    subject: str | None


class Refusals:
    """Lines that will not be handed on, until `take` gives them as events. A flood of them costs bounded memory."""

    def __init__(self) -> None:
        self._ranges: dict[_Key, _Range] = {}
        self._more: dict[str, int] = {}

    def add(self, name: str, origin: str, epoch: str, seq: int, reason: str) -> None:
        """Count a line. name: of the event, as `relay.refused`."""
        key = _Key(name, origin, epoch, reason)
        found = self._ranges.get(key)
        if found is None:
            if len(self._ranges) >= MAX_KINDS:
                self._more[name] = self._more.get(name, 0) + 1
                return
            found = self._ranges[key] = _Range(seq)
        found.first, found.last = min(found.first, seq), max(found.last, seq)
        found.count += 1

    def add_unknown(self, name: str, count: int) -> None:
        """Count lines of which nobody can say whose they were."""
        self._more[name] = self._more.get(name, 0) + count

    def take(self) -> list[Notice]:
        """Return the events, and begin anew with what is left over."""
        notices = []
        for key in list(self._ranges)[:MAX_TOLD]:
            found = self._ranges.pop(key)
            text = f"epoch {key.epoch}, {found.first} to {found.last}: {key.reason} ({found.count} lines)"
            notices.append(Notice(key.name, text, key.origin))
        for name, count in self._more.items():
            notices.append(Notice(name, f"{count} lines of which no more is told", None))
        self._more = {}
        return notices
