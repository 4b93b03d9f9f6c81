"""The ledger of a simulated world: what was made, who was told that it is safe, and what was applied."""

import hashlib
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import msgspec
from world_time import put

from driftvakt_collector.ingest.body import BodyError, expand
from driftvakt_collector.journal.line import LineError, decode_envelope

Key = tuple[str, str, int]
"""origin, epoch, number."""


def mark(line: bytes) -> bytes:
    """Return what a line is known again by."""
    return hashlib.blake2b(line, digest_size=12).digest()


def key_of(line: bytes) -> Key | None:
    """Return whose line it is, as it says."""
    try:
        envelope = decode_envelope(line)
    except LineError:
        return None
    return envelope.origin, envelope.epoch, envelope.seq


class Book:
    """made: lines by their key, as marks: two where one number was used twice. told: marks that somebody was told are

    on disk, by whom. applied: how often a line was taken as new since the collector's last start.
    destroyed: epochs of which a person, or a fault that nobody can tell of, took lines away; with the reason.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._hash = hashlib.blake2b(digest_size=16)
        self.events = 0
        self.made: dict[Key, list[bytes]] = {}
        self.told: dict[bytes, tuple[str, Key]] = {}
        self.applied: dict[Key, int] = {}
        self.twice: list[Key] = []
        self.destroyed: dict[tuple[str, str], str] = {}
        self.wrong: list[str] = []
        self.faults: dict[str, int] = {}
        self.figures: dict[str, float] = {}
        self.trail: list[str] | None = None

    def note(self, *what: object) -> None:
        """Put something that happened into the log, of which only the digest is kept."""
        text = f"{self._now():.6f} {what!r}"
        self.events += 1
        self._hash.update(text.encode())
        if self.trail is not None:
            self.trail.append(text)

    def digest(self) -> str:
        """Return what this run is known again by."""
        return self._hash.hexdigest()

    def count(self, name: str, more: float = 1) -> None:
        self.figures[name] = self.figures.get(name, 0) + more

    def fault(self, name: str, *about: object) -> None:
        """A fault was brought in."""
        self.faults[name] = self.faults.get(name, 0) + 1
        self.note("fault", name, *about)

    def fail(self, text: str) -> None:
        """Something is not as it must be."""
        self.wrong.append(f"at {self._now():.1f} s: {text}")
        self.note("wrong", text)

    def make(self, origin: str, epoch: str, seq: int, line: bytes) -> None:
        """An agent or a relay signed a line."""
        marks = self.made.setdefault((origin, epoch, seq), [])
        one = mark(line)
        if one not in marks:
            marks.append(one)

    def listen(self, module: ModuleType) -> None:
        """Have every line noted that a program signs."""
        real = getattr(module.sign, "real", module.sign)

        def sign(key: bytes, origin: str, gen: int, epoch: str, seq: int, record: bytes) -> bytes:
            line: bytes = real(key, origin, gen, epoch, seq, record)
            self.make(origin, epoch, seq, line)
            return line

        sign.real = real  # type: ignore[attr-defined]
        put(module, "sign", sign)

    def answered(self, who: str, status: int, answer: bytes, body: bytes, encoding: bytes) -> list[tuple[bytes, Key]]:
        """Somebody answered a body. Return the lines that it said are on disk."""
        if status not in (200, 207):
            return []
        told: Any = msgspec.json.decode(answer)
        refused = {one[0] for one in told.get("lines", ()) if one[1] == "rejected"}
        safe: list[tuple[bytes, Key]] = []
        for place, line in enumerate(lines_of(body, encoding)):
            if place in refused:
                continue
            key = key_of(line)
            if key is not None:
                self.told[mark(line)] = (who, key)
                safe.append((line, key))
        return safe

    def applying(self, key: Key) -> None:
        """The collector takes a line as new."""
        self.applied[key] = self.applied.get(key, 0) + 1
        if self.applied[key] > 1:
            self.twice.append(key)


def lines_of(body: bytes, encoding: bytes) -> Iterable[bytes]:
    """Return the lines of a body, none where it is none."""
    try:
        return [line for line in expand(body, encoding).split(b"\n") if line]
    except BodyError:
        return []
