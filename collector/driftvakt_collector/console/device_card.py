"""The cards of what devices have in common: sensors, parts, storage, wireless networks, and the poller."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from driftvakt_collector.console import quantity
from driftvakt_collector.console.agent_card import BAD, WARN
from driftvakt_collector.console.card import Card, Cell, Maker, bar, number, table
from driftvakt_collector.console.readings import Reading, Readings

_UNITS = {
    "voltsAC": "V", "voltsDC": "V", "amperes": "A", "watts": "W", "hertz": "Hz", "celsius": "°C", "percentRH": "%",
    "rpm": "rpm", "cmm": "m³/min",
}  # fmt: skip
"""entPhySensorType (RFC 3433)."""
_UNITS_SCALE = 9
"""entPhySensorScale of units: 8 is thousandths, 10 is thousands."""
_SENSOR_STATES = {1: ("ok", "ok"), 2: ("no value", "muted"), 3: ("broken", "warn")}
_DISK = re.compile(r"/|[A-Z]:\\")
"""How file systems are called, unlike memory, buffers and swap, which may well be full."""
_ALWAYS_FULL = ("/rom", "/dev", "/proc", "/sys", "/run", "/snap", "/media", "/packages/mnt")
"""Where nothing is ever written: images that are as full as they were made."""
_MOUNTED = "mounted on: "
_CROWDED = 0.7
"""Share of a channel's time from which stations wait noticeably for each other."""
_JOINED = 1
"""bsnAPOperationStatus: the access point is with its controller."""


@dataclass(frozen=True)
class Sensor:
    """What a sensor reads. text: value and unit. state, tone: how the sensor itself is, empty where nobody says."""

    name: str
    text: str
    state: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Storage:
    """size, free: bytes. share: how full it is. disk: it is a file system that is written to."""

    name: str
    size: float
    free: float
    share: float
    disk: bool

    @property
    def tone(self) -> str:
        """Say how bad that is."""
        if not self.disk:
            return ""
        return "bad" if self.share >= BAD else "warn" if self.share >= WARN else ""


def sensors_of(readings: Readings) -> Iterator[Sensor]:
    """Give what is measured, in our normal form first."""
    for one in readings.all("driftvakt_sensor_celsius"):
        yield Sensor(one.label("sensor") or "temperature", f"{one.value:.1f}{quantity.SPACE}°C")
    for one in readings.all("driftvakt_sensor_humidity_ratio"):
        yield Sensor(one.label("sensor") or "humidity", f"{quantity.percent(one.value)} humidity")
    for one in readings.all("entPhySensorOperStatus"):
        index = one.label("entPhysicalIndex")
        state, tone = _SENSOR_STATES.get(int(one.value), ("", ""))
        name = one.label("entPhysicalName") or f"sensor {index}"
        yield Sensor(name, _measured(readings, index, one.label("entPhySensorType")), state, tone)


def _measured(readings: Readings, index: str, kind: str) -> str:
    value, scale, places = (
        readings.one(f"entPhySensor{what}", entPhysicalIndex=index) for what in ("Value", "Scale", "Precision")
    )
    if value is None:
        return quantity.NONE
    if kind == "truthvalue":
        return "yes" if value == 1 else "no"
    power = 3 * (min(max(scale or _UNITS_SCALE, 1), 17) - _UNITS_SCALE) - min(max(places or 0, -8), 9)
    return f"{quantity.digits(float(f'{value * 10.0**power:.4g}'))}{quantity.SPACE}{_UNITS.get(kind, '')}".rstrip()


def sensors(readings: Readings, _up: float = 0.0) -> Card | None:
    found = sorted(sensors_of(readings), key=lambda one: one.tone != "warn")
    rows = [[Cell(one.name), number(one.text), Cell(one.state, one.tone)] for one in found]
    if not any(one.state for one in found):
        rows = [row[:2] for row in rows]
    return table("sensors-of-device", "Sensors", ("Sensor", "Now", "State"), rows)


def broken_parts(readings: Readings) -> list[Reading]:
    """Return the fans, power supplies, disks and RAIDs that say that they are not well."""
    return [one for one in readings.all("driftvakt_part_ok") if not one.value]


def parts(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [
            Cell(one.label("part"), note=_unless(one.label("kind"), one.label("part"))),
            Cell("ok", "ok") if one.value else Cell("not ok", "bad"),
        ]
        for one in sorted(readings.all("driftvakt_part_ok"), key=lambda one: one.value)
    ]
    return table("parts", "Parts", ("Part", "State"), rows)


def _unless(text: str, same: str) -> str:
    return "" if text == same else text


def storages_of(readings: Readings) -> list[Storage]:
    """Return what there is to store things in, the fullest file systems first."""
    found = []
    for one in readings.all("hrStorageSize"):
        at = {"hrStorageIndex": one.label("hrStorageIndex")}
        used, unit = readings.one("hrStorageUsed", **at), readings.one("hrStorageAllocationUnits", **at)
        if used is None or one.value <= 0 or used < 0:
            continue
        told = one.label("hrStorageDescr")
        # Junos tells the device too: "/dev/ad1s1f: var file system, mounted on: /var".
        name = told.partition(_MOUNTED)[2] or told or f"storage {one.label('hrStorageIndex')}"
        disk = _DISK.match(name) is not None and not name.startswith(_ALWAYS_FULL)
        share, unit = min(used / one.value, 1.0), unit or 1.0
        found.append(Storage(name, one.value * unit, max(one.value - used, 0.0) * unit, share, disk))
    return sorted(found, key=lambda one: (not one.disk, -one.share))


def storage(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [
            Cell(one.name),
            Cell(quantity.percent(one.share), one.tone, bar(one.share)),
            number(quantity.size(one.free)),
            number(quantity.size(one.size)),
        ]
        for one in storages_of(readings)
    ]
    return table("storage", "Storage", ("Storage", "Used", "Free", "Size"), rows)


def networks(readings: Readings, _up: float = 0.0) -> Card | None:
    clients: dict[str, float] = {}
    for name, label in (
        ("bsnDot11EssNumberOfMobileStations", "bsnDot11EssSsid"), ("unifiVapNumStations", "unifiVapEssId"),
        ("driftvakt_wireless_clients", "network"),
    ):  # fmt: skip
        # A network is on the air once on each band.
        for one in readings.all(name):
            network = one.label(label) or "without a name"
            clients[network] = clients.get(network, 0.0) + one.value
        if clients:
            break
    rows = [
        [Cell(network), number(quantity.digits(count))]
        for network, count in sorted(clients.items(), key=lambda one: -one[1])
    ]
    note = f"{quantity.counted(int(sum(clients.values())), 'station')} in all."
    return table("networks", "Wireless networks", ("Network", "Stations"), rows, note)


def radios(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [
            Cell(one.label("radio")),
            Cell(quantity.percent(one.value), "warn" if one.value >= _CROWDED else "", bar(one.value)),
        ]
        for one in sorted(readings.all("driftvakt_wireless_channel_busy_ratio"), key=lambda one: -one.value)
    ]
    note = "The share of time in which somebody is on the air, also others' networks."
    return table("radios", "Channels", ("Radio", "Busy"), rows, note)


def lost_access_points(readings: Readings) -> list[str]:
    """Return the access points that are not with their controller."""
    return [_access_point(one) for one in readings.all("bsnAPOperationStatus") if one.value != _JOINED]


def access_points(readings: Readings, _up: float = 0.0) -> Card | None:
    words = {1: ("with its controller", "ok"), 2: ("leaves", "bad"), 3: ("takes new software", "warn")}
    rows = [
        [Cell(_access_point(one)), Cell(*words.get(int(one.value), ("unknown", "muted")))]
        for one in sorted(readings.all("bsnAPOperationStatus"), key=lambda one: one.value == _JOINED)
    ]
    return table("access-points", "Access points", ("Access point", "State"), rows)


def _access_point(one: Reading) -> str:
    return one.label("bsnAPName") or one.label("bsnAPDot3MacAddress")


def poller(readings: Readings, _up: float = 0.0) -> Card | None:
    failing = readings.one("driftvakt_poller_devices_failing")
    rows = [
        [Cell(title), Cell(write(value), "warn" if name == "devices_failing" and failing else "")]
        for title, name, write in (
            ("Devices that are asked", "devices", quantity.digits),
            ("Do not answer", "devices_failing", quantity.digits),
            ("Visits under way", "running", quantity.digits),
            ("Visits begin late by", "lag_seconds", quantity.brief),
            ("Visits so far", "visits_total", quantity.digits),
            ("Variables so far", "variables_total", quantity.digits),
        )
        if (value := readings.one(f"driftvakt_poller_{name}")) is not None
    ]  # fmt: skip
    return table("poller", "Poller", ("What", "Now"), rows)


CARDS: tuple[Maker, ...] = (networks, radios, access_points, sensors, parts, poller, storage)
