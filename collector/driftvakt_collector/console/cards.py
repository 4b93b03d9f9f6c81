"""The cards there are, in the order in which a host's page shows them. A new one is a function and its place here."""

from driftvakt_collector.console import (
    agent_card,
    device_card,
    disk_card,
    guest_card,
    port_card,
    power_card,
    printer_card,
    service_card,
    vital_card,
)
from driftvakt_collector.console.card import Card, Maker
from driftvakt_collector.console.readings import Readings

_CARDS: tuple[Maker, ...] = (
    *service_card.CARDS, *power_card.CARDS, *printer_card.CARDS, *device_card.CARDS, *vital_card.CARDS,
    *disk_card.CARDS, *guest_card.CARDS, *agent_card.CARDS, *port_card.CARDS,
)  # fmt: skip


def cards(readings: Readings, up: float) -> list[Card]:
    """Return the cards that this host has something for. up: seconds since its boot."""
    made = (make(readings, up) for make in _CARDS)
    return [one for one in made if one is not None]
