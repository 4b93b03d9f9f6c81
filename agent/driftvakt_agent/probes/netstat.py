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
_MOST_PROTOCOLS = 32


def collect(host: Host) -> Iterator[Sample]:
    found = False
    places = host.memory.setdefault("netstat", {})
    assert isinstance(places, dict)
    for file in ("netstat", "snmp", "snmp6"):
        try:
            text = read_text(f"{host.proc}/net/{file}")
        except FileNotFoundError:
            # No snmp6 on a machine without IPv6.
            continue
        found = True
        yield from parse_6(text) if file == "snmp6" else parse(text, places)
    if not found:
        raise NoData("no /proc/net/snmp here: the kernel has no IP")


Places = dict[str, tuple[tuple[int, str], ...]]


def parse(text: str, places: Places | None = None) -> Iterator[Sample]:
    """Yield the wanted fields of pairs of lines: the names, then the numbers.

    places: what the last call found; the names stay as they are until another kernel runs.
    """
    places = {} if places is None else places
    lines = iter(text.splitlines())
    for names, numbers in zip(lines, lines, strict=False):
        wanted = places.get(names)
        if wanted is None:
            protocol, _, fields = names.partition(":")
            if len(places) >= _MOST_PROTOCOLS:
                places.clear()
            wanted = places[names] = tuple(_wanted(protocol, fields.split()))
        if wanted:
            values = numbers.split()
            for place, name in wanted:
                if place < len(values):
                    yield Sample(name, int(values[place]))


def _wanted(protocol: str, fields: list[str]) -> Iterator[tuple[int, str]]:
    """Yield place and series of each wanted field; the protocol stands at place 0."""
    wanted = _WANTED.get(protocol, _ANY)
    begin = _TCP_EXT_BEGIN if protocol == "TcpExt" else ()
    for place, field in enumerate(fields, 1):
        if field in wanted or (begin and field.startswith(begin)):
            yield place, f"node_netstat_{protocol}_{field}"


def parse_6(text: str) -> Iterator[Sample]:
    """Yield the wanted fields of lines of a name and a number, the protocol being the name up to its 6."""
    for line in text.splitlines():
        name, _, number = line.partition(" ")
        protocol, six, field = name.partition("6")
        if field in _WANTED.get(protocol + six, _ANY):
            yield Sample(f"node_netstat_{protocol}6_{field}", int(number))
