"""Packages of Red Hat, SUSE and their kin. Their database has no library without rpm, so rpm is asked.

Example:
    $ rpm -qa --qf '%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SIZE}\\t%{VENDOR}\\n'
    bash	(none)	5.1.8-6.el9	x86_64	7738634	Rocky Enterprise Software Foundation

Source: rpm(8), queryformat.
"""

import os

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData, ProbeError

_DATABASES = ("/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db",
              "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/Packages.db")  # fmt: skip
_FORMAT = r"%{NAME}\t%{EPOCH}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SIZE}\t%{VENDOR}\n"
_SECONDS = 120
_KEYS = "gpg-pubkey"
"""Keys that rpm trusts are listed as if they were packages."""


def take(host: Host) -> Found:
    if host.root or not any(os.path.exists(path) for path in _DATABASES):
        raise NoData("no rpm here")
    # Imported here: only a machine with rpm pays for it.
    import subprocess

    try:
        # In C: a locale that is not installed would be complained of among the packages.
        done = subprocess.run(
            ["rpm", "-qa", "--qf", _FORMAT], capture_output=True, check=False, timeout=_SECONDS,  # noqa: S607
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ProbeError(f"cannot ask rpm for the packages: {e}") from e
    if done.returncode:
        raise ProbeError(f"rpm -qa ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')[:200]}")
    return {"packages": parse(done.stdout.decode("utf-8", "replace"))}


def parse(text: str) -> list[Row]:
    """Return the packages of rpm's answer."""
    rows: list[Row] = []
    for line in text.splitlines():
        fields = ["" if field == "(none)" else field for field in line.split("\t")]
        if len(fields) != 6 or fields[0] in ("", _KEYS):
            continue
        name, epoch, version, architecture, size, vendor = fields
        rows.append(
            {
                "source": "rpm",
                "name": name,
                "architecture": architecture,
                "version": f"{epoch}:{version}" if epoch not in ("", "0") else version,
                "publisher": vendor,
                "size_bytes": int(size) if size.isdecimal() else None,
            }
        )
    return rows
