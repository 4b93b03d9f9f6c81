"""What is different on a machine since it was installed anew: its inventory, held against that of the host before it.

Bodies come one after another, so a host is looked at until all that the other told has come, for a while.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection

from driftvakt_collector.store import history, inventory
from driftvakt_collector.store.history import Changed
from driftvakt_collector.store.section import CHANGED, Change, changes
from driftvakt_wire.sections import SECTIONS

SECTION = "installation"
"""What it is called in the history that another host stands on a machine; no host sends such a section."""
PATIENCE = 300.0
"""Seconds after which the sections that have not come are not waited for any more."""


@dataclass
class Succession:
    """A host that took the place of another. until: when it is let go of. held: sections that were compared."""

    before: str
    origin: str
    until: float
    held: set[str] = field(default_factory=set)


def begin(connection: Connection, one: Succession, at: float) -> None:
    """Write down that another host stands on the machine."""
    history.write(connection, [Changed(one.origin, SECTION, at, [Change(CHANGED, "", "host", one.before, one.origin)])])


def settle(connection: Connection, one: Succession, at: float) -> tuple[set[str], bool]:
    """Write down what came since and is different; return which sections were compared now, and whether that was all.

    They are held when the transaction is through, and not before.
    """
    had = inventory.sections_of(connection, one.before) & SECTIONS.keys()
    fresh = (had & inventory.sections_of(connection, one.origin)) - one.held
    history.write(connection, _different(connection, one, sorted(fresh), at))
    return fresh, had <= one.held | fresh


def _different(connection: Connection, one: Succession, names: Collection[str], at: float) -> list[Changed]:
    if not names:
        return []
    old, new = (inventory.of_host(connection, origin, names) for origin in (one.before, one.origin))
    return [
        Changed(one.origin, name, at, changes(name, old[name], new[name]))
        for name in names if name in old and name in new
    ]  # fmt: skip
