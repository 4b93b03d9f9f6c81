"""How many updates wait to be installed, as Windows Update and macOS Software Update last found them.

Example:
    > powershell -NoProfile -Command "…Search('IsInstalled=0 and IsHidden=0')…"
    7 3

    $ plutil -p /Library/Preferences/com.apple.SoftwareUpdate.plist
    {"LastRecommendedUpdatesAvailable" => 2, "LastSuccessfulDate" => 2026-11-22 03:12:44 +0000}

Nothing is fetched: on Windows the search is offline, in what its own service has found.
"""

import sys
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.probes.portable.plist import parse
from driftvakt_agent.sample import NoData, ProbeError, Sample

_PLIST = "/Library/Preferences/com.apple.SoftwareUpdate.plist"
_SECONDS = 90.0
_SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
"""The category "Security Updates", which has this number in every language."""
# Prints: all that are pending, those that close a security hole, and the seconds since 1970 of the last search.
_SCRIPT = f"""
$ErrorActionPreference = 'Stop'
$searcher = (New-Object -ComObject Microsoft.Update.Session).CreateUpdateSearcher()
$searcher.Online = $false
$all = @($searcher.Search('IsInstalled=0 and IsHidden=0').Updates)
$security = @($all | Where-Object {{ @($_.Categories | Where-Object CategoryID -eq '{_SECURITY}').Count }})
$last = (New-Object -ComObject Microsoft.Update.AutoUpdate).Results.LastSearchSuccessDate
$at = if ($last) {{ [int64]($last - [datetime]'1970-01-01').TotalSeconds }} else {{ 0 }}
"$($all.Count) $($security.Count) $at"
"""


def collect(host: Host) -> Iterator[Sample]:
    if sys.platform == "win32":
        yield from windows(_search())
    else:
        try:
            plist = read_bytes(host.root + _PLIST)
        except FileNotFoundError as e:
            raise NoData(f"no {_PLIST}") from e
        yield from macos(plist)


def windows(output: str) -> Iterator[Sample]:
    """Yield what the script printed."""
    words = output.split()
    if len(words) != 3 or not all(word.lstrip("-").isdecimal() for word in words):
        raise ProbeError(f"cannot ask Windows Update for pending updates: it said {output[:300]!r}")
    pending, security, checked = map(int, words)
    yield Sample("driftvakt_updates_pending", security, (("manager", "windows"), ("security", "yes")))
    yield Sample("driftvakt_updates_pending", pending - security, (("manager", "windows"), ("security", "no")))
    if checked > 0:
        yield Sample("driftvakt_updates_checked_timestamp_seconds", checked)


def macos(plist: bytes) -> Iterator[Sample]:
    """Yield what the property list of Software Update says."""
    from datetime import UTC, datetime

    facts = parse(plist, _PLIST)
    pending = facts.get("LastRecommendedUpdatesAvailable", facts.get("LastUpdatesAvailable"))
    if isinstance(pending, int):
        labels = (("manager", "softwareupdate"), ("security", "unknown"))
        yield Sample("driftvakt_updates_pending", pending, labels)
    checked = facts.get("LastSuccessfulDate")
    if isinstance(checked, datetime):
        # A property list has its dates in UTC, without saying so.
        yield Sample("driftvakt_updates_checked_timestamp_seconds", checked.replace(tzinfo=UTC).timestamp())


def _search() -> str:
    import subprocess

    command = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _SCRIPT)
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, encoding="utf-8",
            errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ProbeError(f"cannot ask Windows Update for pending updates: {e}") from e
    return done.stdout or done.stderr
