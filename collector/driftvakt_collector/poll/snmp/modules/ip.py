"""The addresses of a device (IP-MIB, RFC 4293, RFC 1213), and its default router (IP-FORWARD-MIB, RFC 4292, RFC 2096).

1.3.6.1.2.1.4.20.1.2.10.20.0.7                                    ipAdEntIfIndex     10101
1.3.6.1.2.1.4.34.1.3.2.16.254.128.0.0.0.0.0.0.0.27.169.255.254.11.167.82  ipAddressIfIndex  1
1.3.6.1.2.1.4.24.4.1.4.0.0.0.0.0.0.0.0.0.10.20.0.1                ipCidrRouteNextHop 10.20.0.1
1.3.6.1.2.1.4.24.7.1.7.1.4.0.0.0.0.0.2.0.0.1.4.10.20.0.1          inetCidrRouteIfIndex 2

Of routes no more than the default ones are fetched: a router has a million of others.
"""

from driftvakt_collector.poll.snmp.mib import Module, Table, always, hidden

OLD, NEW = "1.3.6.1.2.1.4.20.1", "1.3.6.1.2.1.4.34.1"
_ROUTE, _CIDR, _INET = "1.3.6.1.2.1.4.21.1", "1.3.6.1.2.1.4.24.4.1", "1.3.6.1.2.1.4.24.7.1"
DEFAULT = "0.0.0.0"  # noqa: S104  a destination, and nothing that is listened on

ADDRESSES = Module(
    name="ip",
    walks=(f"{OLD}.2", f"{OLD}.3", f"{NEW}.3", f"{NEW}.5"),
    suits=always,
    tables=(
        Table("ipAddrTable", OLD, ("ipAdEntAddr",), (hidden("2", "ipAdEntIfIndex"), hidden("3", "ipAdEntNetMask"))),
        Table("ipAddressTable", NEW, ("ipAddressAddrType", "ipAddressAddr"), (
            hidden("3", "ipAddressIfIndex"), hidden("5", "ipAddressPrefix"),
        )),
    ),
)  # fmt: skip

GATEWAY = Module(
    name="gateway",
    walks=(f"{_INET}.7.1.4.{DEFAULT}.0", f"{_CIDR}.4.{DEFAULT}.{DEFAULT}", f"{_ROUTE}.7.0.0.0"),
    suits=always,
    tables=(
        Table("inetCidrRouteTable", _INET, ("inetCidrRouteDest",), (hidden("7", "inetCidrRouteIfIndex"),)),
        Table("ipCidrRouteTable", _CIDR, ("ipCidrRouteDest",), (hidden("4", "ipCidrRouteNextHop"),)),
        Table("ipRouteTable", _ROUTE, ("ipRouteDest",), (hidden("7", "ipRouteNextHop"),)),
    ),
)
