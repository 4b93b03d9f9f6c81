"""The operating system's own state: clock, processes, people, updates, units, sensors, battery."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset, Fault, Habit
from driftvakt_collector.demo.course import DAY, local
from driftvakt_collector.demo.measured.key import Key, key, linux, server
from driftvakt_collector.demo.models import Family
from driftvakt_collector.demo.session import patched
from driftvakt_collector.demo.work import Work

_TIMEX = ("sync_status", "offset_seconds", "maxerror_seconds", "estimated_error_seconds",
          "frequency_adjustment_ratio")  # fmt: skip
_ZONES = {
    Family.LINUX: ("CET", "CEST"),
    Family.MACOS: ("CET", "CEST"),
    Family.WINDOWS: ("W. Europe Standard Time",) * 2,
}
_PROCESSES = ("S", "I", "R")


def keys(asset: Asset) -> Iterator[Key]:
    yield key("node_time_seconds")
    for name in dict.fromkeys(_ZONES[asset.model.system.family]):
        yield key("node_time_zone_offset_seconds", time_zone=name)
    yield key("node_processes_pids")
    yield key("driftvakt_users_logged_in")
    system = asset.model.system
    yield key("node_os_version", id=system.id, id_like=system.like, name=system.name)
    if system.family is not Family.MACOS:
        yield key("node_reboot_required")
        for security in ("yes", "no"):
            yield key("driftvakt_updates_pending", manager=system.manager, security=security)
    else:
        yield key("driftvakt_updates_pending", manager=system.manager, security="unknown")
    yield key("driftvakt_updates_checked_timestamp_seconds")
    if linux(asset):
        for name in _TIMEX:
            yield key(f"node_timex_{name}")
        yield key("node_filefd_allocated")
        yield key("node_filefd_maximum")
        yield key("node_processes_threads")
        for state in _PROCESSES:
            yield key("node_processes_state", state=state)
    if asset.model.battery:
        yield key("node_power_supply_capacity", power_supply="battery")
        yield key("node_power_supply_online", power_supply="mains")


def values(asset: Asset, work: Work) -> Iterator[float]:
    system = asset.model.system
    yield round(work.at, 3)
    offset = local(work.day).utcoffset()
    seconds = offset.total_seconds() if offset else 0.0
    names = tuple(dict.fromkeys(_ZONES[system.family]))
    summer = seconds > 3600
    for place in range(len(names)):
        # The other name's series has no number now; see `sheet`.
        yield seconds if len(names) == 1 or place == summer else float("nan")
    processes = 95 + int(60 * asset.traits.memory + 40 * work.rhythm_now + 5 * work.bursts_now)
    yield processes
    yield _people(asset, work)
    yield system.number
    pending, security = _updates(asset, work)
    if system.family is not Family.MACOS:
        yield float(pending > 25)
        yield security
        yield pending - security
    else:
        yield pending
    yield round(work.ago(work.day - (work.day + asset.number % DAY) % DAY))
    if linux(asset):
        yield from _clock(asset, work)
        yield 900 + 8 * processes
        yield 9223372036854775807.0
        yield int(processes * 2.4)
        running = 1 + int(asset.model.cpus * work.busy_now)
        yield processes - 60 - running
        yield 60
        yield running
    if asset.model.battery:
        yield from _battery(asset, work)


def _people(asset: Asset, work: Work) -> int:
    if asset.habit is Habit.SERVER:
        return int(work.rhythm_now > 0.5 and asset.traits.busy > 0.8)
    return int(work.rhythm_now > 0.08)


def _updates(asset: Asset, work: Work) -> tuple[int, int]:
    """Return how many updates wait, and how many of them close a hole: the more, the longer nobody installed them."""
    if server(asset):
        days = (work.day - patched(asset, work.day)) / DAY
        pending = int(days * (0.4 + 1.2 * asset.traits.age))
    else:
        pending = int(7 * asset.traits.age**4 + (work.day / DAY + 7 * asset.traits.shift) % 7 * 0.6)
    return pending, int(pending * 0.3)


def _clock(asset: Asset, work: Work) -> Iterator[float]:
    if asset.fault is Fault.DRIFTING:
        # 30 millionths: two and a half seconds a day, from the moment when its source was lost.
        lost = (work.day + asset.number % (3 * DAY)) % (3 * DAY)
        yield from (0.0, round(30e-6 * lost, 9), 16.0, 16.0, 1.0)
    else:
        wave = (work.bursts_now - 1.0) * 1e-5
        yield from (1.0, round(wave, 9), 0.05, 2e-5, round(1.0 + (asset.traits.shift - 0.5) * 4e-5, 12))


def _battery(asset: Asset, work: Work) -> Iterator[float]:
    """Yield charge and mains: one hour of each three it is carried around."""
    most = 34.0 if asset.fault is Fault.WORN_BATTERY else 100.0
    turn = (work.day + asset.number % 10800) % 10800 / 10800
    carried = turn < 1 / 3
    left = 1.0 - turn * 1.5 if carried else min(1.0, 0.5 + (turn - 1 / 3) * 1.2)
    yield round(most * left)
    yield float(not carried)
