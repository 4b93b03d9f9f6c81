"""What asks a thing in one way, as by SNMP or by SSH, and what comes of it. A new way is one that keeps to `Asker`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.section import Body

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels of a series."""


class Shape(Protocol):
    """Which series a thing has, shared between visits: see telling, which encodes it once and keeps its digest there.

    families: type and help of names that are not declared. packed: the encoded set, compressed. left: which of the
    values are told, None for all.
    """

    keys: list[Key]
    families: dict[str, tuple[str, str]]
    digest: str
    packed: bytes
    left: tuple[int, ...] | None


class AskError(Exception):
    """A thing did not tell. kind: a word for it, as `silent`. The text is for an operator, and has no secrets."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Found:
    """What a thing told. uptime: seconds. values: of the shape's series. variables: how much was fetched for it.

    sections, parts: of a visit with facts. troubles: sentences about what it did not tell, though it told the rest.
    """

    uptime: float
    shape: Shape
    values: Sequence[float | int | None]
    variables: int
    sections: Mapping[str, Body] = field(default_factory=dict)
    parts: Mapping[str, bytes] = field(default_factory=dict)
    troubles: Sequence[str] = ()


class Asker(Protocol):
    """Asks. What it remembers of a thing between two visits it keeps itself, by origin."""

    how: str
    """As in DeviceRow.how."""

    def know(self, credentials: Iterable[CredentialRow]) -> None:
        """Take with what things let us in now."""

    def forget(self, origin: str) -> None:
        """Remember nothing of a thing any more."""

    async def ask(self, row: DeviceRow, host: HostRow, *, facts: bool, again: bool, persons: bool) -> Found:
        """Visit a thing. again: it did not tell the last time. persons: whether one may be named. Raises AskError."""

    async def close(self) -> None:
        """Let go of what is held."""
