"""What an administrator has net-snmp look after (UCD-SNMP-MIB), and what lm-sensors reads (LM-SENSORS-MIB).

1.3.6.1.4.1.2021.2.1.2.1       prNames        "sshd"
1.3.6.1.4.1.2021.2.1.100.1     prErrorFlag    0 (as many as there should be)
1.3.6.1.4.1.2021.8.1.2.1       extNames       "raid"
1.3.6.1.4.1.2021.8.1.100.1     extResult      0 (the program's exit status)
1.3.6.1.4.1.2021.9.1.2.1       dskPath        "/"
1.3.6.1.4.1.2021.9.1.100.1     dskErrorFlag   0 (more is free than there should be)
1.3.6.1.4.1.2021.13.16.2.1.3.1 lmTempSensorsValue  41000 (0.001 degree)
1.3.6.1.4.1.2021.13.16.3.1.3.1 lmFanSensorsValue   1205

Processes, programs and file systems are there only where snmpd.conf has a line for them: then somebody wants to know.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.hardware import turning
from driftvakt_collector.poll.snmp.modules.host_resources import UCD
from driftvakt_collector.poll.snmp.modules.vital import part, warm

_PROCESS, _PROGRAM, _FILE_SYSTEM = (f"{UCD}.{sub}.1" for sub in (2, 8, 9))
_TEMPERATURE, _FAN = f"{UCD}.13.16.2.1", f"{UCD}.13.16.3.1"
_FINE = 0


def suits(device: Device) -> bool:
    """Say if a device may have an agent of net-snmp that somebody has set up."""
    return device.class_ in ("server", "storage", "appliance") and device.vendor != "Microsoft"


MODULE = Module(
    name="net_snmp",
    walks=(
        *(f"{table}.{sub}" for table in (_PROCESS, _PROGRAM, _FILE_SYSTEM) for sub in (2, 100)),
        _TEMPERATURE, _FAN,
    ),
    suits=suits,
    readings=(
        part(f"{_PROCESS}.100", f"{_PROCESS}.2", "process", _FINE, named="process "),
        part(f"{_PROGRAM}.100", f"{_PROGRAM}.2", "script", _FINE, named="script "),
        part(f"{_FILE_SYSTEM}.100", f"{_FILE_SYSTEM}.2", "file system", _FINE, named="file system "),
        warm(f"{_TEMPERATURE}.3", f"{_TEMPERATURE}.2", 0.001, named="sensor ", proof=f"{_TEMPERATURE}.3"),
        turning(f"{_FAN}.3", f"{_FAN}.2"),
    ),
)  # fmt: skip
