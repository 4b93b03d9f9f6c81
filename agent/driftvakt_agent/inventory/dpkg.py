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
_WANTED = frozenset(("Package", "Status", "Installed-Size", "Maintainer", "Architecture", "Version"))


def take(host: Host) -> Found:
    return {"packages": parse(read_or_no_data(host.root + STATUS, "no dpkg here"))}


def parse(status: str) -> list[Row]:
    """Return the packages that are installed.

    Without the day on which each came: that is another on each host, and hosts with the same software would no longer
    have the same list. When one changed is in the history.
    """
    rows: list[Row] = []
    for block in status.split("\n\n"):
        fields = {}
        for line in block.splitlines():
            name, colon, value = line.partition(": ")
            # What goes on in the next line begins with a blank, and none of that is wanted.
            if colon and name in _WANTED:
                fields[name] = value
        # "deinstall ok config-files": only its configuration is left.
        if not fields.get("Status", "").endswith(" installed") or "Package" not in fields:
            continue
        size = fields.get("Installed-Size", "")
        rows.append(
            {
                "source": "dpkg",
                "name": fields["Package"],
                "architecture": fields.get("Architecture", ""),
                "version": fields.get("Version", ""),
                "publisher": fields.get("Maintainer", "").partition(" <")[0],
                "size_bytes": int(size) * 1024 if size.isdecimal() else None,
            }
        )
    return rows
