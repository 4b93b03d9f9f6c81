"""What launchd starts that did not come with macOS.

Example:
    $ plutil -p /Library/LaunchDaemons/com.docker.vmnetd.plist
    {"Label" => "com.docker.vmnetd", "Program" => "/Library/PrivilegedHelperTools/com.docker.vmnetd",
     "RunAtLoad" => true}

Source: launchd.plist(5).
"""

import os
from collections.abc import Mapping

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.probes.portable.plist import parse as plist
from driftvakt_agent.sample import ProbeError

_FOLDER = "/Library/LaunchDaemons"
_MAX = 2000


def take(host: Host) -> Found:
    try:
        names = sorted(os.listdir(host.root + _FOLDER))[:_MAX]
    except OSError:
        names = []
    rows: list[Row] = []
    for name in names:
        path = f"{_FOLDER}/{name}"
        try:
            told = plist(read_bytes(host.root + path), path) if name.endswith(".plist") else {}
        except (OSError, ProbeError):
            # One that launchd could not read either.
            continue
        if told.get("Label"):
            rows.append(parse(told))
    return {"services": rows}


def parse(told: Mapping[str, object]) -> Row:
    """Return a service by its property list."""
    arguments = told.get("ProgramArguments")
    first = arguments[0] if isinstance(arguments, list) and arguments else ""
    by_itself = told.get("RunAtLoad") or told.get("KeepAlive") or told.get("StartInterval")
    return {
        "name": str(told.get("Label")),
        "start": "disabled" if told.get("Disabled") is True else "enabled" if by_itself else "static",
        "run_as": str(told.get("UserName") or "root"),
        "program": str(told.get("Program") or first),
    }
