"""Whether the machine waits for a restart to run what was installed.

Example:
    $ cat /run/reboot-required; uname -r; ls /lib/modules
    *** System restart required ***
    6.1.0-18-amd64
    6.1.0-18-amd64  6.1.0-21-amd64

Sources: update-notifier and unattended-upgrades (Debian, Ubuntu) and zypper (SUSE) leave a file; elsewhere the kernel's
modules tell: those of the running kernel are gone (Arch, Alpine), or a newer kernel's came after the boot (RHEL).
"""

import os
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample

_FLAGS = ("/run/reboot-required", "/var/run/reboot-required", "/run/reboot-needed")
_MODULES = ("/lib/modules", "/usr/lib/modules")


def collect(host: Host) -> Iterator[Sample]:
    flagged = any(os.path.exists(host.root + flag) for flag in _FLAGS)
    yield Sample("node_reboot_required", float(flagged or _newer_kernel(host)))


def waits(running: str, installed: dict[str, float], booted: float) -> bool:
    """Say whether another kernel than the running one would boot now.

    installed: release to the time when its modules were installed, both times in seconds since the epoch.
    """
    if not installed:
        return False
    if running not in installed:
        return True
    return any(when > booted and version(release) > version(running) for release, when in installed.items())


def version(release: str) -> list[int]:
    """Return the numbers of a release in their order: "6.1.0-18-amd64" is older than "6.1.0-21-amd64"."""
    spaced = "".join(one if one in "0123456789" else " " for one in release)
    return [int(number) for number in spaced.split()]


def _newer_kernel(host: Host) -> bool:
    """Look at the modules; a kernel that loads none, or one that a container only borrows, says nothing."""
    try:
        loaded = read_text(host.proc + "/modules")
        running = read_text(host.proc + "/sys/kernel/osrelease").strip()
        booted = _boot_time(read_text(host.proc + "/stat"))
    except (OSError, ValueError):
        return False
    contained = os.path.exists(host.root + "/run/systemd/container") or os.path.exists(host.root + "/.dockerenv")
    if not loaded or contained:
        return False
    for path in _MODULES:
        installed = _installed(host.root + path)
        if installed:
            return waits(running, installed, booted)
    return False


def _boot_time(stat: str) -> float:
    for line in stat.splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    raise ValueError("/proc/stat has no btime")


def _installed(directory: str) -> dict[str, float]:
    installed = {}
    try:
        for release in os.listdir(directory):
            # A removed kernel can leave its directory with modules that DKMS built; it can't boot without this list.
            listing = f"{directory}/{release}/modules.builtin"
            if os.path.exists(listing):
                installed[release] = os.stat(f"{directory}/{release}").st_mtime
    except OSError:
        return {}
    return installed
