r"""Printers that the machine has set up, and the serial numbers of those on USB.

Example:
    HKLM\SYSTEM\CurrentControlSet\Control\Print\Printers\HP LaserJet
        Printer Driver   HP Universal Printing PCL 6
        Port             USB001
        Attributes       0x48                (0x8 shared, 0x10 of a print server)
    HKLM\SYSTEM\CurrentControlSet\Control\Print\Monitors\Standard TCP/IP Port\Ports\IP_10.1.2.3
        HostName         10.1.2.3
    HKLM\SYSTEM\CurrentControlSet\Enum\USBPRINT\hpdeskjet_5550\7&17e8a3c3&0&USB001
        ContainerID      {f175266e-…}        (not on every Windows)
      Device Parameters
        PortName         USB001
    HKLM\SYSTEM\CurrentControlSet\Enum\USB\VID_03F0&PID_6004\MY26K1K34C2L
        ContainerID      {f175266e-…}
        ParentIdPrefix   7&17e8a3c3&0

Source: learn.microsoft.com, PRINTER_INFO_2 and "Container IDs".
"""

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import below, devices
from driftvakt_agent.inventory.windows.keys import Children, text
from driftvakt_agent.inventory.windows.usb import serial
from driftvakt_agent.sample import NoData

_PRINTERS = r"SYSTEM\CurrentControlSet\Control\Print\Printers"
_PORTS = r"SYSTEM\CurrentControlSet\Control\Print\Monitors\Standard TCP/IP Port\Ports"
_SHARED, _OF_A_SERVER = 0x8, 0x10
_FAR = ("wsd-", "ip_", "http:", "https:", "\\\\", "ipp:")
_NOWHERE = ("{00000000-0000-0000-ffff-ffffffffffff}", "{00000000-0000-0000-0000-000000000000}", "")
"""The container of what belongs to the machine itself."""


def take(_host: Host) -> Found:
    rows = parse(keys.machine)
    if not rows:
        raise NoData("no printer is set up")
    return {"printers": rows}


def parse(children: Children) -> list[Row]:
    hosts = {name: text(values.get("HostName")) or text(values.get("IPAddress")) for name, values in children(_PORTS)}
    serials = usb_serials(children)
    rows: list[Row] = []
    for key, values in children(_PRINTERS):
        port, told = text(values.get("Port")), values.get("Attributes")
        attributes = told if isinstance(told, int) else 0
        rows.append({
            "name": text(values.get("Name")) or key,
            "driver": text(values.get("Printer Driver")),
            "port": hosts.get(port) or port,
            "serial": serials.get(port, ""),
            "network": port in hosts or bool(attributes & _OF_A_SERVER) or port.lower().startswith(_FAR),
            "shared": bool(attributes & _SHARED),
        })  # fmt: skip
    return rows


def usb_serials(children: Children) -> dict[str, str]:
    """Return the serial numbers of printers on USB by their ports, empty where a printer has none.

    The printer's own key knows the port, the key of what is plugged in the serial number. They have the container in
    common, or one is called after the other.
    """
    printers = list(devices("USBPRINT", children, None))
    if not printers:
        return {}
    by_container: dict[str, str] = {}
    by_prefix: dict[str, str] = {}
    for one in devices("USB", children, None):
        if not serial(one.instance):
            continue
        container = text(one.values.get("ContainerID")).lower()
        if container not in _NOWHERE:
            by_container.setdefault(container, one.instance)
        by_prefix.setdefault(text(one.values.get("ParentIdPrefix")).lower(), one.instance)
    found: dict[str, str] = {}
    for one in printers:
        port = text(below(one, children, "Device Parameters").get("PortName"))
        prefix = one.instance.lower().removesuffix(f"&{port.lower()}")
        container = text(one.values.get("ContainerID")).lower()
        number = by_container.get(container) or by_prefix.get(prefix, "")
        if port:
            found[port] = number or found.get(port, "")
    return found
