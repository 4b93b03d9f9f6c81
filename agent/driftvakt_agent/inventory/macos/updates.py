"""What Apple has brought, and what waits.

Example, of SPInstallHistoryDataType:
    {"_name": "macOS 14.5", "install_date": 2024-05-14T06:11:00Z, "install_version": "14.5",
     "package_source": "package_source_apple"}

    $ plutil -p /Library/Preferences/com.apple.SoftwareUpdate.plist
    "RecommendedUpdates" => [{"Display Name" => "macOS Sonoma 14.6", "Display Version" => "14.6", "Product Key" => "…"}]

Source: system_profiler(8).
"""

from collections.abc import Mapping

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, items, text
from driftvakt_agent.inventory.macos.software import day
from driftvakt_agent.probes.portable.plist import parse as plist

SOURCE = "apple"
_WAITING = "/Library/Preferences/com.apple.SoftwareUpdate.plist"
_MAX = 500


def take(host: Host) -> Found:
    try:
        waiting = plist(read_bytes(host.root + _WAITING), _WAITING)
    except OSError:
        waiting = {}
    return {"updates": [*installed(items(host, "SPInstallHistoryDataType")), *pending(waiting)]}


def installed(found: list[Item]) -> list[Row]:
    """Return what Apple brought, of what came again and again the last."""
    rows: dict[str, Row] = {}
    for one in sorted(found, key=lambda one: day(one.get("install_date"))):
        name = text(one, "_name")
        if name and "apple" in text(one, "package_source").lower():
            rows[name] = {
                "source": SOURCE, "name": name, "state": "installed", "security": "unknown",
                "title": text(one, "install_version"), "installed": day(one.get("install_date")),
            }  # fmt: skip
    return list(rows.values())[-_MAX:]


def pending(told: Mapping[str, object]) -> list[Row]:
    """Return what Software Update found and did not install yet."""
    waiting = told.get("RecommendedUpdates")
    return [
        {"source": SOURCE, "name": text(one, "Display Name", "Product Key"), "state": "pending", "security": "unknown",
         "title": text(one, "Display Version")}
        for one in (waiting[:_MAX] if isinstance(waiting, list) else ())
        if isinstance(one, Mapping) and text(one, "Display Name", "Product Key")
    ]  # fmt: skip
