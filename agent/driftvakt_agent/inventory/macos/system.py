"""What the Mac runs.

Example:
    $ plutil -p /System/Library/CoreServices/SystemVersion.plist
    {"ProductBuildVersion" => "23F79", "ProductName" => "macOS", "ProductVersion" => "14.5"}

Source: Apple's names of releases; sysctl kern.hv_vmm_present.
"""

import os
from collections.abc import Mapping

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos import sysctl
from driftvakt_agent.probes.portable.plist import parse as plist
from driftvakt_agent.sample import NoData

_VERSION = "/System/Library/CoreServices/SystemVersion.plist"
_LANGUAGE = "/Library/Preferences/.GlobalPreferences.plist"
_ZONE = "zoneinfo/"
_CODENAMES = {
    "10.13": "High Sierra", "10.14": "Mojave", "10.15": "Catalina", "11": "Big Sur", "12": "Monterey", "13": "Ventura",
    "14": "Sonoma", "15": "Sequoia", "26": "Tahoe",
}  # fmt: skip


def take(host: Host) -> Found:
    try:
        told = plist(read_bytes(host.root + _VERSION), _VERSION)
    except FileNotFoundError as e:
        raise NoData(f"no {_VERSION}") from e
    uname = os.uname()
    row = parse(told)
    row |= {
        "kernel": uname.release,
        "architecture": uname.machine,
        "hostname": uname.nodename,
        "virtual": "vm" if sysctl.whole("kern.hv_vmm_present") else "",
        "boot": "uefi",
        "timezone": _timezone(host),
        "language": _language(host),
    }
    return {"operating_system": [row]}


def parse(told: Mapping[str, object]) -> Row:
    """Return what SystemVersion.plist says."""
    version = str(told.get("ProductVersion") or "")
    parts = version.split(".")
    release = ".".join(parts[:2]) if parts[0] == "10" else parts[0]
    return {
        "name": "macos",
        "title": f"{told.get('ProductName') or 'macOS'} {version} ({told.get('ProductBuildVersion') or '?'})",
        "version": version,
        "codename": _CODENAMES.get(release, ""),
    }


def _timezone(host: Host) -> str:
    try:
        return os.readlink(f"{host.root}/etc/localtime").partition(_ZONE)[2]
    except OSError:
        return ""


def _language(host: Host) -> str:
    try:
        return str(plist(read_bytes(host.root + _LANGUAGE), _LANGUAGE).get("AppleLocale") or "")
    except OSError:
        return ""
