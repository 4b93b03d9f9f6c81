r"""Packages of FreeBSD: pkg query.

Example:
    $ pkg query '%n\t%v\t%q\t%m\t%sb'
    bash    5.2.15  FreeBSD:13:amd64        ehaupt@FreeBSD.org      8134533
"""

from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.parsers.package import Package


def parse(text: str) -> list[Package]:
    """Return the packages."""
    rows = []
    for fields in (line.split("\t") for line in text.split("\n")):
        if len(fields) == 5 and fields[0]:
            name, version, abi, maintainer, size = fields
            rows.append(Package("pkg", name, version, abi.rpartition(":")[2], maintainer, whole(size)))
    return rows
