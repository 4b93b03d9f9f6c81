"""What the agent costs beside a node_exporter: memory, CPU a cycle, bytes sent. Same host, same minutes, TLS on.

The agent runs as it would on a server: the system's Python, a compiled tree, `driftvakt-agent run`.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.server import Server, cpu_seconds, memory

_SCRAPES = 400
_PEER = "prometheus-node-exporter"
_ROOT = Path(__file__).parents[1]
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_TOP_PAD_": "16384",
           "MALLOC_MMAP_THRESHOLD_": "65536"}  # fmt: skip
"""What docs/agent.md tells a unit to set, mallopt(3)."""


def measure(minutes: float = 1.0, interval: float = 1.0) -> dict[str, object]:
    """Return the figures. minutes, interval: how long the agents run, and how often they report (s)."""
    figures: dict[str, object] = {"minutes": minutes, "interval s": interval}
    with Server() as server:
        server.end()
        certificate = _certificate(server.data.parent)
        (server.data.parent / "collector.toml").write_text(
            f'data = "{server.data}"\nport = 0\ntls_cert = "{certificate[0]}"\ntls_key = "{certificate[1]}"\n'
        )
        server.config = server.data.parent / "collector.toml"
        server.start()
        tree = server.data.parent / "agent"
        shutil.copytree(_ROOT / "agent", tree, ignore=shutil.ignore_patterns("__pycache__"))
        python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
        subprocess.run([python, "-X", "no_debug_ranges", "-m", "compileall", "-q", "-o", "2", str(tree)], check=True)
        enrolled = {profile: _enrol(server, profile, interval, certificate[0]) for profile in ("server", "workstation")}
        for out in enrolled.values():
            _warm_up(_agent(tree, python, out), out)
        agents = {profile: _agent(tree, python, out) for profile, out in enrolled.items()}
        peer = _Peer()
        try:
            figures |= peer.measure()
            figures |= _watch(server, agents, peer, minutes, interval)
        finally:
            peer.end()
            for process in agents.values():
                process.send_signal(signal.SIGTERM)
                process.wait(30)
    return figures | _ratios(figures)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost; a real one, that the agent checks."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return cert, key


def _enrol(server: Server, profile: str, interval: float, ca: Path) -> Path:
    """Enrol an agent; return the folder with its configuration."""
    out = server.data.parent / f"agent-{profile}"
    subprocess.run(
        [sys.executable, "-m", "driftvakt_collector", "add-host", "--data", str(server.data), "--name", profile,
         "--class", profile, "--collector", f"https://localhost:{server.port}", "--out", str(out)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with (out / "agent.toml").open("a") as file:
        file.write(f'ca_file = "{ca}"\ninterval = {interval}\n')
    return out


def _warm_up(agent: "subprocess.Popen[bytes]", out: Path) -> None:
    """Let it run until it reported, and end it.

    On a machine that never ran Python with -OO the first one compiles the standard library and holds 1 MB more.
    """
    for _ in range(300):
        time.sleep(0.1)
        status = out / "status.json"
        if status.exists() and json.loads(status.read_text())["delivered_at"]:
            break
    agent.terminate()
    agent.wait(30)


def _agent(tree: Path, python: str, out: Path) -> "subprocess.Popen[bytes]":
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tree), **_MALLOC}
    command = [
        python,
        "-S",
        "-OO",
        "-X",
        "no_debug_ranges",
        "-m",
        "driftvakt_agent",
        "run",
        "--config",
        str(out / "agent.toml"),
    ]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


class _Peer:
    """A node_exporter beside the agents; `process` is None where none is installed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.samples = 0
        program = shutil.which(_PEER)
        if program is None:
            return
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen([program, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(100):
            try:
                self._connection.connect()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        body = self.scrape("identity")
        self.samples = sum(1 for line in body.splitlines() if line and not line.startswith(b"#"))

    def scrape(self, encoding: str = "gzip") -> bytes:
        """Scrape it as Prometheus does: over a kept connection."""
        self._connection.request("GET", "/metrics", headers={"Accept-Encoding": encoding})
        return self._connection.getresponse().read()

    def measure(self) -> dict[str, object]:
        """Return what it holds after 400 scrapes, and what one of them costs back to back."""
        if self.process is None:
            return {"node_exporter": "not installed"}
        for _ in range(_SCRAPES // 4):
            self.scrape()
        before = cpu_seconds(self.process.pid)
        for _ in range(_SCRAPES * 3 // 4):
            self.scrape()
        spent = (cpu_seconds(self.process.pid) - before) / (_SCRAPES * 3 // 4)
        used = memory(self.process.pid)
        return {
            "node_exporter: RSS MB": round(used["Rss"], 2),
            "node_exporter: PSS MB": round(used["Pss"], 2),
            "node_exporter: anonymous MB": round(used["Anonymous"], 2),
            "node_exporter: samples": self.samples,
            "node_exporter, back to back: CPU ms a scrape": round(spent * 1e3, 2),
            "node_exporter, back to back: CPU us a sample": round(spent / self.samples * 1e6, 2),
        }

    def end(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


def _watch(
    server: Server, agents: dict[str, "subprocess.Popen[bytes]"], peer: _Peer, minutes: float, interval: float
) -> dict[str, object]:
    time.sleep(max(3 * interval, 5.0))
    before = {profile: cpu_seconds(process.pid) for profile, process in agents.items()}
    sent = {profile: _sent(server, profile) for profile in agents}
    reports = _reports(server)
    scrapes = round(minutes * 60 / interval)
    peer_before = cpu_seconds(peer.process.pid) if peer.process else 0.0
    for _ in range(scrapes):
        time.sleep(interval)
        if peer.process:
            peer.scrape()
    # What the collector took, not what the clock promises: both agents report at the same pace.
    cycles = (_reports(server) - reports) / len(agents)
    figures: dict[str, object] = {"cycles watched": round(cycles)}
    if peer.process:
        spent = (cpu_seconds(peer.process.pid) - peer_before) / scrapes
        figures["node_exporter, at the same pace: CPU ms a scrape"] = round(spent * 1e3, 2)
        figures["node_exporter: CPU us a sample"] = round(spent / peer.samples * 1e6, 2)
    for profile, process in agents.items():
        used = memory(process.pid)
        spent = (cpu_seconds(process.pid) - before[profile]) / cycles
        series = _series(server, profile)
        figures |= {
            f"agent, {profile}: RSS MB": round(used["Rss"], 2),
            f"agent, {profile}: PSS MB": round(used["Pss"], 2),
            f"agent, {profile}: anonymous MB": round(used["Anonymous"], 2),
            f"agent, {profile}: most ever MB": round(used["Hwm"], 2),
            f"agent, {profile}: samples": series,
            f"agent, {profile}: CPU ms a cycle": round(spent * 1e3, 2),
            f"agent, {profile}: CPU us a sample": round(spent / series * 1e6, 2),
        }
        bytes_sent = (_sent(server, profile) - sent[profile]) / cycles
        if bytes_sent:
            figures[f"agent, {profile}: bytes sent a cycle, HTTP included"] = round(bytes_sent)
    return figures


def _reports(server: Server) -> float:
    return _number(server.get("/metrics")[1], 'driftvakt_intake_records_total{kind="report"}')


def _series(server: Server, name: str) -> int:
    body = server.get(f"/metrics/hosts?instance={name}")[1]
    return sum(1 for line in body.splitlines() if line and not line.startswith((b"#", b"driftvakt_host_")))


def _sent(server: Server, name: str) -> float:
    return _number(server.get(f"/metrics/hosts?instance={name}")[1], "driftvakt_agent_sent_bytes_total")


def _number(body: bytes, begin: str) -> float:
    for line in body.decode().splitlines():
        if line.startswith(begin):
            return float(line.rpartition(" ")[2])
    return 0.0


def _ratios(figures: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for what in ("RSS MB", "anonymous MB", "CPU us a sample"):
        ours, peer = figures.get(f"agent, server: {what}"), figures.get(f"node_exporter: {what}")
        if isinstance(ours, float) and isinstance(peer, float):
            found[f"agent to node_exporter: {what}"] = round(ours / peer, 2)
    return found
