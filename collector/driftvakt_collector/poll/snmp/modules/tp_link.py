"""TP-Link's JetStream switches (TPLINK-SYSMONITOR-MIB): processor and memory of each unit.

1.3.6.1.4.1.11863.6.4.1.1.1.1.4.1   tpSysMonitorCpu5Minutes        12 (percent)
1.3.6.1.4.1.11863.6.4.1.2.1.1.2.1   tpSysMonitorMemoryUtilization  58 (percent)
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.vital import busy, filled

_MONITOR = "1.3.6.1.4.1.11863.6.4.1"
_MINUTE, _FIVE_MINUTES, _MEMORY = f"{_MONITOR}.1.1.1.3", f"{_MONITOR}.1.1.1.4", f"{_MONITOR}.2.1.1.2"


def suits(device: Device) -> bool:
    """Say if a device is a JetStream switch."""
    return device.os == "jetstream"


MODULE = Module(
    name="tp_link",
    walks=(_MINUTE, _FIVE_MINUTES, _MEMORY),
    suits=suits,
    readings=(busy(_FIVE_MINUTES, _MINUTE), filled(_MEMORY, 0.01, named="unit ")),
)
