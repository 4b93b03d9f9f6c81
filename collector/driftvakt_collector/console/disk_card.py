"""The cards of a device's disks and of the pools that are made of them."""

from dataclasses import dataclass

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, bar, table
from driftvakt_collector.console.readings import Readings

FULL, NEARLY_FULL = 0.9, 0.8
"""Shares of a pool from which it is marked: ZFS gets slow before it is full."""
WORN = 0.1
"""What is left of an SSD's writes when it is time to order another."""


@dataclass(frozen=True)
class Disk:
    """What a disk says of itself. life: what is left of its writes; None where it does not say, as all of these."""

    name: str
    failing: bool | None = None
    bad_sectors: float | None = None
    life: float | None = None

    @property
    def worn(self) -> bool:
        """Say if little is left of its writes."""
        return self.life is not None and self.life <= WORN


@dataclass(frozen=True)
class Pool:
    """A pool and how full it is."""

    name: str
    share: float

    @property
    def tone(self) -> str:
        """Say how bad that is."""
        return "bad" if self.share >= FULL else "warn" if self.share >= NEARLY_FULL else ""


def disks_of(readings: Readings) -> list[Disk]:
    """Return the disks in the device's own order."""
    failing, bad, life = (
        {one.label("disk"): one.value for one in readings.all(f"driftvakt_device_disk_{what}")}
        for what in ("failing", "bad_sectors", "life_ratio")
    )
    return [
        Disk(name, bool(failing[name]) if name in failing else None, bad.get(name), life.get(name))
        for name in dict.fromkeys((*failing, *bad, *life))
    ]


def pools_of(readings: Readings) -> list[Pool]:
    """Return the pools, the fullest first."""
    told = readings.all("driftvakt_device_pool_used_ratio")
    return sorted((Pool(one.label("pool"), one.value) for one in told), key=lambda one: -one.share)


def disks(readings: Readings, _up: float = 0.0) -> Card | None:
    found = disks_of(readings)
    columns = {
        "Says": [_verdict(one) for one in found],
        "Bad sectors": [_counted(one.bad_sectors) for one in found],
        "Life left": [_left(one) for one in found],
    }
    told = {title: cells for title, cells in columns.items() if any(cell.text for cell in cells)}
    rows = [[Cell(one.name), *(cells[at] for cells in told.values())] for at, one in enumerate(found)]
    rows.sort(key=lambda row: not any(cell.tone in ("bad", "warn") for cell in row))
    return table("disks-of-device", "Disks", ("Disk", *told), rows)


def _verdict(disk: Disk) -> Cell:
    if disk.failing is None:
        return Cell("")
    return Cell("will fail", "bad") if disk.failing else Cell("well", "ok")


def _counted(sectors: float | None) -> Cell:
    return Cell("") if sectors is None else Cell(quantity.digits(sectors), "warn" if sectors else "")


def _left(disk: Disk) -> Cell:
    if disk.life is None:
        return Cell("")
    return Cell(quantity.percent(disk.life), "warn" if disk.worn else "", bar(disk.life))


def pools(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [[Cell(one.name), Cell(quantity.percent(one.share), one.tone, bar(one.share))] for one in pools_of(readings)]
    return table("pools", "Pools", ("Pool", "Used"), rows)


CARDS: tuple[Maker, ...] = (disks, pools)
