"""OpenSSH on loopback with keys and a configuration of its own, for as long as a test runs."""

import io
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

import paramiko

from driftvakt_collector.poll.ssh.target import Target

BINARY = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") or ""


class Sshd:
    """Serves the user that runs the test. more: lines of sshd_config. kind: of its host key. port: 0 for a free one."""

    def __init__(self, work: Path, *more: str, kind: str = "ed25519", port: int = 0) -> None:
        self.user = pwd.getpwuid(os.getuid()).pw_name
        key = paramiko.ECDSAKey.generate()
        written = io.StringIO()
        key.write_private_key(written)
        self.key = written.getvalue()
        subprocess.run(
            ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(work / "host")], check=True, capture_output=True
        )
        self.host_key = (work / "host.pub").read_text().strip()
        (work / "authorized").write_text(f"{key.get_name()} {key.get_base64()}\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = port or int(free.getsockname()[1])
        config = [
            f"ListenAddress 127.0.0.1:{self.port}", f"HostKey {work / 'host'}", f"PidFile {work / 'pid'}",
            f"AuthorizedKeysFile {work / 'authorized'}", "StrictModes no", "UsePAM no", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "X11Forwarding no", *more,
        ]  # fmt: skip
        (work / "config").write_text("\n".join(config) + "\n")
        # It separates its privileges in this folder, which the service's own unit would make.
        Path("/run/sshd").mkdir(exist_ok=True)
        self._said = (work / "log").open("wb")
        self._process = subprocess.Popen([BINARY, "-D", "-e", "-f", str(work / "config")], stderr=self._said)
        self._wait(work)

    def target(self, **changed: object) -> Target:
        """Return how it is reached."""
        made: dict[str, object] = {
            "address": "127.0.0.1", "user": self.user, "port": self.port, "host_key": self.host_key, "key": self.key,
        }  # fmt: skip
        return Target(**(made | changed))  # type: ignore[arg-type]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(5)
        self._said.close()

    def _wait(self, work: Path) -> None:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, (work / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.02)
            else:
                return
