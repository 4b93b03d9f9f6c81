"""The timer of root's that runs `driftvakt-agent capture`: the units of systemd, and how they are set up."""

import os
import stat
import subprocess
import sys

from driftvakt_agent.config import ConfigError
from driftvakt_agent.disk import remove, replace

NAME = "driftvakt-root"
UNITS = "/etc/systemd/system"
_MODE = 0o644

_SERVICE = """\
[Unit]
Description=What only root may read, for driftvakt's inventory
Documentation=man:smartctl(8)

[Service]
Type=oneshot
ExecStart={command}
Group={group}
UMask=0027
StateDirectory={name}
StateDirectoryMode=0750
Nice=19
IOSchedulingClass=idle
TimeoutStartSec=15min
MemoryMax=256M
CapabilityBoundingSet=CAP_SYS_RAWIO CAP_SYS_ADMIN CAP_DAC_READ_SEARCH
NoNewPrivileges=yes
PrivateNetwork=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
"""
_TIMER = """\
[Unit]
Description=What only root may read, for driftvakt's inventory, every hour

[Timer]
OnBootSec=1min
OnUnitActiveSec=1h
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
"""


def texts(group: str, python: str = sys.executable) -> dict[str, str]:
    """Return the units by their file's name. group: who may read what is found."""
    command = f"{python} -m driftvakt_agent capture"
    return {
        f"{NAME}.service": _SERVICE.format(command=command, group=group, name=NAME),
        f"{NAME}.timer": _TIMER,
    }


def install(group: str, folder: str = UNITS) -> None:
    """Write the units and start the timer. Raises ConfigError."""
    only_roots(sys.executable)
    only_roots(os.path.dirname(os.path.abspath(__file__)))
    for name, text in texts(group).items():
        path = os.path.join(folder, name)
        try:
            replace(path, text.encode(), _MODE)
        except OSError as e:
            raise ConfigError(f"cannot write {path}: {e.strerror}; run this as root") from e
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", f"{NAME}.timer")
    _systemctl("start", f"{NAME}.service")


def uninstall(folder: str = UNITS) -> None:
    """Stop the timer and take the units away; what it found stays. Raises ConfigError."""
    _systemctl("disable", "--now", f"{NAME}.timer")
    for name in texts(""):
        if not remove(os.path.join(folder, name)):
            raise ConfigError(f"cannot remove {os.path.join(folder, name)}; run this as root")
    _systemctl("daemon-reload")


def only_roots(path: str) -> None:
    """See that nobody but root can change what root would run. Raises ConfigError."""
    place = os.path.realpath(path)
    while True:
        told = os.stat(place)
        loose = told.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not told.st_mode & stat.S_ISVTX
        if told.st_uid or loose:
            raise ConfigError(
                f"{place} can be changed by others than root, and root would run it every hour: install the agent"
                " where only root may write, as /opt/driftvakt-agent"
            )
        if place == os.path.dirname(place):
            return
        place = os.path.dirname(place)


def _systemctl(*words: str) -> None:
    try:
        done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)  # noqa: S607
    except OSError as e:
        raise ConfigError(
            f"cannot run systemctl {' '.join(words)}: {e.strerror}; is this machine without systemd?"
        ) from e
    if done.returncode:
        raise ConfigError(f"'systemctl {' '.join(words)}' failed: {done.stderr.strip()}")
