"""Traps in: whose they are, how many are taken, and what becomes of them."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from driftvakt_collector.poll.poller import Poller
from driftvakt_collector.poll.snmp import trap
from driftvakt_collector.poll.snmp.driver import Credential, Value
from driftvakt_collector.poll.snmp.receiver import TrapReceiver
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.store.devices import DeviceRow

log = logging.getLogger(__name__)

_PER_SECOND, _BURST = 1.0, 60
_ALL_PER_SECOND, _ALL_BURST = 100.0, 2000
"""Traps from one address, and from everywhere: a switch that starts sends one for each of its ports."""
_SAY_SECONDS = 300.0


def same_as(credential: Credential, row: DeviceRow, fitting: Sequence[Credential]) -> bool:
    """Say if a device may send traps with a credential: only with one that it may be asked with itself.

    Two credentials with the same community, or the same user, are told apart by nobody.
    """
    return any(
        (one.user, one.community) == (credential.user, credential.community) and row.credential in ("", one.name)
        for one in fitting
    )


class Trapping:
    """Listens for traps, and brings them as events of the devices that they are from. port: 0 for none.

    fitting: the credentials of a zone and site.
    """

    def __init__(
        self,
        poller: Poller,
        credentials: Callable[[], list[Credential]],
        fitting: Callable[[str, str], Sequence[Credential]],
        listen: str,
        port: int,
        now: Callable[[], float],
    ) -> None:
        self.taken = self.strangers = self.limited = 0
        self.port = 0
        self._poller = poller
        self._wanted_by = credentials
        self._fitting = fitting
        self._listen = listen
        self._wanted = port
        self._now = now
        self._rates = Keys(Rate(_PER_SECOND, _BURST))
        self._all = Keys(Rate(_ALL_PER_SECOND, _ALL_BURST))
        self._receiver: TrapReceiver | None = None
        self._credentials: list[Credential] = []
        self._said = -_SAY_SECONDS
        self._tasks: set[asyncio.Task[None]] = set()

    async def refresh(self) -> None:
        """Listen with the credentials that there are now. Raises OSError where the port can't be had."""
        credentials = self._wanted_by()
        if not self._wanted or (self._receiver is not None and credentials == self._credentials):
            return
        if self._receiver is not None:
            self._receiver.stop()
            # The socket is closed in the loop's next turn, and not before.
            await asyncio.sleep(0)
        self._receiver = TrapReceiver(credentials, self._came, self._may, self._now)
        self.port = self._receiver.start(self._listen, self.port or max(self._wanted, 0))
        self._credentials = credentials

    def close(self) -> None:
        """Listen no more."""
        if self._receiver is not None:
            self._receiver.stop()

    def _may(self, address: str) -> bool:
        now = self._now()
        if not self._poller.knows(address):
            # Before it is decoded, and before it counts: strangers must not use up what our own devices may send.
            self.strangers += 1
            if now - self._said >= _SAY_SECONDS:
                self._said = now
                log.warning(
                    "a trap came from %s, which is no device of ours: driftvakt device add %s", address, address
                )
            return False
        if self._rates.take(address, now, 1) > 0 or self._all.take("", now, 1) > 0:
            self.limited += 1
            return False
        return True

    def _came(self, address: str, credential: Credential, binds: Sequence[tuple[str, Value]]) -> None:
        told = trap.read(binds)
        if told is None:
            return
        self.taken += 1
        task = asyncio.create_task(self._poller.happened(
            address, f"snmp.{told.name}", trap.sentence(told), again=told.name in trap.AGAIN,
            may=lambda row, host: same_as(credential, row, self._fitting(row.zone, host.site)),
        ))  # fmt: skip
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
