"""The operating system's own state: units, updates, users, clock, and facts about what the machine is."""

from driftvakt_wire.names.family import Family

FAMILIES: tuple[Family, ...] = ()

PREFIXES: tuple[Family, ...] = ()
