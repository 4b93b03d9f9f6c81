"""How many people are logged in. Never who: no name of a user leaves the machine.

Example (users(1) of the same file; a record is 384 bytes on 64-bit glibc):
    $ utmpdump /run/utmp
    [2] [00000] [~~  ] [reboot  ] [~           ] [6.1.0-18-amd64      ] [0.0.0.0        ] […]
    [7] [01317] [tty1] [anna    ] [tty1        ] [                    ] [0.0.0.0        ] […]

    $ cat /run/systemd/sessions/3
    UID=1000
    ACTIVE=1
    STATE=active
    TYPE=tty
    CLASS=user

Source: utmp(5); sd-login(3). Debian 13 has no utmp any more: where it is missing, the sessions of logind are counted.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Mapping

from driftvakt_agent.host import Host, read_bytes, read_text
from driftvakt_agent.sample import NoData, Sample

_RECORD = 384
_USER_PROCESS = 7
_TYPE_AND_PID = struct.Struct("=hxxi")


def collect(host: Host) -> Iterator[Sample]:
    if host.persons is not None and host.profile == "workstation":
        raise NoData("privacy profile edu: that somebody sits at a PC tells when its one user does")
    yield Sample("driftvakt_users_logged_in", _count(host))


def _count(host: Host) -> int:
    try:
        data = read_bytes(host.root + "/run/utmp")
    except FileNotFoundError:
        return count_sessions(_sessions(host.root + "/run/systemd/sessions"))
    return sum(os.path.exists(f"{host.proc}/{pid}") for pid in parse_utmp(data))


def parse_utmp(data: bytes) -> list[int]:
    """Return the process of each login. A part of a record at the end, which login(1) is just writing, is none."""
    pids = []
    for at in range(0, len(data) - _RECORD + 1, _RECORD):
        kind, pid = _TYPE_AND_PID.unpack_from(data, at)
        if kind == _USER_PROCESS:
            pids.append(pid)
    return pids


def parse_session(text: str) -> dict[str, str]:
    """Return the assignments of a session's file."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, equals, value in pairs if equals}


def count_sessions(sessions: Iterable[Mapping[str, str]]) -> int:
    """Count the sessions of people: not a greeter's, a cron job's or the user's manager's, nor one that is closing."""
    return sum(one.get("CLASS", "").split("-")[0] == "user" and one.get("STATE") != "closing" for one in sessions)


def _sessions(directory: str) -> Iterator[dict[str, str]]:
    try:
        names = os.listdir(directory)
    except FileNotFoundError as e:
        raise NoData("neither utmp nor logind here: nobody counts who logs in") from e
    for name in names:
        # Beside each session stands NAME.ref, a pipe.
        if not name.endswith(".ref"):
            try:
                yield parse_session(read_text(f"{directory}/{name}"))
            except OSError:
                continue
