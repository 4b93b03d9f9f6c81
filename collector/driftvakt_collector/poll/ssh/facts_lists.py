"""Software, services, accounts, patches and parts: lists that a command gives as they are."""

from collections.abc import Iterator, Mapping

from driftvakt_collector.poll.ssh.health import Told
from driftvakt_collector.poll.ssh.parsers import accounts, dpkg, pkg, rpm, show_version, systemctl, systeminfo
from driftvakt_collector.store.section import Cell

_NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt", "uucico")
_STARTS = {"enabled": "enabled", "enabled-runtime": "enabled", "generated": "enabled", "static": "static",
           "disabled": "disabled", "indirect": "disabled", "linked": "disabled", "linked-runtime": "disabled",
           "masked": "masked", "masked-runtime": "masked"}  # fmt: skip
_SUFFIX = ".service"
_MEMBERS = 50


def packages(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the installed packages of every manager that there is."""
    for found in (
        dpkg.parse(told.get("dpkg", "")), rpm.parse(told.get("rpm", "")), pkg.parse(told.get("pkg", "")),
    ):  # fmt: skip
        for one in found:
            yield {
                "source": one.source, "name": one.name, "architecture": one.architecture, "version": one.version,
                "publisher": one.publisher, "size_bytes": one.size,
            }  # fmt: skip


def updates(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the patches that a Windows lists."""
    for one in systeminfo.parse(told.get("systeminfo", "")).hotfixes:
        yield {"source": "windows", "name": one, "state": "installed", "security": "unknown"}


def services(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the services of systemd. Not their titles: those are told only while a unit is loaded."""
    for name, state in systemctl.parse_unit_files(told.get("unit_files", "")).items():
        if name.endswith(_SUFFIX) and state in _STARTS:
            yield {"name": name.removesuffix(_SUFFIX), "start": _STARTS[state]}


def users(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the accounts of the machine's own file."""
    for one in accounts.parse_accounts(told.get("passwd", "")):
        yield {
            "name": one.name, "uid": one.uid, "gid": one.gid, "full_name": one.comment.partition(",")[0],
            "home": one.home, "shell": one.shell, "may_log_in": one.shell.rpartition("/")[2] not in _NO_LOGIN,
        }  # fmt: skip


def groups(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the groups of the machine's own file."""
    for one in accounts.parse_groups(told.get("group", "")):
        members = sorted(one.members)
        more = f" and {len(members) - _MEMBERS} more" if len(members) > _MEMBERS else ""
        yield {"name": one.name, "gid": one.gid, "members": ", ".join(members[:_MEMBERS]) + more}


def parts(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the parts of a network device that have a number of their own."""
    for number, one in enumerate(show_version.parse_inventory(told.get("show_inventory", ""))):
        kind = "powerSupply" if "power" in one.description.lower() else "fan" if "fan" in one.name.lower() else "module"
        yield {
            "name": one.name, "kind": "chassis" if not number else kind, "description": one.description,
            "model": one.model, "serial": one.serial, "hardware": one.hardware,
        }  # fmt: skip
