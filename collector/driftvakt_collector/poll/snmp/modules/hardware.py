"""How disks, what is made of them, fans and the power that all of it draws are declared: one normal form for all."""

from driftvakt_collector.poll.snmp.mib import Reading, Word
from driftvakt_collector.poll.snmp.modules.vital import NOT_KNOWN, Where

FAILING, LIFE, BAD_SECTORS = (f"driftvakt_device_disk_{what}" for what in ("failing", "life_ratio", "bad_sectors"))
POOL = "driftvakt_device_pool_used_ratio"
WATTS = "driftvakt_device_watts"
_MOST_WATTS, _MOST_SECTORS, _MOST_TURNS = 100_000.0, 2.0**48, 200_000.0
"""No device has more than these."""


def failing(oid: str, names: str, *bad: Word, unknown: frozenset[Word] = frozenset(), named: str = "") -> Reading:
    """Return whether disks say that they will fail. bad: the states in which they do."""
    return Reading(FAILING, (oid,), 1.0, "disk", names, unknown, words=frozenset(bad), named=named)


def life(oid: str, names: str, named: str = "") -> Reading:
    """Return what is left of the writes that disks withstand, of percents."""
    return Reading(LIFE, (oid,), 0.01, "disk", names, NOT_KNOWN, low=0.0, high=1.0, named=named)


def bad_sectors(oid: str, names: str, named: str = "") -> Reading:
    """Return how many sectors of disks are bad."""
    return Reading(BAD_SECTORS, (oid,), 1.0, "disk", names, frozenset({-1}), low=0.0, high=_MOST_SECTORS,
                   named=named)  # fmt: skip


def pool(oid: str, names: str, whole: str, where: Where = ()) -> Reading:
    """Return how full pools are, of which file systems are made. whole: the column of their size."""
    return Reading(POOL, (oid,), 1.0, "pool", names, frozenset({-1}), whole, low=0.0, high=1.0, where=where)


def drawn(oid: str, names: str = "", where: Where = ()) -> Reading:
    """Return the watts that a device draws: a scalar, or a column of where it is measured."""
    label, labels = ("", (("name", "system"),)) if oid.endswith(".0") else ("name", ())
    return Reading(WATTS, (oid,), 1.0, label, names, frozenset({-1}), labels=labels, low=0.0, high=_MOST_WATTS,
                   where=where)  # fmt: skip


def turning(oid: str, names: str, named: str = "fan ") -> Reading:
    """Return how fast fans turn."""
    return Reading("driftvakt_device_fan_rpm", (oid,), 1.0, "fan", names, NOT_KNOWN, low=0.0, high=_MOST_TURNS,
                   named=named)  # fmt: skip
