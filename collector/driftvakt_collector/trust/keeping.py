"""Where a zone's authority and its listener's certificate stand in the data directory, and how they come to be.

Example:
    DATA/ca/edu.crt DATA/ca/edu.key      the authority
    DATA/tls/edu.crt DATA/tls/edu.key    the listener
"""

import logging
import socket
import ssl
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from driftvakt_collector import files
from driftvakt_collector.config import ConfigError, Zone
from driftvakt_collector.trust import ca

log = logging.getLogger(__name__)

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class Authority:
    """A zone's authority as it stands on disk. certificate: PEM."""

    def __init__(self, data: Path, zone: str) -> None:
        """Read it. Raises ConfigError."""
        self.zone = zone
        self.certificate = _read(data / "ca" / f"{zone}.crt")
        self._key = _read(data / "ca" / f"{zone}.key")

    def sign(self, request_pem: str, names: Sequence[str], now: datetime) -> str:
        """Return the certificate chain for who holds the request's key. Raises CertificateError."""
        return ca.server(self.certificate, self._key, ca.requested_key(request_pem), tuple(names), now).decode("ascii")

    def vouch(self, key_pem: bytes, names: Sequence[str], now: datetime) -> bytes:
        """Return the certificate chain for a key of our own."""
        return ca.server(self.certificate, self._key, ca.public_of(key_pem), tuple(names), now)


def authorities(data: Path, zones: Iterable[str]) -> dict[str, Authority]:
    """Return the authorities of these zones, of which some may have none."""
    return {zone: Authority(data, zone) for zone in zones if (data / "ca" / f"{zone}.crt").exists()}


def machine_names() -> tuple[str, ...]:
    """Return what this machine is called, and what only it calls itself."""
    own = socket.gethostname()
    return (*((own,) if own and not ca.check_name(own) else ()), *(one for one in LOCAL_NAMES if one != own))


def make_authority(data: Path, zone: str, organisation: str, now: datetime) -> bool:
    """Make what is missing of a zone's authority; return whether anything was."""
    key, certificate = data / "ca" / f"{zone}.key", data / "ca" / f"{zone}.crt"
    if certificate.exists() and not key.exists():
        raise ConfigError(f"{certificate} is there and its key {key.name} is not: bring the key back from the backup")
    made = files.make(key, ca.new_key())
    return files.make(certificate, ca.authority(key.read_bytes(), zone, organisation, now), 0o444) or made


def make_certificate(data: Path, zone: str, names: Sequence[str], now: datetime) -> bool:
    """Make the certificate of a zone's listener where it is missing or must be renewed; return whether it was made."""
    key, certificate = data / "tls" / f"{zone}.key", data / "tls" / f"{zone}.crt"
    made = files.make(key, ca.new_key())
    why = ca.due(certificate.read_bytes(), tuple(names), now) if certificate.exists() and not made else "there is none"
    if not why:
        return False
    # The key stays, for the two can't be replaced in one step.
    files.replace(certificate, Authority(data, zone).vouch(key.read_bytes(), names, now), 0o444)
    log.info("made the certificate of zone %s: %s", zone, why)
    return True


def names_of(zone: Zone) -> tuple[str, ...]:
    """Return the names for a zone's certificate: as configured, and those that only this machine uses."""
    return tuple(dict.fromkeys((*(zone.names or machine_names()), *LOCAL_NAMES)))


def context(data: Path, zone: Zone) -> ssl.SSLContext:
    """Return what a zone's listener speaks TLS with. Raises ConfigError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # Agents keep their connections for hours; a ticket would cost each of them memory here.
    made.num_tickets = 0
    certificate = zone.tls_cert or data / "tls" / f"{zone.name}.crt"
    try:
        made.load_cert_chain(certificate, zone.tls_key or data / "tls" / f"{zone.name}.key")
    except (OSError, ssl.SSLError) as e:
        raise ConfigError(f"zone {zone.name}: cannot use the certificate {certificate} and its key: {e}") from e
    return made


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise ConfigError(f"cannot read {path}: {e.strerror}; 'driftvakt init' makes what is missing") from e
