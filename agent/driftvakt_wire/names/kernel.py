"""What the kernel counts, under the names that node_exporter gave it."""

from driftvakt_wire.names.family import GAUGE, Family

FAMILIES: tuple[Family, ...] = (
    Family("node_load1", GAUGE, "", (), "1m load average."),
    Family("node_load5", GAUGE, "", (), "5m load average."),
    Family("node_load15", GAUGE, "", (), "15m load average."),
)

PREFIXES: tuple[Family, ...] = ()
