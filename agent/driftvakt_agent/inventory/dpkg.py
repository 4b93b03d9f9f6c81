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

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

STATUS = "/var/lib/dpkg/status"


def take(host: Host) -> Found:
    try:
        return {"packages": parse(read_bytes(host.root + STATUS))}
    except FileNotFoundError as e:
        raise NoData("no dpkg here") from e


def parse(status: bytes) -> list[Row]:
    """Return the packages that are installed.

    Without the day on which each came: that is another on each host, and hosts with the same software would no longer
    have the same list. When one changed is in the history.
    """
    rows: list[Row] = []
    for paragraph in status.split(b"\n\n"):
        block = b"\n" + paragraph
        # "deinstall ok config-files": only its configuration is left.
        if not _field(block, b"\nStatus: ").endswith(" installed") or not (name := _field(block, b"\nPackage: ")):
            continue
        size = _field(block, b"\nInstalled-Size: ")
        rows.append(
            {
                "source": "dpkg",
                "name": name,
                "architecture": _field(block, b"\nArchitecture: "),
                "version": _field(block, b"\nVersion: "),
                "publisher": _field(block, b"\nMaintainer: ").partition(" <")[0],
                "size_bytes": int(size) * 1024 if size.isdecimal() else None,
            }
        )
    return rows


def _field(block: bytes, name: bytes) -> str:
    """Return a field of a paragraph. What goes on in the next line begins with a blank, and is none."""
    begin = block.find(name)
    if begin < 0:
        return ""
    begin += len(name)
    end = block.find(b"\n", begin)
    return (block[begin:] if end < 0 else block[begin:end]).decode("utf-8", "replace")
