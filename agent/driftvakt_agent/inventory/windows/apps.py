r"""Apps of the Store and those that came with Windows: those of the machine and of each of its users.

Example:
    HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore
      \InboxApplications\Microsoft.Windows.FileExplorer_10.0.19041.423_neutral_neutral_cw5n1h2txyewy
        Path    C:\Windows\SystemApps\Microsoft.Windows.FileExplorer_cw5n1h2txyewy\AppxManifest.xml
      \S-1-5-21-…-1001\Microsoft.WindowsCalculator_11.2307.4.0_x64__8wekyb3d8bbwe

The name of a key is name, version, architecture, resource and the maker's number, with _ between. A user's are here
whether or not that user is logged in, so that a login is no change.

Source: learn.microsoft.com, "Package identity".
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.keys import Children, text
from driftvakt_agent.sample import NoData

_STORE = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore"
_OF_ALL = ("Applications", "InboxApplications")
_USER = re.compile(r"S-1-(?:5-21|12-1)-[\d-]+")
_NAME = re.compile(r"([\w.-]{3,50})_(\d+(?:\.\d+){3})_(\w+)_([^_]*)_(\w{13})")
_ARCHITECTURES = {"x64": "amd64", "x86a64": "arm64"}
_WORDS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_MAX_MANIFEST = 1 << 18
_MAX_APPS = 5000

Read = Callable[[str], str]


def take(_host: Host) -> Found:
    rows = parse(keys.machine, _manifest, os.environ)
    if not rows:
        raise NoData("Windows lists no app")
    return {"packages": rows}


def parse(children: Children, read: Read, environment: Mapping[str, str]) -> list[Row]:
    """Return the apps, the newest of each. read: gives the text of a manifest, empty where it can't be read."""
    newest: dict[tuple[str, str], tuple[tuple[int, ...], Row]] = {}
    for full, path in _packages(children):
        found = _NAME.fullmatch(full)
        # Those with a resource are the texts and pictures of another; "neutral" is what Windows' own have there.
        if found is None or found.group(4) not in ("", "neutral"):
            continue
        name, version, architecture, _, maker = found.groups()
        order = tuple(map(int, version.split(".")))
        if newest.get((name, architecture), ((), {}))[0] >= order:
            continue
        told = _first_told(read, _places(full, f"{name}_{maker}", path, environment))
        row: Row = {
            "source": "uwp", "name": _element(told, "DisplayName") or name,
            "architecture": _ARCHITECTURES.get(architecture.lower(), architecture.lower()), "version": version,
            "publisher": _element(told, "PublisherDisplayName"), "size_bytes": None, "installed": "",
        }  # fmt: skip
        newest[name, architecture] = order, row
        if len(newest) >= _MAX_APPS:
            break
    return [row for _, row in newest.values()]


def _packages(children: Children) -> Iterator[tuple[str, str]]:
    """Give full name and path of each package; a user's have no path."""
    for folder, _ in children(_STORE):
        if folder in _OF_ALL or _USER.fullmatch(folder):
            for full, values in children(rf"{_STORE}\{folder}"):
                yield full, text(values.get("Path"))


def _places(full: str, family: str, path: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Give where a package's manifest may lie. That of a bundle, of more than one package, has no name in it."""
    if path.endswith("\\AppxManifest.xml"):
        yield path
    yield rf"{environment.get('PROGRAMFILES', '')}\WindowsApps\{full}\AppxManifest.xml"
    yield rf"{environment.get('SYSTEMROOT', '')}\SystemApps\{family}\AppxManifest.xml"


def _first_told(read: Read, places: Iterator[str]) -> str:
    return next((told for place in places if (told := read(place))), "")


def _element(manifest: str, name: str) -> str:
    """Return a name that a manifest has in plain words; one that stands in a file of texts is left out."""
    found = re.search(rf"<{name}>([^<]{{1,256}})</{name}>", manifest)
    told = " ".join(found.group(1).split()) if found else ""
    if told.startswith("ms-resource:"):
        return ""
    return re.sub("&(?:amp|lt|gt|quot|apos);", lambda entity: _WORDS[entity.group()], told)


def _manifest(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read(_MAX_MANIFEST)
    except (OSError, ValueError):
        return ""
