"""Access points and their controllers: who is connected where.

1.3.6.1.4.1.14179.2.2.1.1.3.0.59.…      bsnAPName                          "ap1"
1.3.6.1.4.1.14179.2.1.1.1.38.1          bsnDot11EssNumberOfMobileStations  23
1.3.6.1.4.1.41112.1.6.1.2.1.8.1         unifiVapNumStations                14
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Lookup, Module, Reading, Table, gauge, hidden

_AIRESPACE = "1.3.6.1.4.1.14179.2"
_UNIFI = "1.3.6.1.4.1.41112.1.6.1.2.1"
ARUBA_INSTANT = "1.3.6.1.4.1.14823.2.3.3.1.2.1.1"


def suits(device: Device) -> bool:
    """Say if a device has radios or leads those that do."""
    return device.class_ in ("access point", "wireless controller", "router", "")


MODULE = Module(
    name="wireless",
    walks=(f"{_AIRESPACE}.1.1.1.2", f"{_AIRESPACE}.1.1.1.38", f"{_AIRESPACE}.2.1.1.3", f"{_AIRESPACE}.2.1.1.6", _UNIFI,
           f"{ARUBA_INSTANT}.2", f"{ARUBA_INSTANT}.4", f"{ARUBA_INSTANT}.6"),
    suits=suits,
    tables=(
        Table("bsnDot11EssTable", f"{_AIRESPACE}.1.1.1", ("bsnDot11EssIndex",), (
            hidden("2", "bsnDot11EssSsid"),
            gauge("38", "bsnDot11EssNumberOfMobileStations", "Stations that are associated."),
        )),
        Table("bsnAPTable", f"{_AIRESPACE}.2.1.1", ("bsnAPDot3MacAddress",), (
            hidden("3", "bsnAPName"),
            gauge("6", "bsnAPOperationStatus", "1 associated, 2 disassociating, 3 downloading."),
        )),
        Table("unifiVapTable", _UNIFI, ("unifiVapIndex",), (
            hidden("6", "unifiVapEssId"), hidden("7", "unifiVapName"),
            gauge("8", "unifiVapNumStations", "Stations that are associated."),
        )),
    ),
    lookups=(
        Lookup(("bsnDot11EssIndex",), "bsnDot11EssSsid"), Lookup(("bsnAPDot3MacAddress",), "bsnAPName"),
        Lookup(("unifiVapIndex",), "unifiVapEssId"), Lookup(("unifiVapIndex",), "unifiVapName"),
    ),
    readings=(
        Reading("driftvakt_wireless_clients", (f"{_AIRESPACE}.1.1.1.38",), label="network",
                label_oid=f"{_AIRESPACE}.1.1.1.2"),
    ),
)  # fmt: skip
