"""What the BSDs and macOS tell of memory and start: sysctl and vm_stat.

Example:
    $ sysctl kern.boottime hw.physmem vm.stats.vm    (FreeBSD)
    kern.boottime: { sec = 1574886342, usec = 0 } Wed Nov 27 20:25:42 2019
    hw.physmem: 2095898624
    vm.stats.vm.v_free_count: 345678
    $ vm_stat    (macOS)
    Mach Virtual Memory Statistics: (page size of 4096 bytes)
    Pages free:                               63420.
    Pages wired down:                        904126.
"""

import re

from driftvakt_collector.poll.ssh.parsers.number import whole

_BOOT = re.compile(r"sec ?= ?(\d{1,12})")
_PAGE = re.compile(r"page size of (\d{1,9}) bytes")


def parse_sysctl(text: str) -> dict[str, str]:
    """Return the values by name. FreeBSD and macOS part them by a colon, some by an equals sign."""
    found = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon and " " not in name.strip():
            found[name.strip()] = value.strip()
    return found


def boot_time(told: dict[str, str]) -> int | None:
    """Return when the machine was started, seconds since the epoch, by its own clock."""
    found = _BOOT.search(told.get("kern.boottime", ""))
    return int(found[1]) if found else None


def parse_vm_stat(text: str) -> dict[str, int]:
    """Return bytes by what they are used for, as `free`, `wired down`."""
    page = _PAGE.search(text)
    found = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        number = whole(value.strip().rstrip("."))
        if colon and number is not None and page is not None and name.startswith("Pages "):
            found[name.removeprefix("Pages ").strip()] = number * int(page[1])
    return found
