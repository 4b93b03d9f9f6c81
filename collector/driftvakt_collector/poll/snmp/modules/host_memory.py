"""Main memory in HOST-RESOURCES-MIB, of systems that count no caches into what is used: Windows, ESXi.

1.3.6.1.2.1.25.2.3.1.2.9  hrStorageType  1.3.6.1.2.1.25.2.1.2 (hrStorageRam)
1.3.6.1.2.1.25.2.3.1.3.9  hrStorageDescr "Real Memory"
1.3.6.1.2.1.25.2.3.1.5.9  hrStorageSize  201290968
1.3.6.1.2.1.25.2.3.1.6.9  hrStorageUsed  98305080

Others tell memory with caches there, which is always nearly full, and without in UCD-SNMP-MIB.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.host_resources import HOST
from driftvakt_collector.poll.snmp.modules.vital import filled

_STORAGE = f"{HOST}.2.3.1"
_RAM = "1.3.6.1.2.1.25.2.1.2"


def suits(device: Device) -> bool:
    """Say if a device runs such a system."""
    return device.os in ("windows", "vmware-esxi")


MODULE = Module(
    name="host_memory",
    # The module of hosts walks the same: it is asked for once.
    walks=(f"{HOST}.2",),
    suits=suits,
    readings=(filled(f"{_STORAGE}.6", whole=f"{_STORAGE}.5", names=f"{_STORAGE}.3", where=((f"{_STORAGE}.2", _RAM),)),),
)
