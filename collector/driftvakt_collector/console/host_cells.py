"""What stands before each row of a table over many hosts."""

from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.section import Cell

HOST_COLUMNS = ("host", "origin", "administration", "site", "zone", "class")


def host_cells(host: Host) -> list[Cell]:
    """Return the cells of HOST_COLUMNS."""
    return [shown_name(host), host.origin, host.administration, host.site, host.zone, host.class_]
