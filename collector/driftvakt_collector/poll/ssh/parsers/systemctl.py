"""Units of systemd and how they are: systemctl list-units and list-unit-files.

Example:
    $ systemctl list-units --all --full --plain --no-legend
    sshd.service loaded active running OpenSSH server daemon
    ● nfs.service not-found inactive dead nfs.service
    $ systemctl list-unit-files --no-legend
    sshd.service enabled enabled
"""

from dataclasses import dataclass

_SIGNS = "●○*×↻"


@dataclass(frozen=True, slots=True)
class Unit:
    """load: loaded, not-found, masked. active: active, inactive, failed and others. sub: what that is for its type."""

    name: str
    load: str
    active: str
    sub: str
    description: str


def parse_units(text: str) -> list[Unit]:
    """Return the units. The legend, where there is one, begins behind an empty line, and is read no more."""
    rows: list[Unit] = []
    for line in text.strip("\n").split("\n"):
        words = line.strip().lstrip(_SIGNS).split(None, 4)
        if not words and rows:
            break
        if len(words) >= 4 and "." in words[0]:
            name, load, active, sub = words[:4]
            rows.append(Unit(name, load, active, sub, words[4].strip() if len(words) > 4 else ""))
    return rows


def parse_unit_files(text: str) -> dict[str, str]:
    """Return the state of each unit file: enabled, disabled, static, masked and others."""
    rows = {}
    for words in (line.split() for line in text.split("\n")):
        if len(words) >= 2 and "." in words[0]:
            rows[words[0]] = words[1]
    return rows
