"""Which addresses of a network are asked, and in which order. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from math import gcd

MAX_ADDRESSES = 65_536
"""A /16: at the usual pace it takes three quarters of an hour."""
_STRIDE = 0.618
"""Of the network is passed over from one address to the next: those who stand together are not asked together."""


class SubnetError(ValueError):
    """It is no network that can be asked address by address; the text says why."""


def network_of(text: str) -> IPv4Network:
    """Return a network. Raises SubnetError."""
    try:
        found = ip_network(text.strip())
    except ValueError:
        try:
            loose = ip_network(text.strip(), strict=False)
        except ValueError:
            raise SubnetError(f"{text[:80]!r} is no network; write one as 10.20.0.0/24") from None
        raise SubnetError(f"{text[:80]!r} is an address in {loose}; write {loose}") from None
    if not isinstance(found, IPv4Network):
        raise SubnetError(f"{found} has too many addresses to ask each; what is there is told by routers and agents")
    if found.num_addresses > MAX_ADDRESSES:
        raise SubnetError(f"{found} has {found.num_addresses} addresses; the largest that is asked is a /16")
    if found.is_multicast or found.is_unspecified or found.is_reserved:
        raise SubnetError(f"{found} is no network of hosts")
    return found


def addresses(network: IPv4Network) -> Iterator[str]:
    """Give each address that a host may have, once, spread over the network."""
    first, count = int(network.network_address), network.num_addresses
    if network.prefixlen < 31:
        # The first is the network's own, the last its broadcast.
        first, count = first + 1, count - 2
    stride = max(1, int(count * _STRIDE))
    while gcd(stride, count) != 1:
        stride += 1
    for number in range(count):
        yield str(network[first - int(network.network_address) + number * stride % count])
