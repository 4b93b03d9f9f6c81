"""What driftvakt says of itself: probes, script checks, the agent, the collector's view of a host."""

from driftvakt_wire.names.family import Family

FAMILIES: tuple[Family, ...] = ()

PREFIXES: tuple[Family, ...] = ()
