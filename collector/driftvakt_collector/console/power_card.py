"""The cards of a UPS and of a power strip."""

from collections.abc import Sequence

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, bar, table
from driftvakt_collector.console.readings import Reading, Readings

LOADED, OVERLOADED = 0.8, 0.95
"""Shares of what a UPS can carry from which it is marked."""
_HALF, _LITTLE = 0.5, 0.2
_WARM = 40.0
"""Degrees from which a lead battery ages much faster than it should."""

_KILOWATT_HOUR = 3.6e6
"""Joules."""

_APC = {
    2: ("on line power", "ok"), 3: ("on battery", "bad"), 4: ("on line power, which it raises", "ok"),
    5: ("asleep", "warn"), 6: ("on bypass", "warn"), 7: ("off", "bad"), 8: ("restarts", "warn"),
    9: ("on bypass", "warn"), 10: ("on bypass for a fault of its own", "bad"),
    11: ("asleep until the power is back", "bad"), 12: ("on line power, which it lowers", "ok"),
}  # fmt: skip
"""upsBasicOutputStatus of PowerNet."""
_RFC1628 = {
    2: ("off", "bad"), 3: ("on line power", "ok"), 4: ("on bypass", "warn"), 5: ("on battery", "bad"),
    6: ("on line power, which it raises", "ok"), 7: ("on line power, which it lowers", "ok"),
}  # fmt: skip
"""upsOutputSource."""


def power(readings: Readings) -> tuple[str, str] | None:
    """Return where the load of a UPS gets its power from, and the tone; None where nobody says."""
    on_battery = readings.one("driftvakt_ups_on_battery")
    if on_battery:
        return "on battery", "bad"
    for name, words in (("upsBasicOutputStatus", _APC), ("upsOutputSource", _RFC1628)):
        found = words.get(int(readings.one(name) or 0))
        if found is not None:
            return found
    if readings.one("driftvakt_ups_on_bypass"):
        return "on bypass", "warn"
    return None if on_battery is None else ("on line power", "ok")


def battery(readings: Readings) -> tuple[str, str] | None:
    """Return how the battery is, and the tone; None where nobody says."""
    low, worn = (readings.one(f"driftvakt_ups_battery_{what}") for what in ("low", "replace"))
    if low:
        return "nearly empty", "bad"
    if worn:
        return "worn out", "bad"
    return None if low is None and worn is None else ("good", "ok")


def ups(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [Cell(title), Cell(*told)]
        for title, told in (("Output", power(readings)), ("Battery", battery(readings)))
        if told is not None
    ]
    charge = readings.one("driftvakt_ups_battery_charge_ratio")
    if charge is not None:
        tone = "bad" if charge < _LITTLE else "warn" if charge < _HALF else ""
        rows.append([Cell("Charge"), Cell(quantity.percent(charge), tone, bar(charge))])
    lasts, since = (readings.one(f"driftvakt_ups_{what}_seconds") for what in ("runtime", "on_battery"))
    if lasts is not None:
        rows.append([Cell("Lasts", note="on its battery, at this load"), Cell(quantity.duration(lasts))])
    if since:
        rows.append([Cell("On battery for"), Cell(quantity.duration(since))])
    for one in readings.all("driftvakt_ups_load_ratio"):
        tone = "bad" if one.value >= OVERLOADED else "warn" if one.value >= LOADED else ""
        rows.append([
            Cell(_phased(readings, "Load", "load_ratio", one.label("phase"))),
            Cell(quantity.percent(one.value), tone, bar(one.value)),
        ])  # fmt: skip
    for title, what, unit in (
        ("Voltage in", "input_volts", "V"), ("Voltage out", "output_volts", "V"), ("Power out", "output_watts", "W"),
    ):  # fmt: skip
        for one in readings.all(f"driftvakt_ups_{what}"):
            name = _phased(readings, title, what, one.label("phase"))
            rows.append([Cell(name), Cell(_unit(one.value, unit))])
    volts, warm = (readings.one(f"driftvakt_ups_battery_{what}") for what in ("volts", "celsius"))
    if volts is not None:
        rows.append([Cell("Voltage of the battery"), Cell(f"{quantity.digits(volts)}{quantity.SPACE}V")])
    if warm is not None:
        tone = "warn" if warm >= _WARM else ""
        rows.append([Cell("Temperature of the battery"), Cell(f"{warm:.0f}{quantity.SPACE}°C", tone)])
    alarms = readings.one("upsAlarmsPresent")
    if alarms:
        rows.append([Cell("Alarms"), Cell(f"{alarms:.0f} present", "warn")])
    return table("ups", "Power", ("What", "Now"), rows)


def _phased(readings: Readings, title: str, what: str, phase: str) -> str:
    return title if len(readings.all(f"driftvakt_ups_{what}")) == 1 else f"{title}, phase {phase}"


def phase_of(one: Reading) -> str:
    """Return what a reading of a power strip is called."""
    name = one.label("phase")
    return f"Phase {name}" if name.isdecimal() else name.capitalize()


def strip(readings: Readings, _up: float = 0.0) -> Card | None:
    near = {one.label("phase") for one in readings.all("driftvakt_pdu_overload") if one.value}
    amperes, watts, volts, energy = (
        readings.all(f"driftvakt_pdu_{what}") for what in ("amperes", "watts", "volts", "energy_joules_total")
    )
    rows: list[Sequence[Cell]] = [
        [Cell(phase_of(one)), Cell(_unit(round(one.value, 2), "A"), "warn" if one.label("phase") in near else "")]
        for one in amperes
    ]
    told = {one.label("phase") for one in amperes}
    rows += [[Cell(phase_of(one)), Cell("near its limit", "bad")] for one in readings.all("driftvakt_pdu_overload")
             if one.value and one.label("phase") not in told]  # fmt: skip
    rows += [[Cell(f"Voltage, phase {one.label('phase')}"), Cell(_unit(one.value, "V"))] for one in volts]
    rows += [[Cell("Power", note=_of_many(watts, one)), Cell(_unit(one.value, "W"))] for one in watts]
    rows += [
        [Cell("Energy so far", note=_of_many(energy, one)), Cell(_unit(one.value / _KILOWATT_HOUR, "kWh"))]
        for one in energy
    ]
    return table("strip", "Power strip", ("What", "Now"), rows)


def _unit(value: float, unit: str) -> str:
    return f"{quantity.digits(value)}{quantity.SPACE}{unit}"


def _of_many(all_: Sequence[Reading], one: Reading) -> str:
    return one.label("unit") if len(all_) > 1 else ""


def outlets(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = [
        [Cell(one.label("outlet")), Cell("on", "ok") if one.value else Cell("off", "muted")]
        for one in sorted(readings.all("driftvakt_pdu_outlet_on"), key=lambda one: one.value)
    ]
    return table("outlets", "Outlets", ("Outlet", "State"), rows)


CARDS: tuple[Maker, ...] = (ups, strip, outlets)
