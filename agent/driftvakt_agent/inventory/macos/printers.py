"""The print queues of this Mac.

Example, of SPPrintersDataType:
    {"_name": "Våning 3", "ppd": "HP LaserJet 2200", "uri": "socket://192.168.5.97/?bidi", "shared": "no"}

Source: system_profiler(8); backend(7) of CUPS on what a URI is made of.
"""

from urllib.parse import parse_qs, urlsplit

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, items, text

_HERE = ("usb", "serial", "parallel", "file", "bluetooth", "")


def take(host: Host) -> Found:
    return {"printers": parse(items(host, "SPPrintersDataType"))}


def parse(found: list[Item]) -> list[Row]:
    """Return the queues; where there is none, system_profiler has a sentence in their place."""
    rows: list[Row] = []
    for one in found:
        uri = text(one, "uri")
        if not uri:
            continue
        try:
            parts = urlsplit(uri)
            told = parse_qs(parts.query)
            # Who may print on it with which password is nobody's business.
            port = parts._replace(
                netloc=parts.netloc.rpartition("@")[2], path=parts.path.rpartition("@")[2], query="", fragment=""
            ).geturl()
        except ValueError:
            continue
        rows.append(
            {
                "name": text(one, "_name"),
                "driver": text(one, "ppd"),
                "port": port,
                "serial": told.get("serial", [""])[0] if parts.scheme == "usb" else "",
                "network": parts.scheme not in _HERE,
                "shared": {"yes": True, "no": False}.get(text(one, "shared").lower()),
            }
        )
    return rows
