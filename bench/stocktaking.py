"""What taking the inventory costs a host: processor time and memory of the agent's child, beside FusionInventory's.

Same machine, taking turns, each with its files in the page cache. Of the peer the tools that it starts count too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from driftvakt_agent.stock import command

_TURNS = 7
_PEER = "fusioninventory-inventory"
_ROOT = Path(__file__).parents[1]


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for seven turns each."""
    turns = max(2, round(_TURNS * scale))
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="driftvakt-bench-", dir="/var/tmp") as folder:
        # As the agent starts it, but for the Python, which is the system's as the peer's perl is.
        subprocess.run([python, "-m", "compileall", "-q", str(_ROOT / "agent")], check=True)
        child = command(f"{folder}/out", "full", python)
        peer = [_PEER, "--backend-collect-timeout=60"] if shutil.which(_PEER) else None
        for turn in range(turns + 1):
            # What is written down the first time is only looked at afterwards, as on a host.
            found = _spent(child), (_spent(peer) if peer else None)
            if turn:
                ours.append(found[0])
                if found[1] is not None:
                    theirs.append(found[1])
        peaks = _peak(child), (_peak(peer) if peer else 0)
    figures: dict[str, object] = {"turns": turns}
    figures["agent's inventory: peak memory MB"] = round(peaks[0] / 1e6, 1)
    figures["agent's inventory: CPU ms"] = round(median(ours) * 1e3, 1)
    if theirs:
        figures["fusioninventory: CPU ms"] = round(median(theirs) * 1e3, 1)
        figures["fusioninventory: peak memory MB"] = round(peaks[1] / 1e6, 1)
        figures["agent to fusioninventory: CPU"] = round(median(ours) / median(theirs), 3)
    else:
        figures["fusioninventory"] = "not installed: apt-get install fusioninventory-agent"
    return figures


def _spent(words: list[str]) -> float:
    """Run a command; return its CPU seconds, with those of what it started."""
    process = _started(words)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def _peak(words: list[str]) -> int:
    """Run a command; return the most memory that it held, bytes, without what it started.

    By looking again and again at the kernel's high mark: what wait4 says of memory begins with what this process had.
    """
    process = _started(words)
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        except OSError:
            break
        told = status.partition("VmHWM:")[2].split()
        peak = max(peak, int(told[0]) * 1024) if told else peak
    process.wait()
    return peak


def _started(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
