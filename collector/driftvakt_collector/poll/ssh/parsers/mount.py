r"""What is mounted where: mount, and /proc/self/mounts of Linux.

Example:
    $ mount
    /dev/sda1 on /boot type xfs (rw,relatime,seclabel)
    $ mount    (macOS, FreeBSD)
    /dev/disk1s1 on / (apfs, local, journaled)
    $ mount    (AIX)
      node       mounted        mounted over    vfs       date        options
    -------- ---------------  ---------------  ------ ------------ ---------------
             /dev/hd4         /                jfs2   Sep 06 11:46 rw,log=/dev/hd8
    remote   /local           /remote          nfs3   Sep 06 11:49 hard,intr
    $ cat /proc/self/mounts
    //srv.example/gemensam /mnt/delad\040mapp cifs ro,vers=3.0 0 0
"""

from dataclasses import dataclass

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))


@dataclass(frozen=True, slots=True)
class Mount:
    """node: the machine that it is of, on AIX."""

    device: str
    mountpoint: str
    type: str
    options: tuple[str, ...]
    node: str = ""


def parse(text: str) -> list[Mount]:
    """Return what mount says."""
    rows = []
    for line in text.split("\n"):
        row = _of_aix(line) if " on /" not in line else _of_others(line)
        if row is not None:
            rows.append(row)
    return rows


def parse_proc(text: str) -> list[Mount]:
    """Return what the kernel says. A device keeps its escapes, as in the labels of node_exporter."""
    rows = []
    for fields in (line.split(" ") for line in text.split("\n")):
        if len(fields) >= 4:
            place = fields[1]
            for escape, character in _ESCAPES:
                place = place.replace(escape, character)
            rows.append(Mount(fields[0], place, fields[2], tuple(fields[3].split(","))))
    return rows


def _of_others(line: str) -> Mount | None:
    device, _, rest = line.partition(" on /")
    rest, bracket, options = rest.rpartition(" (")
    if not bracket or not options.rstrip().endswith(")"):
        return None
    told = tuple(one.strip() for one in options.rstrip()[:-1].split(","))
    place, word, kind = rest.rpartition(" type ")
    if word:
        return Mount(device, "/" + place, kind, told)
    # The BSDs have the type as the first of the options.
    return Mount(device, "/" + rest, told[0], told[1:])


def _of_aix(line: str) -> Mount | None:
    words = line.split()
    at = next((place for place, one in enumerate(words[:7]) if place > 2 and one in _MONTHS), 0)
    if not at:
        return None
    node = words[0] if at > 3 else ""
    options = tuple(filter(None, words[at + 3].split(","))) if len(words) > at + 3 else ()
    return Mount(words[at - 3], words[at - 2], words[at - 1], options, node)
