"""Pages that were read, written, swapped and faulted in, and processes that were killed for lack of memory.

Example:
    $ cat /proc/vmstat
    nr_free_pages 4910442
    pgpgin 1002765
    pswpin 0
    pgmajfault 901
    oom_kill 0

Source: proc(5). Which of the fields: those that node_exporter shows, `^(oom_kill|pgpg|pswp|pg.*fault)`.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample

_BEGIN = ("oom_kill", "pgpg", "pswp")


def collect(host: Host) -> Iterator[Sample]:
    return parse(read_text(host.proc + "/vmstat"))


def parse(text: str) -> Iterator[Sample]:
    for line in text.splitlines():
        # Most of the 180 lines begin with another letter.
        if line[:1] in "po":
            field, _, number = line.partition(" ")
            if field.startswith(_BEGIN) or (field.startswith("pg") and "fault" in field):
                yield Sample("node_vmstat_" + field, int(number))
