"""What every kind of desk over HTTP can do."""

from typing import Protocol

from driftvakt_collector.desk.suppliers.outgoing import Outgoing


class Desk(Protocol):
    """A supplier's desk. Each raises DeliveryError, and nothing else."""

    async def send(self, told: Outgoing) -> str:
        """Do what is told there; return by what they know the case from now on.

        It may have been done before, by a try whose answer was lost: so it is looked for first.
        """
        ...

    async def check(self) -> str:
        """Find out if it takes our secrets, without changing anything; return what it says of itself."""
        ...
