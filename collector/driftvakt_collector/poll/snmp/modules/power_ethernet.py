"""Power over Ethernet (POWER-ETHERNET-MIB, RFC 3621): how much of what a switch can feed is taken, and if it feeds.

1.3.6.1.2.1.105.1.3.1.1.2.1   pethMainPsePower             370 (watts that it can feed)
1.3.6.1.2.1.105.1.3.1.1.3.1   pethMainPseOperStatus        1 (on; 2 off, 3 faulty)
1.3.6.1.2.1.105.1.3.1.1.4.1   pethMainPseConsumptionPower  122

A switch that feeds nobody tells 0 watts.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import part

_SUPPLY = "1.3.6.1.2.1.105.1.3.1.1"
_POWER, _STATE, _TAKEN = (f"{_SUPPLY}.{sub}" for sub in (2, 3, 4))
_ON, _OFF = 1, 2


def suits(device: Device) -> bool:
    """Say if a device may feed others."""
    return device.class_ in ("switch", "router")


MODULE = Module(
    name="power_ethernet",
    walks=(_SUPPLY,),
    suits=suits,
    readings=(
        Reading("driftvakt_device_poe_used_ratio", (_TAKEN,), label="unit", whole=_POWER, low=0.0, high=1.0,
                proof=_POWER),
        part(_STATE, "", "power over Ethernet", _ON, unknown=frozenset({_OFF}), proof=_POWER,
             named="unit "),
    ),
)  # fmt: skip
