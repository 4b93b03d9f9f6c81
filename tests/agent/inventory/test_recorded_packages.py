"""Packages of recorded machines: what their tools printed, put back into the files that those tools print it from."""

import json
import re
from pathlib import Path

import pytest
from probing import CORPORA, machine

from driftvakt_agent.inventory import Row, dpkg, pacman, snap

FOLDER = CORPORA / "inventory"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")
pytestmark = recorded

_PACMAN = {"Name": "NAME", "Version": "VERSION", "Architecture": "ARCH", "Packager": "PACKAGER"}
_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2}


def expected(group: str) -> list[dict[str, object]]:
    told = json.loads((FOLDER / "expected.json").read_text("utf-8"))["packages"]["expected"][group]
    assert isinstance(told, list)
    return told


def text(name: str) -> str:
    return (FOLDER / "packages" / name).read_text("utf-8")


def score(group: str, rows: list[Row], keys: dict[str, str], by: tuple[str, ...]) -> None:
    """Compare fields by their names there and here. by: the keys that a package is found by, as there."""
    found = {tuple(str(row.get(keys[one])) for one in by): row for row in rows}
    hits, misses = 0, []
    for facts in expected(group):
        row = found.get(tuple(str(facts[one]) for one in by), {})
        for theirs, ours in keys.items():
            # A size of 0 is theirs for one that is not told.
            if facts.get(theirs) in (None, "0"):
                continue
            told = str(row.get(ours))
            # They leave the epoch out, without which two versions can't be compared.
            if str(facts[theirs]) in (told, told.partition(":")[2]):
                hits += 1
            else:
                misses.append(f"{facts['NAME']}: {ours} is {row.get(ours)!r}, expected {facts[theirs]!r}")
    print(f"\npackages of {group}: {hits} of {hits + len(misses)} fields; misses: {misses}")
    assert hits >= 0.98 * (hits + len(misses))
    assert hits


def test_dpkg() -> None:
    blocks = []
    for line in text("dpkg").splitlines():
        name, arch, version, size, section, *status = line.split("\t")
        blocks.append(
            f"Package: {name}\nStatus: {status[0] if status else 'install ok installed'}\nSection: {section}\n"
            f"Installed-Size: {size}\nArchitecture: {arch}\nVersion: {version}\nDescription: x\n and more\n"
        )
    rows = dpkg.parse("\n".join(blocks).encode())

    assert len(rows) == len(expected("dpkg"))
    score("dpkg", rows, {"NAME": "name", "ARCH": "architecture", "VERSION": "version", "FILESIZE": "size_bytes"},
          ("NAME",))  # fmt: skip


def test_pacman(tmp_path: Path) -> None:
    files = {"var/lib/pacman/local/ALPM_DB_VERSION": "9\n"}
    for block in text("pacman").strip().split("\n\n"):
        told = dict(re.findall(r"^(\w[\w ]*?) *: (.*)$", block, re.M))
        number, unit = told["Installed Size"].split()
        desc = "".join(f"%{name}%\n{told[key]}\n\n" for key, name in _PACMAN.items() if key in told)
        desc += f"%SIZE%\n{int(float(number) * _UNITS[unit])}\n\n"
        files[f"var/lib/pacman/local/{told['Name']}-{told['Version']}/desc"] = desc
    rows = pacman.take(machine(tmp_path, files))["packages"]

    assert len(rows) == len(expected("pacman"))
    score("pacman", rows, {"NAME": "name", "ARCH": "architecture", "VERSION": "version", "FILESIZE": "size_bytes"},
          ("NAME",))  # fmt: skip


def test_snap(tmp_path: Path) -> None:
    files = {}
    for line in text("snap").splitlines()[1:]:
        name, version, *_ = line.split()
        # snapd's own and the base it stands on are no programs for their list; for ours they are.
        files[f"snap/{name}/current/meta/snap.yaml"] = f"name: {name}\nversion: {version}\nsummary: x\n"
    rows = snap.take(machine(tmp_path, files))["packages"]

    assert {str(row["name"]) for row in rows} > {str(one["NAME"]) for one in expected("snap")}
    score("snap", rows, {"NAME": "name", "VERSION": "version"}, ("NAME",))


def test_flatpak(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {}
    links: list[tuple[Path, str]] = []
    for line in text("flatpak").splitlines():
        name, branch, installation, *_ = line.split("\t")
        told = dict(re.findall(r"^ *(\w+): (.*)$", text(f"flatpak_{name}_{branch}_{installation}"), re.M))
        kind, name, arch, branch = told["Ref"].split("/")
        place = "var/lib/flatpak" if installation == "system" else "home/anna/.local/share/flatpak"
        commit = f"{place}/{kind}/{name}/{arch}/{branch}/{told['Commit']}"
        files[f"{commit}/metadata"] = f"[{'Application' if kind == 'app' else 'Runtime'}]\nname={name}\n"
        if told.get("Version"):
            files[f"{commit}/files/share/metainfo/{name}.metainfo.xml"] = (
                f"<component><releases><release version='{told['Version']}'/></releases></component>"
            )
        links.append((tmp_path / place / kind / name / arch / branch / "active", told["Commit"]))
        links.append((tmp_path / place / kind / name / "current", f"{arch}/{branch}"))
    home = machine(tmp_path, files)
    for path, target in links:
        if not path.is_symlink():
            path.symlink_to(target)
    rows = snap.take(home)["packages"]
    found = {(row["name"], row["version"], row["architecture"]) for row in rows}

    wanted = {
        (str(one["COMMENTS"]).removeprefix("AppID: "), one["VERSION"], one["ARCH"])
        for one in expected("flatpak")
        # What somebody has in a home of his own is his, and not the machine's.
        if one["SYSTEM_CATEGORY"] == "system"
    }
    print(f"\npackages of flatpak: {len(wanted & found)} of {len(wanted)}; misses: {sorted(wanted - found)}")
    assert wanted <= found
