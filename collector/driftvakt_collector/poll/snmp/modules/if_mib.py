"""IF-MIB (RFC 2863): the interfaces, with the names and labels of snmp_exporter's module `if_mib`.

1.3.6.1.2.1.2.2.1.2.10101      ifDescr        "GigabitEthernet0/1"
1.3.6.1.2.1.2.2.1.8.10101      ifOperStatus   1 (up)
1.3.6.1.2.1.31.1.1.1.6.10101   ifHCInOctets   88321442
1.3.6.1.2.1.31.1.1.1.18.10101  ifAlias        "uplink A-huset"
"""

from driftvakt_collector.poll.snmp.mib import Column, Kind, Lookup, Module, Table, always, counter, gauge, hidden

TABLE, X_TABLE = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
_INDEX = ("ifIndex",)

TYPES = {
    1: "other", 6: "ethernetCsmacd", 7: "iso88023Csmacd", 9: "iso88025TokenRing", 15: "fddi", 18: "ds1", 19: "e1",
    20: "basicISDN", 21: "primaryISDN", 22: "propPointToPointSerial", 23: "ppp", 24: "softwareLoopback", 28: "slip",
    30: "ds3", 32: "frameRelay", 33: "rs232", 34: "para", 37: "atm", 39: "sonet", 44: "frameRelayService", 48: "modem",
    49: "aal5", 53: "propVirtual", 54: "propMultiplexor", 55: "ieee80212", 56: "fibreChannel", 62: "fastEther",
    63: "isdn", 69: "fastEtherFX", 70: "channel", 71: "ieee80211", 76: "bridge", 77: "isdns", 81: "ds0", 94: "adsl",
    96: "sdsl", 97: "vdsl", 108: "pppMultilinkBundle", 117: "gigabitEthernet", 118: "hdlc", 127: "docsCableMaclayer",
    131: "tunnel", 134: "atmSubInterface", 135: "l2vlan", 136: "l3ipvlan", 142: "ipForward", 144: "ieee1394",
    150: "mplsTunnel", 160: "usb", 161: "ieee8023adLag", 166: "mpls", 169: "shdsl", 188: "radioMAC", 194: "atmbond",
    195: "frDlciEndPt", 196: "opticalTransport", 209: "bridge", 219: "pon155", 237: "ieee80216WMAN", 238: "adsl2",
    243: "wwanPP", 244: "wwanPP2", 246: "opticalTransport", 250: "gpon", 251: "vdsl2", 258: "vmwareVirtualNic",
    259: "ieee802154", 262: "voiceFXO", 272: "vmwareNicTeam", 277: "pip",
}  # fmt: skip
"""IANAifType-MIB, those that are met."""
ADMIN = {1: "up", 2: "down", 3: "testing"}
OPER = {**ADMIN, 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}

MODULE = Module(
    name="if_mib",
    walks=("1.3.6.1.2.1.2", X_TABLE.removesuffix(".1")),
    suits=always,
    scalars=(gauge("1.3.6.1.2.1.2.1", "ifNumber", "The number of network interfaces present on this system."),),
    tables=(
        Table("ifTable", TABLE, _INDEX, (
            gauge("1", "ifIndex", "A unique value, greater than zero, for each interface."),
            hidden("2", "ifDescr"),
            Column("3", "ifType", Kind.INFO, "The type of interface.", TYPES),
            gauge("4", "ifMtu", "The size of the largest packet, in octets."),
            gauge("5", "ifSpeed", "The interface's current bandwidth in bits per second."),
            Column("6", "ifPhysAddress", Kind.MAC, "The interface's address at its protocol sub-layer."),
            gauge("7", "ifAdminStatus", "The desired state: 1 up, 2 down, 3 testing."),
            gauge("8", "ifOperStatus", "The current state: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent,"
                  " 7 lowerLayerDown."),
            gauge("9", "ifLastChange", "sysUpTime when the interface entered its current state."),
            counter("10", "ifInOctets", "Octets received, with framing."),
            counter("11", "ifInUcastPkts", "Packets that were delivered and not sent to many."),
            counter("12", "ifInNUcastPkts", "Packets that were delivered and sent to many."),
            counter("13", "ifInDiscards", "Inbound packets that were discarded though they had no error."),
            counter("14", "ifInErrors", "Inbound packets with errors."),
            counter("15", "ifInUnknownProtos", "Inbound packets of an unknown protocol."),
            counter("16", "ifOutOctets", "Octets sent, with framing."),
            counter("17", "ifOutUcastPkts", "Packets that were asked to be sent and not to many."),
            counter("18", "ifOutNUcastPkts", "Packets that were asked to be sent to many."),
            counter("19", "ifOutDiscards", "Outbound packets that were discarded though they had no error."),
            counter("20", "ifOutErrors", "Outbound packets that could not be sent because of errors."),
            gauge("21", "ifOutQLen", "The length of the output packet queue, in packets."),
        )),
        Table("ifXTable", X_TABLE, _INDEX, (
            hidden("1", "ifName"),
            counter("2", "ifInMulticastPkts", "Packets that were delivered and sent to a multicast address."),
            counter("3", "ifInBroadcastPkts", "Packets that were delivered and sent to a broadcast address."),
            counter("4", "ifOutMulticastPkts", "Packets that were asked to be sent to a multicast address."),
            counter("5", "ifOutBroadcastPkts", "Packets that were asked to be sent to a broadcast address."),
            counter("6", "ifHCInOctets", "Octets received, with framing; 64 bits."),
            counter("7", "ifHCInUcastPkts", "Packets that were delivered and not sent to many; 64 bits."),
            counter("8", "ifHCInMulticastPkts", "Packets that were delivered to a multicast address; 64 bits."),
            counter("9", "ifHCInBroadcastPkts", "Packets that were delivered to a broadcast address; 64 bits."),
            counter("10", "ifHCOutOctets", "Octets sent, with framing; 64 bits."),
            counter("11", "ifHCOutUcastPkts", "Packets that were asked to be sent and not to many; 64 bits."),
            counter("12", "ifHCOutMulticastPkts", "Packets to be sent to a multicast address; 64 bits."),
            counter("13", "ifHCOutBroadcastPkts", "Packets to be sent to a broadcast address; 64 bits."),
            gauge("14", "ifLinkUpDownTrapEnable", "Whether linkUp and linkDown traps are sent: 1 yes, 2 no."),
            gauge("15", "ifHighSpeed", "The interface's current bandwidth in units of 1,000,000 bits per second."),
            gauge("16", "ifPromiscuousMode", "Whether all frames are taken: 1 yes, 2 no."),
            gauge("17", "ifConnectorPresent", "Whether there is a physical connector: 1 yes, 2 no."),
            hidden("18", "ifAlias"),
            gauge("19", "ifCounterDiscontinuityTime", "sysUpTime when counters last had a break."),
        )),
    ),
    lookups=tuple(Lookup(_INDEX, name) for name in ("ifAlias", "ifDescr", "ifName")),
)  # fmt: skip
