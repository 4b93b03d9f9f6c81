"""What we know already of a zone: which host has an address, or a card. Pure."""

from collections.abc import Iterable
from typing import NamedTuple


class Acquaintance(NamedTuple):
    """A host that is known. macs, addresses: all that it says are its own. serial: empty where nobody knows."""

    origin: str
    name: str
    macs: frozenset[str]
    addresses: frozenset[str]
    serial: str = ""


class Known:
    """Finds the host that something found is. What two hosts claim is nobody's.

    A thing says of itself what it likes, so what it claims is held against what was seen: whoever shows a card that a
    host does not have is not that host, and serial numbers that differ are of two things.
    """

    def __init__(self, hosts: Iterable[Acquaintance]) -> None:
        self.hosts: dict[str, Acquaintance] = {}
        self._macs: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        for host in hosts:
            self.add(host)

    def add(self, host: Acquaintance, *, seen: str = "", at: str = "") -> None:
        """Know one more. seen, at: the card and the address that it was found by, where it only says the others."""
        self.hosts[host.origin] = host
        _claim(self._macs, [seen] if seen else host.macs, host.origin)
        _claim(self._addresses, [at] if at else host.addresses, host.origin)

    def find(self, address: str, macs: Iterable[str] = (), *, seen: str = "", serial: str = "") -> Acquaintance | None:
        """Return whose they are, by a card before the address: an address may have been given to another since.

        seen: the card that is seen there, empty for none; it counts before those that somebody claims.
        """
        told = [seen, *macs] if seen else list(macs)
        for mac in told:
            origin = self._macs.get(mac)
            if origin and not _another(self.hosts[origin], seen, serial):
                return self.hosts[origin]
        found = self.hosts.get(self._addresses.get(address, ""))
        # Another card at an address that we know: that is another thing now.
        if found is None or (told and found.macs and not found.macs & set(told)) or _another(found, seen, serial):
            return None
        return found


def _another(host: Acquaintance, seen: str, serial: str) -> bool:
    """Say if what is seen and told can't be this host."""
    if serial and host.serial and serial != host.serial:
        return True
    return bool(seen and host.macs) and seen not in host.macs


def _claim(told: dict[str, str], keys: Iterable[str], origin: str) -> None:
    for key in keys:
        told[key] = "" if told.get(key, origin) != origin else origin
