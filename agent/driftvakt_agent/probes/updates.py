"""How many packages wait to be upgraded, and of when the package lists are that say so.

Example:
    $ LC_ALL=C apt-get -s -q -o Debug::NoLocking=true dist-upgrade
    Inst libssl3 [3.0.11-1] (3.0.13-1~deb12u1 Debian-Security:12/stable-security [amd64])

Nothing is fetched and nothing locked: the lists are as the machine's own timers left them. driftvakt_updates_pending is
the same on every platform; apt_*, yum_* and pacman_* are as the textfile scripts of prometheus-community have them.
"""

import os
from collections.abc import Callable, Iterator, Sequence

from driftvakt_agent import upgrades
from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, ProbeError, Sample
from driftvakt_agent.upgrades import NO, UNKNOWN, YES, Upgrade

Run = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a command, and returns its exit code and what it printed."""

_SECONDS = 50.0
_LISTS = "/var/lib/apt/lists"
_APT = ("apt-get", "-s", "-q", "-o", "Debug::NoLocking=true", "-o", "APT::Get::Show-User-Simulation-Note=false",
        "dist-upgrade")  # fmt: skip


def collect(host: Host, run: Run | None = None) -> Iterator[Sample]:
    run = run or _run
    for program, _, ask in _MANAGERS:
        if os.path.exists(host.root + program):
            yield from ask(host, run)
            stamp = _newest(host.root, _STAMPS[program])
            if stamp:
                yield Sample("driftvakt_updates_checked_timestamp_seconds", stamp)
            return
    raise NoData("no package manager that we know: apt, dnf, yum, zypper, apk or pacman")
