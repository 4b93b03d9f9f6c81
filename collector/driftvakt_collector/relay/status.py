"""What the relay says of itself on this machine: a file that `driftvakt relay status` reads."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

FILE = "status.json"
OLD_SECONDS = 60.0


def write(path: Path, told: Mapping[str, object]) -> None:
    """Write the status, at once or not at all. It is worth no sync: after a crash it is old anyway."""
    other = path.with_suffix(".new")
    other.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    other.replace(path)


def read(path: Path) -> dict[str, object] | None:
    """Return what a relay wrote last, None where it wrote nothing."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def alive(told: Mapping[str, object]) -> bool:
    """Say if the process that wrote it is there."""
    pid = told.get("pid")
    if type(pid) is not int or told.get("stopped"):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def trouble(told: Mapping[str, object], now: float) -> list[str]:
    """Return what an operator should look at."""
    at = told.get("at")
    if not alive(told):
        return ["the relay is not running"]
    if not isinstance(at, int | float) or now - at > OLD_SECONDS:
        return ["the relay has not written its status for more than a minute: it hangs, or the disk can't be written"]
    found = told.get("trouble")
    return [str(one) for one in found] if isinstance(found, list) else []
