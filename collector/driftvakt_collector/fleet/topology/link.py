"""One connection between two things, how it is known, and how sure that is."""

from dataclasses import dataclass
from enum import Enum


class How(Enum):
    """What a link is known by, the surest first."""

    LLDP_BOTH = "lldp both ways"
    LLDP = "lldp one way"
    CDP = "cdp"
    FDB = "fdb"
    GATEWAY = "gateway"


SURE = 0.9
"""From here on a link is as good as seen with one's own eyes."""
LIKELY = 0.5
"""From here on a link is more likely there than not."""


@dataclass(frozen=True, slots=True)
class End:
    """One end. origin: empty for a thing that is no host of ours; `thing` is then what it calls itself by.

    port: empty where it is not known. name: what an unknown thing is called.
    """

    origin: str
    port: str = ""
    thing: str = ""
    name: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What the thing itself is known by, whatever the port."""
        return self.origin, self.thing


@dataclass(frozen=True, slots=True)
class Link:
    """one: always a host. Of a forwarding table and a gateway it is the upper end, else the one that sorts first.

    confidence: 0 to 1. supplier: an end of it is delivered by the supplier. why: a sentence for whoever doubts it.
    """

    one: End
    other: End
    how: How
    confidence: float
    zone: str
    supplier: bool
    why: str

    @property
    def order(self) -> tuple[str, ...]:
        """By what links are put in order."""
        return self.one.origin, self.other.origin, self.other.thing, self.one.port, self.other.port, self.how.value
