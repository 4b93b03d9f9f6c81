"""Who is behind which port: LLDP (IEEE 802.1AB), CDP, and the bridge's forwarding table (RFC 4188, RFC 4363).

1.0.8802.1.1.2.1.4.1.1.9.0.24.1         lldpRemSysName     "sw-a-huset"
1.3.6.1.4.1.9.9.23.1.2.1.1.6.10124.4    cdpCacheDeviceId   "switch"
1.3.6.1.2.1.17.7.1.2.2.1.2.10.0.27.169.11.167.82  dot1qTpFdbPort  24
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Table, hidden

LLDP = "1.0.8802.1.1.2.1"
CDP = "1.3.6.1.4.1.9.9.23.1.2.1.1"
BRIDGE = "1.3.6.1.2.1.17"


def suits(device: Device) -> bool:
    """Say if a device is one that others hang behind."""
    return device.class_ in (
        "switch", "router", "firewall", "access point", "wireless controller", "server", "hypervisor", "storage", "",
    )  # fmt: skip


MODULE = Module(
    name="neighbours",
    walks=(f"{LLDP}.3", f"{LLDP}.4.1.1", f"{LLDP}.4.2.1", CDP),
    suits=suits,
    scalars=(
        hidden(f"{LLDP}.3.1", "lldpLocChassisIdSubtype"), hidden(f"{LLDP}.3.2", "lldpLocChassisId"),
        hidden(f"{LLDP}.3.3", "lldpLocSysName"),
    ),
    tables=(
        Table("lldpLocPortTable", f"{LLDP}.3.7.1", ("lldpLocPortNum",), (
            hidden("2", "lldpLocPortIdSubtype"), hidden("3", "lldpLocPortId"), hidden("4", "lldpLocPortDesc"),
        )),
        Table("lldpRemTable", f"{LLDP}.4.1.1", ("lldpRemTimeMark", "lldpRemLocalPortNum", "lldpRemIndex"), (
            hidden("4", "lldpRemChassisIdSubtype"), hidden("5", "lldpRemChassisId"),
            hidden("6", "lldpRemPortIdSubtype"), hidden("7", "lldpRemPortId"), hidden("8", "lldpRemPortDesc"),
            hidden("9", "lldpRemSysName"), hidden("10", "lldpRemSysDesc"),
            hidden("12", "lldpRemSysCapEnabled"),
        )),
        Table("cdpCacheTable", CDP, ("cdpCacheIfIndex", "cdpCacheDeviceIndex"), (
            hidden("4", "cdpCacheAddress"), hidden("5", "cdpCacheVersion"), hidden("6", "cdpCacheDeviceId"),
            hidden("7", "cdpCacheDevicePort"), hidden("8", "cdpCachePlatform"),
        )),
    ),
)  # fmt: skip

FORWARDING = Module(
    name="bridge",
    walks=(f"{BRIDGE}.1.1", f"{BRIDGE}.1.4.1.2", f"{BRIDGE}.4.3.1.2", f"{BRIDGE}.7.1.2.2.1.2", f"{BRIDGE}.7.1.4.3.1.1"),
    suits=suits,
    scalars=(hidden(f"{BRIDGE}.1.1", "dot1dBaseBridgeAddress"),),
    tables=(
        Table("dot1dBasePortTable", f"{BRIDGE}.1.4.1", ("dot1dBasePort",), (hidden("2", "dot1dBasePortIfIndex"),)),
        Table("dot1dTpFdbTable", f"{BRIDGE}.4.3.1", ("dot1dTpFdbAddress",), (hidden("2", "dot1dTpFdbPort"),)),
        Table("dot1qTpFdbTable", f"{BRIDGE}.7.1.2.2.1", ("dot1qFdbId", "dot1qTpFdbAddress"), (
            hidden("2", "dot1qTpFdbPort"),
        )),
        Table("dot1qVlanStaticTable", f"{BRIDGE}.7.1.4.3.1", ("dot1qVlanIndex",), (
            hidden("1", "dot1qVlanStaticName"),
        )),
    ),
)  # fmt: skip
