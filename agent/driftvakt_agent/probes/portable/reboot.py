"""Whether Windows waits for a restart to finish what was installed.

Example:
    > reg query "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"

Source: the three places that Windows Update, Component Based Servicing and the session manager leave a note in. macOS
leaves none: what it installs with a restart it installs at the restart.
"""

import sys
from collections.abc import Callable, Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable import registry
from driftvakt_agent.sample import NoData, Sample

_VERSION = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
_KEYS = (
    _VERSION + r"\Component Based Servicing\RebootPending",
    _VERSION + r"\WindowsUpdate\Auto Update\RebootRequired",
)
_RENAMES = (r"SYSTEM\CurrentControlSet\Control\Session Manager", "PendingFileRenameOperations")


def collect(_: Host) -> Iterator[Sample]:
    if sys.platform == "win32":
        yield Sample("node_reboot_required", float(waits(registry.exists, registry.value)))
    else:
        raise NoData("this platform leaves no note that it waits for a restart")


def waits(exists: Callable[[str], bool], value: Callable[[str, str], registry.Value]) -> bool:
    """Say if one of the notes is there; an empty list of renames is none."""
    renames = value(*_RENAMES)
    return any(exists(key) for key in _KEYS) or (isinstance(renames, list) and any(renames))
