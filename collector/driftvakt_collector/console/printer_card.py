"""The cards of a printer: its state, what it prints with, and its paper."""

from dataclasses import dataclass, replace

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, bar, table
from driftvakt_collector.console.readings import Reading, Readings

LOW, NEARLY_EMPTY = 0.10, 0.03
"""Shares of a supply from which it is marked."""
_RECEPTACLES = frozenset({"4", "8", "14", "24", "26"})
"""prtMarkerSuppliesType of what takes waste: its level is the room that is left."""
_SOME = -3.0
"""Of a level: there is some, and nobody knows how much (RFC 3805)."""
_BY_HAND = ("bypass", "by-pass", "multi", "mp ", "manual", "envelope", "rear", "hand")
"""In the names of trays that are filled for one job and stand empty else."""
_KINDS = {
    "all": "", "monochrome": "in black", "color": "in color", "duplex": "on both sides", "image": "as images",
    "print": "printed", "copy": "copied", "scan": "scanned", "fax": "faxed", "print monochrome": "printed in black",
    "print color": "printed in color", "copy monochrome": "copied in black", "copy color": "copied in color",
}  # fmt: skip
"""`kind` of driftvakt_printer_pages_total in words; all of them is what prtMarkerLifeCount says."""
_OPEN = frozenset({"coverOpen", "interlockOpen"})
_WARNING, _DOWN = 3, 5
"""hrDeviceStatus."""


@dataclass(frozen=True)
class Supply:
    """What a printer prints with. left: a share of 1, None where it is not known. waste: `left` is room for waste.

    low: the printer itself says that it is. pages: how many it lasts yet, None where it does not say.
    """

    name: str
    left: float | None
    some: bool = False
    waste: bool = False
    low: bool = False
    pages: float | None = None

    @property
    def tone(self) -> str:
        """Say how bad it is."""
        if self.left is not None and self.left <= LOW:
            return "bad" if self.left <= NEARLY_EMPTY else "warn"
        return "warn" if self.low else ""


@dataclass(frozen=True)
class Tray:
    """A tray. filled: a share of 1, None where it is not known."""

    name: str
    filled: float | None

    @property
    def wanting(self) -> bool:
        """Say if somebody should put paper in."""
        return self.filled == 0 and self.named and not any(one in f"{self.name.casefold()} " for one in _BY_HAND)

    @property
    def named(self) -> bool:
        """Say if it has a name, and not just its place in the printer's tree."""
        return not self.name.replace(".", "").isdecimal()


def supplies_of(readings: Readings) -> list[Supply]:
    """Return the supplies in the printer's own order."""
    found = []
    for one in readings.all("prtMarkerSuppliesDescription"):
        at = {name: one.label(name) for name in ("hrDeviceIndex", "prtMarkerSuppliesIndex")}
        name = one.label("prtMarkerSuppliesDescription") or f"supply {at['prtMarkerSuppliesIndex']}"
        level, whole = (readings.one(f"prtMarkerSupplies{what}", **at) for what in ("Level", "MaxCapacity"))
        left = None
        if level is not None and whole is not None and level >= 0 and whole > 0:
            left = min(level / whole, 1.0)
        found.append(Supply(name, left, level == _SOME, _takes_waste(name, one.label("prtMarkerSuppliesType"))))
    return _with_own(found, readings)


def _with_own(found: list[Supply], readings: Readings) -> list[Supply]:
    """Return supplies with what a maker tells beside Printer-MIB, where many levels are "some"."""
    # A reading of Printer-MIB has the supply's name, with its index behind it where two have one name, or the index.
    standard = {one.name for one in found} | {
        f"{one.label('hrDeviceIndex')}.{one.label('prtMarkerSuppliesIndex')}"
        for one in readings.all("prtMarkerSuppliesDescription")
    }
    own: dict[str, Supply] = {}
    for one in readings.all("driftvakt_printer_supply_ratio"):
        name = one.label("supply")
        if name.rpartition(" (")[0] not in standard and name not in standard:
            own[name] = Supply(name, one.value, waste=_takes_waste(name, ""))
    for one in readings.all("driftvakt_printer_supply_low"):
        name = one.label("supply")
        own[name] = replace(own.get(name, Supply(name, None)), low=bool(one.value))
    for one in readings.all("driftvakt_printer_supply_left_pages"):
        name = one.label("supply")
        own[name] = replace(own.get(name, Supply(name, None)), pages=one.value)
    for supply in own.values():
        words = set(supply.name.casefold().split())
        at = next((at for at, one in enumerate(found) if words <= set(one.name.casefold().split())), None)
        if at is None:
            found.append(supply)
        else:
            shown = found[at]
            left, pages = _told_first(shown.left, supply.left), _told_first(shown.pages, supply.pages)
            found[at] = replace(shown, left=left, low=shown.low or supply.low, pages=pages)
    return found


def _told_first(one: float | None, other: float | None) -> float | None:
    return other if one is None else one


def _takes_waste(name: str, type_: str) -> bool:
    return type_ in _RECEPTACLES or "waste" in name.casefold()


def level(share: float) -> str:
    """Return how full something is. Printers tell whole percents, if that."""
    return f"{share * 100:.0f}{quantity.SPACE}%" if share >= 0.005 or share <= 0 else f"under 1{quantity.SPACE}%"


def trays_of(readings: Readings) -> list[Tray]:
    """Return the trays, those of which nothing is known last."""
    name = "driftvakt_printer_tray_ratio"
    known = [Tray(one.label("tray"), one.value) for one in readings.all(name)]
    return known + [Tray(labels.get("tray", ""), None) for labels in readings.without(name)]


def state(readings: Readings) -> tuple[str, str] | None:
    """Return what the printer does, and the tone; None where it does not say."""
    does = next((one.label("hrPrinterStatus") for one in readings.all("hrPrinterStatus") if one.value), "")
    device = next((one.label("hrDeviceIndex") for one in _of_printer(readings)), "1")
    status = readings.one("hrDeviceStatus", hrDeviceIndex=device)
    word = {"idle": "ready", "printing": "prints", "warmup": "warms up"}.get(does, "")
    if status == _DOWN and does != "warmup":
        return "stopped", "bad"
    if status == _WARNING:
        return f"{word or 'works'}, and warns", "warn"
    # RFC 2790: a printer that stands by is running and does something other than print.
    word = word or ("stands by" if status is not None else "")
    return (word, "ok") if word else None


def open_covers(readings: Readings) -> list[str]:
    """Return the numbers of the covers that are open."""
    return [one.label("prtCoverIndex") for one in readings.all("prtCoverStatus")
            if one.value and one.label("prtCoverStatus") in _OPEN]  # fmt: skip


def printer(readings: Readings, _up: float = 0.0) -> Card | None:
    if not _of_printer(readings):
        return None
    rows = []
    told = state(readings)
    if told is not None:
        rows.append([Cell("State", note="its panel says why" if told[1] in ("warn", "bad") else ""), Cell(*told)])
    if readings.all("prtCoverStatus"):
        opened = open_covers(readings)
        text = f"open: {', '.join(opened)}" if opened else "closed"
        rows.append([Cell("Covers"), Cell(text, "warn" if opened else "ok")])
    for title, name in (("Pages so far", "prtMarkerLifeCount"), ("Since power-on", "prtMarkerPowerOnCount")):
        pages = readings.total(name)
        if pages is not None and pages >= 0:
            rows.append([Cell(title), Cell(quantity.digits(pages))])
    for one in readings.all("driftvakt_printer_pages_total"):
        kind = _KINDS.get(one.label("kind"), one.label("kind"))
        if kind:
            rows.append([Cell(f"Pages {kind}"), Cell(quantity.digits(one.value))])
    alerts, critical = (readings.total(f"prtAlert{what}Events") for what in ("All", "Critical"))
    if alerts is not None:
        note = f"{quantity.digits(critical)} of them critical" if critical else ""
        rows.append([Cell("Alerts so far", note=note), Cell(quantity.digits(alerts))])
    return table("printer", "Printer", ("What", "Now"), rows)


def supplies(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = []
    for one in sorted(supplies_of(readings), key=lambda one: ("bad", "warn", "").index(one.tone)):
        cell = Cell("low", "warn") if one.low else Cell("some" if one.some else "unknown", "muted")
        if one.left is not None:
            cell = Cell(level(one.left), one.tone, bar(one.left))
        note = "the room for waste that is left" if one.waste else ""
        if one.pages is not None:
            lasts = f"{quantity.counted(int(one.pages), 'page')} more"
            note, cell = (note, Cell(lasts)) if one.left is None and not one.low else (f"lasts {lasts}", cell)
        rows.append([Cell(one.name, note=note), cell])
    return table("supplies", "Supplies", ("Supply", "Left"), rows)


def trays(readings: Readings, _up: float = 0.0) -> Card | None:
    rows = []
    for one in trays_of(readings):
        cell = Cell("unknown", "muted")
        if one.filled is not None:
            text = "empty" if one.filled == 0 else level(one.filled)
            cell = Cell(text, "warn" if one.wanting else "", bar(one.filled))
        rows.append([Cell(one.name if one.named else f"tray {one.name.rpartition('.')[2]}"), cell])
    return table("trays", "Paper", ("Tray", "Filled"), rows)


def _of_printer(readings: Readings) -> list[Reading]:
    """Return a family that only printers tell, the first that this one tells."""
    names = ("hrPrinterStatus", "prtMarkerLifeCount", "prtMarkerSuppliesDescription", "prtCoverStatus")
    return next((found for name in names if (found := readings.all(name))), [])


CARDS: tuple[Maker, ...] = (printer, supplies, trays)
