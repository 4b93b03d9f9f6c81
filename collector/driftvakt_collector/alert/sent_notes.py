"""Notes of what was taken by the other side, written before the store knows: so that a crash sends little twice.

A line is written by one call without a buffer; what a process has written survives it. A power cut may lose some, and
then a message is sent again, as without notes.
"""

import json
import os
from pathlib import Path

_MOST = 4 << 20
"""Octets after which the file begins anew, where nothing is on its way."""


class SentNotes:
    """path: of the file; it is made where it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def read(self) -> dict[str, tuple[str, str]]:
        """Return what was taken before a crash: by message, what the other side calls it and the receipt it has."""
        found: dict[str, tuple[str, str]] = {}
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                message, provider, receipt = json.loads(line)
            except (ValueError, TypeError):
                # The last line, cut off; or none of ours.
                continue
            found[str(message)] = (str(provider), str(receipt))
        return found

    def note(self, message: str, provider: str, receipt: str) -> None:
        """Write down that a message was taken. Raises OSError."""
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self._fd, json.dumps([message, provider, receipt]).encode() + b"\n")

    def forget(self, *, idle: bool) -> None:
        """Begin anew where the file is long and nothing is on its way: the store knows all of it."""
        if idle and self._fd >= 0 and os.fstat(self._fd).st_size > _MOST:
            os.ftruncate(self._fd, 0)

    def clear(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
