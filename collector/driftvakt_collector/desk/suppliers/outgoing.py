"""What goes to a supplier's desk, whatever kind it is: a case, more about it, and its end."""

from dataclasses import dataclass
from enum import Enum

import msgspec


class Do(Enum):
    """What it does there."""

    OPEN = "open"
    NOTE = "note"
    REOPEN = "reopen"
    ACCEPT = "accept"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Outgoing:
    """id: stable over all tries. number: 0 for the first about this case, then counting. incident: our key.

    title: one line. text: all that is said. evidence, tries: the pack as JSON, and as CSV; only with OPEN.
    their_key: by which their desk knows the case, empty before it was opened. urgent: somebody waits for it at night.
    """

    id: str
    do: Do
    supplier: str
    token: str
    incident: str
    title: str
    text: str
    number: int = 0
    their_key: str = ""
    evidence: str = ""
    tries: str = ""
    urgent: bool = False


_decoder = msgspec.json.Decoder(Outgoing)


def encode(one: Outgoing) -> str:
    """Return it for the outbox."""
    return msgspec.json.encode(one).decode()


def decode(text: str) -> Outgoing:
    """Return it from the outbox. Raises msgspec.DecodeError for what is none."""
    return _decoder.decode(text)
