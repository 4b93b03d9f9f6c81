"""Messages to people, as tests of the ways to them need them."""

from dataclasses import replace
from typing import Any

from driftvakt_collector.alert.notify.message import Message

AT = 1_764_216_764.0
"""2025-11-27 05:12:44 in Stockholm."""

MESSAGE = Message(
    id="m-1042-1-astrid",
    to="astrid@stad.example",
    subject="INC-1042 Kritiskt: UPS på batteri i Åkerö skola",
    text="UPS-1 går på batteri sedan 05:10.\n\nVarför du: jour, steg 1.",
    short="INC-1042 UPS på batteri i Åkerö skola\nSvara K 4F7P för att ta larmet",
    language="sv",
    at=AT,
    incident="INC-1042",
    links=(("ack", "https://larm.stad.example/l/abc"), ("open", "https://larm.stad.example/incidents/1042")),
    answer="4F7P",
    urgent=True,
)


def message(**changed: Any) -> Message:
    """Return a message that differs from the usual one."""
    return replace(MESSAGE, **changed)
