"""What is installed on the machines of the city: images by system and by use, at several patch levels.

Most machines of a kind have the same list, as machines that are made from one image do.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from driftvakt_collector.demo.asset import Asset, Habit, Role
from driftvakt_collector.demo.models import Family

Rows = list[list[object]]
PACKAGES = ("source", "name", "architecture", "version", "publisher")
WAVE = 3 * 86_400.0
"""Seconds in which a patch reaches all machines, each at its own time."""
_WAVES = 40
OLD = 0.85
"""Machines of a greater age are not patched any more."""

_IMAGES: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_ROLES: dict[Role, tuple[str, str]] = {
    Role.FILES: ("samba=2:4.17.12", "samba=4.19.4"),
    Role.DIRECTORY: ("slapd=2.5.13", "openldap-servers=2.6.6"),
    Role.MAIL: ("postfix=3.7.11 dovecot-core=1:2.3.19.1", "postfix=3.5.25 dovecot=2.3.16"),
    Role.PRINT: ("cups=2.4.2", "cups=2.3.3"),
    Role.DATABASE: ("postgresql-15=15.8", "postgresql-server=15.8"),
    Role.WEB: ("nginx=1.22.1 php8.2-fpm=8.2.24", "nginx=1.24.0 php-fpm=8.1.27"),
    Role.BACKUP: ("bacula-director=9.6.7", "bacula-director=11.0.6"),
    Role.NONE: ("", ""),
}
"""What a server is for: packages of Debian and of RHEL."""
_ON_WINDOWS: dict[Role, str] = {
    Role.DATABASE: "Microsoft SQL Server 2022 (64-bit)=16.0.4145 | Microsoft Corporation",
    Role.BACKUP: "Veeam Agent for Microsoft Windows=6.2.0.121 | Veeam Software Group GmbH",
}
_PORTS: dict[Role, tuple[int, ...]] = {
    Role.FILES: (139, 445), Role.DIRECTORY: (389, 636), Role.MAIL: (25, 993), Role.PRINT: (631,),
    Role.DATABASE: (5432,), Role.WEB: (80, 443), Role.BACKUP: (9101, 9103), Role.NONE: (),
}  # fmt: skip
_UNITS = ("chrony.service", "cron.service", "dbus.service", "ssh.service", "systemd-journald.service",
          "systemd-udevd.service", "rsyslog.service", "driftvakt-agent.service")  # fmt: skip
_SERVICES = ("BITS", "Dnscache", "EventLog", "LanmanServer", "LanmanWorkstation", "MpsSvc", "Spooler", "W32Time",
             "WinDefend", "wuauserv", "driftvakt-agent")  # fmt: skip
_EVERYWHERE = "0.0.0.0"  # noqa: S104  what is told, not what is done
_OPENSSL = ("3.0.11-1~deb12u2", "3.0.15-1~deb12u")


def level(asset: Asset, day: float) -> int:
    """Return which patches a machine has at a moment of the city, seconds since the epoch; 0 for one left behind."""
    if asset.traits.age > OLD:
        return 0
    return 1 + int((day + asset.traits.shift * WAVE) // WAVE) % _WAVES


def packages(asset: Asset, patches: int) -> Rows:
    """Return its programs, with all that brings them up to a patch level."""
    family = asset.model.system.family
    if family is Family.LINUX:
        rows = _of_linux(
            asset.model.system.manager, asset.model.system.id, asset.role, patches, asset.habit is Habit.LAB
        )
    else:
        rows = _of_others(family, asset.class_, asset.habit in (Habit.SCHOOL, Habit.LAB), asset.role, patches)
    # One in forty has something that nobody else has.
    own: Rows = [["registry", f"Verktyg {asset.number}", "", "1.0", ""]]
    return rows + own if asset.number % 40 == 7 and family is Family.WINDOWS else rows


def services(asset: Asset) -> Rows:
    """Return name, start and program of its services."""
    rows: Rows = []
    if asset.model.system.family is Family.WINDOWS:
        rows += ([name, "enabled", rf"C:\Windows\System32\{name}.exe"] for name in _SERVICES)
        if asset.class_ == "server" and asset.role is Role.DATABASE:
            rows.append(["MSSQLSERVER", "enabled", r"C:\Program Files\Microsoft SQL Server\sqlservr.exe"])
    elif asset.model.system.family is Family.LINUX:
        units = [*_UNITS, *([asset.role.value] if asset.role.value else [])]
        rows += ([name, "enabled", f"/usr/sbin/{name.partition('.')[0]}"] for name in units)
    return rows


def ports(asset: Asset) -> Rows:
    """Return protocol, address and port of what listens."""
    if asset.class_ != "server":
        return []
    windows = asset.model.system.family is Family.WINDOWS
    base = (135, 445, 3389) if windows else (22,)
    more = (1433,) if windows and asset.role is Role.DATABASE else () if windows else _PORTS[asset.role]
    return [["tcp", _EVERYWHERE, port] for port in sorted({*base, *more})]


@lru_cache(maxsize=1000)
def _of_linux(manager: str, system: str, role: Role, patches: int, lab: bool) -> Rows:  # noqa: FBT001  a cache's key
    debian = manager == "apt"
    told = dict(_IMAGES["debian" if debian else "rhel"]) | (_IMAGES["lab"] if lab else {})
    told |= dict(one.split("=") for one in _ROLES[role][0 if debian else 1].split())
    source, architecture, publisher = ("dpkg", "amd64", system.capitalize()) if debian else ("rpm", "x86_64", "Rocky")
    rows: Rows = [
        [source, name, architecture, f"{version}+{patches}" if place % 7 == patches % 7 else version, publisher]
        for place, (name, version) in enumerate(told.items())
    ]
    openssl = _OPENSSL[0] if not patches else f"{_OPENSSL[1]}{patches}"
    return [
        *rows,
        [source, "openssl", architecture, openssl if debian else openssl.replace("~deb12u", ".el9_"), publisher],
    ]


@lru_cache(maxsize=1000)
def _of_others(family: Family, class_: str, school: bool, role: Role, patches: int) -> Rows:  # noqa: FBT001
    if family is Family.MACOS:
        return [["macos", name, "universal", version, maker] for name, version, maker in _listed(_IMAGES["macos"])]
    told = dict(_IMAGES["windows"])
    if class_ == "workstation":
        told |= _IMAGES["school" if school else "office"]
    elif role in _ON_WINDOWS:
        name, _, rest = _ON_WINDOWS[role].partition("=")
        told[name] = rest
    return [
        ["registry", name, "x64", f"{version}.{patches}" if place % 3 == patches % 3 else version, maker]
        for place, (name, version, maker) in enumerate(_listed(told))
    ]


def _listed(told: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, rest in told.items():
        version, _, maker = rest.partition(" | ")
        yield name, version, maker
