"""HPE's iLO (CPQHLTH-MIB, CPQIDA-MIB, CPQSTDEQ-MIB): what a server is built of, as its management processor sees it.

1.3.6.1.4.1.232.1.2.2.1.1.6.0       cpqSeCpuStatus                   2 (ok)
1.3.6.1.4.1.232.3.2.2.1.1.6.0       cpqDaCntlrCondition
1.3.6.1.4.1.232.3.2.3.1.1.11.0.1    cpqDaLogDrvCondition
1.3.6.1.4.1.232.3.2.5.1.1.37.0.0    cpqDaPhyDrvCondition
1.3.6.1.4.1.232.3.2.5.1.1.57.0.0    cpqDaPhyDrvSmartStatus           2 (ok; 3 and 4: to be replaced)
1.3.6.1.4.1.232.3.2.5.1.1.64.0.0    cpqDaPhyDrvLocationString        "Port 1I Box 1 Bay 1"
1.3.6.1.4.1.232.3.2.5.1.1.70.0.0    cpqDaPhyDrvCurrentTemperature
1.3.6.1.4.1.232.6.1.3.0             cpqHeMibCondition
1.3.6.1.4.1.232.6.2.6.7.1.9.0.1     cpqHeFltTolFanCondition
1.3.6.1.4.1.232.6.2.6.8.1.4.0.1     cpqHeTemperatureCelsius          21
1.3.6.1.4.1.232.6.2.9.3.1.4.0.1     cpqHeFltTolPowerSupplyCondition
1.3.6.1.4.1.232.6.2.14.13.1.20.0    cpqHeResMem2ModuleCondition
1.3.6.1.4.1.232.6.2.15.3.0          cpqHePowerMeterCurrReading       84 (watts)
1.3.6.1.4.1.232.6.2.17.2.1.4.0.1    cpqHeSysBatteryCondition

A condition is 2 ok, 3 degraded, 4 failed; 1 is other: what is not there. No recording backs this module: the OIDs and
words are those that several public monitors use.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.hardware import drawn, failing
from driftvakt_collector.poll.snmp.modules.vital import part, warm

_CPQ = "1.3.6.1.4.1.232"
_CPU, _CONTROLLER, _LOGICAL = f"{_CPQ}.1.2.2.1.1.6", f"{_CPQ}.3.2.2.1.1.6", f"{_CPQ}.3.2.3.1.1.11"
_DISK, _WHERE = f"{_CPQ}.3.2.5.1.1", f"{_CPQ}.3.2.5.1.1.64"
_HEALTH, _METER = f"{_CPQ}.6.1.3.0", f"{_CPQ}.6.2.15.3.0"
_FAN, _PROBE, _SUPPLY = f"{_CPQ}.6.2.6.7.1.9", f"{_CPQ}.6.2.6.8.1.4", f"{_CPQ}.6.2.9.3.1.4"
_MEMORY, _BATTERY = f"{_CPQ}.6.2.14.13.1", f"{_CPQ}.6.2.17.2.1.4"
_OK, _OTHER = 2, frozenset({1})


def suits(device: Device) -> bool:
    """Say if a device is an iLO."""
    return device.os == "hpe-ilo"


def _condition(oid: str, names: str, kind: str) -> Reading:
    return part(oid, names, kind, _OK, unknown=_OTHER, named=f"{kind} ")


MODULE = Module(
    name="ilo",
    walks=(
        _HEALTH, _METER, _CPU, _CONTROLLER, _LOGICAL, f"{_DISK}.37", f"{_DISK}.57", _WHERE, f"{_DISK}.70", _FAN,
        _PROBE, _SUPPLY, f"{_MEMORY}.13", f"{_MEMORY}.20", _BATTERY,
    ),
    suits=suits,
    readings=(
        Reading("driftvakt_part_ok", (_HEALTH,), unknown=_OTHER, words=frozenset({_OK}),
                labels=(("kind", "system"), ("part", "system"))),
        drawn(_METER),
        _condition(_CPU, "", "processor"),
        _condition(_CONTROLLER, "", "controller"),
        _condition(_LOGICAL, "", "RAID"),
        _condition(f"{_DISK}.37", _WHERE, "disk"),
        failing(f"{_DISK}.57", _WHERE, 3, 4, unknown=_OTHER, named="disk "),
        warm(f"{_DISK}.70", _WHERE, named="disk ", proof=f"{_DISK}.70"),
        _condition(_FAN, "", "fan"),
        warm(_PROBE, named="sensor ", proof=_PROBE),
        _condition(_SUPPLY, "", "power supply"),
        _condition(f"{_MEMORY}.20", f"{_MEMORY}.13", "memory module"),
        _condition(_BATTERY, "", "battery"),
    ),
)  # fmt: skip
