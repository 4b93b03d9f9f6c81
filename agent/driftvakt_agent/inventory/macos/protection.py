"""The firewall of macOS, and XProtect, its own antivirus.

Example:
    $ plutil -p /Library/Preferences/com.apple.alf.plist
    {"globalstate" => 1}
    $ /usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate
    Firewall is enabled. (State = 1)

The file is gone since macOS 15, so the program is asked where there is none.

Source: support.apple.com, "Protecting against malware in macOS"; socketfilterfw -h.
"""

import re
from collections.abc import Mapping

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.tool import said
from driftvakt_agent.probes.portable.plist import parse as plist
from driftvakt_agent.sample import ProbeError

_FIREWALL = "/Library/Preferences/com.apple.alf.plist"
_PROGRAM = "/usr/libexec/ApplicationFirewall/socketfilterfw"
_XPROTECT = (
    "/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Info.plist",
    "/System/Library/CoreServices/XProtect.bundle/Contents/Info.plist",
)
_STATE = re.compile(r"State = (\d)")
_SECONDS = 10.0


def take(host: Host) -> Found:
    state = firewall(_read(host, _FIREWALL), "")
    if state is None:
        state = firewall({}, said(_PROGRAM, "--getglobalstate", seconds=_SECONDS))
    bundle = next((told for path in _XPROTECT if (told := _read(host, path))), {})
    return parse(bundle, firewall_on=state)


def parse(bundle: Mapping[str, object], *, firewall_on: bool | None) -> Found:
    """Return what protects this Mac. bundle: XProtect's own description; it can't be switched off."""
    found: Found = {"firewalls": [], "antivirus": []}
    if firewall_on is not None:
        found["firewalls"] = [{"profile": "", "name": "macOS Application Firewall", "enabled": firewall_on}]
    version = str(bundle.get("CFBundleShortVersionString") or "")
    if version:
        row: Row = {"name": "XProtect", "maker": "Apple", "version": version, "enabled": True}
        found["antivirus"] = [row]
    return found


def firewall(told: Mapping[str, object], said: str) -> bool | None:
    """Return whether it is at work, by its file or by what its program says; None where neither says so."""
    state = told.get("globalstate")
    if isinstance(state, int):
        return state > 0
    found = _STATE.search(said)
    return None if found is None else found[1] != "0"


def _read(host: Host, path: str) -> Mapping[str, object]:
    try:
        return plist(read_bytes(host.root + path), path)
    except (OSError, ProbeError):
        return {}
