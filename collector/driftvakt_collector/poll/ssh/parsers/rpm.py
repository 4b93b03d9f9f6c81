"""Packages of Red Hat's and SUSE's kin: rpm -qi, and what `rpm -qa --qf` writes in the same form.

Example:
    $ rpm -qi make
    Name        : make
    Epoch       : 1
    Version     : 3.82
    Release     : 24.el7
    Architecture: x86_64
    Size        : 1160660
    Vendor      : CentOS
    Description :
    A GNU tool for controlling the generation of executables and other
"""

from collections.abc import Iterator

from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.parsers.package import Package

_MAX_DESCRIPTION = 4096
_KEYS = "gpg-pubkey"
"""Keys that rpm trusts are listed as if they were packages."""


def fields(text: str) -> Iterator[dict[str, str]]:
    """Give what is told of each package, by rpm's names. The description is put into one line."""
    told: dict[str, str] = {}
    in_text = False
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if name.rstrip() == "Name" and colon:
            if told:
                yield told
            told, in_text = {"Name": value.strip()}, False
        elif in_text and len(told["Description"]) < _MAX_DESCRIPTION:
            told["Description"] = f"{told['Description']} {line.strip()}".strip()
        elif colon and told and not in_text:
            told[name.strip()] = value.strip()
            in_text = name.strip() == "Description"
    if told:
        yield told


def parse(text: str) -> list[Package]:
    """Return the packages."""
    rows = []
    for told in fields(text):
        known = {name: "" if value == "(none)" else value for name, value in told.items()}
        name, version = known["Name"], known.get("Version", "")
        if not name or not version or name == _KEYS:
            continue
        if known.get("Release"):
            version += "-" + known["Release"]
        if known.get("Epoch") not in (None, "", "0"):
            version = f"{known['Epoch']}:{version}"
        size = whole(known.get("Size", ""))
        rows.append(Package("rpm", name, version, known.get("Architecture", ""), known.get("Vendor", ""), size))
    return rows
