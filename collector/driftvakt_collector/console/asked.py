"""How a host is asked that no agent speaks for: the lines of its page that say so."""

from sqlalchemy import Connection

from driftvakt_collector.fleet.host import SERVICE, Host
from driftvakt_collector.store import devices, service_checks

_PORTS = {"snmp": 161, "ssh": 22}


def asked(connection: Connection, host: Host) -> list[tuple[str, str]]:
    """Return names and texts, empty for a host that speaks for itself. Options of a check may hold secrets: none."""
    if not host.keeper:
        return []
    if host.class_ == SERVICE:
        check = service_checks.find(connection, host.origin)
        if check is None:
            return []
        target = f"{check.target} port {check.port}" if check.port else check.target
        return [("Check", f"{check.kind} {target}"), ("Service", check.service)]
    device = devices.find(connection, host.origin)
    if device is None:
        return []
    port = f" port {device.port}" if device.port != _PORTS.get(device.how) else ""
    return [
        ("Address", f"{device.address}{port}, by {device.how.upper()}"),
        ("Credential", device.credential or "any that fits"),
    ]
