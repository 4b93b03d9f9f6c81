"""What the network protocols count: segments, datagrams, errors, listen queues that overflowed.

Example:
    $ cat /proc/net/snmp
    Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens …
    Tcp: 1 200 120000 -1 15 …
    $ cat /proc/net/snmp6
    Ip6InReceives                   	2

Source: Documentation/networking/snmp_counter.rst of the kernel. Which of the fields: those that node_exporter shows.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, Sample

_UDP = ("InDatagrams", "OutDatagrams", "NoPorts", "RcvbufErrors", "SndbufErrors")
_ICMP = ("InMsgs", "OutMsgs")
_OCTETS = ("InOctets", "OutOctets")
_ERRORS = ("InErrors", "InErrs")

_WANTED = {
    "Ip": frozenset(("Forwarding", *_ERRORS)),
    "IpExt": frozenset((*_OCTETS, *_ERRORS)),
    "Ip6": frozenset((*_OCTETS, *_ERRORS)),
    "Icmp": frozenset((*_ICMP, *_ERRORS)),
    "Icmp6": frozenset((*_ICMP, *_ERRORS)),
    "TcpExt": frozenset(("TCPSynRetrans", "TCPTimeouts", *_ERRORS)),
    "Tcp": frozenset(
        ("ActiveOpens", "InSegs", "OutSegs", "OutRsts", "PassiveOpens", "RetransSegs", "CurrEstab", *_ERRORS)
    ),
    "Udp": frozenset((*_UDP, *_ERRORS)),
    "Udp6": frozenset((*_UDP, *_ERRORS)),
}
# Every protocol's errors are wanted, UDP-Lite's and those of protocols to come.
_ANY = frozenset(_ERRORS)
_TCP_EXT_BEGIN = ("Listen", "Syncookies")


def collect(host: Host) -> Iterator[Sample]:
    found = False
    for file, read in (("netstat", parse), ("snmp", parse), ("snmp6", parse_6)):
        try:
            text = read_text(f"{host.proc}/net/{file}")
        except FileNotFoundError:
            # No snmp6 on a machine without IPv6.
            continue
        found = True
        yield from read(text)
    if not found:
        raise NoData("no /proc/net/snmp here: the kernel has no IP")


def parse(text: str) -> Iterator[Sample]:
    """Yield the wanted fields of pairs of lines: the names, then the numbers."""
    lines = iter(text.splitlines())
    for names, numbers in zip(lines, lines, strict=False):
        protocol, _, fields = names.partition(":")
        wanted = _WANTED.get(protocol, _ANY)
        begin = _TCP_EXT_BEGIN if protocol == "TcpExt" else ()
        for field, number in zip(fields.split(), numbers.split()[1:], strict=False):
            if field in wanted or (begin and field.startswith(begin)):
                yield Sample(f"node_netstat_{protocol}_{field}", int(number))


def parse_6(text: str) -> Iterator[Sample]:
    """Yield the wanted fields of lines of a name and a number, the protocol being the name up to its 6."""
    for line in text.splitlines():
        name, _, number = line.partition(" ")
        protocol, six, field = name.partition("6")
        if field in _WANTED.get(protocol + six, _ANY):
            yield Sample(f"node_netstat_{protocol}6_{field}", int(number))
