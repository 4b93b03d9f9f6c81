"""What a trap means: an event with a name, and a sentence of what stands in it. Pure.

1.3.6.1.6.3.1.1.5.3   linkDown   ifIndex 3, ifDescr Gi1/0/3
1.3.6.1.2.1.33.2.1    upsTrapOnBattery
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from driftvakt_collector.poll.snmp.driver import Value
from driftvakt_collector.poll.snmp.text import text_of

MAX_BINDS = 20
"""Variables of a trap that are told of."""
TRAP_OID, UPTIME = "1.3.6.1.6.3.1.1.4.1.0", "1.3.6.1.2.1.1.3.0"
_OWN = frozenset({TRAP_OID, UPTIME, "1.3.6.1.6.3.1.1.4.3.0", "1.3.6.1.6.3.18.1.3.0", "1.3.6.1.6.3.18.1.4.0"})
"""What every trap carries, or a proxy adds (RFC 3584): also the community, which is a secret."""

NAMES: Mapping[str, str] = {
    "1.3.6.1.6.3.1.1.5.1": "coldStart",
    "1.3.6.1.6.3.1.1.5.2": "warmStart",
    "1.3.6.1.6.3.1.1.5.3": "linkDown",
    "1.3.6.1.6.3.1.1.5.4": "linkUp",
    "1.3.6.1.6.3.1.1.5.5": "authenticationFailure",
    "1.3.6.1.6.3.1.1.5.6": "egpNeighborLoss",
    "1.3.6.1.2.1.17.0.1": "newRoot",
    "1.3.6.1.2.1.17.0.2": "topologyChange",
    "1.3.6.1.2.1.33.2.1": "upsTrapOnBattery",
    "1.3.6.1.2.1.33.2.2": "upsTrapTestCompleted",
    "1.3.6.1.2.1.33.2.3": "upsTrapAlarmEntryAdded",
    "1.3.6.1.2.1.33.2.4": "upsTrapAlarmEntryRemoved",
    "1.3.6.1.2.1.43.18.2.0.1": "printerV2Alert",
    "1.3.6.1.2.1.47.2.0.1": "entConfigChange",
    "1.3.6.1.2.1.105.0.1": "pethPsePortOnOffNotification",
    "1.0.8802.1.1.2.0.0.1": "lldpRemTablesChange",
    "1.3.6.1.4.1.9.9.43.2.0.1": "ciscoConfigManEvent",
    "1.3.6.1.4.1.9.0.1": "tcpConnectionClose",
    "1.3.6.1.4.1.318.0.5": "upsOnBattery",
    "1.3.6.1.4.1.318.0.9": "powerRestored",
    "1.3.6.1.4.1.318.0.7": "lowBattery",
    "1.3.6.1.4.1.318.0.17": "upsBatteryNeedsReplacement",
    "1.3.6.1.4.1.534.1.11.4.1.0.3": "xupsTrapOnBattery",
    "1.3.6.1.4.1.8072.4.0.2": "nsNotifyShutdown",
    "1.3.6.1.4.1.8072.4.0.3": "nsNotifyRestart",
}
COLUMNS: Mapping[str, str] = {
    "1.3.6.1.2.1.2.2.1.1": "ifIndex",
    "1.3.6.1.2.1.2.2.1.2": "ifDescr",
    "1.3.6.1.2.1.2.2.1.7": "ifAdminStatus",
    "1.3.6.1.2.1.2.2.1.8": "ifOperStatus",
    "1.3.6.1.2.1.31.1.1.1.1": "ifName",
    "1.3.6.1.2.1.31.1.1.1.18": "ifAlias",
    "1.3.6.1.2.1.33.1.2.3": "upsEstimatedMinutesRemaining",
    "1.3.6.1.2.1.33.1.2.2": "upsSecondsOnBattery",
    "1.3.6.1.2.1.43.18.1.1.2": "prtAlertSeverityLevel",
    "1.3.6.1.2.1.43.18.1.1.7": "prtAlertCode",
    "1.3.6.1.2.1.43.18.1.1.8": "prtAlertDescription",
    "1.3.6.1.4.1.318.2.3.3": "mtrapargsString",
}
AGAIN = frozenset({
    "coldStart", "warmStart", "linkDown", "linkUp", "lldpRemTablesChange", "entConfigChange", "upsTrapOnBattery",
    "upsOnBattery", "powerRestored", "printerV2Alert", "nsNotifyRestart",
})  # fmt: skip
"""After these a device is asked at once: what it measured before is not so any more."""


class Trap(NamedTuple):
    """oid: which notification it is. binds: what it tells."""

    oid: str
    binds: Sequence[tuple[str, Value]]

    @property
    def name(self) -> str:
        """Its name in the MIB, `trap` where we do not know it."""
        return NAMES.get(self.oid, "trap")


def read(binds: Sequence[tuple[str, Value]]) -> Trap | None:
    """Return a trap by its variables, as version 2 has them (RFC 3416, section 4.2.6); None where it names none."""
    told = dict(binds)
    oid = told.get(TRAP_OID)
    if not isinstance(oid, str):
        return None
    return Trap(oid.lstrip("."), [one for one in binds if one[0] not in _OWN])


def sentence(trap: Trap) -> str:
    """Return what a trap says, for a reader; bounded."""
    parts = [f"{_column(oid)} {text_of(value)}" for oid, value in trap.binds[:MAX_BINDS]]
    if len(trap.binds) > MAX_BINDS:
        parts.append(f"and {len(trap.binds) - MAX_BINDS} more")
    head = trap.name if trap.name != "trap" else trap.oid
    return f"{head}: {', '.join(parts)}" if parts else head


def _column(oid: str) -> str:
    for base, name in COLUMNS.items():
        if oid.startswith(base + "."):
            return name
    return oid
