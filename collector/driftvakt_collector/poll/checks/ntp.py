"""Whether a time server is synchronised and agrees with the clock of this machine (SNTP, RFC 5905)."""

import secrets
import socket
import struct
import time
from dataclasses import dataclass

from driftvakt_collector.poll.checks.address import addresses
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.datagram import asked, plugged

MAX_OFFSET = 0.5
"""Seconds that its clock may be apart from ours, where nothing else is set."""
_PACKET = struct.Struct("!BBbbII4s8s8s8s8s")
_CLIENT, _SERVER = 3, 4
_VERSION = 4
_UNSYNCHRONISED = 3
_MAX_STRATUM = 15
_DENIALS = frozenset({"DENY", "RSTR"})
"""Codes that say that we are not to ask (RFC 5905, 7.4)."""
_EPOCH = 2208988800
"""Seconds from 1900 to 1970."""
_ERA = 1 << 32
_HALF_ERA = 1 << 31


@dataclass(frozen=True, slots=True)
class Told:
    """What a server says of its time. Seconds all; received and sent since 1970.

    leap: 3 where its clock is not synchronised. stratum: 0 where `code` says why it does not answer.
    """

    leap: int
    stratum: int
    code: str
    root_delay: float
    root_dispersion: float
    received: float
    sent: float


async def probe(target: Target, course: Course) -> None:
    """Ask for the time once. Raises CheckError where it is not to be trusted, or too far from ours."""
    address = (await addresses(target.host, target.port, course, socket.SOCK_DGRAM))[0]
    nonce, left = b"", 0.0

    def ask() -> bytes:
        # A number that nobody can guess stands for our time, which is nobody's business either.
        nonlocal nonce, left
        nonce, left = secrets.token_bytes(8), time.time()
        return question(nonce)

    with plugged(address) as plug, course.phase("answer"):
        told = await asked(plug, ask, lambda packet: read(packet, nonce, time.time()))
        came = time.time()
    offset = ((told.received - left) + (told.sent - came)) / 2
    delay = max(0.0, (came - left) - (told.sent - told.received))
    course.tell("driftvakt_probe_ntp_stratum", told.stratum)
    refuse(told)
    course.tell("driftvakt_probe_ntp_offset_seconds", offset)
    course.tell("driftvakt_probe_ntp_root_distance_seconds", (told.root_delay + delay) / 2 + told.root_dispersion)
    most = target.number("max_offset", MAX_OFFSET)
    if abs(offset) > most:
        way = "ahead of" if offset > 0 else "behind"
        raise CheckError(Fault.ANSWER, f"its clock is {abs(offset):.3f} s {way} ours, and {most:g} s are the most")


def question(nonce: bytes) -> bytes:
    """Return a packet that asks for the time. nonce: 8 bytes that the answer must hold."""
    return _PACKET.pack(_VERSION << 3 | _CLIENT, 0, 0, 0, 0, 0, bytes(4), bytes(8), bytes(8), bytes(8), nonce)


def read(packet: bytes, nonce: bytes, now: float) -> Told | None:
    """Return what an answer tells, None for what answers no question of ours."""
    if len(packet) < _PACKET.size:
        return None
    first, stratum, _, _, delay, dispersion, code, _, origin, received, sent = _PACKET.unpack_from(packet)
    if first & 7 != _SERVER or origin != nonce:
        return None
    return Told(
        first >> 6, stratum, said(code.rstrip(b"\0")), delay / 65536, dispersion / 65536,
        seconds(received, now), seconds(sent, now),
    )  # fmt: skip


def seconds(stamp: bytes, now: float) -> float:
    """Return the seconds since 1970 of a timestamp, in the era that is nearest to now: it begins anew in 2036."""
    whole, part = int.from_bytes(stamp[:4], "big"), int.from_bytes(stamp[4:8], "big")
    near = now + _EPOCH
    apart = (whole - int(near) + _HALF_ERA) % _ERA - _HALF_ERA
    return int(near) + apart - _EPOCH + part / _ERA


def refuse(told: Told) -> None:
    """Raise CheckError where a server says itself that its time is good for nothing."""
    if told.stratum == 0 and told.code:
        fault = Fault.DENIED if told.code in _DENIALS else Fault.ANSWER
        raise CheckError(fault, f"it tells no time: {told.code} (kiss-o'-death)")
    if told.leap == _UNSYNCHRONISED or not 1 <= told.stratum <= _MAX_STRATUM:
        raise CheckError(Fault.ANSWER, f"its own clock is not synchronised: leap {told.leap}, stratum {told.stratum}")
    if told.sent < told.received:
        raise CheckError(Fault.ANSWER, "it sends its answer before it has received the question")


CHECK = Check(
    name="ntp",
    help="A time server is synchronised, and agrees with the clock of the poller.",
    probe=probe,
    port=123,
    options=(Option("max_offset", float, f"seconds that its clock may be apart from ours, {MAX_OFFSET} if not set"),),
)
