"""A flag that one thread sets and another waits for. The threading module costs 0.25 MB of the agent's memory."""

import _thread


class Flag:
    """Not set at first; once set it stays so."""

    __slots__ = ("_lock", "_set")

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        self._set = False

    def set(self) -> None:
        """Set it; whoever waits goes on."""
        if not self._set:
            self._set = True
            self._lock.release()

    def is_set(self) -> bool:
        """Say if it is set."""
        return self._set

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, at most `seconds`; return whether it is."""
        if not self._lock.acquire(timeout=-1 if seconds is None else min(seconds, _thread.TIMEOUT_MAX)):
            return False
        self._lock.release()
        return True
