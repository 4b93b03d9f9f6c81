"""The card of the virtual machines that a host is home to, as the host tells of them."""

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, number, table
from driftvakt_collector.console.readings import Readings


def guests(readings: Readings, _up: float = 0.0) -> Card | None:
    memory, cpus = (
        {one.label("guest"): one.value for one in readings.all(f"driftvakt_guest_{what}")}
        for what in ("memory_bytes", "cpus")
    )
    told = readings.all("driftvakt_guest_running")
    running = [one for one in told if one.value]
    rows = [
        [
            Cell(one.label("guest")),
            Cell("runs", "ok") if one.value else Cell("off", "muted"),
            number(quantity.digits(cpus[one.label("guest")]) if one.label("guest") in cpus else quantity.NONE),
            number(quantity.size(memory[one.label("guest")]) if one.label("guest") in memory else quantity.NONE),
        ]
        for one in sorted(told, key=lambda one: (not one.value, one.label("guest").casefold()))
    ]
    granted = sum(memory.get(one.label("guest"), 0.0) for one in running)
    note = f"{len(running)} of {quantity.counted(len(told), 'machine')} run, with {quantity.size(granted)} of memory."
    return table("guests", "Virtual machines", ("Machine", "State", "Processors", "Memory"), rows, note)


CARDS: tuple[Maker, ...] = (guests,)
