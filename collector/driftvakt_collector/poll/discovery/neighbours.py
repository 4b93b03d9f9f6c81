"""Which card has which address, as neighbours are known: by this machine's own table, and by those of routers.

A machine that answers no echo answers when it is asked who has its address (ARP, RFC 826): it could not be reached
otherwise. 1.3.6.1.2.1.4.22.1.2.2.10.20.0.7 is ipNetToMediaPhysAddress of 10.20.0.7 at the interface 2 (RFC 4293).
"""

from collections.abc import Mapping
from pathlib import Path

from driftvakt_collector.poll.snmp.driver import Value, Walk
from driftvakt_collector.poll.snmp.text import mac_of

TABLE = "1.3.6.1.2.1.4.22.1.2"
_OWN = Path("/proc/net/arp")
_COMPLETE = 0x2
"""ATF_COM of linux/if_arp.h: the neighbour answered."""
_MOST = 100_000


def own(path: Path = _OWN) -> dict[str, str]:
    """Return the MAC of each neighbour of this machine, by address; nothing where the system does not tell."""
    try:
        lines = path.read_text("ascii", "replace").splitlines()[1:]
    except OSError:
        return {}
    found = {}
    for line in lines[:_MOST]:
        fields = line.split()
        if len(fields) >= 6 and _flags(fields[2]) & _COMPLETE and fields[3] != "00:00:00:00:00:00":
            found[fields[0]] = fields[3].lower()
    return found


def of_router(walk: Walk) -> Mapping[str, str]:
    """Return the MAC of each neighbour of a router, by address."""
    found: dict[str, str] = {}
    for oid, value in zip(walk.oids, walk.values, strict=True):
        numbers = oid.removeprefix(f"{TABLE}.").split(".")
        mac = _mac(value)
        if len(numbers) == 5 and mac:
            found[".".join(numbers[1:])] = mac
    return found


def _mac(value: Value) -> str:
    found = mac_of(value)
    # The lowest bit of the first octet says that it is a group's.
    return "" if not found or int(found[1], 16) & 1 else found


def _flags(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
