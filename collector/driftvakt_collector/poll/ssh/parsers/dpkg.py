r"""Packages of Debian and its kin: dpkg-query, which says more than `dpkg -l` and cuts nothing off.

Example:
    $ dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${Maintainer}…'
    ii      adduser 3.134   all     686     Debian Adduser Developers <adduser@packages.debian.org>
    rc      nano    7.2-1   amd64   2871    Jordi Mallach <jordi@debian.org>
"""

from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.parsers.package import Package


def parse(text: str) -> list[Package]:
    """Return the packages that are installed, not those of which only the configuration is left."""
    rows = []
    for fields in (line.split("\t") for line in text.split("\n")):
        if len(fields) == 6 and fields[0][1:2] == "i":
            _, name, version, architecture, size, maintainer = fields
            kibibytes = whole(size)
            rows.append(
                Package(
                    "dpkg", name, version, architecture, maintainer.partition(" <")[0],
                    None if kibibytes is None else kibibytes * 1024,
                )
            )  # fmt: skip
    return rows
