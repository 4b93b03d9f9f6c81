"""A socket that has an end: it gives no more bytes than it may, and none when its time is over.

What reads SSH waits for as long as bytes come, and keeps what it has read of a line or a packet, however long they are.
So it is here that a machine which never stops, or one that sends a byte a second, is cut off.
"""

import errno
import logging
import socket
import time
from collections.abc import Callable

LOG = "driftvakt_collector.poll.ssh.paramiko"
# paramiko logs what machines send, with tracebacks. What matters of it is in our own errors.
logging.getLogger(LOG).setLevel(logging.CRITICAL + 1)


class WireError(OSError):
    """The machine used up what it may. late: its time, else its bytes."""

    def __init__(self, *, late: bool) -> None:
        # Of two parts: paramiko 5.1 takes each OSError apart into number and text.
        super().__init__(errno.ETIMEDOUT if late else errno.EMSGSIZE, "too late" if late else "too much")
        self.late = late


class Wire:
    """A connected socket as paramiko needs it. until: by `now`. allowance: bytes that may come in all."""

    def __init__(
        self, sock: socket.socket, until: float, allowance: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.until = until
        self.allowance = allowance
        self.taken = 0
        self.spent: WireError | None = None
        self._sock = sock
        self._now = now
        self._closed = False

    def recv(self, most: int) -> bytes:
        """Return what came. Raises WireError, TimeoutError or OSError."""
        self._check()
        got = self._sock.recv(min(most, 65536))
        self.taken += len(got)
        self._check()
        return got

    def send(self, data: bytes) -> int:
        """Send what fits. Raises WireError, TimeoutError or OSError."""
        self._check()
        return self._sock.send(data)

    def settimeout(self, seconds: float | None) -> None:
        """Set how long one call waits."""
        self._sock.settimeout(seconds)

    def close(self) -> None:
        """Hang up."""
        self._closed = True
        self._sock.close()

    def _check(self) -> None:
        if self._now() >= self.until:
            self.spent = self.spent or WireError(late=True)
        elif self.taken > self.allowance:
            self.spent = self.spent or WireError(late=False)
        if self.spent is not None:
            raise self.spent


def connected(address: str, port: int, seconds: float) -> socket.socket:
    """Return a socket that is connected. Raises OSError."""
    sock = socket.create_connection((address, port), timeout=seconds)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
