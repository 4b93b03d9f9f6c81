"""Ubiquiti's access points (FROGFOOT-RESOURCES-MIB, UBNT-UniFi-MIB): memory and channels.

1.3.6.1.4.1.10002.1.1.1.1.1.0   memTotal  124372 (kB)
1.3.6.1.4.1.10002.1.1.1.1.2.0   memFree   31048
1.3.6.1.4.1.41112.1.6.1.1.1.3.1   unifiRadioRadio    "ng" (2.4 GHz; "na" is 5 GHz)
1.3.6.1.4.1.41112.1.6.1.1.1.6.1   unifiRadioCuTotal  0 (percent)

Processors are in HOST-RESOURCES-MIB.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_TOTAL, channel, filled, sized

_TOTAL, _FREE = (f"1.3.6.1.4.1.10002.1.1.1.1.{number}.0" for number in (1, 2))
_RADIO, _CHANNEL = "1.3.6.1.4.1.41112.1.6.1.1.1.3", "1.3.6.1.4.1.41112.1.6.1.1.1.6"


def suits(device: Device) -> bool:
    """Say if a device is an access point of Ubiquiti."""
    return device.os == "unifi"


MODULE = Module(
    name="ubiquiti",
    walks=(_TOTAL, _FREE, _RADIO, _CHANNEL),
    suits=suits,
    readings=(
        filled(_FREE, whole=_TOTAL, left=True),
        sized(MEMORY_TOTAL, _TOTAL),
        channel(_CHANNEL, _RADIO),
    ),
)
