"""Asks the devices of a collector, each in its turn, and brings what they tell through the door."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from driftvakt_collector.poll import telling
from driftvakt_collector.poll.asking import Asker, AskError, Found
from driftvakt_collector.poll.rounds import Rounds
from driftvakt_collector.poll.schedule import Turn
from driftvakt_collector.poll.teller import Teller, Tells
from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest
from driftvakt_wire.privacy import Mask

AT_ONCE = 500
"""Visits under way: a device that is off takes a place for six seconds."""
_AGAIN = 5.0
"""Seconds after a trap until its device is asked: a port that flaps sends many."""
SAY_SECONDS = 60.0


class PollCounts:
    """What was done since the start, for /metrics. failures: by their reason."""

    __slots__ = ("failures", "variables", "visits")

    def __init__(self) -> None:
        self.visits = 0
        self.failures: dict[str, int] = {}
        self.variables = 0


_HURRY = 60.0
"""Seconds between two visits for a trap's sake: each is one with facts."""


@dataclass(slots=True)
class _Device:
    row: DeviceRow
    host: HostRow
    told: telling.Told = field(default_factory=telling.Told)
    silent: bool = False
    troubles: str = ""
    hurried: float = -_HURRY
    """When it was or will be asked for a trap's sake."""


class Poller:
    """Asks in one way. private: zones in which no person may be named."""

    def __init__(
        self, asker: Asker, teller: Tells, private: Iterable[str], *, now: Callable[[], float],
        wall: Callable[[], float], at_once: int = AT_ONCE,
    ) -> None:  # fmt: skip
        self.how = asker.how
        self.counts = PollCounts()
        self.rounds = Rounds(self._turn, at_once, now)
        self._asker = asker
        self._teller = teller
        self._private = frozenset(private)
        self._mask = Mask()
        self._now = now
        self._wall = wall
        self._devices: dict[str, _Device] = {}
        self._addresses: dict[str, list[str]] = {}

    def know(self, told: Iterable[tuple[DeviceRow, HostRow]], credentials: Iterable[CredentialRow]) -> None:
        """Take what is to be asked now; those that are asked in another way are passed over."""
        self._asker.know(credentials)
        fresh = {
            row.origin: (row, host) for row, host in told if row.how == self.how and self._teller.speaks_as(host.keeper)
        }
        for origin in self._devices.keys() - fresh.keys():
            del self._devices[origin]
            self.rounds.drop(origin)
            self._asker.forget(origin)
        self._addresses = {}
        for origin, (row, host) in fresh.items():
            self._addresses.setdefault(row.address, []).append(origin)
            known = self._devices.get(origin)
            if known is None:
                self._devices[origin] = _Device(row, host)
            else:
                if known.row != row:
                    self._asker.forget(origin)
                known.row, known.host = row, host
            self.rounds.set(origin, row.every)

    @property
    def devices(self) -> int:
        """How many devices are asked."""
        return len(self._devices)

    def knows(self, address: str) -> bool:
        """Say if a device of ours has this address."""
        return address in self._addresses

    async def happened(
        self, address: str, name: str, text: str, *, again: bool,
        may: Callable[[DeviceRow, HostRow], bool] = lambda _row, _host: True,
    ) -> None:  # fmt: skip
        """Tell an event of what stands at an address. again: ask it soon, for it is not as it was.

        may: says if a device may have told that.
        """
        for origin in self._addresses.get(address, ()):
            device = self._devices.get(origin)
            if device is not None and may(device.row, device.host):
                await self._event(device, name, text)
                now = self._now()
                if again and device.hurried <= now:
                    wait = max(_AGAIN, device.hurried + _HURRY - now)
                    device.hurried = now + wait
                    self.rounds.soon(origin, wait)

    async def close(self) -> None:
        """End the visits that are under way."""
        await self.rounds.close()
        await self._asker.close()

    async def _turn(self, origin: str, turn: Turn, with_facts: bool) -> bool:  # noqa: FBT001  as Rounds calls it
        device = self._devices.get(origin)
        if device is None:
            return True
        began, row = self._now(), device.row
        try:
            found = await self._asker.ask(
                row, device.host, facts=with_facts, again=bool(turn.failures), persons=row.zone not in self._private
            )
        except AskError as e:
            await self._fail(device, e, turn)
            return False
        await self._tell(device, found, self._now() - began, with_facts=with_facts)
        return True

    async def _tell(self, device: _Device, found: Found, seconds: float, *, with_facts: bool) -> None:
        row = device.row
        self.counts.visits += 1
        self.counts.variables += found.variables
        mask = self._mask if row.zone in self._private else None
        if with_facts:
            device.told.keep(found.sections, mask, found.parts)
        made = telling.records(
            row.origin, self._wall(), found.uptime, row.every, found.shape, [seconds, found.variables, *found.values],
            device.told, mask,
        )  # fmt: skip
        if device.silent:
            made.append(encode.event(self._wall(), "poll.answers", f"{row.address} answers again", row.origin))
        troubles = "; ".join(found.troubles)
        if mask is not None:
            troubles = mask.text(troubles)
        if troubles and troubles != device.troubles:
            made.append(encode.event(self._wall(), "poll.incomplete", troubles, row.origin))
        lacks = await self._teller.tell(device.host.keeper, row.origin, made)
        if lacks is not None:
            telling.taken(device.told)
            device.told.lacks(lacks)
            device.silent, device.troubles = False, troubles

    async def _fail(self, device: _Device, error: AskError, turn: Turn) -> None:
        """Tell once that a device does not tell; a datagram that was lost is no news."""
        self.counts.failures[error.kind] = self.counts.failures.get(error.kind, 0) + 1
        if not device.silent and turn.failures:
            device.silent = True
            await self._event(device, f"poll.{error.kind}", str(error))

    async def _event(self, device: _Device, name: str, text: str) -> None:
        origin = device.row.origin
        if device.row.zone in self._private:
            text = self._mask.text(text)
        await self._teller.tell(device.host.keeper, origin, [encode.event(self._wall(), name, text, origin)])


def figures(pollers: Sequence[Poller]) -> dict[str, float]:
    """Return how the work goes, by the names of its series."""
    rounds, counts = [one.rounds for one in pollers], [one.counts for one in pollers]
    return {
        "driftvakt_poller_devices": sum(map(len, rounds)),
        "driftvakt_poller_devices_failing": sum(one.failing for one in rounds),
        "driftvakt_poller_running": sum(one.running for one in rounds),
        "driftvakt_poller_lag_seconds": max(one.lag for one in rounds),
        "driftvakt_poller_visits_total": sum(one.visits for one in counts),
        "driftvakt_poller_variables_total": sum(one.variables for one in counts),
    }


async def say(pollers: Sequence[Poller], teller: Teller, wall: float, up: float) -> None:
    """Report how the work goes, for each zone's poller: it is a host like others, and falls silent when we do.

    wall: seconds since the epoch. up: seconds since the machine's start.
    """
    found = figures(pollers)
    part = encode.series_set([(name, ()) for name in found], {})
    mark = digest(part)
    for keeper in teller.pollers:
        report = encode.report(wall, up, SAY_SECONDS, mark, list(found.values()), {})
        await teller.tell(keeper, keeper, [encode.series(mark, part), report])
