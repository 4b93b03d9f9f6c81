"""What becomes of what a sweep found: devices to ask from now on, and a list for the coverage ledger. Pure."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from driftvakt_collector.naming.device import CLASSES
from driftvakt_collector.poll.discovery.known import Acquaintance, Known
from driftvakt_collector.poll.discovery.sweep import Find, Told, met
from driftvakt_collector.service.coverage import SEEN
from driftvakt_collector.service.coverage.entry import Entry, tidy
from driftvakt_collector.service.coverage.ledger import as_list
from driftvakt_collector.store.coverage import ListInfo, RowInfo
from driftvakt_collector.store.devices import DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.subnets import SubnetRow

WHO = "discovery"
"""Who brings the lists, and adds the devices."""
_EVERY = 60.0
_MOST = 255
_LONGEST_ZONE = 20


@dataclass(frozen=True)
class Outcome:
    """devices: to be added, and met: what is known of them. entries: of the list. known: things that we knew; unknown:

    that we do not ask.
    """

    devices: tuple[tuple[HostRow, DeviceRow], ...]
    met: tuple[Acquaintance, ...]
    entries: tuple[Entry, ...]
    known: int
    unknown: int


def list_name(zone: str, network: str) -> str:
    """Return what the list of a network is called, as found-adm-10-20-0-0-24. A zone's long name is cut."""
    if len(zone) > _LONGEST_ZONE:
        zone = f"{zone[:8]}-{blake2b(zone.encode(), digest_size=4).hexdigest()}"
    return f"found-{zone}-{network.replace('.', '-').replace('/', '-')}"


def outcome(
    row: SubnetRow, finds: Iterable[Find], known: Known, now: float, origin: Callable[[], str], port: int = 161,
    removed: Collection[str] = (),
) -> Outcome:  # fmt: skip
    """Return what becomes of finds. known: gets those that are added. now: seconds since the epoch.

    removed: addresses of devices that somebody took away, which are not added again. origin: makes one for a new
    device. A thing with several addresses is added once.
    """
    devices, fresh_ones, entries, unknown = [], [], [], 0
    old, fresh = set[str](), set[str]()
    for find in finds:
        told = find.told
        host = find.host or met(find, known).host
        if host is not None:
            # What was added just now has not told anything yet: it stands in the next list.
            if host.origin not in old and host.origin not in fresh:
                entries.append(Entry(tidy(host.name), mac=find.mac, owner=row.administration, site=row.site, at=now))
            old.add(host.origin)
        elif told is not None and row.adds and find.address not in removed:
            made = _device(row, find.address, told, now, origin(), port)
            devices.append(made)
            fresh.add(made[0].origin)
            own = Acquaintance(
                made[0].origin, made[0].name, _macs(find), told.addresses | {find.address}, told.serial
            )  # fmt: skip
            fresh_ones.append(own)
            # Another thing is not this one because this one says so.
            known.add(own, seen=find.mac, at=find.address)
        else:
            unknown += 1
            name, serial = (told.name, told.serial) if told is not None else ("", "")
            entries.append(
                Entry(tidy(name) or find.address, tidy(serial), "", find.mac, row.administration, row.site, now)
            )
    return Outcome(tuple(devices), tuple(fresh_ones), tuple(entries), len(old - fresh), unknown)


def as_rows(row: SubnetRow, found: Outcome, now: float, *, private: bool) -> tuple[ListInfo, list[RowInfo]]:
    """Return the list of a network as the store keeps it. private: without what is a person's."""
    return as_list(list_name(row.zone, row.network), SEEN, row.zone, now, WHO, found.entries, private=private)


def _device(row: SubnetRow, address: str, told: Told, now: float, origin: str, port: int) -> tuple[HostRow, DeviceRow]:
    name = tidy(told.name)[:_MOST] or address
    host = HostRow(
        origin, 1, name, row.zone, row.administration, row.site, told.class_ if told.class_ in CLASSES else "device",
        keeper=row.keeper, supplier=row.supplier,
    )  # fmt: skip
    return host, DeviceRow(origin, row.zone, address, port, told.credential, _EVERY, now, WHO)


def _macs(find: Find) -> frozenset[str]:
    own = frozenset((find.mac,)) if find.mac else frozenset[str]()
    return own | find.told.macs if find.told is not None else own
