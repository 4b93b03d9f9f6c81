"""The print queues of this Mac.

Example, of SPPrintersDataType:
    {"_name": "Våning 3", "ppd": "HP LaserJet 2200", "uri": "socket://192.168.5.97/?bidi", "shared": "no"}

Source: system_profiler(8); backend(7) of CUPS on what a URI is made of.
"""

from urllib.parse import SplitResult, parse_qs, urlsplit

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, items, text

_HERE = ("usb", "serial", "parallel", "file", "bluetooth", "")


def take(host: Host) -> Found:
    rows = parse(items(host, "SPPrintersDataType"))
    return {"printers": rows if host.persons is None else [of_nobody(row) for row in rows]}


def of_nobody(row: Row) -> Row:
    """Return a queue without what people call printers and Macs that share them: after themselves."""
    found = str(row["port"])
    return {
        **row,
        "name": row["driver"] or "printer",
        "port": found if row["network"] is False else found.partition(":")[0],
    }


def parse(found: list[Item]) -> list[Row]:
    """Return the queues; where there is none, system_profiler has a sentence in their place."""
    rows: list[Row] = []
    for one in found:
        uri = text(one, "uri")
        try:
            parts = urlsplit(uri)
            told = parse_qs(parts.query)
        except ValueError:
            continue
        if not uri:
            continue
        rows.append(
            {
                "name": text(one, "_name"),
                "driver": text(one, "ppd"),
                "port": _without_secrets(parts),
                "serial": told.get("serial", [""])[0] if parts.scheme == "usb" else "",
                "network": parts.scheme not in _HERE,
                "shared": {"yes": True, "no": False}.get(text(one, "shared").lower()),
            }
        )
    return rows


def _without_secrets(parts: SplitResult) -> str:
    """Return a URI without who may print there with which password: before an @, and in the query."""
    host, path = (one.rpartition("@")[2] for one in (parts.netloc, parts.path))
    return parts._replace(netloc=host, path=path, query="", fragment="").geturl()
