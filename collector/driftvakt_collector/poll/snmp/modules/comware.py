"""Comware of H3C and HPE (HH3C-ENTITY-EXT-MIB, HH3C-LswDEVM-MIB): processors, memory, temperatures, fans, power.

1.3.6.1.4.1.25506.2.6.1.1.1.1.6.65    hh3cEntityExtCpuUsage     8 (percent)
1.3.6.1.4.1.25506.2.6.1.1.1.1.8.65    hh3cEntityExtMemUsage     47 (percent, 0 where a part has no memory)
1.3.6.1.4.1.25506.2.6.1.1.1.1.12.69   hh3cEntityExtTemperature  38
1.3.6.1.4.1.25506.2.6.1.1.1.1.19.65   hh3cEntityExtErrorStatus  2 (normal)
1.3.6.1.4.1.25506.8.35.9.1.1.1.2.1    hh3cDevMFanStatus         1 (active)
1.3.6.1.4.1.25506.8.35.9.1.2.1.2.2    hh3cDevMPowerStatus       3 (not installed)

The temperature stands at each port too, which has no sensor: those that are called one have it. So does the state of
errors, which at a port says that no light comes in: boards and modules are told.
"""

import re

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.vital import busy, filled, part, warm

_NAMES = "1.3.6.1.2.1.47.1.1.1.1.7"
_ENTITY, _FANS, _SUPPLIES = (f"1.3.6.1.4.1.25506.{sub}" for sub in ("2.6.1.1.1.1", "8.35.9.1.1.1.2", "8.35.9.1.2.1.2"))
_CPU, _MEMORY, _TEMPERATURE, _ERROR = (f"{_ENTITY}.{sub}" for sub in (6, 8, 12, 19))
_BOARD = re.compile(r"(?i)board|slot|module")
_ACTIVE, _NOT_THERE = 1, frozenset({3, 4})
"""hh3cDevMFanStatus, and of it not installed and not supported; 2 is not active."""
_NORMAL, _SAYS_NOTHING = 2, frozenset({1, 4})
"""hh3cEntityExtErrorStatus, and of it not supported and absent."""


def suits(device: Device) -> bool:
    """Say if a device runs Comware."""
    return device.os == "comware"


MODULE = Module(
    name="comware",
    walks=(_CPU, _MEMORY, _TEMPERATURE, _ERROR, _FANS, _SUPPLIES),
    suits=suits,
    readings=(
        busy(_CPU, names=_NAMES, proof=_MEMORY),
        filled(_MEMORY, 0.01, names=_NAMES, proof=_MEMORY),
        warm(_TEMPERATURE, _NAMES, where=((_NAMES, re.compile("(?i)sensor")),)),
        part(_ERROR, _NAMES, "module", _NORMAL, unknown=_SAYS_NOTHING, where=((_NAMES, _BOARD),)),
        part(_FANS, "", "fan", _ACTIVE, unknown=_NOT_THERE, named="fan "),
        part(_SUPPLIES, "", "power supply", _ACTIVE, unknown=_NOT_THERE, named="power supply "),
    ),
)
