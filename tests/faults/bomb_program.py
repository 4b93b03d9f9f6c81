"""What one body costs a door, measured in a process of its own (see `nursery`)."""

import json
import time
from pathlib import Path

from doors import Gate
from nursery import Say

from driftvakt_wire.records import Event


def run(body: Path, say: Say, encoding: str) -> int:
    """Take the body in a file; says status, the kilobytes that the peak rose by, and CPU seconds."""
    gate = Gate(1)
    gate.send(gate.senders[0].line(Event(1.0, "agent.start")))
    told = body.read_bytes()
    # From here on the peak is counted anew.
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before, cpu = _peak(), time.process_time()
    ((status, _),) = gate.knock(told, encoding.encode())
    say(json.dumps([status, _peak() - before, time.process_time() - cpu]))
    return 0


def _peak() -> int:
    return int(Path("/proc/self/status").read_text("ascii").split("VmHWM:")[1].split()[0])
