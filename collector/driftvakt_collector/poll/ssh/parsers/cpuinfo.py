"""Processors of Linux: /proc/cpuinfo, which anybody may read.

Example:
    $ cat /proc/cpuinfo
    processor       : 0
    vendor_id       : GenuineIntel
    model name      : Intel(R) Core(TM) i5-8279U CPU @ 2.40GHz
    physical id     : 0
    siblings        : 1
    cpu cores       : 1
"""


def parse(text: str) -> list[dict[str, str]]:
    """Return what is told of each hardware thread, by the kernel's names; what stands apart is of none of them."""
    rows = []
    for block in text.replace("\t", " ").split("\n\n"):
        pairs = (line.partition(":") for line in block.split("\n"))
        told = {name.strip(): value.strip() for name, colon, value in pairs if colon}
        if "processor" in told:
            rows.append(told)
    return rows
