"""What others believe of the city: the contract for its machines, and who has a lease. Both are a little wrong."""

from collections.abc import Iterable, Sequence

from driftvakt_collector.demo import facts
from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.service.coverage.entry import Entry

CONTRACT, LEASES = "avtal-2026", "dhcp"
_UNBILLED, _OTHER_OWNER = 97, 211
"""Of so many machines one is not in the contract, and one is there for another administration."""
_GHOSTS = ("SKÄR-PC-0417", "SKÄR-PC-0418", "RINK-LAP-0033", "KLARA-SRV-OLD")
_STRANGERS = (("skrivare-plan3", "00:1b:a9:11:22:33"), ("tv-receptionen", "a4:30:7a:0c:11:01"),
              ("raspberrypi", "b8:27:eb:5e:77:10"))  # fmt: skip


def contract(assets: Sequence[Asset]) -> list[Entry]:
    """Return what is paid for: nearly all machines, some that nobody has seen, some for the wrong administration."""
    owners = sorted({asset.place.administration for asset in assets})
    rows = [
        Entry(asset.name, facts.serial(asset), owner=_owner(asset, owners), site=asset.place.name)
        for asset in assets if asset.number % _UNBILLED != 1
    ]  # fmt: skip
    return rows + [Entry(name, f"G{number:05}TX", owner=owners[0]) for number, name in enumerate(_GHOSTS)]


def leases(assets: Iterable[Asset], at: float) -> list[Entry]:
    """Return who has a lease: computers, and things that are nobody's. at: seconds since the epoch."""
    rows = [Entry(asset.name, mac=facts.mac(asset), at=at) for asset in assets if asset.class_ == "workstation"]
    return rows + [Entry(name, mac=mac, at=at - 7200.0) for name, mac in _STRANGERS]


def _owner(asset: Asset, owners: Sequence[str]) -> str:
    other = owners[(owners.index(asset.place.administration) + 1) % len(owners)]
    return other if asset.number % _OTHER_OWNER == 2 else asset.place.administration
