"""Packages of Alpine, from apk's own file.

Example:
    $ head -8 /lib/apk/db/installed
    C:Q1…
    P:musl
    V:1.2.4-r2
    A:x86_64
    S:389512
    I:634880
    m:Timo Teräs <timo.teras@iki.fi>

Source: apk-package(5), the index format of apk-tools 2.
"""

from driftvakt_agent.host import Host, read_or_no_data
from driftvakt_agent.inventory import Found, Row

INSTALLED = "/lib/apk/db/installed"


def take(host: Host) -> Found:
    return {"packages": parse(read_or_no_data(host.root + INSTALLED, "no apk here"))}


def parse(text: str) -> list[Row]:
    """Return the packages of the file: blocks of lines with a letter, a colon and a value."""
    rows: list[Row] = []
    for block in text.split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.splitlines():
            if line[1:2] == ":":
                # The files of a package follow, whose lines begin with letters that count there only.
                fields.setdefault(line[0], line[2:])
        if "P" in fields:
            size = fields.get("I", "")
            rows.append(
                {
                    "source": "apk",
                    "name": fields["P"],
                    "architecture": fields.get("A", ""),
                    "version": fields.get("V", ""),
                    "publisher": fields.get("m", "").partition(" <")[0],
                    "size_bytes": int(size) if size.isdecimal() else None,
                }
            )
    return rows
