"""How full each mounted file system is.

Example:
    $ cat /proc/1/mounts
    /dev/vda / ext4 rw,relatime 0 0
    //srv.example/gemensam /mnt/delad\\040mapp cifs ro,vers=3.0 0 0

Source: proc(5), fstab(5), statvfs(3). What is left out: as node_exporter.
"""

import os
import time
from collections.abc import Callable, Iterator

from driftvakt_agent.host import Host, read_or_no_data, read_text
from driftvakt_agent.sample import Labels, Sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Windows has no such call, and takes what stands here from this file too.
    Ask = Callable[[str], os.statvfs_result]

_NO_STORAGE = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl"),
        *("hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs"),
        *("securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs"),
    )
)
_OUT = ("/dev", "/proc", "/sys")
# Followed by a name of their own, these are left out with all that is below.
_OUT_BELOW = ("/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/")

# A server that is gone can hold up the answer for ever, so these are asked after all the others, and apart.
REMOTE = ("nfs", "cifs", "smb", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "afs", "ncp", "davfs", "fuse.")


def collect(host: Host, statvfs: "Ask | None" = None, patience: float = 2) -> Iterator[Sample]:
    """Yield what is here first, then what other machines serve; those get `patience` seconds together to answer."""
    statvfs = statvfs or os.statvfs
    try:
        # What the first process sees; the agent itself may live in a mount namespace of its own.
        text = read_text(host.proc + "/1/mounts")
    except OSError:
        text = read_or_no_data(host.proc + "/self/mounts", "no /proc/self/mounts here")
    remote = []
    for labels, readonly in parse(text, host.root).items():
        (_, (_, fstype), (_, mountpoint)) = labels
        if fstype.startswith(REMOTE):
            remote.append((host.root + mountpoint, labels, readonly))
            continue
        try:
            found = statvfs(host.root + mountpoint)
        except OSError:
            found = None
        yield from measure(found, labels, readonly)
    answers = _ask_in_threads([path for path, _, _ in remote], statvfs, patience) if remote else {}
    for path, labels, readonly in remote:
        yield from measure(answers.get(path), labels, readonly)


def measure(found: "os.statvfs_result | None", labels: Labels, readonly: int) -> Iterator[Sample]:
    """Yield the numbers of a file system, or, without an answer, that there was an error."""
    yield Sample("node_filesystem_readonly", readonly, labels)
    yield Sample("node_filesystem_device_error", int(found is None), labels)
    if found is not None:
        # f_blocks counts fragments; a FUSE file system may have other blocks.
        unit = found.f_frsize or found.f_bsize
        yield Sample("node_filesystem_size_bytes", found.f_blocks * unit, labels)
        yield Sample("node_filesystem_free_bytes", found.f_bfree * unit, labels)
        yield Sample("node_filesystem_avail_bytes", found.f_bavail * unit, labels)
        yield Sample("node_filesystem_files", found.f_files, labels)
        yield Sample("node_filesystem_files_free", found.f_ffree, labels)


def parse(text: str, root: str = "") -> dict[Labels, int]:
    """Return the labels of each file system that holds storage, and 1 if it is read-only, else 0.

    The same one mounted twice at one place is one. `root` is taken off the mount points: it is where this machine's
    own "/" is seen from inside a container.
    """
    mounts: dict[Labels, int] = {}
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) < 4 or fields[2] in _NO_STORAGE:
            continue
        # The device keeps its escapes, as in node_exporter: the label must be the same on both.
        device, mountpoint, fstype, options = fields[:4]
        mountpoint = unescape(mountpoint).removeprefix(root) or "/"
        if not _is_out(mountpoint):
            labels = (("device", device), ("fstype", fstype), ("mountpoint", mountpoint))
            mounts[labels] = int("ro" in options.split(","))
    return mounts


def unescape(path: str) -> str:
    """Return the path with its space, tab, newline and backslash back; the kernel writes them as octal."""
    if "\\" not in path:
        return path
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(escape, character)
    return path


def _is_out(mountpoint: str) -> bool:
    if mountpoint.startswith(_OUT_BELOW):
        # Of ".+" in node_exporter's expression: something must follow.
        return mountpoint not in _OUT_BELOW
    return mountpoint.startswith(_OUT) and (mountpoint in _OUT or mountpoint.startswith(("/dev/", "/proc/", "/sys/")))


def _ask_in_threads(paths: list[str], statvfs: "Ask", patience: float) -> "dict[str, os.statvfs_result]":
    """Return the answers that came in time.

    The call can't be interrupted, so the thread of one that hangs is left behind, and no second one is started for that
    path until the first came back: its name tells. Imported here, for a host that has no such mounts.
    """
    import threading

    answers: dict[str, os.statvfs_result] = {}

    def ask(path: str) -> None:
        try:
            answers[path] = statvfs(path)
        except OSError:
            return

    hanging = {thread.name for thread in threading.enumerate()}
    threads = [
        threading.Thread(target=ask, args=(path,), name="statvfs " + path, daemon=True)
        for path in paths
        if "statvfs " + path not in hanging
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    # A copy: one that comes late still writes to its own.
    return dict(answers)
