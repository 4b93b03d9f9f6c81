"""Cisco's wireless controllers of Airespace's line (AIRESPACE-SWITCHING-MIB, -WIRELESS-MIB): how they and radios are.

1.3.6.1.4.1.14179.1.1.5.1.0   agentCurrentCPUUtilization  6 (percent)
1.3.6.1.4.1.14179.1.1.5.2.0   agentTotalMemory            1015612 (kB)
1.3.6.1.4.1.14179.1.1.5.3.0   agentFreeMemory             420400
1.3.6.1.4.1.14179.2.2.2.1.12.20.22.157.36.236.128.0  bsnAPIfOperStatus              2 (up)
1.3.6.1.4.1.14179.2.2.2.1.34.20.22.157.36.236.128.0  bsnAPIfAdminStatus             1 (enabled)
1.3.6.1.4.1.14179.2.2.13.1.3.20.22.157.36.236.128.0  bsnAPIfLoadChannelUtilization  10 (percent)

Their networks and access points are in the module of wireless ones.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_TOTAL, busy, channel, filled, part, sized

_CPU, _TOTAL, _FREE = (f"1.3.6.1.4.1.14179.1.1.5.{number}.0" for number in (1, 2, 3))
_ACCESS_POINT = "1.3.6.1.4.1.14179.2.2.1.1.3"
_OPERATES, _ENABLED, _CHANNEL = (f"1.3.6.1.4.1.14179.2.2.{sub}" for sub in ("2.1.12", "2.1.34", "13.1.3"))


def suits(device: Device) -> bool:
    """Say if a device is such a controller."""
    return device.os == "ciscowlc"


MODULE = Module(
    name="airespace",
    walks=(_CPU, _TOTAL, _FREE, _ACCESS_POINT, _OPERATES, _ENABLED, _CHANNEL),
    suits=suits,
    readings=(
        busy(_CPU),
        filled(_FREE, whole=_TOTAL, left=True),
        sized(MEMORY_TOTAL, _TOTAL),
        part(_OPERATES, _ACCESS_POINT, "radio", 2, where=((_ENABLED, 1),), named="radio "),
        channel(_CHANNEL, _ACCESS_POINT, "radio "),
    ),
)
