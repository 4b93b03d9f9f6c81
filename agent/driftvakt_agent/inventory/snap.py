"""Snaps and Flatpaks: what each says of itself in the folder where it is mounted or unpacked.

Example:
    $ head -3 /snap/core22/current/meta/snap.yaml
    name: core22
    version: '20240111'
    $ cat /var/lib/flatpak/app/com.vscodium.codium/x86_64/stable/active/metadata
    [Application]
    name=com.vscodium.codium

Source: the snap.yaml reference of snapcraft.io, flatpak-metadata(5).
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

SNAPS, FLATPAKS = "/snap", "/var/lib/flatpak"
_MAX_METAINFO = 1 << 20


def take(host: Host) -> Found:
    rows = _snaps(host.root + SNAPS) if os.path.isdir(host.root + SNAPS) else []
    rows += _flatpaks(host.root + FLATPAKS) if os.path.isdir(host.root + FLATPAKS) else []
    if not rows:
        raise NoData("neither snaps nor Flatpaks here")
    return {"packages": rows}


def _snaps(folder: str) -> list[Row]:
    rows = []
    for path in sorted(_glob(f"{folder}/*/current/meta/snap.yaml")):
        row = parse_snap(_text(path))
        if row is not None:
            rows.append(row)
    return rows


def parse_snap(text: str) -> Row | None:
    """Return the snap of a snap.yaml, of which the names at the left are read; None for what is none."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name and not name[0].isspace():
            fields.setdefault(name, value.strip().strip("'\""))
    if not fields.get("name"):
        return None
    return {"source": "snap", "name": fields["name"], "architecture": "", "version": fields.get("version", "")}


def _flatpaks(folder: str) -> list[Row]:
    """Return programs and the runtimes that they stand on, each branch of them."""
    rows: list[Row] = []
    for path in sorted(_glob(f"{folder}/app/*/*/*/active") + _glob(f"{folder}/runtime/*/*/*/active")):
        name, architecture, branch = path.split("/")[-4:-1]
        files = f"{path}/files/share"
        infos = _glob(f"{files}/metainfo/{name}.*.xml") + _glob(f"{files}/appdata/{name}.*.xml")
        rows.append(
            {
                "source": "flatpak",
                "name": name,
                "architecture": architecture,
                # A runtime has no release but its branch.
                "version": next(filter(None, (release(_text(info)) for info in infos)), branch),
            }
        )
    return rows


def release(text: str) -> str:
    """Return the first, newest, release of an AppStream file; empty where there is none, or it can't be read."""
    # No such file declares entities, which could grow without end.
    if len(text) > _MAX_METAINFO or "<!ENTITY" in text:
        return ""
    # Imported here: only a machine with Flatpaks pays for it.
    from xml.etree import ElementTree

    try:
        found = ElementTree.fromstring(text).find("releases/release")  # noqa: S314  see above
    except ElementTree.ParseError:
        return ""
    return "" if found is None else found.get("version", "")


def _glob(pattern: str) -> list[str]:
    # Imported here: only a machine with either pays for it.
    from glob import glob

    return glob(pattern)


def _text(path: str) -> str:
    try:
        return read_text(path)
    except OSError:
        return ""
