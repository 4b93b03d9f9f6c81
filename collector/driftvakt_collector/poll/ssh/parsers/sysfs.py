"""Small files of the kernel that grep has put together: path and value.

Example:
    $ grep -s . /sys/class/dmi/id/sys_vendor /sys/class/net/*/mtu
    /sys/class/dmi/id/sys_vendor:Dell Inc.
    /sys/class/net/eth0/mtu:1500
"""


def parse(text: str) -> dict[str, dict[str, str]]:
    """Return the values by the folder's name (`id`, `eth0`) and the file's."""
    found: dict[str, dict[str, str]] = {}
    for line in text.split("\n"):
        # Five parts, by number: an alias has a colon in its folder's name, and a value may have anything.
        parts = line.split("/", 5)
        file, colon, value = parts[-1].partition(":")
        if len(parts) == 6 and colon:
            found.setdefault(parts[4], {}).setdefault(file, value.strip())
    return found
