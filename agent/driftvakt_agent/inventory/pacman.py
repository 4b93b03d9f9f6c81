"""Packages of Arch and its kin, from pacman's own folder.

Example:
    $ cat /var/lib/pacman/local/filesystem-2018.8-1/desc
    %NAME%
    filesystem

    %VERSION%
    2018.8-1

    %ARCH%
    x86_64

Source: alpm-db-desc(5).
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

LOCAL = "/var/lib/pacman/local"


def take(host: Host) -> Found:
    folder = host.root + LOCAL
    try:
        names = sorted(os.listdir(folder))
    except OSError as e:
        raise NoData("no pacman here") from e
    rows = []
    for name in names:
        try:
            row = parse(read_text(f"{folder}/{name}/desc"))
        except OSError:
            # ALPM_DB_VERSION is a file among the folders.
            continue
        if row is not None:
            rows.append(row)
    return {"packages": rows}


def parse(text: str) -> Row | None:
    """Return the package of a description, None for what is none."""
    fields = {}
    for block in text.split("\n\n"):
        name, _, value = block.strip().partition("\n")
        fields[name] = value.partition("\n")[0]
    if not fields.get("%NAME%"):
        return None
    size = fields.get("%SIZE%", "")
    return {
        "source": "pacman",
        "name": fields["%NAME%"],
        "architecture": fields.get("%ARCH%", ""),
        "version": fields.get("%VERSION%", ""),
        "publisher": fields.get("%PACKAGER%", "").partition(" <")[0],
        "size_bytes": int(size) if size.isdecimal() else None,
    }
