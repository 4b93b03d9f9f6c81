"""What a server is there for: its units, its checks, and the sensors of the box that it stands in."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset, Fault, Role
from driftvakt_collector.demo.course import DAY, at, local
from driftvakt_collector.demo.measured.key import Key, key, linux, server
from driftvakt_collector.demo.work import Work

_STATES = ("active", "activating", "deactivating", "failed", "inactive")
_CHECKS = {
    Role.FILES: "smb_share", Role.DIRECTORY: "ldap_bind", Role.MAIL: "smtp_queue", Role.PRINT: "print_queue",
    Role.DATABASE: "sql_answer", Role.WEB: "https_certificate", Role.BACKUP: "tape_library",
    Role.NONE: "standard_client",
}  # fmt: skip
_SYSTEMD = {"debian": ("252.31-1~deb12u1", 252.31), "ubuntu": ("255.4-1ubuntu8.4", 255.4),
            "rocky": ("252-32.el9_4.7", 252.0)}  # fmt: skip
_CHIP = "platform_coretemp_0"
_FANS = "platform_nct6775_656"
_LIMIT = 95.0


def keys(asset: Asset) -> Iterator[Key]:
    if linux(asset):
        yield key("node_systemd_version", version=_SYSTEMD[asset.model.system.id][0])
        yield key("node_systemd_system_running")
        for state in _STATES:
            yield key("node_systemd_units", state=state)
        if failed_unit(asset):
            yield key("node_systemd_unit_state", name=failed_unit(asset), state="failed", type="simple")
        if not asset.model.virtual:
            yield key("node_hwmon_temp_celsius", chip=_CHIP, sensor="temp1")
            yield key("node_hwmon_temp_crit_celsius", chip=_CHIP, sensor="temp1")
            yield key("node_hwmon_fan_rpm", chip=_FANS, sensor="fan1")
            yield key("node_hwmon_fan_rpm", chip=_FANS, sensor="fan2")
    if server(asset):
        for check in ("backup", _CHECKS[asset.role]):
            yield key("driftvakt_check_state", check=check)
            yield key("driftvakt_check_duration_seconds", check=check)
        yield key("driftvakt_check_perfdata", check="backup", label="age", unit="seconds")


def values(asset: Asset, work: Work) -> Iterator[float]:
    if linux(asset):
        failed = bool(failed_unit(asset))
        yield _SYSTEMD[asset.model.system.id][1]
        yield float(not failed)
        yield from (148 - int(failed), 0, 0, int(failed), 61)
        if failed:
            yield 1.0
        if not asset.model.virtual:
            yield from _sensors(asset, work)
    if server(asset):
        age = _backup_age(asset, work)
        state = 2.0 if age > 2 * DAY else 1.0 if age > 1.2 * DAY else 0.0
        yield from (state, round(0.4 + 0.1 * work.bursts_now, 3))
        worried = asset.fault in (Fault.SLOW_DISK, Fault.BUSY, Fault.CRASHING)
        yield from (float(worried), round((0.05 + 0.02 * work.bursts_now) * (40 if worried else 1), 3))
        yield round(age)


def failed_unit(asset: Asset) -> str:
    """Return the name of the unit that failed, empty where none did."""
    if asset.fault is Fault.FAILED_UNIT or (asset.fault is Fault.CRASHING and linux(asset)):
        return asset.role.value
    return ""


def _backup_age(asset: Asset, work: Work) -> float:
    """Return how old the newest backup is. It is made in the night; where it fails it is some days old."""
    there = local(work.day)
    made = at(there, 4.3)
    age = work.day - made if made <= work.day else work.day - made + DAY
    return age + (3 * DAY if asset.fault is Fault.FAILED_BACKUP else 0.0)


def _sensors(asset: Asset, work: Work) -> Iterator[float]:
    hot = asset.fault is Fault.HOT
    warm = 38 + 8 * asset.traits.age + 28 * work.busy_now + (24 + 12 * work.busy_now if hot else 0)
    yield round(min(warm, _LIMIT - 0.5), 1)
    yield _LIMIT
    yield 0.0 if hot else round(1400 + 1800 * work.busy_now)
    yield round(3600 + 900 * work.busy_now if hot else 1380 + 1800 * work.busy_now)
