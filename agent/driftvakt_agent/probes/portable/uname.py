"""The machine's name, its processor's kind and the kernel's release, with the labels that Linux has."""

import os
import sys
from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.sample import Sample


def collect(_: Host) -> Iterator[Sample]:
    if sys.platform == "win32":
        version = sys.getwindowsversion()
        release = f"{version.major}.{version.minor}.{version.build}"
        # A program for x86 on another processor finds the real one in the second.
        machine = os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE", "")
        yield sample(machine, os.environ.get("COMPUTERNAME", ""), release, "Windows", release)
    else:
        uname = os.uname()
        yield sample(uname.machine, uname.nodename, uname.release, uname.sysname, uname.version)


def sample(machine: str, nodename: str, release: str, sysname: str, version: str) -> Sample:
    labels = (
        ("domainname", "(none)"),
        ("machine", machine),
        ("nodename", nodename),
        ("release", release),
        ("sysname", sysname),
        ("version", version),
    )
    return Sample("node_uname_info", 1, labels)
