"""A town of made-up hosts, with an hour behind them, for looking at pages without an agent."""

from collections.abc import Callable, Sequence
from math import sin
from random import Random

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.journal.line import Report
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest

WALL = 1_795_450_000.0
"""A Monday afternoon in November 2026."""
NOW = 90_000.0

Key = tuple[str, tuple[tuple[str, str], ...]]

ADMINISTRATIONS = (
    ("RK", "Rinkeby-Kista stadsdelsförvaltning", ("Kista torg 7", "Rinkeby medborgarkontor")),
    ("HV", "Hässelby-Vällingby stadsdelsförvaltning", ("Vällingby centrum", "Ormängsgatan 65", "Åkermyntan")),
    ("EAV", "Enskede-Årsta-Vantörs stadsdelsförvaltning", ("Slakthusområdet", "Högdalens medborgarkontor")),
    ("SLK", "Stadsledningskontoret", ("Stadshuset", "Kungsklippan")),
    ("UTB", "Utbildningsförvaltningen", ("Södra Latin", "Åsö gymnasium", "Norra Real")),
)
_ROLES = ("web", "fil", "mail", "ad", "print", "db", "ärende", "arkiv")


def host_row(number: int, **told: str) -> HostRow:
    """Return an enrolment; what is told goes before what is made up."""
    code, administration, sites = ADMINISTRATIONS[number % len(ADMINISTRATIONS)]
    school = code == "UTB"
    server = number % 3 == 0
    name = f"{_ROLES[number // 3 % len(_ROLES)]}-{code.lower()}-{number:02}" if server else f"ADM-{code}-{number:04}"
    facts = {
        "origin": f"a-{number:06x}",
        "name": name.replace("ADM", "EDU") if school else name,
        "zone": "edu" if school else "adm",
        "administration": administration,
        "site": sites[number % len(sites)],
        "class_": "server" if server else "workstation",
    }
    return HostRow(gen=1, **{**facts, **told})  # type: ignore[arg-type]  # no number is told


def keys(cpus: int, mounts: Sequence[str], *, troubled: bool) -> list[Key]:
    """Return the series that a host reports."""
    found: list[Key] = [(one, ()) for one in ("node_load1", "node_load5", "node_memory_MemTotal_bytes",
                                             "node_memory_MemAvailable_bytes", "node_boot_time_seconds")]  # fmt: skip
    for cpu in range(cpus):
        found += [
            ("node_cpu_seconds_total", (("cpu", str(cpu)), ("mode", mode))) for mode in ("idle", "user", "system")
        ]
    for place, mount in enumerate(mounts):
        labels = (("device", f"/dev/sda{place + 1}"), ("fstype", "ext4"), ("mountpoint", mount))
        found += [("node_filesystem_size_bytes", labels), ("node_filesystem_avail_bytes", labels)]
    for device in ("lo", "eth0", "wlan0"):
        found += [(f"node_network_{way}_bytes_total", (("device", device),)) for way in ("receive", "transmit")]
        found += [("node_network_up", (("device", device),))]
    found += [("node_network_speed_bytes", (("device", "eth0"),))]
    for what in ("read_bytes_total", "written_bytes_total", "io_time_seconds_total"):
        found += [(f"node_disk_{what}", (("device", "sda"),))]
    for name in ("cpu_waiting", "io_waiting", "io_stalled", "memory_waiting", "memory_stalled"):
        found += [(f"node_pressure_{name}_seconds_total", ())]
    chip = (("chip", "platform_coretemp_0"), ("sensor", "temp1"))
    found += [("node_hwmon_temp_celsius", chip), ("node_hwmon_temp_crit_celsius", chip)]
    found += [("node_hwmon_chip_names", (("chip", "platform_coretemp_0"), ("chip_name", "coretemp")))]
    found += [("node_hwmon_sensor_label", (*chip[:1], ("label", "Package id 0"), *chip[1:]))]
    found += [("node_hwmon_fan_rpm", (("chip", "platform_nct6775"), ("sensor", "fan1")))]
    found += [("driftvakt_updates_pending", (("manager", "apt"), ("security", kind))) for kind in ("yes", "no")]
    found += [("node_reboot_required", ())]
    found += [("node_systemd_units", (("state", state),)) for state in ("active", "failed", "inactive")]
    found += [("driftvakt_probe_success", (("probe", probe),)) for probe in ("cpu", "memory", "filesystem", "hwmon")]
    found += [("driftvakt_check_state", (("check", check),)) for check in ("backup", "certificate")]
    found += [("driftvakt_check_duration_seconds", (("check", check),)) for check in ("backup", "certificate")]
    found += [("driftvakt_check_perfdata", (("check", "certificate"), ("label", "days"), ("unit", "")))]
    if troubled:
        unit = (("name", "nightly-backup.service"), ("state", "failed"), ("type", "oneshot"))
        found += [("node_systemd_unit_state", unit)]
    return found


INFO: list[Key] = [
    ("node_os_info", (("id", "debian"), ("pretty_name", "Debian GNU/Linux 12 (bookworm)"))),
    ("node_uname_info", (("machine", "x86_64"), ("nodename", "x"), ("release", "6.1.0-41-amd64"))),
    ("node_dmi_info", (("product_name", "PowerEdge R650"), ("system_vendor", "Dell Inc."))),
    ("node_disk_info", (("device", "sda"), ("model", "Micron 5400 MTFDDAK960TGA"))),
    ("driftvakt_agent_info", (("version", "0.1.0"),)),
]


def values(described: Sequence[Key], at: float, mood: float, *, full: float, troubled: bool) -> list[float | None]:
    """Return what a host of that mood (0 idle, 1 busy) reports at a time."""
    wave = 0.5 + 0.5 * sin(at / 700 + mood * 40)
    noise = Random(f"{at}{mood}").random()
    busy = min(0.97, 0.03 + mood * (0.25 + 0.6 * wave) + 0.12 * noise * (0.3 + mood))
    spent = at - WALL + 400_000
    # The counters follow the mood of the moment closely enough for a picture.
    work = 60 * sum(min(0.97, 0.03 + mood * (0.25 + 0.6 * (0.5 + 0.5 * sin(t / 700 + mood * 40)))
                        + 0.12 * Random(f"{t}{mood}").random() * (0.3 + mood))
                    for t in range(int(WALL - 3600), int(at) + 1, 60))  # fmt: skip
    flow = 60 * sum(2e4 + 9e6 * mood * Random(f"n{t}{mood}").random() ** 3
                    for t in range(int(WALL - 3600), int(at) + 1, 60))  # fmt: skip
    single: dict[str, float] = {
        "node_load1": round(busy * 6, 2), "node_load5": round(busy * 5, 2), "node_memory_MemTotal_bytes": 16 * 2.0**30,
        "node_memory_MemAvailable_bytes": 16 * 2.0**30 * (0.75 - 0.6 * mood - 0.05 * wave),
        "node_boot_time_seconds": WALL - 400_000, "node_network_speed_bytes": 125e6,
        "node_hwmon_chip_names": 1, "node_hwmon_sensor_label": 1, "node_hwmon_fan_rpm": 2140,
        "node_disk_read_bytes_total": 4.1e11, "node_disk_written_bytes_total": 1.3e12,
        "node_disk_io_time_seconds_total": 8123.4, "node_hwmon_temp_celsius": 41 + 40 * mood,
        "node_hwmon_temp_crit_celsius": 85, "node_reboot_required": float(troubled), "node_systemd_unit_state": 1,
        "driftvakt_check_duration_seconds": 0.21, "driftvakt_check_perfdata": 61,
        "node_pressure_cpu_waiting_seconds_total": 9000 * mood, "node_pressure_io_waiting_seconds_total": 1200.5,
        "node_pressure_io_stalled_seconds_total": 801.2, "node_pressure_memory_waiting_seconds_total": 3.1,
        "node_pressure_memory_stalled_seconds_total": 1.2,
    }  # fmt: skip
    flows = {"receive": flow, "transmit": 0.3 * flow}
    modes = {"idle": spent - work, "user": work * 0.7, "system": work * 0.3}
    special: dict[str, Callable[[dict[str, str]], float]] = {
        "node_cpu_seconds_total": lambda told: modes[told["mode"]],
        "node_filesystem_size_bytes": lambda _: 100 * 2.0**30,
        "node_filesystem_avail_bytes": lambda told: 100 * 2.0**30 * (1 - full / (0.6 + 0.4 * int(told["device"][-1]))),
        "node_network_receive_bytes_total": lambda told: 3e10 + flows["receive"] * (told["device"] == "eth0"),
        "node_network_transmit_bytes_total": lambda told: 3e10 + flows["transmit"] * (told["device"] == "eth0"),
        "node_network_up": lambda told: float(told["device"] != "wlan0"),
        "driftvakt_updates_pending": lambda told: (4.0 if told["security"] == "yes" else 17.0) * troubled,
        "node_systemd_units": lambda told: {"active": 212.0, "failed": float(troubled), "inactive": 81}[told["state"]],
        "driftvakt_check_state": lambda told: 2.0 if troubled and told["check"] == "backup" else 0.0,
        "driftvakt_probe_success": lambda told: float(not (troubled and told["probe"] == "hwmon")),
    }
    return [special[name](dict(labels)) if name in special else single[name] for name, labels in described]


def live(fleet: Fleet, host: Host, mood: float, *, full: float = 0.5, troubled: bool = False, gap: bool = False,
         quiet: float = 0.0, minutes: int = 60) -> None:  # fmt: skip
    """Give a host its hour. quiet: seconds since its newest report. gap: it was not heard for a quarter of an hour."""
    server = host.class_ == "server"
    described = keys(4 if server else 2, ("/", "/var", "/srv") if server else ("/",), troubled=troubled)
    body = series_set(described, {})
    info = series_set(INFO, {})
    fleet.section(host, "info", digest(info), info)
    for minute in range(minutes):
        wall = WALL - quiet - 60.0 * (minutes - 1 - minute) - 12
        if gap and 20 <= minute < 35:
            continue
        report = Report(at=wall, up=400_000.0 - (WALL - wall), series=digest(body),
                        values=values(described, int(wall), mood, full=full, troubled=troubled),
                        sections={"info": digest(info)})  # fmt: skip
        fleet.report(host, report, NOW - (WALL - wall), wall)
        fleet.bind(host, digest(body), body, wall)


def town(count: int = 62) -> Fleet:
    """Return a fleet with a bit of everything."""
    fleet = Fleet([host_row(number) for number in range(count)], healthy_since=0.0)
    chance = Random(2008)
    for number, host in enumerate(fleet.hosts.values()):
        mood, full = chance.random() ** 2.2, 0.15 + 0.7 * chance.random() ** 1.5
        if number in (9, 40):
            continue
        quiet = {6: 1390.0, 22: 95_000.0, 31: 420.0, 12: 170.0, 47: 155.0}.get(number, 0.0)
        full = {15: 0.967, 27: 0.88}.get(number, full)
        live(fleet, host, mood, full=full, troubled=number in (15, 33), gap=number in (0, 15), quiet=quiet)
        host.off = number in (13, 25, 44, 50, 58)
    return fleet
