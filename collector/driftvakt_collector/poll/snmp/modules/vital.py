"""How the vital signs of a device are declared, whatever its maker calls them: one normal form for all modules."""

from driftvakt_collector.poll.snmp.mib import Reading, Wanted, Word

CPU = "driftvakt_device_cpu_ratio"
MEMORY_RATIO, MEMORY_USED, MEMORY_TOTAL = (
    f"driftvakt_device_memory_{what}" for what in ("used_ratio", "used_bytes", "total_bytes")
)
CELSIUS = "driftvakt_sensor_celsius"
PART = "driftvakt_part_ok"
BUSY_CHANNEL = "driftvakt_wireless_channel_busy_ratio"
NOT_KNOWN = frozenset({-1, -999, -9999, 255, 32767, 65535, 2147483647, 4294967295})
"""What makers answer for what they do not measure."""
_LARGE = 2.0**50
"""Bytes: no device has a memory of a pebibyte."""
Where = tuple[tuple[str, Wanted], ...]


def busy(*oids: str, names: str = "", named: str = "", where: Where = (), proof: str = "") -> Reading:
    """Return how busy processors are, of percents: of scalars one for all of them, of a column one a row."""
    labels, label = ((("cpu", "all"),), "") if oids[0].endswith(".0") else ((), "cpu")
    return Reading(CPU, oids, 0.01, label, names, NOT_KNOWN, labels=labels, low=0.0, high=1.0, where=where,
                   proof=proof, named=named)  # fmt: skip


def filled(
    oid: str, scale: float = 1.0, *, whole: str = "", rest: str = "", left: bool = False, name: str = "memory",
    names: str = "", named: str = "", where: Where = (), proof: str = "",
) -> Reading:  # fmt: skip
    """Return how full a memory is: of percents (with their scale), of a whole, or of what is left."""
    label = "" if oid.endswith(".0") else "name"
    labels = () if label else (("name", name),)
    return Reading(MEMORY_RATIO, (oid,), scale, label, names, _not_known(scale), whole, labels=labels, low=0.0,
                   high=1.0, where=where, rest=rest, left=left, proof=proof, named=named)  # fmt: skip


def sized(
    series: str, oid: str, scale: float = 1024.0, *, name: str = "memory", names: str = "", named: str = "",
    where: Where = (),
) -> Reading:  # fmt: skip
    """Return how large a memory is, or how much of it is taken. scale: of its unit, in bytes."""
    label = "" if oid.endswith(".0") else "name"
    labels = () if label else (("name", name),)
    return Reading(series, (oid,), scale, label, names, _not_known(1.0), labels=labels, low=1.0, high=_LARGE,
                   where=where, named=named)  # fmt: skip


def warm(
    oid: str, names: str = "", scale: float = 1.0, *, where: Where = (), named: str = "", proof: str = ""
) -> Reading:  # fmt: skip
    """Return temperatures. proof: the column itself where 0 says that there is no sensor."""
    return Reading(CELSIUS, (oid,), scale, "sensor", names, NOT_KNOWN, low=-60.0, high=250.0, where=where, proof=proof,
                   named=named)  # fmt: skip


def channel(oid: str, names: str, named: str = "") -> Reading:
    """Return how busy the channels of radios are, of percents."""
    return Reading(BUSY_CHANNEL, (oid,), 0.01, "radio", names, NOT_KNOWN, low=0.0, high=1.0, named=named)


def part(
    oid: str, names: str, kind: str, *good: Word, unknown: frozenset[Word] = frozenset(), where: Where = (),
    named: str = "", proof: str = "",
) -> Reading:  # fmt: skip
    """Return whether parts are well. good: the states in which they are; unknown: those that say nothing of them."""
    return Reading(PART, (oid,), 1.0, "part", names, unknown, words=frozenset(good), labels=(("kind", kind),),
                   where=where, proof=proof, named=named)  # fmt: skip


def _not_known(scale: float) -> frozenset[Word]:
    # 255 and 65535 are sizes like any other, and no percents.
    return NOT_KNOWN if scale != 1.0 else frozenset({-1, 2147483647, 4294967295})
