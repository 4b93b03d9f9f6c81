"""HOST-RESOURCES-MIB (RFC 2790) and UCD-SNMP-MIB: memory, disks and load of what runs an operating system.

1.3.6.1.2.1.25.2.3.1.3.31  hrStorageDescr            "/"
1.3.6.1.2.1.25.2.3.1.4.31  hrStorageAllocationUnits  4096
1.3.6.1.2.1.25.3.3.1.2.196608  hrProcessorLoad       3
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Lookup, Module, Table, gauge, hidden

HOST = "1.3.6.1.2.1.25"
UCD = "1.3.6.1.4.1.2021"
_STORAGE = ("hrStorageIndex",)
_NOT_THESE = ("ups", "pdu", "sensor", "phone")
DEVICE_TYPES = {
    "1": "other", "2": "unknown", "3": "processor", "4": "network", "5": "printer", "6": "diskStorage", "10": "video",
    "11": "audio", "12": "coprocessor", "13": "keyboard", "14": "modem", "15": "parallelPort", "16": "pointing",
    "17": "serialPort", "18": "tape", "19": "clock", "20": "volatileMemory", "21": "nonVolatileMemory",
}  # fmt: skip
"""The last number of hrDeviceType."""


def suits(device: Device) -> bool:
    """Say if a device may tell of its system."""
    return device.class_ not in _NOT_THESE


MODULE = Module(
    name="host_resources",
    walks=(f"{HOST}.1", f"{HOST}.2", f"{HOST}.3.2.1.2", f"{HOST}.3.2.1.3", f"{HOST}.3.2.1.5", f"{HOST}.3.3.1.2"),
    suits=suits,
    scalars=(
        gauge(f"{HOST}.1.1", "hrSystemUptime", "Since the host was started, 0.01 second."),
        gauge(f"{HOST}.1.5", "hrSystemNumUsers", "Sessions of users."),
        gauge(f"{HOST}.1.6", "hrSystemProcesses", "Processes."),
        gauge(f"{HOST}.2.2", "hrMemorySize", "Main memory, kilobytes."),
    ),
    tables=(
        Table("hrStorageTable", f"{HOST}.2.3.1", _STORAGE, (
            hidden("2", "hrStorageType"), hidden("3", "hrStorageDescr"),
            gauge("4", "hrStorageAllocationUnits", "The size of a unit, bytes."),
            gauge("5", "hrStorageSize", "How large it is, units."),
            gauge("6", "hrStorageUsed", "How much is taken, units."),
            gauge("7", "hrStorageAllocationFailures", "Requests that could not be honoured."),
        )),
        Table("hrDeviceTable", f"{HOST}.3.2.1", ("hrDeviceIndex",), (
            hidden("2", "hrDeviceType"), hidden("3", "hrDeviceDescr"),
            gauge("5", "hrDeviceStatus", "1 unknown, 2 running, 3 warning, 4 testing, 5 down."),
        )),
        Table("hrProcessorTable", f"{HOST}.3.3.1", ("hrDeviceIndex",), (
            gauge("2", "hrProcessorLoad", "Percent of the last minute in which the processor was not idle."),
        )),
    ),
    lookups=(Lookup(_STORAGE, "hrStorageDescr"), Lookup(("hrDeviceIndex",), "hrDeviceDescr")),
)  # fmt: skip

UCD_SNMP = Module(
    name="ucd",
    walks=(f"{UCD}.4", f"{UCD}.10.1.2", f"{UCD}.10.1.5"),
    suits=suits,
    scalars=tuple(
        gauge(f"{UCD}.4.{number}", name, help_) for number, name, help_ in (
            ("3", "memTotalSwap", "Swap, kB."), ("4", "memAvailSwap", "Swap that is free, kB."),
            ("5", "memTotalReal", "Memory, kB."), ("6", "memAvailReal", "Memory that is free, kB."),
            ("11", "memTotalFree", "Memory and swap that is free, kB."), ("14", "memBuffer", "Buffers, kB."),
            ("15", "memCached", "Cache, kB."),
        )
    ),
    tables=(
        Table("laTable", f"{UCD}.10.1", ("laIndex",), (
            hidden("2", "laNames"), gauge("5", "laLoadInt", "The load average times 100."),
        )),
    ),
    lookups=(Lookup(("laIndex",), "laNames"),),
)  # fmt: skip
