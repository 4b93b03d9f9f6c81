"""A simulator of devices on loopback: plays recordings, each under its name as the community."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from driftvakt_collector.poll.snmp.driver import Credential, Peer

RECORDINGS = Path(__file__).parent.parent.parent / "shared" / "corpora" / "snmp"
_BINARY = Path(sys.executable).with_name("snmpsim-command-responder")


def free_port() -> int:
    """Return a UDP port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def free_tcp_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _is_taken(address: str, port: int) -> bool:
    """Say if somebody listens on a UDP port: by the kernel's table, for to try it would be in the other one's way."""
    table = Path("/proc/net/udp")
    if table.exists():
        return any(f":{port:04X} " in line[:25] for line in table.read_text("ascii").splitlines())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        try:
            free.bind((address, port))
        except OSError:
            return True
    return False


class Simulator:
    """Plays the recordings of a folder until `stop`, at each of the addresses."""

    def __init__(
        self, folder: Path, work: Path, wait: float = 60.0, addresses: Sequence[str] = ("127.0.0.1",), port: int = 0
    ) -> None:
        self.port = port or free_port()
        said = work / "snmpsim.log"
        command = [
            str(_BINARY), "--data-dir", str(folder), "--cache-dir", str(work),
            *(f"--agent-udpv4-endpoint={address}:{self.port}" for address in addresses),
            "--process-user=root", "--process-group=root",
        ]  # fmt: skip
        if os.geteuid() != 0:
            command = command[:-2]
        with said.open("wb") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        end = time.monotonic() + wait
        while not _is_taken(addresses[0], self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"snmpsim does not start:\n{said.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)

    def peer(self, name: str) -> Peer:
        """Return where to ask for a recording."""
        return Peer("127.0.0.1", Credential(name, community=name), self.port, seconds=5.0)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
