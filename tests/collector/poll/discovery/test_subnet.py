"""Which addresses are asked: all of them, once, none of the network's own, and never neighbours one after another."""

from ipaddress import IPv4Network, ip_address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.poll.discovery.subnet import SubnetError, addresses, network_of


@given(st.integers(18, 32), st.integers(0, 2**32 - 1))
def test_each_address_of_a_host_is_asked_once(prefix: int, start: int) -> None:
    network = IPv4Network((start, prefix), strict=False)

    assert sorted(map(ip_address, addresses(network))) == sorted(network.hosts())


def test_those_who_stand_together_are_not_asked_together() -> None:
    order = [int(ip_address(one)) for one in addresses(IPv4Network("10.20.0.0/24"))]

    assert min(abs(one - other) for one, other in pairwise(order)) > 50


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("skolan", "is no network"),
        ("10.20.0.7/24", "write 10.20.0.0/24"),
        ("10.0.0.0/8", "16777216 addresses"),
        ("2001:db8::/64", "too many addresses to ask each"),
        ("224.0.0.0/24", "no network of hosts"),
        ("0.0.0.0/0", "4294967296 addresses"),
        ("10.20.0.0/24; rm", "is no network"),
    ],
)
def test_what_can_not_be_looked_through_is_said(text: str, why: str) -> None:
    with pytest.raises(SubnetError, match=why):
        network_of(text)
