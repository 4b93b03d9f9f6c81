"""The declared table of series: name, type, unit, labels, help. One module a subject, joined here.

A running agent does not import this (it would carry every help text in memory): the collector and `once` do.
"""

from driftvakt_wire.names import device, hardware, job, kernel, network, own, relay, storage, system
from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, UNTYPED, Family

__all__ = ["COUNTER", "FAMILIES", "GAUGE", "INFO", "PREFIXES", "UNTYPED", "Family", "family"]

_TABLES = (kernel, storage, network, hardware, system, own, relay, device, job)

FAMILIES: dict[str, Family] = {one.name: one for table in _TABLES for one in table.FAMILIES}
"""Every declared family by its name."""

PREFIXES: tuple[Family, ...] = tuple(one for table in _TABLES for one in table.PREFIXES)
"""Families whose last part is the kernel's own field name: `name` is how they begin, `help` has `%s` for the field."""


def family(name: str) -> Family | None:
    """Return the declaration of a series name, made from a prefix where the kernel may add fields; else None."""
    found = FAMILIES.get(name)
    if found is not None:
        return found
    for prefix in PREFIXES:
        if name.startswith(prefix.name):
            field = name.removeprefix(prefix.name)
            return Family(name, prefix.type, prefix.unit, prefix.labels, prefix.help % field)
    return None
