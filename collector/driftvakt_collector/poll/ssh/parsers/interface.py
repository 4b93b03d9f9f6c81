"""A network interface and its addresses, as ip and ifconfig tell them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """prefix: length in bits. scope: global, link or host, empty where it is not told. passing: made up for a while."""

    address: str
    prefix: int | None = None
    scope: str = ""
    broadcast: str = ""
    passing: bool = False
    zone: str = ""


@dataclass(slots=True)
class Interface:
    """type: ethernet, loopback, bridge and others, as far as it is told. counters: by what stands before the number."""

    name: str
    flags: tuple[str, ...] = ()
    mtu: int | None = None
    mac: str = ""
    type: str = ""
    parent: str = ""
    status: str = ""
    metric: int | None = None
    addresses: list[Address] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
