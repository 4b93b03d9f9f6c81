"""The cards and findings of what a host tells, as a person reads them."""

from driftvakt_collector.console import device_finding
from driftvakt_collector.console.card import Card
from driftvakt_collector.console.cards import cards
from driftvakt_collector.console.readings import Reading, Readings
from driftvakt_collector.console.service_card import TROUBLES

Told = tuple[str, dict[str, str], float]
AT = 1_795_450_000.0


def readings(*told: Told, absent: tuple[tuple[str, dict[str, str]], ...] = ()) -> Readings:
    return Readings([Reading(*one) for one in told], {}, at=AT, absent=absent)


def card(key: str, *told: Told, absent: tuple[tuple[str, dict[str, str]], ...] = ()) -> Card:
    return next(one for one in cards(readings(*told, absent=absent), 0.0) if one.key == key)


def lines(shown: Card) -> list[str]:
    """Return the rows as a person reads them: texts, and in brackets how a cell is marked."""
    return [
        " | ".join(cell.text + (f" [{cell.tone}]" if cell.tone else "") for cell in row).replace("\u00a0", " ")
        for row in shown.rows
    ]


def found(*told: Told, reason: str = "") -> list[tuple[str, str]]:
    shown = {one.key for one in cards(readings(*told), 0.0)}
    said = device_finding.findings(readings(*told), reason)
    assert {one.anchor for one in said} <= shown
    return [(one.tone, one.text.replace("\u00a0", " ")) for one in said]


def checked(fault: str = "", **more: float) -> list[Told]:
    own = {"service": "Webb"}
    return [
        ("probe_success", own, float(not fault)),
        ("probe_duration_seconds", own, 0.2),
        *(("driftvakt_probe_fault", {**own, "fault": one}, float(one == fault)) for one in TROUBLES),
        *((name, own, value) for name, value in more.items()),
    ]


def supply(index: int, name: str, level: float, whole: float, type_: str = "3") -> list[Told]:
    at = {"hrDeviceIndex": "1", "prtMarkerSuppliesIndex": str(index), "prtMarkerSuppliesType": type_}
    return [
        ("prtMarkerSuppliesDescription", {**at, "prtMarkerSuppliesDescription": name}, 1.0),
        ("prtMarkerSuppliesLevel", at, level),
        ("prtMarkerSuppliesMaxCapacity", at, whole),
    ]
