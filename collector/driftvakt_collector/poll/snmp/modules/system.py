"""SNMPv2-MIB (RFC 3418): who an agent is, and since when it runs.

1.3.6.1.2.1.1.1.0  sysDescr     "RICOH Aficio MP C3002 2.20 / RICOH Network Printer C model"
1.3.6.1.2.1.1.2.0  sysObjectID  1.3.6.1.4.1.367.1.1
1.3.6.1.2.1.1.3.0  sysUpTime    90117500 (hundredths of a second)
"""

from driftvakt_collector.poll.snmp.mib import Module, always, gauge, hidden

SYSTEM = "1.3.6.1.2.1.1"
DESCR, OBJECT_ID, UPTIME, CONTACT, NAME, LOCATION = (f"{SYSTEM}.{number}.0" for number in (1, 2, 3, 4, 5, 6))

MODULE = Module(
    name="system",
    walks=(SYSTEM,),
    suits=always,
    scalars=(
        hidden(f"{SYSTEM}.1", "sysDescr"),
        hidden(f"{SYSTEM}.2", "sysObjectID"),
        gauge(f"{SYSTEM}.3", "sysUpTime", "The time since the agent was started, in hundredths of a second."),
        hidden(f"{SYSTEM}.4", "sysContact"),
        hidden(f"{SYSTEM}.5", "sysName"),
        hidden(f"{SYSTEM}.6", "sysLocation"),
    ),
)
