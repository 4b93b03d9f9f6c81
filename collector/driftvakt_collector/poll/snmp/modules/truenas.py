"""TrueNAS, and FreeNAS before it (TRUENAS-MIB, FREENAS-MIB): pools of ZFS and the temperature of disks.

    1.3.6.1.4.1.50536.1.1.1.1.2.1   zpoolDescr  "freenas-boot"      zpoolName in TRUENAS-MIB
    1.3.6.1.4.1.50536.1.1.1.1.3.1   zpoolAllocationUnits  4096      zpoolHealth  "ONLINE"
    1.3.6.1.4.1.50536.1.1.1.1.4.1   zpoolSize   12976128            operations that were read
    1.3.6.1.4.1.50536.1.1.1.1.5.1   zpoolUsed   262291              operations that were written
    1.3.6.1.4.1.50536.1.1.1.1.7.1   zpoolHealth 0 (online)          octets that were written
    1.3.6.1.4.1.50536.3.1.3.1       hddTempValue  31000 (0.001 degree)

The two have other columns under the same numbers: it is FREENAS-MIB where the third is a number. How full the file
systems of a pool are stands in HOST-RESOURCES-MIB.
"""

import re

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.hardware import pool
from driftvakt_collector.poll.snmp.modules.vital import part, warm

_POOL, _TEMPERATURE = "1.3.6.1.4.1.50536.1.1.1.1", "1.3.6.1.4.1.50536.3.1"
_NAMES = f"{_POOL}.2"
_OLDER = ((f"{_POOL}.3", re.compile(r"^\d+$")),)
_ONLINE = 0


def suits(device: Device) -> bool:
    """Say if a device runs TrueNAS or FreeNAS."""
    return device.os == "truenas"


MODULE = Module(
    name="truenas",
    walks=(_POOL, _TEMPERATURE),
    suits=suits,
    readings=(
        part(f"{_POOL}.7", _NAMES, "pool", _ONLINE, where=_OLDER),
        part(f"{_POOL}.3", _NAMES, "pool", b"ONLINE"),
        pool(f"{_POOL}.5", _NAMES, f"{_POOL}.4", where=_OLDER),
        warm(f"{_TEMPERATURE}.3", f"{_TEMPERATURE}.2", 0.001, named="disk ", proof=f"{_TEMPERATURE}.3"),
    ),
)
