"""The card of how a device is doing: processors, memory, power, sessions, its pair and its tunnels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, bar, number, table
from driftvakt_collector.console.readings import Reading, Readings

BUSY = 0.95
"""Share of a processor, a memory or a table of sessions from which it is marked: little more fits."""
_WHOLE = "all"
"""`cpu` of driftvakt_device_cpu_ratio where a device tells one number for all of them."""
_MEMORY = "memory"
"""`name` of driftvakt_device_memory_… where a device has one."""
_ALARMS = {"critical": "bad", "warning": "warn"}


@dataclass(frozen=True)
class Share:
    """How much of something is taken. title: what. note: what more there is to say of it."""

    title: str
    share: float
    note: str = ""

    @property
    def tone(self) -> str:
        """Say how bad that is."""
        return "warn" if self.share >= BUSY else ""


def processors_of(readings: Readings) -> list[Share]:
    """Return how busy processors are; of those of HOST-RESOURCES-MIB, which may be many, all together."""
    told = readings.all("driftvakt_device_cpu_ratio")
    if told:
        return [Share("Busy" if len(told) == 1 else f"Busy, {_processor(one)}", _share(one.value)) for one in told]
    loads = [_share(one.value / 100) for one in readings.all("hrProcessorLoad")]
    note = quantity.counted(len(loads), "processor")
    return [Share("Busy", sum(loads) / len(loads), note)] if loads else []


def _processor(one: Reading) -> str:
    name = one.label("cpu")
    return "all of it" if name == _WHOLE else f"processor {name}" if name.isdecimal() else name


def memories_of(readings: Readings) -> Iterator[Share]:
    """Give how full memories are by the maker's own MIB."""
    for one in readings.all("driftvakt_device_memory_used_ratio"):
        name = one.label("name")
        size = readings.one("driftvakt_device_memory_total_bytes", name=name)
        title = "Memory" if name == _MEMORY else f"Memory, {name}"
        yield Share(title, _share(one.value), f"of {quantity.size(size)}" if size and size > 0 else "")


def feeds_of(readings: Readings) -> list[Share]:
    """Return how much of the power that a switch can feed is taken."""
    told = readings.all("driftvakt_device_poe_used_ratio")
    return [
        Share("Power over Ethernet", _share(one.value), f"unit {one.label('unit')}" if len(told) > 1 else "")
        for one in told
    ]


def sessions_of(readings: Readings) -> Share | None:
    """Return how many of the sessions that fit are taken, None where nobody says how many fit."""
    found = readings.one("driftvakt_device_sessions_ratio")
    return None if found is None else Share("Sessions", _share(found))


def alarms_of(readings: Readings) -> list[tuple[str, str]]:
    """Return the alarms that the device itself raises, and how bad each is."""
    active = [one.label("severity") for one in readings.all("driftvakt_device_alarm_active") if one.value]
    return [(severity, _ALARMS.get(severity, "warn")) for severity in active]


def out_of_step(readings: Readings) -> list[str]:
    """Return the members of a pair that would not take over."""
    return [one.label("name") for one in readings.all("driftvakt_device_high_availability_ok") if not one.value]


def tunnels_down(readings: Readings) -> list[str]:
    """Return the tunnels that are down."""
    return [one.label("tunnel") for one in readings.all("driftvakt_device_tunnel_up") if not one.value]


def system(readings: Readings, _up: float = 0.0) -> Card | None:
    rows: list[Sequence[Cell]] = [_row(one) for one in processors_of(readings)]
    own = list(memories_of(readings))
    rows += [_row(one) for one in (*own, *feeds_of(readings))]
    for title, whole, free in (("Memory", "memTotalReal", "memAvailReal"), ("Swap", "memTotalSwap", "memAvailSwap")):
        size, left = readings.one(whole), readings.one(free)
        if size and size > 0 and left is not None and not (own and title == "Memory"):
            used = _share(1 - left / size)
            note = f"of {quantity.size(size * 1024)}" + (", caches among it" if title == "Memory" else "")
            rows.append([Cell(title, note=note), Cell(quantity.percent(used), "", bar(used))])
    averages = [quantity.digits(one.value / 100) for one in readings.all("laLoadInt")]
    if averages:
        rows.append([Cell("Load", note="of 1, 5 and 15 minutes"), Cell("  ".join(averages))])
    for title, name in (("Processes", "hrSystemProcesses"), ("Sessions", "hrSystemNumUsers")):
        count = readings.one(name)
        if count:
            rows.append([Cell(title), Cell(quantity.digits(count))])
    for one in readings.all("driftvakt_device_watts"):
        rows.append([Cell("Power drawn"), Cell(f"{quantity.digits(one.value)}{quantity.SPACE}W")])
    newer = readings.one("driftvakt_device_update_available")
    if newer is not None:
        rows.append([Cell("Software"), Cell("there is newer", "warn") if newer else Cell("the newest", "ok")])
    return table("system-of-device", "System", ("What", "Now"), rows)


def _row(one: Share) -> list[Cell]:
    return [Cell(one.title, note=one.note), Cell(quantity.percent(one.share), one.tone, bar(one.share))]


def gateway(readings: Readings, _up: float = 0.0) -> Card | None:
    """Return the card of what goes through a firewall, and of its pair."""
    rows: list[Sequence[Cell]] = []
    for one in readings.all("driftvakt_device_high_availability_ok"):
        state = Cell("in step", "ok") if one.value else Cell("would not take over", "bad")
        rows.append([Cell("High availability", note=one.label("name")), state])
    taken = sessions_of(readings)
    count = readings.one("driftvakt_device_sessions")
    if count is not None:
        note = f"{quantity.percent(taken.share)} of what fits" if taken is not None else ""
        rows.append([Cell("Sessions", note=note), Cell(quantity.digits(count), taken.tone if taken else "")])
    for title, name in (("Users by VPN", "vpn_users"), ("Tunnels that are up", "tunnels")):
        count = readings.total(f"driftvakt_device_{name}")
        if count is not None:
            rows.append([Cell(title), Cell(quantity.digits(count))])
    return table("gateway", "Gateway", ("What", "Now"), rows)


def tunnels(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [Cell(one.label("tunnel")), Cell("up", "ok") if one.value else Cell("down", "bad")]
        for one in sorted(readings.all("driftvakt_device_tunnel_up"), key=lambda one: one.value)
    ]
    return table("tunnels", "Tunnels", ("Tunnel", "State"), rows)


def alarms(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [Cell(one.label("severity").capitalize()), _alarm(one)] for one in readings.all("driftvakt_device_alarm_active")
    ]
    return table("alarms-of-device", "Alarms", ("Alarm", "State"), rows)


def _alarm(one: Reading) -> Cell:
    return Cell("raised", _ALARMS.get(one.label("severity"), "warn")) if one.value else Cell("none", "ok")


def fans(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [Cell(one.label("fan")), number(f"{quantity.digits(one.value)}{quantity.SPACE}rpm")]
        for one in readings.all("driftvakt_device_fan_rpm")
    ]
    return table("fans", "Fans", ("Fan", "Now"), rows)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


CARDS: tuple[Maker, ...] = (alarms, gateway, tunnels, fans, system)
