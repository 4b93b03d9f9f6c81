"""What is wrong with a device or a service that is asked without an agent, and what to do about it."""

from collections.abc import Iterator

from driftvakt_collector.console import (
    device_card,
    disk_card,
    power_card,
    printer_card,
    quantity,
    service_card,
    vital_card,
)
from driftvakt_collector.console.finding import Finding, named, short
from driftvakt_collector.console.readings import Readings


def findings(readings: Readings, reason: str = "") -> list[Finding]:
    """Return what is wrong by the newest numbers. reason: the sentence of a check that failed, where one was told."""
    return [
        *_service(readings, reason), *_power(readings), *_printer(readings), *_parts(readings), *_gateway(readings),
        *_vital(readings), *_disks(readings),
    ]  # fmt: skip


def _service(readings: Readings, reason: str) -> Iterator[Finding]:
    wrong = service_card.trouble(readings)
    if wrong is not None:
        yield Finding("bad", f"It {wrong.says}: {reason or wrong.meaning}. Look at {wrong.look}", "service")
    ends = service_card.certificate(readings)
    if ends is not None and ends[1]:
        days, tone = ends
        when = f"ends in {quantity.counted(days, 'day')}" if days > 0 else "ends today" if days == 0 else "is expired"
        yield Finding(tone, f"Its certificate {when}: renew it", "service")


def _power(readings: Readings) -> Iterator[Finding]:
    power, battery = power_card.power(readings), power_card.battery(readings)
    if power is not None and power[0] == "on battery":
        lasts = readings.one("driftvakt_ups_runtime_seconds")
        left = "" if lasts is None else f", which lasts {quantity.duration(lasts)} more"
        yield Finding("bad", f"Runs on its battery{left}: find out where the power went", "ups")
    elif power is not None and power[1] != "ok":
        says = "what hangs on it is not protected" if "bypass" in power[0] else "what hangs on it may have no power"
        yield Finding(power[1], f"The UPS is {power[0]}: {says}", "ups")
    if battery is not None and battery[0] == "nearly empty":
        yield Finding("bad", "The battery is nearly empty: shut down what hangs on it", "ups")
    elif battery is not None and battery[1] != "ok":
        yield Finding("warn", "The battery is worn out: have it replaced", "ups")
    for one in readings.all("driftvakt_ups_load_ratio"):
        if one.value >= power_card.OVERLOADED:
            yield Finding("bad", f"Carries {quantity.percent(one.value)} of what it can: move something away", "ups")
    for one in readings.all("driftvakt_pdu_overload"):
        if one.value:
            yield Finding("bad", f"{power_card.phase_of(one)} is near what it may carry: move something away", "strip")


def _printer(readings: Readings) -> Iterator[Finding]:
    for supply in printer_card.supplies_of(readings):
        if not supply.tone:
            continue
        if supply.left is None:
            yield Finding("warn", f"{short(supply.name)} is low: have a new one ready", "supplies")
            continue
        left = printer_card.level(supply.left)
        what = f"has room for {left} more" if supply.waste else f"has {left} left" if supply.left else "is empty"
        do = "change it" if supply.tone == "bad" else "have a new one ready"
        yield Finding(supply.tone, f"{short(supply.name)} {what}: {do}", "supplies")
    empty = [one.name for one in printer_card.trays_of(readings) if one.wanting]
    if empty:
        yield Finding("warn", f"No paper in {named(empty)}", "trays")
    if printer_card.open_covers(readings):
        yield Finding("warn", "A cover is open: close it", "printer")
    told = printer_card.state(readings)
    if told is not None and told[1] == "bad":
        yield Finding("bad", "The printer has stopped: its panel says why", "printer")


def _parts(readings: Readings) -> Iterator[Finding]:
    wrong: dict[str, list[str]] = {}
    for part in device_card.broken_parts(readings):
        wrong.setdefault(part.label("kind") or "part", []).append(part.label("part"))
    for kind, names in wrong.items():
        be = "is" if len(names) == 1 else "are"
        yield Finding("bad", f"{quantity.counted(len(names), short(kind))} {be} not ok: {named(names)}", "parts")
    broken = [one.name for one in device_card.sensors_of(readings) if one.tone == "warn"]
    if broken:
        what = quantity.counted(len(broken), "sensor")
        yield Finding("warn", f"{what} can't read what it should: {named(broken)}", "sensors-of-device")
    lost = device_card.lost_access_points(readings)
    if lost:
        what = quantity.counted(len(lost), "access point")
        be = "is" if len(lost) == 1 else "are"
        yield Finding("bad", f"{what} {be} not with the controller: {named(lost)}", "access-points")
    for store in device_card.storages_of(readings):
        if store.tone:
            text = f"{short(store.name)} is {quantity.percent(store.share)} full, {quantity.size(store.free)} left"
            yield Finding(store.tone, text, "storage")


def _gateway(readings: Readings) -> Iterator[Finding]:
    out = vital_card.out_of_step(readings)
    if out:
        yield Finding("bad", f"High availability is not given: {named(out)} would not take over", "gateway")
    down = vital_card.tunnels_down(readings)
    if down:
        what = quantity.counted(len(down), "tunnel")
        yield Finding("bad", f"{what} {'is' if len(down) == 1 else 'are'} down: {named(down)}", "tunnels")
    sessions = vital_card.sessions_of(readings)
    if sessions is not None and sessions.tone:
        text = f"Follows {quantity.percent(sessions.share)} of the sessions that fit: new ones will be refused"
        yield Finding("warn", text, "gateway")


def _vital(readings: Readings) -> Iterator[Finding]:
    for severity, tone in vital_card.alarms_of(readings):
        yield Finding(tone, f"Raises an alarm ({short(severity)}): its own log says which", "alarms-of-device")
    for one in vital_card.processors_of(readings):
        if one.tone:
            which = short(one.title.partition(", ")[2]) or "it"
            text = f"{which[:1].upper()}{which[1:]} is {quantity.percent(one.share)} busy: find out what keeps it so"
            yield Finding("warn", text, "system-of-device")
    for one in vital_card.feeds_of(readings):
        if one.tone:
            text = f"{one.title} is {quantity.percent(one.share)} taken: what is plugged in next stays dark"
            yield Finding("warn", text, "system-of-device")
    for one in vital_card.memories_of(readings):
        if one.tone:
            text = f"{short(one.title)} is {quantity.percent(one.share)} full: find out what takes it"
            yield Finding("warn", text, "system-of-device")


def _disks(readings: Readings) -> Iterator[Finding]:
    disks = disk_card.disks_of(readings)
    failing = [one.name for one in disks if one.failing]
    if failing:
        what = "says that it" if len(failing) == 1 else "say that they"
        yield Finding("bad", f"{named(failing)} {what} will fail: save what is on it and change it", "disks-of-device")
    bad = [one.name for one in disks if one.bad_sectors and not one.failing]
    if bad:
        has = "has" if len(bad) == 1 else "have"
        yield Finding("warn", f"{named(bad)} {has} bad sectors: have a new disk ready if they grow", "disks-of-device")
    worn = [one.name for one in disks if one.worn and not one.failing]
    if worn:
        is_ = "is" if len(worn) == 1 else "are"
        yield Finding("warn", f"{named(worn)} {is_} nearly written to the end: have a new one ready", "disks-of-device")
    for pool in disk_card.pools_of(readings):
        if pool.tone:
            text = f"Pool {short(pool.name)} is {quantity.percent(pool.share)} full: make room or add disks"
            yield Finding(pool.tone, text, "pools")
