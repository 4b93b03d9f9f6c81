"""Which kernel runs, on what kind of machine, and what the machine calls itself.

Example:
    $ uname -a; cat /proc/sys/kernel/domainname
    Linux vm 6.18.44-fc-v657 #1 SMP PREEMPT_DYNAMIC @0 x86_64 GNU/Linux
    (none)

Source: uname(2).
"""

import os
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample


def collect(host: Host) -> Iterator[Sample]:
    yield parse(os.uname(), _domain(host.proc + "/sys/kernel/domainname"))


def _domain(path: str) -> str:
    # os.uname leaves out the NIS domain that the system call has.
    try:
        return read_text(path).strip()
    except OSError:
        return "(none)"


def parse(uname: os.uname_result, domain: str) -> Sample:
    labels = (
        ("domainname", domain),
        ("machine", uname.machine),
        ("nodename", uname.nodename),
        ("release", uname.release),
        ("sysname", uname.sysname),
        ("version", uname.version),
    )
    return Sample("node_uname_info", 1, labels)
