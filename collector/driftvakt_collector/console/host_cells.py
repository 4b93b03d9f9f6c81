"""What stands before each row of a table over many hosts, and of a page of them."""

from dataclasses import dataclass

from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.section import Cell

HOST_COLUMNS = ("host", "origin", "administration", "site", "zone", "class")


@dataclass(frozen=True)
class HostLine:
    """A host as it stands on a page of those that have something: where it is, and which release it has."""

    origin: str
    name: str
    administration: str
    site: str
    zone: str
    version: str


def line_cells(host: Host) -> tuple[str, str, str, str, str]:
    """Return what a HostLine says of the host itself."""
    return host.origin, shown_name(host), host.administration, host.site, host.zone


def host_cells(host: Host) -> list[Cell]:
    """Return the cells of HOST_COLUMNS."""
    return [shown_name(host), host.origin, host.administration, host.site, host.zone, host.class_]
