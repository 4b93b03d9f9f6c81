"""A real relay in a process of its own, the certificates that it and a collector need, and a collector over TLS."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from collecting import PATIENCE, ROOT, Collector, Sender, host_row, prepare, until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from driftvakt_collector.store.hosts import HostRow

RELAY = "r-0001"


@dataclass
class Authority:
    """A CA in a folder, and one certificate for this machine: crt, key and ca are PEM files."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.crt"
        self.crt = self.folder / "here.crt"
        self.key = self.folder / "here.key"
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("test authority", ca_key, None, None, ())
        here = ec.generate_private_key(ec.SECP256R1())
        names = ("127.0.0.1", "10.77.0.1", "10.78.0.1", "10.78.0.2", "10.77.0.2")
        crt = _certificate("here", here, ca, ca_key, names)
        self.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        self.crt.write_bytes(crt.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            here.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def toml(self) -> str:
        """Return the settings of whoever serves with the certificate."""
        return f"tls_cert = {json.dumps(str(self.crt))}\ntls_key = {json.dumps(str(self.key))}\n"


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None, addresses: tuple[str, ...],
) -> x509.Certificate:  # fmt: skip
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signer = issuer_key or key
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    usage = x509.KeyUsage(
        digital_signature=issuer is not None, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=issuer is None, crl_sign=issuer is None, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(key_id, critical=False)
        .add_extension(by, critical=False)
        .add_extension(usage, critical=True)
    )
    if addresses:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(one)) for one in addresses])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def enrolled(data: Path, hosts: int, zone: str = "adm", **told: str) -> tuple[Sender, list[Sender]]:
    """Make a data directory with a relay and hosts enrolled; return who signs for them."""
    rows = [relay_row(zone), *(host_row(number, zone=zone, **told) for number in range(hosts))]
    relay, *senders = prepare(data, rows)
    return relay, senders


def relay_row(zone: str = "adm", origin: str = RELAY) -> HostRow:
    """Return the enrolment of a relay."""
    return HostRow(origin, 1, origin, zone, "SLK", "site-0", "relay")


class RelayProcess:
    """A relay on a free port, in a folder of its own. prefix: what its command line begins with."""

    def __init__(
        self, folder: Path, relay: Sender, upstreams: list[str], authority: Authority | None = None, zone: str = "adm",
        settings: str = "", listen: str = "127.0.0.1", prefix: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.folder = folder
        self.data = folder / "spool"
        self.port = 0
        self.starts = 0
        self.authority = authority
        self.listen = listen
        self._prefix = prefix
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "relay.key").write_text(relay.key.hex() + "\n", "ascii")
        self.config = folder / "relay.toml"
        self._text = (
            f'origin = "{relay.origin}"\ngen = {relay.gen}\nzone = "{zone}"\nkey_file = "relay.key"\ndata = "spool"\n'
            f'listen = "{listen}"\nport = 0\nspool_free_mb = 0\n{settings}\n'
        )
        if authority is not None:
            self._text += authority.toml() + f"ca_file = {json.dumps(str(authority.ca))}\n"
        self.point(upstreams)

    def point(self, upstreams: list[str]) -> None:
        """Name its upstreams; holds from its next start."""
        self.config.write_text(f"{self._text}upstreams = {json.dumps(upstreams)}\n", "utf-8")

    def __enter__(self) -> "RelayProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; return when it serves."""
        self.starts += 1
        paths = os.pathsep.join(str(ROOT / name) for name in ("agent", "collector"))
        command = [*self._prefix, sys.executable, "-W", "error", "-m", "driftvakt_collector", "relay"]
        with self.said.open("wb") as err:
            self._process = subprocess.Popen(
                [*command, "--config", str(self.config)], stderr=err, stdout=err, env=os.environ | {"PYTHONPATH": paths}
            )
        found: list[str] = []

        def serves() -> bool:
            assert self._process is not None
            text = self.said.read_text("utf-8", "replace")
            assert self._process.poll() is None, f"it ended: {text}"
            found[:] = re.findall(r"serves on https?://\S+:(\d+) and", text)
            return bool(found)

        until(serves, "the relay to serve")
        self.port = int(found[0])

    @property
    def said(self) -> Path:
        """What the process that was started last wrote."""
        return self.folder / f"relay.{self.starts}.log"

    @property
    def url(self) -> str:
        return f"{'https' if self.authority else 'http'}://{self.listen}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)

    def stop(self) -> int:
        """End it as systemd does; return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to it, or to whatever `authority` vouches for."""
        return connect(self.listen, self.port, self.authority)

    def post(self, *lines: bytes, backlog: bool = False) -> tuple[int, dict[str, Any]]:
        """Send lines; return status and answer."""
        return post(self.connect(), *lines, backlog=backlog)

    def status(self) -> dict[str, Any]:
        """Return what its status file says, nothing while there is none."""
        try:
            told: dict[str, Any] = json.loads((self.data / "status.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return told


def connect(host: str, port: int, authority: Authority | None) -> http.client.HTTPConnection:
    if authority is None:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
    context = ssl.create_default_context(cafile=str(authority.ca))
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)


def post(connection: http.client.HTTPConnection, *lines: bytes, backlog: bool = False) -> tuple[int, dict[str, Any]]:
    """Send lines over a connection, and close it; return status and answer."""
    try:
        headers = {"driftvakt-backlog": "1"} if backlog else {}
        connection.request("POST", "/v1/records", b"\n".join(lines), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


class TlsCollector(Collector):
    """A collector whose listener speaks TLS. zone, when told: hosts come in at that zone's own door."""

    def __init__(self, data: Path, authority: Authority, settings: str = "", port: int = 0) -> None:
        super().__init__(data, authority.toml() + settings)
        self.authority = authority
        if port:
            set_port(self, port)

    def __enter__(self) -> "TlsCollector":
        self.start()
        return self

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> str:
        connection = connect("127.0.0.1", self.port, self.authority)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def post(self, *lines: bytes, encoding: str = "", body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        assert not encoding
        assert body is None
        return post(connect("127.0.0.1", self.port, self.authority), *lines)


def set_port(collector: Collector, port: int) -> None:
    """Have a collector serve where it did before, when it comes back."""
    text = collector._config.read_text("utf-8").replace("port = 0\n", f"port = {port}\n", 1)
    collector._config.write_text(text, "utf-8")


def pinned_port() -> int:
    """Return a port that was free a moment ago, for a server that must come back where it was."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def held_lines(data: Path) -> list[bytes]:
    """Return the lines of a collector's journal, without what the collector wrote itself."""
    from driftvakt_collector.journal.sqlite import SqliteJournal

    journal = SqliteJournal(data / "journal.db")
    lines = [line for chunk in journal.read(0) for line in chunk.lines if line.startswith(b"{")]
    journal._connection.close()
    return lines
