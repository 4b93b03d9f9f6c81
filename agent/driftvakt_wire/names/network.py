"""Network interfaces, protocols and sockets, under the names that node_exporter gave them."""

from driftvakt_wire.names.family import Family

FAMILIES: tuple[Family, ...] = ()

PREFIXES: tuple[Family, ...] = ()
