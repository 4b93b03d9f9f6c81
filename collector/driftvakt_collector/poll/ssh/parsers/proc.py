"""What the kernel of Linux counts: /proc/loadavg, uptime, meminfo, stat, net/dev and diskstats.

Example:
    $ cat /proc/loadavg /proc/uptime
    0.00 0.01 0.03 2/111 2039
    57780.31 110000.00
    $ cat /proc/meminfo
    MemTotal:        3997272 kB
    HugePages_Total:       0
    $ cat /proc/stat
    cpu0 2784 137 4367 1732802 225 0 221 0 0 0
    intr 2496709 18 73
    btime 1662154781
    $ cat /proc/net/dev
    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier …
        lo:   13222     152    0    0    0     0          0         0    13222     152    0    0    0     0       0 0
    $ cat /proc/diskstats
       8       0 sda 14200 3361 892828 5058 18736 13416 715384 12604 0 24940 17663 0 0 0 0 0 0
"""

from driftvakt_collector.poll.ssh.parsers.number import real, whole
from driftvakt_collector.poll.ssh.text import last_line


def parse_loadavg(text: str) -> list[float]:
    """Return the load of 1, 5 and 15 minutes, or nothing."""
    loads = [real(one) for one in last_line(text).split()[:3]]
    told = [one for one in loads if one is not None]
    return told if len(told) == 3 else []


def parse_uptime(text: str) -> float | None:
    """Return the seconds since the start."""
    return real(last_line(text).partition(" ")[0])


def parse_meminfo(text: str) -> dict[str, tuple[int, bool]]:
    """Return each field: its number, and whether it is of KiB, as the kernel says with `kB`."""
    found = {}
    for line in text.split("\n"):
        name, colon, rest = line.partition(":")
        words = rest.split()
        number = whole(words[0]) if colon and words else None
        if number is not None:
            found[name.strip()] = (number, words[1:] == ["kB"])
    return found


def parse_stat(text: str) -> dict[str, list[int]]:
    """Return the numbers of each line; of interrupts and their kin only the sum, which stands first."""
    found = {}
    for words in (line.split(None, 12) for line in text.split("\n")):
        numbers = [one for word in words[1:11] if (one := whole(word)) is not None]
        if numbers:
            found[words[0]] = numbers if words[0].startswith("cpu") else numbers[:1]
    return found


def parse_net_dev(text: str) -> dict[str, list[int]]:
    """Return the sixteen counters of each interface: eight of what came, eight of what went."""
    found = {}
    for line in text.split("\n"):
        # An alias has a colon in its name.
        name, colon, rest = line.rpartition(":")
        numbers = [one for word in rest.split() if (one := whole(word)) is not None]
        if colon and len(numbers) == 16:
            found[name.strip()] = numbers
    return found


def parse_diskstats(text: str) -> dict[str, tuple[int, int, list[int]]]:
    """Return of each disk its major and minor number, and its counters: 11, 15 or 17 by the age of the kernel."""
    found = {}
    for words in (line.split() for line in text.split("\n")):
        numbers = [one for word in words[3:] if (one := whole(word)) is not None]
        major, minor = (whole(words[0]), whole(words[1])) if len(words) > 3 else (None, None)
        if major is not None and minor is not None and len(numbers) >= 11:
            found[words[2]] = (major, minor, numbers)
    return found
