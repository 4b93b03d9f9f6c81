"""Whether a host answers echoes (ICMP, RFC 792 and RFC 4443), how fast, and how many of them get lost.

Series are those of blackbox_exporter. The kernel's own socket for echoes is used where it lets us, and a raw one where
not: icmplib gives neither the hop limit of a reply nor looks at who sent it.
"""

import asyncio
import os
import secrets
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from driftvakt_collector.poll.checks.address import Address, addresses
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target

COUNT = 3
"""Echoes that are sent."""
_MAX_COUNT = 100
_PAUSE = 0.2
"""Seconds between two echoes: what one without privileges may send (ping(8))."""
_LAST = 1.0
"""Seconds that the last echo has to come back."""
_PAYLOAD = 48
_IP_RECVTTL = 12
"""Of Linux (ip(7)); Python has no name for it."""
_HEADER = struct.Struct("!BBHHH")
_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
HELP = "this program may send no echoes: put its group into sysctl net.ipv4.ping_group_range, or give it CAP_NET_RAW"


@dataclass(frozen=True, slots=True)
class Echo:
    """number: of the echo, from 0. seconds: that it took. hops: that its reply had left, 0 where nobody says."""

    number: int
    seconds: float
    hops: int


async def probe(target: Target, course: Course) -> None:
    """Send some echoes. Raises CheckError where more are lost than may be; one that comes late is lost."""
    count = int(target.number("count", COUNT))
    if not 1 <= count <= _MAX_COUNT:
        raise CheckError(Fault.UNUSABLE, f"option 'count' must be from 1 to {_MAX_COUNT}, got {count}")
    address = (await addresses(target.host, 0, course, socket.SOCK_DGRAM))[0]
    with course.phase("setup"):
        plug = opened(address)
    try:
        echoes = await _echoed(plug, address, count, target.number("pause", _PAUSE), target.number("wait", _LAST))
    finally:
        plug.close()
    course.tell("driftvakt_probe_lost_ratio", 1 - len(echoes) / count)
    if echoes:
        course.phases["rtt"] = sum(one.seconds for one in echoes) / len(echoes)
        course.tell("probe_icmp_reply_hop_limit", echoes[-1].hops)
    lost = 1 - len(echoes) / count
    if not echoes:
        raise CheckError(Fault.DOWN, f"none of {count} echoes came back")
    if lost > target.number("max_lost", 0.5):
        raise CheckError(Fault.ANSWER, f"{count - len(echoes)} of {count} echoes did not come back")


def opened(address: Address, make: Callable[[int, int, int], socket.socket] = socket.socket) -> socket.socket:
    """Return a socket for echoes to an address, which hears nobody else. Raises CheckError where none is allowed."""
    protocol = socket.IPPROTO_ICMP if address.family == socket.AF_INET else socket.IPPROTO_ICMPV6
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            plug = make(address.family, kind, protocol)
        except PermissionError:
            continue
        try:
            plug.settimeout(0)
            if address.family == socket.AF_INET:
                plug.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
            else:
                plug.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
            plug.connect(address.place)
        except BaseException:
            plug.close()
            raise
        return plug
    raise CheckError(Fault.UNUSABLE, HELP)


async def _echoed(plug: socket.socket, address: Address, count: int, pause: float, last: float) -> list[Echo]:
    """Send `count` echoes, and return those that came back until `last` seconds after the last one."""
    loop = asyncio.get_running_loop()
    payload = secrets.token_bytes(_PAYLOAD)
    sent: list[float] = []
    came: dict[int, Echo] = {}
    failed: list[OSError] = []
    everything = loop.create_future()

    def read() -> None:
        try:
            packet, told, _, _ = plug.recvmsg(2048, 256)
        except BlockingIOError:
            return
        except OSError as e:
            # A router says that no way leads there. Once is enough to stop.
            failed.append(e)
            if not everything.done():
                everything.set_result(None)
            return
        number = answers(packet, payload, raw=plug.type == socket.SOCK_RAW, family=address.family)
        if number is not None and number < len(sent) and number not in came:
            came[number] = Echo(number, time.perf_counter() - sent[number], _hops(told))
            if len(came) == count and not everything.done():
                everything.set_result(None)

    loop.add_reader(plug, read)
    try:
        for number in range(count):
            sent.append(time.perf_counter())
            plug.send(request(number, payload, address.family))
            await asyncio.wait([everything], timeout=pause if number + 1 < count else last)
            if failed:
                raise failed[0]
    finally:
        loop.remove_reader(plug)
    return [came[number] for number in sorted(came)]


def request(number: int, payload: bytes, family: int, ours: int = os.getpid() & 0xFFFF) -> bytes:
    """Return an echo request. The kernel puts in its own identifier, and for IPv6 the checksum."""
    head = _HEADER.pack(_REQUEST[socket.AddressFamily(family)], 0, 0, ours, number)
    check = _checksum(head + payload) if family == socket.AF_INET else 0
    return _HEADER.pack(_REQUEST[socket.AddressFamily(family)], 0, check, ours, number) + payload


def answers(packet: bytes, payload: bytes, *, raw: bool, family: int) -> int | None:
    """Return the number of the request that a packet is the reply to, None where it is none of ours.

    What is random in the payload tells it from everybody else's. raw: its IPv4 header stands before it.
    """
    if raw and family == socket.AF_INET and packet:
        packet = packet[(packet[0] & 15) * 4 :]
    if len(packet) < _HEADER.size or packet[_HEADER.size :] != payload:
        return None
    kind, code, _, _, number = _HEADER.unpack_from(packet)
    return int(number) if (kind, code) == (_REPLY[socket.AddressFamily(family)], 0) else None


def _checksum(packet: bytes) -> int:
    """Return the checksum of the internet (RFC 1071); the length is even."""
    total: int = sum(word for (word,) in struct.iter_unpack("!H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _hops(told: Sequence[tuple[int, int, bytes]]) -> int:
    wanted = {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)}
    found = (value for level, kind, value in told if (level, kind) in wanted)
    return next((int.from_bytes(bytes(value[:4]), sys.byteorder) for value in found), 0)


CHECK = Check(
    name="icmp",
    help="A host answers echoes, and not too many of them get lost.",
    probe=probe,
    phases="probe_icmp_duration_seconds",
    options=(
        Option("count", int, f"how many echoes to send, {COUNT} if it is not set"),
        Option("pause", float, f"seconds between two echoes, {_PAUSE:g} if it is not set"),
        Option("wait", float, f"seconds that the last echo has to come back, {_LAST:g} if it is not set"),
        Option("max_lost", float, "the share of echoes that may get lost, from 0 to 1; 0.5 if it is not set"),
    ),
)
