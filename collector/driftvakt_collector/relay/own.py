"""The relay's own lines: their numbers go on across restarts, and what a crash left open is told as a gap."""

import json
import os
import secrets
from pathlib import Path

from driftvakt_wire import encode
from driftvakt_wire.envelope import is_id, sign

_BLOCK = 256


class Own:
    """Signs what the relay itself tells.

    Its file holds the epoch, a ceiling below which any number may be used, and the first number of which nobody knows
    that its line is on disk.
    """

    def __init__(self, path: Path, origin: str, gen: int, key: bytes) -> None:
        self._path = path
        self._origin = origin
        self._gen = gen
        self._key = key
        self.epoch, self._seq, self._from = _load(path)
        self._ceiling = self._seq
        self.open = (self._from, self._seq) if self._from <= self._seq else None

    @property
    def stream(self) -> str:
        """Return the name of the relay's own stream."""
        return f"{self._origin} {self._gen} {self.epoch}"

    def gap(self, at: float) -> bytes | None:
        """Return the record of the numbers that the last process may have used, once; None where it ended in order."""
        if self.open is None:
            return None
        (first, last), self.open = self.open, None
        reason = "ended: the relay did not end in order"
        return encode.gap(at, self.epoch, first, last, last - first + 1, reason)

    def line(self, record: bytes) -> bytes:
        """Return the next line. Raises OSError when its number can't be written down first."""
        if self._seq >= self._ceiling:
            _save(self._path, self.epoch, self._seq + _BLOCK, self._from)
            self._ceiling = self._seq + _BLOCK
        self._seq += 1
        return sign(self._key, self._origin, self._gen, self.epoch, self._seq, record)

    def kept(self) -> None:
        """Every line that was signed until now is on disk, with the gap that one of them may tell of."""
        self._from = self._seq + 1

    def close(self) -> None:
        """Write down the exact number: this process uses no more."""
        _save(self._path, self.epoch, self._seq, self._from)
        self._ceiling = self._seq


def _load(path: Path) -> tuple[str, int, int]:
    """Return epoch, the last number that may have been used, and the first of which nobody knows what became of it."""
    try:
        told = json.loads(path.read_text("ascii"))
        epoch, ceiling, first = told["epoch"], told["ceiling"], told["from"]
        if is_id(epoch) and type(ceiling) is int and type(first) is int and 0 < first <= ceiling + 1:
            return epoch, ceiling, first
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return secrets.token_hex(16), 0, 1


def _save(path: Path, epoch: str, ceiling: int, first: int) -> None:
    other = path.with_suffix(".new")
    with other.open("w", encoding="ascii") as file:
        json.dump({"epoch": epoch, "ceiling": ceiling, "from": first}, file)
        file.flush()
        os.fsync(file.fileno())
    other.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
