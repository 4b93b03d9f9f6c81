"""What is declared of a series name."""

from typing import NamedTuple

COUNTER = "counter"
GAUGE = "gauge"
INFO = "info"
"""A gauge that is always 1 and carries facts in its labels; a report names these by digest and never sends the 1."""
UNTYPED = "untyped"


class Family(NamedTuple):
    """A series name: type (one of the above), base unit ("" for a count or a ratio without one), labels, help."""

    name: str
    type: str
    unit: str
    labels: tuple[str, ...]
    help: str
