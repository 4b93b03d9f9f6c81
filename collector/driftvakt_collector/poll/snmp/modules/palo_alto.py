"""Firewalls of Palo Alto Networks (PAN-COMMON-MIB): sessions, the pair, users by VPN.

1.3.6.1.4.1.25461.2.1.2.1.11.0    panSysHAState                    "disabled", "active", "passive", "suspended", …
1.3.6.1.4.1.25461.2.1.2.1.12.0    panSysHAPeerState                "unknown"
1.3.6.1.4.1.25461.2.1.2.3.2.0     panSessionMax                    199998
1.3.6.1.4.1.25461.2.1.2.3.3.0     panSessionActive                 241
1.3.6.1.4.1.25461.2.1.2.5.1.3.0   panGPGWUtilizationActiveTunnels  0

Processors and memory are in HOST-RESOURCES-MIB, temperatures and fans in ENTITY-SENSOR-MIB.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading

_PAN = "1.3.6.1.4.1.25461.2.1.2"
_STATE, _PEER, _MOST, _ACTIVE, _USERS = (f"{_PAN}.{sub}.0" for sub in ("1.11", "1.12", "3.2", "3.3", "5.1.3"))
_WELL = frozenset({b"active", b"passive", b"active-primary", b"active-secondary"})
_ALONE = frozenset({b"disabled", b"unknown", b""})
_NOT_KNOWN = frozenset({-1, 4294967295})


def suits(device: Device) -> bool:
    """Say if a device is a firewall of Palo Alto Networks."""
    return device.os == "panos"


def _in_step(oid: str, name: str) -> Reading:
    return Reading("driftvakt_device_high_availability_ok", (oid,), unknown=_ALONE, words=_WELL,
                   labels=(("name", name),))  # fmt: skip


MODULE = Module(
    name="palo_alto",
    walks=(_STATE, _PEER, _MOST, _ACTIVE, _USERS),
    suits=suits,
    readings=(
        _in_step(_STATE, "this one"),
        _in_step(_PEER, "its peer"),
        Reading("driftvakt_device_sessions", (_ACTIVE,), unknown=_NOT_KNOWN, low=0.0),
        Reading("driftvakt_device_sessions_ratio", (_ACTIVE,), unknown=_NOT_KNOWN, whole=_MOST, low=0.0, high=1.0),
        Reading("driftvakt_device_vpn_users", (_USERS,), unknown=_NOT_KNOWN, labels=(("name", "all"),), low=0.0),
    ),
)
