"""The modules there are. A new one is one file and one line here."""

from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules import (
    airespace,
    aruba,
    axis,
    brother,
    cisco,
    comware,
    d_link,
    edgeswitch,
    entity,
    environment,
    fortinet,
    host_memory,
    host_resources,
    idrac,
    if_mib,
    ilo,
    ip,
    juniper,
    mikrotik,
    neighbours,
    net_snmp,
    page_counter,
    palo_alto,
    power_ethernet,
    power_strip,
    printer,
    procurve,
    synology,
    system,
    tp_link,
    truenas,
    ubiquiti,
    ups,
    vmware,
    wireless,
)

MODULES: tuple[Module, ...] = (
    system.MODULE, if_mib.MODULE, printer.MODULE, brother.MODULE, ups.MODULE, host_resources.MODULE,
    host_resources.UCD_SNMP, entity.SENSORS, environment.MODULE, wireless.MODULE,
    airespace.MODULE, aruba.INSTANT, aruba.WIRED, cisco.MODULE, comware.MODULE, d_link.MODULE, edgeswitch.MODULE,
    fortinet.MODULE, juniper.MODULE, mikrotik.MODULE, palo_alto.MODULE, power_ethernet.MODULE, power_strip.MODULE,
    procurve.MODULE, tp_link.MODULE, ubiquiti.MODULE,
    axis.MODULE, host_memory.MODULE, idrac.MODULE, ilo.MODULE, net_snmp.MODULE, synology.MODULE, truenas.MODULE,
    vmware.MODULE, environment.CONTACTS, *page_counter.MODULES,
)  # fmt: skip
"""What is measured at each poll."""

FACTS: tuple[Module, ...] = (
    entity.MODULE, neighbours.MODULE, neighbours.FORWARDING, ip.ADDRESSES, ip.GATEWAY, brother.PANEL,
    vmware.GUESTS,
)  # fmt: skip
"""What is asked seldom: it is told as inventory, and changes when somebody moves a cable."""
