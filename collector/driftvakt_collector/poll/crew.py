"""Those who ask others, put together: devices by each protocol, services, and who hears traps."""

from collections.abc import Awaitable, Callable, Iterable, Iterator

from driftvakt_collector.poll.checker import Checker
from driftvakt_collector.poll.poller import Poller
from driftvakt_collector.poll.snmp.asker import SnmpAsker
from driftvakt_collector.poll.snmp.fast import FastDriver
from driftvakt_collector.poll.ssh.asker import AT_ONCE, SshAsker
from driftvakt_collector.poll.teller import Tells
from driftvakt_collector.poll.trapping import Trapping
from driftvakt_collector.trust.vault import Vault

_LOOK_SECONDS = 1.0

Work = tuple[str, float, Callable[[], Awaitable[None]]]
"""What it does, for a sentence; the seconds between two; and the doing."""


class Crew:
    """Asks, for a collector or a relay. private: zones in which no person may be named.

    ours: says if a MAC is one of a thing that we know. trap_port: 0 to hear no traps.
    """

    def __init__(
        self, box: Vault, teller: Tells, private: Iterable[str], trap_listen: str, trap_port: int, *,
        now: Callable[[], float], wall: Callable[[], float], ours: Callable[[str], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        private = frozenset(private)
        self.driver = FastDriver()
        self.asker = SnmpAsker(self.driver, box, ours)
        by_snmp = Poller(self.asker, teller, private, now=now, wall=wall)
        by_ssh = Poller(SshAsker(box), teller, private, now=now, wall=wall, at_once=AT_ONCE)
        self.pollers = (by_snmp, by_ssh)
        self.checker = Checker(box, teller, now=now, wall=wall)
        self.trapping = Trapping(by_snmp, self.asker.credentials, self.asker.fitting, trap_listen, trap_port, now)

    def works(self) -> Iterator[Work]:
        """Give what must go on."""
        for one in (*self.pollers, self.checker):
            yield "ask devices", _LOOK_SECONDS, one.rounds.run
        yield "listen for traps", _LOOK_SECONDS, self.trapping.refresh

    async def close(self) -> None:
        """End what is under way."""
        self.trapping.close()
        await self.checker.rounds.close()
        for poller in self.pollers:
            await poller.close()
