"""Accounts and groups of the Mac itself. Left out under the privacy profile `edu`.

They stand in no file that may be read, so the system's own calls are asked. Those of a directory that the Mac belongs
to would come with them: what macOS gives numbers from 501 to 999 is its own, and so is what is below.

Source: getpwent(3), getgrent(3), opendirectoryd(8).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_OWN = 1000
_NO_LOGIN = ("false", "nologin")
_MEMBERS = 50
_MAX = 5000


def take(host: Host) -> Found:
    if host.persons is not None:
        raise NoData("accounts are of persons")
    # Not on Windows.
    import grp
    import pwd

    return {"local_users": users(pwd.getpwall()), "local_groups": groups(grp.getgrall())}


def users(told: Iterable[Any]) -> list[Row]:
    """Return the accounts of the Mac itself; some stand there twice."""
    found: dict[str, Row] = {}
    for one in list(told)[:_MAX]:
        number = _signed(one.pw_uid)
        if number < _OWN:
            found[one.pw_name] = {
                "name": one.pw_name, "uid": number, "gid": _signed(one.pw_gid), "full_name": one.pw_gecos,
                "home": one.pw_dir, "shell": one.pw_shell,
                "may_log_in": one.pw_shell.rpartition("/")[2] not in _NO_LOGIN,
            }  # fmt: skip
    return list(found.values())


def groups(told: Iterable[Any]) -> list[Row]:
    found: dict[str, Row] = {}
    for one in list(told)[:_MAX]:
        number = _signed(one.gr_gid)
        if number < _OWN:
            found[one.gr_name] = {"name": one.gr_name, "gid": number, "members": _listed(one.gr_mem)}
    return list(found.values())


def _listed(members: Sequence[str]) -> str:
    told = sorted(filter(None, members))
    more = f" and {len(told) - _MEMBERS} more" if len(told) > _MEMBERS else ""
    return ", ".join(told[:_MEMBERS]) + more


def _signed(number: int) -> int:
    """Return the number as macOS writes it: nobody is -2."""
    return number - (1 << 32) if number >= 1 << 31 else number
