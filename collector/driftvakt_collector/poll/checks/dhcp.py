"""Whether a DHCP server offers addresses (RFC 2131).

It is asked as by a relay, or, on an interface, as by a machine that has just been switched on. Nothing is ever taken:
what a server offers it keeps back for a minute or so, and always the same, for we are always the same machine.
"""

import asyncio
import hashlib
import re
import secrets
import socket
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from driftvakt_collector.poll.checks.address import Address, addresses
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.datagram import asked, plugged
from driftvakt_collector.poll.checks.lease import OFFER, TYPES, Offer, discover, offer

_SERVER, _CLIENT = 67, 68
_EVERYBODY = ("255.255.255.255", _SERVER)
_PLUGGED_WITHIN = 2.0
"""Seconds that another check of this kind may keep the port that we ask from."""
_HARDWARE = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", re.IGNORECASE)


async def probe(target: Target, course: Course) -> None:
    """Ask for an address, and look at the one that is offered."""
    hardware, number = hardware_of(target), secrets.randbits(32)
    server, subnet, network = _address(target, "expect_server"), _address(target, "subnet"), _network(target)
    interface = target.text("interface")
    if interface:
        plug = on_interface(interface)
        question, everybody = discover(number, hardware), _EVERYBODY
    else:
        many = await addresses(target.host, target.port, course, socket.SOCK_DGRAM)
        those = [one for one in many if one.family == socket.AF_INET]
        if not those:
            raise CheckError(Fault.UNUSABLE, f"{said(target.host)!r} has no address of IPv4, and DHCP knows no other")
        plug = await _as_relay(those[0], int(target.number("source_port", _SERVER)))
        relay = IPv4Address(plug.getsockname()[0])
        question, everybody = discover(number, hardware, relay, subnet), None
    with plug, course.phase("answer"):
        found = await asked(plug, lambda: question, lambda packet: offer(packet, number, hardware), everybody)
    course.tell("driftvakt_probe_dhcp_lease_seconds", found.seconds)
    compare(found, server, network)


def compare(found: Offer, server: IPv4Address | None, network: IPv4Network | None) -> None:
    """Raise CheckError where an offer is not as it should be."""
    if found.kind != OFFER:
        raise CheckError(Fault.ANSWER, f"it answers with {TYPES.get(found.kind, f'type {found.kind}')}, and not OFFER")
    if server is not None and found.server != server:
        raise CheckError(Fault.ANSWER, f"{found.server} offers an address, and not {server}")
    if not int(found.address):
        raise CheckError(Fault.ANSWER, "it offers no address")
    if network is not None and found.address not in network:
        raise CheckError(Fault.ANSWER, f"it offers {found.address}, which is not in {network}")


def hardware_of(target: Target, name: str = socket.gethostname()) -> bytes:
    """Return the address of the network card that we pretend to have. Raises CheckError for an option that is none.

    Where none is set, one that nobody builds, and the same for ever on this machine. name: of it.
    """
    told = target.text("hardware")
    if not told:
        return b"\x02" + hashlib.sha256(f"driftvakt {name}".encode()).digest()[:5]
    if not _HARDWARE.fullmatch(told):
        raise CheckError(Fault.UNUSABLE, f"option 'hardware' must be like 02:00:00:aa:bb:cc, got {said(told)!r}")
    return bytes.fromhex(told.replace(":", ""))


def on_interface(name: str) -> socket.socket:
    """Return a socket that asks everybody on an interface. Raises CheckError where that is not there or not allowed."""
    plug = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        plug.settimeout(0)
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode() + b"\0")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        # This machine may have its own address by DHCP: what goes to everybody goes to both of us.
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        plug.bind(("", _CLIENT))
    except OSError as e:
        plug.close()
        raise CheckError(Fault.UNUSABLE, f"can't ask on interface {said(name)!r}: {said(e.strerror)}") from e
    return plug


async def _as_relay(address: Address, port: int) -> socket.socket:
    """Return a socket that asks as a relay does. A port can be one check's only, so wait for it for a moment."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _PLUGGED_WITHIN
    while True:
        try:
            return plugged(address, port)
        except CheckError:
            if loop.time() >= end:
                raise
        await asyncio.sleep(0.05)


def _address(target: Target, option: str) -> IPv4Address | None:
    told = target.text(option)
    try:
        return IPv4Address(told) if told else None
    except AddressValueError as e:
        raise CheckError(Fault.UNUSABLE, f"option {option!r} must be an address of IPv4, got {said(told)!r}") from e


def _network(target: Target) -> IPv4Network | None:
    told = target.text("expect_network")
    try:
        return IPv4Network(told) if told else None
    except (AddressValueError, NetmaskValueError, ValueError) as e:
        raise CheckError(Fault.UNUSABLE, f"option 'expect_network' must be like 10.1.0.0/16, got {said(told)!r}") from e


CHECK = Check(
    name="dhcp",
    help="A DHCP server offers an address, which is not taken.",
    probe=probe,
    port=_SERVER,
    options=(
        Option("interface", str, "ask everybody on this interface, and not the host as a relay would"),
        Option(
            "source_port", int, f"the port to ask from as a relay, {_SERVER} if it is not set: servers answer to that"
        ),
        Option("subnet", str, "an address of the network to ask for, where that is not the poller's own (RFC 3527)"),
        Option("hardware", str, "the address of a network card to ask for, so that a server can keep one for it"),
        Option("expect_server", str, "the address of the server that must offer"),
        Option("expect_network", str, "the network that the offered address must be in, like 10.1.0.0/16"),
    ),
)
