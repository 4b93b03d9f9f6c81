"""Whether a name server answers a question as it should (RFC 1035, RFC 6891).

Series and phases are those of blackbox_exporter: resolve, connect, request.
"""

import struct

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rdtypes.ANY.SOA

from driftvakt_collector.poll.checks.address import addresses
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.datagram import asked, plugged
from driftvakt_collector.poll.checks.pattern import found
from driftvakt_collector.poll.checks.stream import connected

_PAYLOAD = 1232
"""Bytes of a datagram that come through everywhere (DNS flag day 2020)."""
_SOME = 5
"""Records that stand in a reason."""


async def probe(target: Target, course: Course) -> None:
    """Ask, over TCP where it does not fit into a datagram, and compare the answer to what is expected."""
    query, rcode = question(target), _rcode(target)
    transport = target.text("transport", "udp")
    if transport not in {"udp", "tcp"}:
        raise CheckError(Fault.UNUSABLE, f"option 'transport' must be udp or tcp, got {said(transport)!r}")
    answer = await _by_udp(target, query, course) if transport == "udp" else None
    if answer is None or answer.flags & dns.flags.TC:
        answer = await _by_tcp(target, query, course)
    _tell(answer, course)
    compare(answer, rcode, target.options.get("expect", ()))


def question(target: Target) -> dns.message.Message:
    """Return the query of the options. Raises CheckError where there can be none of that name or type."""
    try:
        name = dns.name.from_text(target.text("query_name", "."))
        kind = dns.rdatatype.from_text(target.text("query_type", "A"))
    except (dns.exception.DNSException, ValueError) as e:
        raise CheckError(Fault.UNUSABLE, f"options 'query_name' and 'query_type' make no question: {said(e)}") from e
    flags = dns.flags.RD if target.flag("recursion", default=True) else 0
    return dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD, flags=flags)


def read(wire: bytes, query: dns.message.Message) -> dns.message.Message | None:
    """Return the response to a query, None for what has not its number.

    Raises CheckError for what has it, and can't be read or answers something else: 64 KiB take a tenth of a second to
    read, and a hundred of them must not follow.
    """
    if wire[:2] != struct.pack("!H", query.id):
        return None
    try:
        answer = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, struct.error) as e:
        raise CheckError(Fault.ANSWER, f"it answers what can't be read: {said(e)}") from e
    if not query.is_response(answer):
        raise CheckError(Fault.ANSWER, "it answers another question than ours")
    return answer


def compare(answer: dns.message.Message, rcode: dns.rcode.Rcode, expected: object) -> None:
    """Raise CheckError where an answer is not as it should be. expected: expressions, each to be found in a record."""
    if answer.rcode() != rcode:
        raise CheckError(Fault.ANSWER, f"it answers {_text(answer.rcode())}, and not {_text(rcode)}")
    records = [record.to_text() for rrset in answer.answer for record in rrset]
    if rcode == dns.rcode.NOERROR and not records:
        asked_for = answer.question[0] if answer.question else None
        kind = dns.rdatatype.to_text(asked_for.rdtype) if asked_for is not None else "record"
        raise CheckError(Fault.ANSWER, f"it knows the name, and has no {kind} of it")
    for expression in expected if isinstance(expected, tuple) else ():
        if not any(found("expect", expression, record) for record in records):
            shown = said(", ".join(records[:_SOME]))
            raise CheckError(Fault.ANSWER, f"it answers {shown!r}, and nothing that matches {expression!r}")


async def _by_udp(target: Target, query: dns.message.Message, course: Course) -> dns.message.Message:
    address = (await addresses(target.host, target.port, course))[0]
    wire = query.to_wire()
    with course.phase("connect"):
        plug = plugged(address)
    with plug, course.phase("request"):
        return await asked(plug, lambda: wire, lambda datagram: read(datagram, query))


async def _by_tcp(target: Target, query: dns.message.Message, course: Course) -> dns.message.Message:
    wire = query.to_wire()
    async with connected(target, course) as stream:
        with course.phase("request"):
            stream.send(struct.pack("!H", len(wire)) + wire)
            (length,) = struct.unpack("!H", await stream.exactly(2))
            came = await stream.exactly(length)
    answer = read(came, query)
    if answer is None:
        raise CheckError(Fault.ANSWER, f"it sends what answers no question of ours: {said(came)!r}")
    return answer


def _rcode(target: Target) -> dns.rcode.Rcode:
    told = target.text("rcode", "NOERROR")
    try:
        return dns.rcode.from_text(told)
    except (dns.exception.DNSException, ValueError) as e:
        raise CheckError(Fault.UNUSABLE, f"option 'rcode' must be like NOERROR or NXDOMAIN, got {said(told)!r}") from e


def _text(rcode: dns.rcode.Rcode) -> str:
    return dns.rcode.to_text(rcode)


def _tell(answer: dns.message.Message, course: Course) -> None:
    for name, section in (
        ("answer", answer.answer),
        ("authority", answer.authority),
        ("additional", answer.additional),
    ):
        course.tell(f"probe_dns_{name}_rrs", sum(len(rrset) for rrset in section))
    for rrset in answer.answer:
        for record in rrset:
            if isinstance(record, dns.rdtypes.ANY.SOA.SOA):
                course.tell("probe_dns_serial", record.serial)


CHECK = Check(
    name="dns",
    help="A name server answers a question as it should.",
    probe=probe,
    port=53,
    phases="probe_dns_duration_seconds",
    options=(
        Option("query_name", str, "the name to ask for; the root if it is not set"),
        Option("query_type", str, "the type of record to ask for: A, AAAA, MX, SOA, …; A if it is not set"),
        Option("expect", tuple, "regular expressions, each of which must match one record of the answer at least"),
        Option("rcode", str, "the code that it must answer with, NOERROR if it is not set"),
        Option("transport", str, "udp or tcp; udp if it is not set, and tcp for what does not fit into that"),
        Option("recursion", bool, "whether it shall ask others, which it shall unless this is false"),
    ),
)
