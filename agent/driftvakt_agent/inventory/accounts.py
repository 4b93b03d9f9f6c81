"""Accounts and groups of the machine itself, not of a directory service. Left out under the privacy profile `edu`.

Example:
    $ cat /etc/passwd
    root:x:0:0:root:/root:/bin/bash
    $ cat /etc/group
    sudo:x:27:anna,bo

Source: passwd(5), group(5).
"""

from driftvakt_agent.host import Host, read_or_no_data
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")
_MEMBERS = 50


def take(host: Host) -> Found:
    if host.persons is not None:
        raise NoData("accounts are of persons")
    passwd = read_or_no_data(f"{host.root}/etc/passwd", "no accounts in a file here")
    group = read_or_no_data(f"{host.root}/etc/group", "no groups in a file here")
    return {"local_users": parse_users(passwd), "local_groups": parse_groups(group)}


def parse_users(text: str) -> list[Row]:
    """Return the accounts of /etc/passwd."""
    rows: list[Row] = []
    for fields in (line.split(":") for line in text.splitlines()):
        # A + is of NIS, and no account.
        if len(fields) != 7 or not fields[2].isdecimal() or fields[0].startswith(("+", "-")):
            continue
        rows.append(
            {
                "name": fields[0],
                "uid": int(fields[2]),
                "gid": int(fields[3]) if fields[3].isdecimal() else None,
                "full_name": fields[4].partition(",")[0],
                "home": fields[5],
                "shell": fields[6],
                "may_log_in": fields[6].rpartition("/")[2] not in _NO_LOGIN,
            }
        )
    return rows


def parse_groups(text: str) -> list[Row]:
    """Return the groups of /etc/group, with those who are members by that file."""
    rows: list[Row] = []
    for fields in (line.split(":") for line in text.splitlines()):
        if len(fields) != 4 or not fields[2].isdecimal():
            continue
        members = sorted(filter(None, fields[3].split(",")))
        more = f" and {len(members) - _MEMBERS} more" if len(members) > _MEMBERS else ""
        rows.append({"name": fields[0], "gid": int(fields[2]), "members": ", ".join(members[:_MEMBERS]) + more})
    return rows
