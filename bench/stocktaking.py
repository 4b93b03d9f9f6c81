"""What taking the inventory costs a host: processor time of the agent's child, beside FusionInventory's.

Same machine, taking turns, each with its files in the page cache. Of the peer the tools that it starts count too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

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
        tree = Path(folder) / "agent"
        shutil.copytree(_ROOT / "agent", tree, ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run([python, "-X", "no_debug_ranges", "-m", "compileall", "-q", "-o", "2", str(tree)], check=True)
        child = [
            python,
            "-S",
            "-OO",
            "-X",
            "no_debug_ranges",
            "-m",
            "driftvakt_agent",
            "inventory",
            "--out",
            f"{folder}/out",
        ]
        peer = [_PEER, "--backend-collect-timeout=60"] if shutil.which(_PEER) else None
        for turn in range(turns + 1):
            # What is written down the first time is only looked at afterwards, as on a host.
            found = _spent(child, {"PYTHONPATH": str(tree)}), (_spent(peer, {}) if peer else None)
            if turn:
                ours.append(found[0])
                if found[1] is not None:
                    theirs.append(found[1])
    figures: dict[str, object] = {"turns": turns}
    figures["agent's inventory: CPU ms"] = round(median(ours) * 1e3, 1)
    if theirs:
        figures["fusioninventory: CPU ms"] = round(median(theirs) * 1e3, 1)
        figures["agent to fusioninventory: CPU"] = round(median(ours) / median(theirs), 3)
    else:
        figures["fusioninventory"] = "not installed: apt-get install fusioninventory-agent"
    return figures


def _spent(command: list[str], environment: dict[str, str]) -> float:
    """Run a command; return its CPU seconds, with those of what it started.

    Not its memory: what the kernel says of that begins with what this process had.
    """
    process = subprocess.Popen(
        command, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
