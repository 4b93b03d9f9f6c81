"""Reads what a command writes, both its outputs, within bounds of bytes and time.

What waits for somebody to type a password is not waited for.
"""

import re
import threading
from collections.abc import Callable

import paramiko

from driftvakt_collector.poll.ssh.target import Trouble

MAX_COMPLAINT = 4096
"""Bytes of the error output that are kept."""
_MAX_COMPLAINTS = 256 << 10
_IDLE = 0.05
_TAIL = 200
_PROMPT = re.compile(
    r"(?:pass(?:word|phrase|code)|lösenord|verification code|\[sudo\]|yes/no)[^\n]{0,80}[:?\]]\s*$", re.I
)


class Reading:
    """Reads both outputs of a command to their end, or until something is wrong: then `trouble` says what."""

    def __init__(self, channel: paramiko.Channel, most: int, until: float, now: Callable[[], float]) -> None:
        self.out = bytearray()
        self.err = bytearray()
        self.status: int | None = None
        self.trouble: Trouble | None = None
        self._complaints = 0
        self._channel = channel
        self._most = most
        self._until = until
        self._now = now

    def read(self) -> None:
        channel, came = self._channel, threading.Event()
        channel.in_buffer.set_event(came)
        channel.in_stderr_buffer.set_event(came)
        while self.trouble is None:
            if self._now() >= self._until:
                self.trouble = Trouble.HUNG
            elif self._take():
                continue
            elif channel.closed or (channel.eof_received and channel.exit_status_ready()):
                break
            elif self._prompts():
                self.trouble = Trouble.PROMPT
            elif channel.eof_received:
                # Both buffers are at their end, and say so for ever: what is waited for is how it ended.
                channel.status_event.wait(_IDLE)
            else:
                # Short: reading the one buffer takes back the sign that the other has something.
                came.wait(_IDLE)
        # Closing may come between the last look and the last bytes.
        while self.trouble is None and self._take():
            continue
        status = channel.recv_exit_status() if self.trouble is None and channel.exit_status_ready() else -1
        # -1 where the machine does not say; a network device never does.
        self.status = status if status >= 0 else None

    def _take(self) -> bool:
        """Take what has come; return whether there was anything."""
        channel, found = self._channel, False
        if channel.recv_ready():
            self.out += channel.recv(65536)
            found = True
        if channel.recv_stderr_ready():
            # Read in full, so that the window stays open; only its beginning is kept.
            more = channel.recv_stderr(65536)
            self._complaints += len(more)
            self.err += more[: max(MAX_COMPLAINT - len(self.err), 0)]
            found = True
        if len(self.out) > self._most or self._complaints > _MAX_COMPLAINTS:
            self.trouble = Trouble.TOO_LARGE
        return found

    def _prompts(self) -> bool:
        return any(
            said and _PROMPT.search(bytes(said[-_TAIL:]).decode("utf-8", "replace")) for said in (self.out, self.err)
        )
