"""The cards of a machine that has an agent."""

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, number, table
from driftvakt_collector.console.readings import Reading, Readings

WARN, BAD = 0.85, 0.95
"""Shares from which a file system is marked."""


def filesystems(readings: Readings, _up: float = 0.0) -> Card | None:
    rows: list[tuple[float, list[Cell]]] = []
    for one in readings.all("node_filesystem_size_bytes"):
        free = readings.one("node_filesystem_avail_bytes", **one.labels)
        if free is None or one.value <= 0:
            continue
        share = min(max(1 - free / one.value, 0.0), 1.0)
        tone = "bad" if share >= BAD else "warn" if share >= WARN else ""
        sealed = readings.one("node_filesystem_readonly", **one.labels) == 1
        note = ", ".join(text for text in (one.label("fstype"), "read-only" if sealed else "") if text)
        rows.append((
            share,
            [
                Cell(one.label("mountpoint") or one.label("device"), note=note),
                Cell(quantity.percent(share), tone, round(share * 100, 1)),
                number(quantity.size(free)),
                number(quantity.size(one.value)),
            ],
        ))  # fmt: skip
    rows.sort(key=lambda row: -row[0])
    return table("filesystems", "File systems", ("Mounted on", "Used", "Free", "Size"), [row for _, row in rows])


def interfaces(readings: Readings, _up: float = 0.0) -> Card | None:
    rows: list[tuple[bool, list[Cell]]] = []
    for one in readings.all("node_network_receive_bytes_total"):
        device = one.label("device")
        if device == "lo":
            continue
        up = readings.one("node_network_up", device=device)
        speed = readings.one("node_network_speed_bytes", device=device)
        faults = [
            readings.one(f"node_network_{way}_{what}_total", device=device) or 0.0
            for way in ("receive", "transmit")
            for what in ("errs", "drop")
        ]
        state = Cell(quantity.NONE, "muted") if up is None else Cell("up", "ok") if up else Cell("down", "muted")
        rows.append((
            up == 0,
            [
                Cell(device, note=quantity.bit_rate(speed) if speed and speed > 0 else ""),
                state,
                number(quantity.size(one.value)),
                number(quantity.size(readings.one("node_network_transmit_bytes_total", device=device))),
                number(quantity.digits(sum(faults)), "warn" if sum(faults[0::2]) else ""),
            ],
        ))  # fmt: skip
    rows.sort(key=lambda row: row[0])
    columns = ("Interface", "State", "Received", "Sent", "Faults")
    return table("interfaces", "Network", columns, [row for _, row in rows], "Counted since the start of the machine.")


def disks(readings: Readings, up: float) -> Card | None:
    rows = []
    for one in readings.all("node_disk_read_bytes_total"):
        device = one.label("device")
        busy = readings.one("node_disk_io_time_seconds_total", device=device)
        model = next((found.label("model") for found in readings.all("node_disk_info", device=device)), "")
        rows.append([
            Cell(device, note=model),
            number(quantity.size(one.value)),
            number(quantity.size(readings.one("node_disk_written_bytes_total", device=device))),
            number(quantity.percent(min(max(busy / up, 0.0), 1.0)) if busy is not None and up > 0 else quantity.NONE),
        ])  # fmt: skip
    return table("disks", "Disks", ("Disk", "Read", "Written", "Busy"), rows, "Since the start of the machine.")


def sensors(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = []
    for one in readings.all("node_hwmon_temp_celsius"):
        chip, sensor = one.label("chip"), one.label("sensor")
        limit = readings.one("node_hwmon_temp_crit_celsius", chip=chip, sensor=sensor)
        rows.append(_temperature(_sensor(readings, one), one.value, limit))
    rows += [
        _temperature(f"{one.label('type')} {one.label('zone')}", one.value, None)
        for one in readings.all("node_thermal_zone_temp")
    ]
    rows += [
        [Cell(_sensor(readings, one)), number(f"{quantity.digits(one.value)}{quantity.SPACE}rpm")]
        for one in readings.all("node_hwmon_fan_rpm")
    ]
    return table("sensors", "Temperatures and fans", ("Sensor", "Now"), rows)


def _temperature(name: str, value: float, limit: float | None) -> list[Cell]:
    tone = ""
    if limit is not None and limit > 0:
        tone = "bad" if value >= limit else "warn" if value >= limit - 10 else ""
    note = f"limit {limit:.0f}{quantity.SPACE}°C" if limit else ""
    return [Cell(name, note=note), number(f"{value:.0f}{quantity.SPACE}°C", tone)]


def _sensor(readings: Readings, one: Reading) -> str:
    chip, sensor = one.label("chip"), one.label("sensor")
    named = readings.all("node_hwmon_sensor_label", chip=chip, sensor=sensor)
    chips = readings.all("node_hwmon_chip_names", chip=chip)
    return f"{chips[0].label('chip_name') if chips else chip} {named[0].label('label') if named else sensor}"


CHECK_STATES = (("OK", "ok"), ("Warning", "warn"), ("Critical", "bad"), ("Unknown", "warn"))


def check_state(value: float) -> tuple[str, str]:
    """Return the word and the tone of a script check's state."""
    return CHECK_STATES[int(value)] if value in (0, 1, 2, 3) else CHECK_STATES[3]


def checks(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = []
    for one in sorted(readings.all("driftvakt_check_state"), key=lambda one: -one.value):
        word, tone = check_state(one.value)
        name = one.label("check")
        measured = readings.all("driftvakt_check_perfdata", check=name)[:6]
        said = ", ".join(f"{told.label('label')} {_measured(told.value, told.label('unit'))}" for told in measured)
        took = readings.one("driftvakt_check_duration_seconds", check=name)
        spent = quantity.NONE if took is None else f"{took:.2f}{quantity.SPACE}s"
        rows.append([Cell(name, note=said), Cell(word, tone), number(spent)])
    return table("checks", "Script checks", ("Check", "State", "Took"), rows)


def _measured(value: float, unit: str) -> str:
    if unit == "seconds" and value >= 60:
        return quantity.duration(value)
    if unit == "bytes":
        return quantity.size(value)
    return f"{quantity.digits(value)}{quantity.SPACE}{unit}" if unit else quantity.digits(value)


def units(readings: Readings, _up: float = 0.0) -> Card | None:
    failed = failed_units(readings)
    rows = [[Cell(name), number("failed", "bad")] for name in failed]
    counts = {one.label("state"): one.value for one in readings.all("node_systemd_units")}
    rows += [
        [Cell(f"{state.capitalize()} units"), number(quantity.digits(counts[state]))]
        for state in ("active", "activating", "failed", "inactive")
        if counts.get(state)
    ]
    return table("units", "systemd", ("Unit", "State"), rows)


def failed_units(readings: Readings) -> list[str]:
    """Return the names of the systemd units that failed."""
    return [one.label("name") for one in readings.all("node_systemd_unit_state", state="failed") if one.value]


def updates(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = []
    for one in readings.all("driftvakt_updates_pending"):
        kind = {"yes": "security", "no": "other"}.get(one.label("security"), one.label("security"))
        tone = "warn" if one.label("security") == "yes" and one.value else ""
        rows.append(
            [Cell(f"{kind} updates".strip().capitalize(), note=one.label("manager")), number(f"{one.value:.0f}", tone)]
        )
    restart = readings.one("node_reboot_required")
    if restart is not None:
        rows.append([Cell("Restart required"), number("yes", "warn") if restart else number("no", "ok")])
    return table("updates", "Updates", ("What", "Pending"), rows)


_PRESSURE = (
    ("cpu_waiting", "Waiting for a CPU"), ("io_waiting", "Waiting for disks"), ("io_stalled", "All stalled by disks"),
    ("memory_waiting", "Waiting for memory"), ("memory_stalled", "All stalled by memory"),
)  # fmt: skip


def pressure(readings: Readings, up: float) -> Card | None:
    rows = []
    for name, title in _PRESSURE:
        stalled = readings.one(f"node_pressure_{name}_seconds_total")
        if stalled is not None and up > 0:
            share = min(max(stalled / up, 0.0), 1.0)
            tone = "warn" if share >= 0.1 else ""
            rows.append([Cell(title), Cell(quantity.percent(share), tone, round(share * 100, 1))])
    note = "Share of the time since the start of the machine in which some, or all, of its work stood still."
    return table("pressure", "Pressure", ("Work", "Share"), rows, note)


def failed_probes(readings: Readings) -> list[str]:
    """Return the names of the agent's probes that could not read what they should."""
    return [one.label("probe") for one in readings.all("driftvakt_probe_success") if not one.value]


def probes(readings: Readings, _up: float = 0.0) -> Card | None:
    failed = failed_probes(readings)
    rows = [[Cell(name), number("fails", "bad")] for name in failed]
    total = len(readings.all("driftvakt_probe_success"))
    if total:
        rows.append([Cell("Probes that work"), number(f"{total - len(failed)} of {total}")])
    return table("probes", "The agent's probes", ("Probe", "State"), rows)


CARDS: tuple[Maker, ...] = (filesystems, interfaces, checks, units, updates, disks, sensors, pressure, probes)
