"""Services of systemd: what is there to be started, whether it starts by itself, and what is run.

Whether one runs at this moment is no fact of the machine; that is a series (`node_systemd_unit_state`).

Example:
    $ cat /usr/lib/systemd/system/ssh.service
    [Unit]
    Description=OpenBSD Secure Shell server
    [Service]
    ExecStart=/usr/sbin/sshd -D $SSHD_OPTS
    [Install]
    WantedBy=multi-user.target
    $ ls /etc/systemd/system/multi-user.target.wants
    ssh.service

Of a command only the program is told: what stands behind it may be a secret.

Source: systemd.unit(5), "Unit File Load Path" and "[Install] Section Options"; systemctl(1), is-enabled.
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_OURS = ("/etc/systemd/system", "/run/systemd/system")
"""What an administrator, or somebody until the next start, has enabled or masked."""
_FOLDERS = (*_OURS, "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
"""In the order in which one goes before another."""
_SUFFIX = ".service"
_MAX_UNITS = 5000


def take(host: Host) -> Found:
    files, enabled = _units(host)
    if not files:
        raise NoData("there is no service of systemd here")
    rows = [_row(name, path, enabled) for name, path in sorted(files.items())[:_MAX_UNITS] if not _is_alias(name, path)]
    return {"services": rows}


def enabled_services(host: Host) -> set[str]:
    """Return the services that are started by themselves."""
    return {name.removesuffix(_SUFFIX) for name in _units(host)[1]}


def _units(host: Host) -> tuple[dict[str, str], set[str]]:
    """Return the file of each service, and those that are started by themselves; looked up once an inventory."""
    found = host.memory.get(_SUFFIX)
    if not isinstance(found, tuple):
        found = host.memory[_SUFFIX] = _listed_units(host)
    return found


def _listed_units(host: Host) -> tuple[dict[str, str], set[str]]:
    files: dict[str, str] = {}
    enabled: set[str] = set()
    for folder in _FOLDERS:
        path = host.root + folder
        for name in _listed(path):
            if name.endswith(_SUFFIX):
                files.setdefault(name, f"{path}/{name}")
            elif name.endswith((".wants", ".requires")) and folder in _OURS:
                enabled.update(_template(one) for one in _listed(f"{path}/{name}"))
    # Another name that points to a unit is how `Alias=` enables it.
    for path in files.values():
        if os.path.islink(path) and path.startswith(tuple(host.root + folder for folder in _OURS)):
            enabled.add(os.path.basename(_target(path)))
    return files, enabled


def parse(text: str) -> tuple[dict[str, str], bool]:
    """Return the settings that are told, and whether the unit says when it may be enabled."""
    told: dict[str, str] = {}
    section, installable = "", False
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]")
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or name.startswith(("#", ";")):
            continue
        if section == "Install" and name in ("WantedBy", "RequiredBy", "UpheldBy", "Alias") and value.strip():
            installable = True
        elif name in ("Description", "User") or (name == "ExecStart" and value.strip()):
            told.setdefault(name, value.strip())
    return told, installable


def _row(name: str, path: str, enabled: set[str]) -> Row:
    unit = name.removesuffix(_SUFFIX)
    try:
        # What is masked is a link to /dev/null, or an empty file.
        text = "" if _target(path) == "/dev/null" else read_text(path)
    except OSError:
        text = ""
    if not text:
        return {"name": unit, "title": "", "start": "masked", "run_as": "", "program": ""}
    told, installable = parse(text)
    # Signs before the path say how it is started, as in "-/usr/bin/x".
    program = told.get("ExecStart", "").lstrip("@-:+!|").split(None, 1)
    return {
        "name": unit,
        "title": told.get("Description", ""),
        "start": "enabled" if name in enabled else "disabled" if installable else "static",
        "run_as": told.get("User", "root"),
        "program": program[0].strip("\"'") if program else "",
    }


def _is_alias(name: str, path: str) -> bool:
    """Say if this is another name of a unit, which stands in the list under its own."""
    target = os.path.basename(_target(path))
    return target.endswith(_SUFFIX) and target != name


def _template(name: str) -> str:
    """Return the unit whose instance it is: of getty@tty1.service that is getty@.service."""
    before, at, _ = name.partition("@")
    return f"{before}@{_SUFFIX}" if at else name


def _target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []
