"""Accounts and groups in the machine's own files: /etc/passwd and /etc/group.

Example:
    $ cat /etc/passwd
    root:x:0:0:root:/root:/bin/bash
    $ cat /etc/group
    sudo:x:27:anna,bo
"""

from dataclasses import dataclass

from driftvakt_collector.poll.ssh.parsers.number import whole


@dataclass(frozen=True, slots=True)
class Account:
    """password: as in the file: `x` where it is elsewhere."""

    name: str
    password: str
    uid: int
    gid: int | None
    comment: str
    home: str
    shell: str


@dataclass(frozen=True, slots=True)
class Group:
    """members: by the file; those whose first group it is are not named there."""

    name: str
    password: str
    gid: int
    members: tuple[str, ...]


def parse_accounts(text: str) -> list[Account]:
    """Return the accounts. A line that begins with + or - is of NIS, and no account."""
    return [
        Account(fields[0], fields[1], uid, whole(fields[3]), *fields[4:])
        for fields in (line.split(":") for line in text.split("\n"))
        if len(fields) == 7 and not fields[0].startswith(("+", "-", "#")) and (uid := whole(fields[2])) is not None
    ]


def parse_groups(text: str) -> list[Group]:
    """Return the groups."""
    rows = []
    for fields in (line.split(":") for line in text.split("\n")):
        if len(fields) == 4 and not fields[0].startswith(("+", "-", "#")) and (gid := whole(fields[2])) is not None:
            members = tuple(one.strip() for one in fields[3].split(",") if one.strip())
            rows.append(Group(fields[0], fields[1], gid, members))
    return rows
