"""What went through each interface: netstat -i, with bytes where `-b` is known.

Example:
    $ netstat -ibn    (macOS, FreeBSD: a row an address; that of the link has `<Link#1>`)
    Name  Mtu   Network       Address            Ipkts Ierrs     Ibytes    Opkts Oerrs     Obytes  Coll
    en0   1500  <Link#10>   a4:83:e7:2d:62:8f 23300545     0 3231554451 26448755   464  871132115     0
    lo0   16384 <Link#1>                       1580150     0  163840000  1580150     0  163840000     0
    $ netstat -i    (Linux)
    Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
    ens33            1500      476      0      0 0           312      0      0      0 BMRU
"""

from dataclasses import dataclass, field

from driftvakt_collector.poll.ssh.parsers.number import whole


@dataclass(frozen=True, slots=True)
class Row:
    """network, address: of a BSD. counters: by the column's name. flags: of Linux."""

    name: str
    mtu: int | None
    network: str = ""
    address: str = ""
    counters: dict[str, int | None] = field(default_factory=dict)
    flags: str = ""

    @property
    def is_link(self) -> bool:
        """Whether it is about the interface, and not about one of its addresses."""
        return not self.network or self.network.startswith("<Link")


def parse(text: str) -> list[Row]:
    """Return the rows. The star of an interface that is down is no part of its name."""
    rows: list[Row] = []
    header: list[str] = []
    for line in text.split("\n"):
        words = line.split()
        if words[:1] in (["Name"], ["Iface"]):
            header = words
        elif header and len(words) > 3:
            row = _of_linux(header, words) if header[0] == "Iface" else _of_bsd(header, words)
            if row is not None:
                rows.append(row)
    return rows


def _of_linux(header: list[str], words: list[str]) -> Row | None:
    if len(words) != len(header):
        return None
    counters = {name: whole(word) for name, word in zip(header[2:-1], words[2:-1], strict=True)}
    return Row(words[0], whole(words[1]), counters=counters, flags=words[-1])


def _of_bsd(header: list[str], words: list[str]) -> Row | None:
    # Only an address may be missing. All that is counted stands at the end.
    if len(header) < 6 or len(words) not in (len(header), len(header) - 1):
        return None
    address = words[3] if len(words) == len(header) else ""
    names = header[4:]
    counters = {name: whole(word) for name, word in zip(names, words[-len(names) :], strict=True)}
    return Row(words[0].rstrip("*"), whole(words[1]), words[2], address, counters)
