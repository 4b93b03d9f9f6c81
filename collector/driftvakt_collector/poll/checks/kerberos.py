"""Whether a key distribution center knows a realm and an account in it, and how far its clock is from ours (RFC 4120).

A ticket is asked for without a proof of who asks: a sound server answers that it wants one, and tells its time by that.
No secret is needed, and none is guessed at.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import randbits

from driftvakt_collector.poll.checks.address import addresses
from driftvakt_collector.poll.checks.ber import (
    BITS,
    GENERAL_STRING,
    TIME,
    BerError,
    Element,
    integer,
    octets,
    read,
    sequence,
    tlv,
)
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.datagram import asked, plugged
from driftvakt_collector.poll.checks.encryption import one_line
from driftvakt_collector.poll.checks.stream import connected

SKEW = "driftvakt_probe_kerberos_skew_seconds"
MAX_SKEW = 300.0
"""Seconds between two clocks that Kerberos allows, where nothing else is set in a realm."""
_MOST = 1 << 16
"""Bytes of an answer that are read."""
_AS_REQ, _AS_REP, _ERROR = 0x6A, 0x6B, 0x7E
_PRINCIPAL, _SERVICE = 1, 2
_ENCRYPTIONS = (18, 17, 20, 19, 23)
"""AES of 256 and 128 bits, both with two hashes, and RC4, for the oldest domains."""
_UNKNOWN, _PREAUTH_REQUIRED, _TOO_BIG, _WRONG_REALM = 6, 25, 52, 68
_LOCKED = {1: "it has expired", 12: "it may not now", 18: "it is locked", 23: "its secret has expired"}


@dataclass(frozen=True, slots=True)
class Answer:
    """code: of the error, 0 for a ticket. said: what the server says of it. clock: its own, seconds since 1970."""

    code: int
    said: str
    clock: float | None


Ask = Callable[[str], bytes]


async def probe(target: Target, course: Course) -> None:
    """Ask over TCP and UDP, each if it is asked for; both have to know the account."""
    realm, principal = one_line(target, "realm"), one_line(target, "principal")
    transport, most = target.text("transport", "both"), target.number("max_skew", MAX_SKEW)
    if not realm or not realm.isascii():
        raise CheckError(Fault.UNUSABLE, "it needs the 'realm', in capitals as a rule")
    if transport not in ("tcp", "udp", "both"):
        raise CheckError(Fault.UNUSABLE, f"option 'transport' must be tcp, udp or both, got {said(transport)!r}")
    for way, ask in (("tcp", _over_tcp), ("udp", _over_udp)):
        if transport not in (way, "both"):
            continue
        before = time.time()
        answer = await ask(target, course, question(realm, principal or f"krbtgt/{realm}"))
        middle = (before + time.time()) / 2
        if answer.code == _UNKNOWN and principal:
            # Not every server says that a realm is not its own; the account that every realm has tells.
            of_realm = await ask(target, course, question(realm, f"krbtgt/{realm}"))
            answer = Answer(_WRONG_REALM, "", None) if of_realm.code == _UNKNOWN else answer
        _judge(answer, realm, principal, way)
        if answer.clock is not None:
            skew = answer.clock - middle
            course.tell(SKEW, skew)
            if abs(skew) > most:
                where = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} ours"
                raise CheckError(Fault.ANSWER, f"its clock is {where}, and Kerberos allows {most:g}")


def _judge(answer: Answer, realm: str, principal: str, way: str) -> None:
    """Raise CheckError where it is none that a sound server gives."""
    who = said(f"{principal}@{realm}") if principal else realm
    # The account that every realm has may be forbidden to ask; that it is known is all that we want of it.
    if answer.code in (0, _PREAUTH_REQUIRED, _TOO_BIG) or (not principal and answer.code in _LOCKED):
        return
    if answer.code == _WRONG_REALM or (answer.code == _UNKNOWN and not principal):
        raise CheckError(Fault.ANSWER, f"over {way} it does not know the realm {realm}")
    if answer.code == _UNKNOWN:
        raise CheckError(Fault.ANSWER, f"over {way} it knows the realm, and no account {who}")
    if answer.code in _LOCKED:
        raise CheckError(Fault.DENIED, f"over {way} it gives {who} no ticket: {_LOCKED[answer.code]}")
    raise CheckError(Fault.ANSWER, f"over {way} it answers {who} with error {answer.code} {answer.said}".rstrip())


def question(realm: str, principal: str) -> bytes:
    """Return an AS-REQ for a ticket of an account to the server itself (RFC 4120, 5.4.1)."""
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y%m%d%H%M%SZ")
    body = sequence(
        tlv(0xA0, octets(b"\0" * 5, BITS)),
        tlv(0xA1, _name(_PRINCIPAL, principal)),
        tlv(0xA2, octets(realm, GENERAL_STRING)),
        tlv(0xA3, _name(_SERVICE, f"krbtgt/{realm}")),
        tlv(0xA5, octets(until, TIME)),
        tlv(0xA7, integer(randbits(31))),
        tlv(0xA8, sequence(*map(integer, _ENCRYPTIONS))),
    )
    return tlv(_AS_REQ, sequence(tlv(0xA1, integer(5)), tlv(0xA2, integer(10)), tlv(0xA4, body)))


def answer_of(block: bytes) -> Answer | None:
    """Return what a server answers, None where that is no Kerberos."""
    try:
        message, _ = read(block)
        if message.tag == _AS_REP:
            return Answer(0, "", None) if _fields(message)[0xA1].number() == 11 else None
        if message.tag != _ERROR:
            return None
        fields = _fields(message)
        text = said(fields[0xAB].content) if 0xAB in fields else ""
        return Answer(fields[0xA6].number(), text, _clock(fields[0xA4].content, fields[0xA5].number()))
    except (BerError, KeyError, IndexError):
        return None


def _fields(message: Element) -> dict[int, Element]:
    """Return what stands in the SEQUENCE of a message, by the tags around it."""
    return {one.tag: read(one.content)[0] for one in read(message.content)[0].parts()}


def _clock(text: bytes, micros: int) -> float | None:
    try:
        read_as = datetime.strptime(text.decode("ascii", "replace"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return read_as.timestamp() + (micros / 1e6 if 0 <= micros < 1_000_000 else 0)


def _name(kind: int, name: str) -> bytes:
    parts = [octets(part, GENERAL_STRING) for part in name.split("/")]
    return sequence(tlv(0xA0, integer(kind)), tlv(0xA1, sequence(*parts)))


async def _over_tcp(target: Target, course: Course, what: bytes) -> Answer:
    async with connected(target, course, _MOST) as stream:
        with course.phase("tcp"):
            stream.send(len(what).to_bytes(4, "big") + what)
            head = await stream.exactly(4)
            size = int.from_bytes(head, "big")
            if not 0 < size <= _MOST:
                wrong(head + stream.held(), "an answer of Kerberos")
            block = await stream.exactly(size)
    answer = answer_of(block)
    return answer if answer is not None else wrong(block, "an answer of Kerberos")


async def _over_udp(target: Target, course: Course, what: bytes) -> Answer:
    address = (await addresses(target.host, target.port, course, socket.SOCK_DGRAM))[0]
    with plugged(address) as plug, course.phase("udp"):
        return await asked(plug, lambda: what, answer_of)


CHECK = Check(
    name="kerberos",
    help="A key distribution center knows a realm and an account in it, and its clock is near ours.",
    probe=probe,
    port=88,
    options=(
        Option("realm", str, "the realm that it has to know, such as STAD.EXAMPLE"),
        Option("principal", str, "an account that it has to know, without the realm"),
        Option("transport", str, "tcp, udp or both, which it is where it is not set"),
        Option("max_skew", float, f"seconds that its clock may differ from ours, {MAX_SKEW:g} where it is not set"),
    ),
)
