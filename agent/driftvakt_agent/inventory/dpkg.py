"""Packages of Debian and its kin, from dpkg's own file: a hundredth of the time that dpkg-query takes to be started.

Example:
    $ head -8 /var/lib/dpkg/status
    Package: adduser
    Status: install ok installed
    Priority: important
    Section: admin
    Installed-Size: 686
    Maintainer: Debian Adduser Developers <adduser@packages.debian.org>
    Architecture: all
    Version: 3.134

Source: deb-control(5), dpkg(1).
"""

from driftvakt_agent.host import Host, read_or_no_data
from driftvakt_agent.inventory import Found, Row

STATUS = "/var/lib/dpkg/status"


def take(host: Host) -> Found:
    return {"packages": parse(read_or_no_data(host.root + STATUS, "no dpkg here"))}


def parse(status: str) -> list[Row]:
    """Return the packages that are installed.

    Without the day on which each came: that is another on each host, and hosts with the same software would no longer
    have the same list. When one changed is in the history.
    """
    rows: list[Row] = []
    for paragraph in status.split("\n\n"):
        block = f"\n{paragraph}\n"
        # "deinstall ok config-files": only its configuration is left.
        if not _field(block, "Status").endswith(" installed") or not (name := _field(block, "Package")):
            continue
        size = _field(block, "Installed-Size")
        rows.append(
            {
                "source": "dpkg",
                "name": name,
                "architecture": _field(block, "Architecture"),
                "version": _field(block, "Version"),
                "publisher": _field(block, "Maintainer").partition(" <")[0],
                "size_bytes": int(size) * 1024 if size.isdecimal() else None,
            }
        )
    return rows


def _field(block: str, name: str) -> str:
    """Return a field of a paragraph. What goes on in the next line begins with a blank, and is none."""
    begin = block.find(f"\n{name}: ")
    return "" if begin < 0 else block[begin + len(name) + 3 : block.index("\n", begin + 1)]
