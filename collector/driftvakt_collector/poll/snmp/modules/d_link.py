"""D-Link's managed switches (DLINKSW-ENTITY-EXT-MIB): temperature, fans, power supplies, processor, memory.

1.3.6.1.4.1.171.14.5.1.1.1.1.4.1.1   dEntityExtEnvTempCurrent     30
1.3.6.1.4.1.171.14.5.1.1.1.1.7.1.1   dEntityExtEnvTempStatus      1 (ok; 2 is not normal)
1.3.6.1.4.1.171.14.5.1.1.2.1.4.1.7   dEntityExtEnvFanStatus       1 (ok; 2 is a fault)
1.3.6.1.4.1.171.14.5.1.1.3.1.6.1.2   dEntityExtEnvPowerStatus     3 (empty; 1 in operation, 2 failed)
1.3.6.1.4.1.171.14.5.1.4.1.3.1.1     dEntityExtMemUtilTotal       262144 (kB, of unit 1, of its main memory)
1.3.6.1.4.1.171.14.5.1.4.1.4.1.2     dEntityExtMemUtilUsed        28978 (of its flash, which is always full)
1.3.6.1.4.1.171.14.5.1.7.1.4.1.1     dEntityExtCpuUtilOneMinute   17 (percent)
"""

from collections.abc import Iterator

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import (
    MEMORY_RATIO,
    MEMORY_TOTAL,
    MEMORY_USED,
    busy,
    part,
    warm,
)

_ENTITY = "1.3.6.1.4.1.171.14.5.1"
_WARM, _FAN, _SUPPLY = f"{_ENTITY}.1.1.1", f"{_ENTITY}.1.2.1", f"{_ENTITY}.1.3.1"
_TOTAL, _USED = f"{_ENTITY}.4.1.3", f"{_ENTITY}.4.1.4"
_MINUTE, _FIVE_MINUTES = f"{_ENTITY}.7.1.4", f"{_ENTITY}.7.1.5"
_UNITS = range(1, 10)
_MAIN_MEMORY = 1
"""dEntityExtMemUtilType, the last number of a row."""


def suits(device: Device) -> bool:
    """Say if a device is a switch of D-Link."""
    return device.os == "dlink"


def _memories() -> Iterator[Reading]:
    for unit in _UNITS:
        used, total = (f"{column}.{unit}.{_MAIN_MEMORY}" for column in (_USED, _TOTAL))
        labels = (("name", f"unit {unit}"),)
        yield Reading(MEMORY_RATIO, (used,), whole=total, labels=labels, low=0.0, high=1.0)
        yield Reading(MEMORY_USED, (used,), 1024.0, labels=labels, low=1.0)
        yield Reading(MEMORY_TOTAL, (total,), 1024.0, labels=labels, low=1.0)


MODULE = Module(
    name="d_link",
    # The tables are small: whole, they are three questions.
    walks=(f"{_ENTITY}.1", f"{_ENTITY}.4.1", f"{_ENTITY}.7.1"),
    suits=suits,
    readings=(
        busy(_FIVE_MINUTES, _MINUTE),
        *_memories(),
        warm(f"{_WARM}.4", f"{_WARM}.3"),
        part(f"{_WARM}.7", f"{_WARM}.3", "temperature", 1),
        part(f"{_FAN}.4", f"{_FAN}.3", "fan", 1, named="fan "),
        part(f"{_SUPPLY}.6", f"{_SUPPLY}.3", "power supply", 1, unknown=frozenset({3}), named="power supply "),
    ),
)  # fmt: skip
