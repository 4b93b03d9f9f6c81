"""VMware ESXi (VMWARE-VMINFO-MIB): the virtual machines that it is home to.

1.3.6.1.4.1.6876.2.1.1.2.7092   vmwVmDisplayName
1.3.6.1.4.1.6876.2.1.1.5.7092   vmwVmMemSize       4096 (MB)
1.3.6.1.4.1.6876.2.1.1.6.7092   vmwVmState         "powered on"
1.3.6.1.4.1.6876.2.1.1.9.7092   vmwVmCpus          2
1.3.6.1.4.1.6876.2.1.1.10.7092  vmwVmUUID          "420b8b04-70bb-c0c8-0493-2707cfbf399e"

What the host itself has is in HOST-RESOURCES-MIB. What runs in a machine (vmwVmGuestOS) it tells in words of its own,
or as an error where its tools are not there.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading, Table, hidden

_MACHINE = "1.3.6.1.4.1.6876.2.1.1"
_NAMES = f"{_MACHINE}.2"
_RUNNING = frozenset({b"powered on", b"poweredOn"})
_MEGABYTE = 1024.0 * 1024.0
_TOO_LARGE = 2147483647
"""vmwVmMemSize of what has more than this says."""


def suits(device: Device) -> bool:
    """Say if a device runs ESXi."""
    return device.os == "vmware-esxi"


def _guest(name: str, sub: int, high: float, scale: float = 1.0) -> Reading:
    return Reading(f"driftvakt_guest_{name}", (f"{_MACHINE}.{sub}",), scale, "guest", _NAMES,
                   frozenset({_TOO_LARGE, -1}), low=1.0, high=high, named="guest ")  # fmt: skip


MODULE = Module(
    name="vmware",
    walks=(_NAMES, *(f"{_MACHINE}.{sub}" for sub in (5, 6, 9))),
    suits=suits,
    readings=(
        Reading("driftvakt_guest_running", (f"{_MACHINE}.6",), 1.0, "guest", _NAMES, frozenset({b"", b"unknown"}),
                words=_RUNNING, named="guest "),
        _guest("memory_bytes", 5, 2.0**50, _MEGABYTE),
        _guest("cpus", 9, 10_000.0),
    ),
)  # fmt: skip

GUESTS = Module(
    name="vmware_guests",
    walks=(_NAMES, *(f"{_MACHINE}.{sub}" for sub in (5, 9, 10))),
    suits=suits,
    tables=(
        Table("vmwVmTable", _MACHINE, ("vmwVmIdx",), (
            hidden("2", "vmwVmDisplayName"), hidden("5", "vmwVmMemSize"), hidden("9", "vmwVmCpus"),
            hidden("10", "vmwVmUUID"),
        )),
    ),
)  # fmt: skip
