"""FortiGate firewalls (FORTINET-FORTIGATE-MIB): processor, memory, sessions, tunnels, the cluster, sensors in alarm.

1.3.6.1.4.1.12356.101.4.1.3.0         fgSysCpuUsage           6 (percent)
1.3.6.1.4.1.12356.101.4.1.4.0         fgSysMemUsage           22 (percent)
1.3.6.1.4.1.12356.101.4.1.5.0         fgSysMemCapacity        3113068 (kB)
1.3.6.1.4.1.12356.101.4.1.8.0         fgSysSesCount           1380
1.3.6.1.4.1.12356.101.4.3.2.1.4.1     fgHwSensorEntAlarmStatus  0 (false)
1.3.6.1.4.1.12356.101.12.1.1.0        fgVpnTunnelUpCount      2
1.3.6.1.4.1.12356.101.12.2.2.1.20.1   fgVpnTunEntStatus       2 (up)
1.3.6.1.4.1.12356.101.12.2.3.1.2.1    fgVpnSslStatsLoginUsers 0
1.3.6.1.4.1.12356.101.13.1.1.0        fgHaSystemMode          3 (active and passive)
1.3.6.1.4.1.12356.101.13.2.1.1.12.1   fgHaStatsSyncStatus     1 (synchronized)

A firewall that stands alone has a row in the table of its cluster too: only fgHaSystemMode says that it is none.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_TOTAL, busy, filled, part, sized

_FORTIGATE = "1.3.6.1.4.1.12356.101"
_SYSTEM, _SENSOR, _CLUSTER = f"{_FORTIGATE}.4.1", f"{_FORTIGATE}.4.3.2.1", f"{_FORTIGATE}.13"
_TUNNEL, _BY_WEB = f"{_FORTIGATE}.12.2.2.1", f"{_FORTIGATE}.12.2.3.1"
_CPU, _MEMORY, _CAPACITY, _SESSIONS = (f"{_SYSTEM}.{number}.0" for number in (3, 4, 5, 8))
_MODE, _TUNNELS = f"{_CLUSTER}.1.1.0", f"{_FORTIGATE}.12.1.1.0"
_IN_CLUSTER = frozenset({2, 3})
"""fgHaSystemMode: both active, or one of them."""


def suits(device: Device) -> bool:
    """Say if a device is a FortiGate."""
    return device.os == "fortigate"


MODULE = Module(
    name="fortinet",
    walks=(_CPU, _MEMORY, _CAPACITY, _SESSIONS, _TUNNELS, _MODE, f"{_SENSOR}.2", f"{_SENSOR}.4", f"{_TUNNEL}.2",
           f"{_TUNNEL}.20", f"{_BY_WEB}.2", f"{_CLUSTER}.2.1.1.11", f"{_CLUSTER}.2.1.1.12"),
    suits=suits,
    readings=(
        busy(_CPU),
        filled(_MEMORY, 0.01),
        sized(MEMORY_TOTAL, _CAPACITY),
        Reading("driftvakt_device_sessions", (_SESSIONS,), low=0.0),
        Reading("driftvakt_device_tunnels", (_TUNNELS,), low=0.0),
        Reading("driftvakt_device_tunnel_up", (f"{_TUNNEL}.20",), label="tunnel", label_oid=f"{_TUNNEL}.2",
                words=frozenset({2})),
        Reading("driftvakt_device_vpn_users", (f"{_BY_WEB}.2",), label="name", named="virtual domain ", low=0.0),
        Reading("driftvakt_device_high_availability_ok", (f"{_CLUSTER}.2.1.1.12",), label="name",
                label_oid=f"{_CLUSTER}.2.1.1.11", words=frozenset({1}), where=((_MODE, _IN_CLUSTER),)),
        part(f"{_SENSOR}.4", f"{_SENSOR}.2", "sensor", 0),
    ),
)  # fmt: skip
