"""A Debian of its own on hardware of our own choice: this machine's files, another kernel, real systemd, under QEMU.

The guest's root is this machine's, read only, with all that the guest writes kept in the guest's memory. A folder is
shared, for the script that it runs and for what comes of that.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from collecting import ROOT

FOLDER = Path(os.environ.get("DRIFTVAKT_GUEST", ROOT / ".venv" / "guest"))
"""With a kernel and the first file system. `./run test` makes it, by guest_kernel.py."""
QEMU = "qemu-system-x86_64"
SHARE = "/mnt/share"
"""Where the shared folder stands in the guest."""
# Timers of this machine's own are left out: they would start their work in the midst of the test's.
_TARGET = "[Unit]\nRequires=sysinit.target sockets.target\nAfter=sysinit.target sockets.target\nAllowIsolate=yes\n"
_SERVICE = f"""\
[Unit]
After=sysinit.target sockets.target
[Service]
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
WorkingDirectory={SHARE}
ExecStart=/bin/sh -c 'sh ./script > output 2>&1; echo $? > code; sync; systemctl poweroff --force --force'
"""


def missing() -> str:
    """Return why no guest can be started here; empty where one can."""
    if shutil.which(QEMU) is None:
        return "QEMU is not installed: apt-get install qemu-system-x86"
    # Written last.
    if not (FOLDER / "made-by").exists():
        return f"no kernel for a guest in {FOLDER}"
    if not Path("/lib/systemd/systemd").exists():
        return "there is no systemd that a guest could run"
    return "only root can give a guest all files of this machine" if os.getuid() else ""


def run(share: Path, script: str, hardware: Sequence[str], seconds: int = 240) -> str:
    """Start a guest, run a script in it as root, and return what that printed; the test is skipped where none can be.

    share: a folder that both have. hardware: further arguments of QEMU.
    """
    if why := missing():
        pytest.skip(why)
    for name, text in (("script", script), ("guest.target", _TARGET), ("guest.service", _SERVICE)):
        (share / name).write_text(text, "utf-8")
    command = [
        # It ends in time even where nobody is left to end it.
        "timeout", "--signal=KILL", str(seconds), QEMU,
        # Without the processor's help for it: in a machine that is itself a guest, that may be offered and hang. And
        # with one processor: two wait for one another most of the time, where others work too.
        "-accel", "tcg", "-cpu", "max", "-machine", "q35", "-m", "1024",
        "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
        "-kernel", str(FOLDER / "vmlinuz"), "-initrd", str(FOLDER / "initrd.gz"),
        # systemd reads what to start from the kernel's line alone, unless it believes itself in a container.
        "-append", "console=ttyS0 panic=-1 quiet mitigations=off systemd.show_status=yes systemd.unit=guest.target",
        "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
        "-virtfs", f"local,path={share},mount_tag=share,security_model=none",
        *hardware,
    ]  # fmt: skip
    log = share / "console"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    said = log.read_text("utf-8", "replace")[-3000:]
    code, output = (_read(share / name) for name in ("code", "output"))
    assert code.strip() == "0", f"the guest's script ended with {code.strip() or 'nothing'}: {output}\n{said}"
    return output


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""
