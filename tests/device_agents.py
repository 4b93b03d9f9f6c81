"""Agents of devices on loopback that answer by SNMP, and a credential for them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from collecting import ROOT
from simulated import free_port


class Network:
    """Agents of a switch, a printer, an access point and a UPS, which can be switched off."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "bench.lan", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


def credential(folder: Path, command: Callable[..., int], name: str, community: str) -> None:
    """Have a community kept under a name. command: runs one on the data of a collector."""
    secret = folder / "community"
    secret.write_text(f"{community}\n", "utf-8")
    assert command("credential", "add", name, "--community-file", str(secret)) == 0
