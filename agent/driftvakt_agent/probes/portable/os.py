"""Which Windows or macOS this is.

Example:
    > reg query "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
        ProductName         REG_SZ    Windows 10 Pro
        DisplayVersion      REG_SZ    23H2
        CurrentBuildNumber  REG_SZ    22631
        UBR                 REG_DWORD 0xd77

    $ plutil -p /System/Library/CoreServices/SystemVersion.plist
    {"ProductBuildVersion" => "23F79", "ProductName" => "macOS", "ProductVersion" => "14.5"}
"""

import sys
from collections.abc import Callable, Iterator, Mapping

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.probes.os import info
from driftvakt_agent.probes.portable import registry
from driftvakt_agent.probes.portable.plist import parse
from driftvakt_agent.sample import NoData, Sample

_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_PLIST = "/System/Library/CoreServices/SystemVersion.plist"
_FIRST_11 = 22000


def collect(host: Host) -> Iterator[Sample]:
    if sys.platform == "win32":
        yield from info(windows(lambda name: registry.value(_KEY, name)))
    else:
        try:
            plist = read_bytes(host.root + _PLIST)
        except FileNotFoundError as e:
            raise NoData(f"no {_PLIST}") from e
        yield from info(macos(plist))


def windows(value: Callable[[str], registry.Value]) -> Mapping[str, str]:
    """Return the facts as os-release(5) names them."""
    texts = {name: str(value(name) or "") for name in ("ProductName", "DisplayVersion", "ReleaseId", "EditionID")}
    build = str(value("CurrentBuildNumber") or "")
    name, shown = texts["ProductName"], texts["DisplayVersion"] or texts["ReleaseId"]
    if build.isdecimal() and int(build) >= _FIRST_11:
        # Windows 11 still calls itself 10 here.
        name = name.replace("Windows 10", "Windows 11")
    major, minor, patch = (value(one) for one in ("CurrentMajorVersionNumber", "CurrentMinorVersionNumber", "UBR"))
    # CurrentVersion stayed at 6.3 for ever; the two numbers came with Windows 10.
    number = f"{major}.{minor}" if isinstance(major, int) else str(value("CurrentVersion") or "0")
    return {
        "ID": "windows",
        "NAME": name,
        "PRETTY_NAME": " ".join(part for part in (name, shown) if part),
        "VERSION": shown,
        "VERSION_ID": f"{number}.{build}",
        "BUILD_ID": f"{build}.{patch}" if isinstance(patch, int) else build,
        "VARIANT_ID": texts["EditionID"].lower(),
    }


def macos(plist: bytes) -> Mapping[str, str]:
    """Return the facts as os-release(5) names them."""
    facts = parse(plist, _PLIST)
    name, version = str(facts.get("ProductName", "")), str(facts.get("ProductVersion", ""))
    return {
        "ID": "macos",
        "NAME": name,
        "PRETTY_NAME": f"{name} {version}".strip(),
        "VERSION": version,
        "VERSION_ID": version,
        "BUILD_ID": str(facts.get("ProductBuildVersion", "")),
    }
