"""Changes of an inventory as somebody says them who looks for a cause: what came of them in all, in few words. Pure.

What was changed and changed back is no change; a package that went as another of its kind came is one that was
upgraded; a patch day is one line. What changes by itself (neighbours, ports that come and go) is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import packages
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.store.history import ChangeRow
from driftvakt_collector.store.section import ADDED, CHANGED, REMOVED

_MOST_KEY = 40
_MOST_CELL = 32
_FEW = 3
"""So many changes of one section at one time are lines of their own; more are one line."""
_TOGETHER = 3600.0
"""Seconds within which changes of one section belong together."""


class Rank(IntEnum):
    """What breaks things most often comes first."""

    DISK = 0
    SOFTWARE = 1
    DRIVER = 2
    ADDRESS = 3
    SETTING = 4
    PART = 5


@dataclass(frozen=True)
class Kind:
    """A section that may be a cause. one: what a row of it is called, many: several.

    quiet: columns whose change means nothing. secret: only that something did, for its rows are persons.
    """

    rank: Rank
    one: Words
    many: Words
    quiet: frozenset[str] = frozenset()
    secret: bool = False


@dataclass(frozen=True)
class Difference:
    """What differs on one host. at: the last change, seconds since the epoch. words: without when and where."""

    origin: str
    rank: Rank
    at: float
    words: Words


def _kind(rank: Rank, sv: str, en: str, svs: str, ens: str, *quiet: str, secret: bool = False) -> Kind:
    return Kind(rank, Words(sv, en), Words(svs, ens), frozenset(quiet), secret)


PACKAGES = "packages"
KINDS: Mapping[str, Kind] = {
    "storage": _kind(Rank.DISK, "disk", "disk", "diskar", "disks"),
    "volumes": _kind(Rank.DISK, "volym", "volume", "volymer", "volumes", "uuid"),
    PACKAGES: _kind(Rank.SOFTWARE, "paket", "package", "paket", "packages", "publisher", "size_bytes", "installed"),
    "operating_system": _kind(Rank.SOFTWARE, "", "", "", "", "machine_id", "codename", "title"),
    "firmware": _kind(Rank.SOFTWARE, "BIOS", "BIOS", "BIOS", "BIOS", "date", "revision"),
    "updates": _kind(
        Rank.SOFTWARE, "uppdatering", "update", "uppdateringar", "updates", "title", "origin", "installed"
    ),
    "network_interfaces": _kind(Rank.DRIVER, "nätkort", "network card", "nätkort", "network cards"),
    "pci_devices": _kind(Rank.DRIVER, "kort", "card", "kort", "cards", "revision"),
    "addresses": _kind(Rank.ADDRESS, "adress", "address", "adresser", "addresses", "scope"),
    "vlans": _kind(Rank.ADDRESS, "VLAN", "VLAN", "VLAN", "VLANs"),
    "services": _kind(Rank.SETTING, "tjänst", "service", "tjänster", "services", "title"),
    "firewalls": _kind(Rank.SETTING, "brandvägg", "firewall", "brandväggar", "firewalls"),
    "antivirus": _kind(Rank.SETTING, "antivirus", "antivirus", "antivirus", "antivirus", "up_to_date", "expires"),
    "certificates": _kind(Rank.SETTING, "certifikat", "certificate", "certifikat", "certificates"),
    "printers": _kind(Rank.SETTING, "skrivare", "printer", "skrivare", "printers"),
    "remote_access": _kind(Rank.SETTING, "fjärrstyrning", "remote access", "fjärrstyrning", "remote access"),
    "local_users": _kind(Rank.SETTING, "lokalt konto", "local account", "lokala konton", "local accounts", secret=True),
    "local_groups": _kind(Rank.SETTING, "lokal grupp", "local group", "lokala grupper", "local groups", secret=True),
    "memory": _kind(Rank.PART, "minne", "memory", "minnen", "memory modules"),
    "processors": _kind(Rank.PART, "processor", "processor", "processorer", "processors", "speed_mhz"),
    "baseboard": _kind(Rank.PART, "moderkort", "mainboard", "moderkort", "mainboards"),
    "power_supplies": _kind(Rank.PART, "nätaggregat", "power supply", "nätaggregat", "power supplies"),
    "parts": _kind(Rank.PART, "del", "part", "delar", "parts", "description"),
    "usb_devices": _kind(Rank.PART, "USB-enhet", "USB device", "USB-enheter", "USB devices"),
    "virtual_machines": _kind(
        Rank.PART, "virtuell maskin", "virtual machine", "virtuella maskiner", "virtual machines"
    ),
    "system": _kind(Rank.PART, "maskin", "machine", "maskiner", "machines", "contact"),
}
"""The sections that are looked at."""
_COLUMNS = {
    "kernel": Words("kärna", "kernel"),
    "version": Words("version", "version"),
    "software": Words("programvara", "software"),
    "firmware": Words("fast programvara", "firmware"),
    "driver": Words("drivrutin", "driver"),
    "size_bytes": Words("storlek", "size"),
    "memory_bytes": Words("minne", "memory"),
    "mtu_bytes": Words("MTU", "MTU"),
    "mountpoint": Words("monterad på", "mounted on"),
    "filesystem": Words("filsystem", "file system"),
    "health": Words("SMART", "SMART"),
    "start": Words("start", "start"),
    "enabled": Words("på", "on"),
    "hostname": Words("namn", "name"),
    "name": Words("namn", "name"),
    "prefix": Words("nätmask", "prefix"),
    "mac": Words("MAC", "MAC"),
    "serial": Words("serienummer", "serial number"),
    "not_after": Words("gäller till", "valid until"),
    "run_as": Words("körs som", "runs as"),
    "program": Words("program", "program"),
    "timezone": Words("tidszon", "time zone"),
    "present": Words("finns", "present"),
    "location": Words("plats", "place"),
}
_YES = {"yes": Words("ja", "yes"), "no": Words("nej", "no")}
_CAME, _WENT, _OTHER = Words("tillkom", "added"), Words("försvann", "gone"), Words("ändrades", "changed")
_AND_MORE = Words("m.fl.", "and more")


def differences(rows: Sequence[ChangeRow]) -> list[Difference]:
    """Return what differs after all these changes; the rows in any order."""
    found: list[Difference] = []
    for (origin, section), group in _grouped(_net(rows)).items():
        kind = KINDS[section]
        if section == PACKAGES:
            found += _packages(origin, group)
            continue
        for together in _bursts(group):
            told = [Difference(origin, kind.rank, row.at, _words(kind, row)) for row in together]
            found += told if len(told) <= _FEW else [_many(origin, kind, told)]
    return found


def _net(rows: Sequence[ChangeRow]) -> list[ChangeRow]:
    """Return for each cell and row what came of all its changes; nothing where that is nothing."""
    last: dict[tuple[str, str, str, str], ChangeRow] = {}
    for row in sorted(rows, key=lambda one: one.at):
        if row.section not in KINDS or row.column in KINDS[row.section].quiet or _is_pending(row):
            continue
        cell = (row.origin, row.section, row.key, row.column)
        before = last.pop(cell, None)
        merged = row if before is None else _merged(before, row)
        if merged is not None:
            last[cell] = merged
    whole = {cell[:3] for cell, row in last.items() if row.kind != CHANGED}
    # Of a row that came or went, its single cells say nothing more.
    return [row for cell, row in last.items() if row.kind != CHANGED or cell[:3] not in whole]


def _merged(before: ChangeRow, row: ChangeRow) -> ChangeRow | None:
    if row.kind == CHANGED:
        return None if before.old == row.new else row._replace(old=before.old)
    if before.kind == ADDED and row.kind == REMOVED:
        return None
    if before.kind == REMOVED and row.kind == ADDED:
        # It was away for a while; or another thing took its place and its name.
        return None if before.old == row.new else row
    return row


def _is_pending(row: ChangeRow) -> bool:
    """Say if it is an update that only waits, or waits no more: what it does to the machine stands elsewhere."""
    return row.section == "updates" and (row.column == "security" or "pending" in row.new or "pending" in row.old)


def _grouped(rows: Iterable[ChangeRow]) -> dict[tuple[str, str], list[ChangeRow]]:
    found: dict[tuple[str, str], list[ChangeRow]] = {}
    for row in rows:
        found.setdefault((row.origin, row.section), []).append(row)
    return found


def _bursts(rows: Sequence[ChangeRow]) -> list[list[ChangeRow]]:
    """Return the rows by times: those that follow each other within an hour belong together."""
    found: list[list[ChangeRow]] = []
    for row in sorted(rows, key=lambda one: one.at):
        if found and row.at - found[-1][-1].at <= _TOGETHER:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _packages(origin: str, rows: Sequence[ChangeRow]) -> list[Difference]:
    found = []
    for together in _bursts(rows):
        steps = packages.steps(together)
        told = [Difference(origin, Rank.SOFTWARE, step.at, _step(step)) for step in steps]
        found += told if len(told) < _FEW else [_many(origin, KINDS[PACKAGES], told)]
    return found


def _step(step: packages.Step) -> Words:
    name, old, new = line(step.name, _MOST_KEY), line(step.old, _MOST_CELL), line(step.new, _MOST_CELL)
    if old and new:
        return _both(f"{name} {old} → {new}")
    return _each(lambda language: f"{name} {new or old} {(_CAME if new else _WENT).of(language)}")


def _many(origin: str, kind: Kind, told: Sequence[Difference]) -> Difference:
    """Return many changes as one: how many, and the first of them."""
    first = told[: _FEW - 1]
    words = _each(
        lambda language: (
            f"{len(told)} {kind.many.of(language)}: "
            f"{', '.join(one.words.of(language) for one in first)} {_AND_MORE.of(language)}"
        )
    )
    return Difference(origin, kind.rank, max(one.at for one in told), words)


def _words(kind: Kind, row: ChangeRow) -> Words:
    """Return one change: `disk sdb tillkom (Samsung SSD 870)`, `eth0: drivrutin e1000 → igb`."""
    key = "" if kind.secret else line(row.key, _MOST_KEY)
    if row.kind == CHANGED and kind.secret:
        return _each(lambda language: f"{kind.one.of(language)} {_OTHER.of(language)}")
    if row.kind == CHANGED:
        old, new = _cell(row.column, row.old), _cell(row.column, row.new)
        column = _COLUMNS.get(row.column, _both(row.column.replace("_", " ")))
        return _each(lambda language: _lead(kind, key, language) + f"{column.of(language)} "
                     f"{old.of(language)} → {new.of(language)}")  # fmt: skip
    what = _CAME if row.kind == ADDED else _WENT
    told = "" if kind.secret else line(row.new or row.old, _MOST_CELL)
    return _each(
        lambda language: " ".join(
            part for part in (kind.one.of(language), key, what.of(language), f"({told})" if told else "") if part
        )
    )


def _lead(kind: Kind, key: str, language: str) -> str:
    told = " ".join(part for part in (kind.one.of(language), key) if part)
    return f"{told}: " if told else ""


def _cell(column: str, text: str) -> Words:
    if text in _YES:
        return _YES[text]
    if column.endswith("_bytes") and column != "mtu_bytes" and text.isdecimal() and len(text) < 19:
        return _both(_size(int(text)))
    return _both(line(text, _MOST_CELL) or "-")


def _size(count: int) -> str:
    """Return bytes as makers of disks and memory count them in speech: `500 GB`, `16 GiB`."""
    for power, unit in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB")):
        if count >= power and count % power == 0:
            return f"{count // power} {unit}"
    for power, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if count >= power:
            return f"{count / power:.3g} {unit}"
    return f"{count} B"


def _both(text: str) -> Words:
    return Words(text, text)


def _each(say: Callable[[str], str]) -> Words:
    return Words(say("sv"), say("en"))
