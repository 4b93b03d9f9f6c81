"""Certificates as a city has them, good and bad."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """chain: the file of a certificate and those above it. key: the file of its key. expiry: in seconds since 1970."""

    chain: Path
    key: Path
    expiry: float


class Authority:
    """One of our own. path: of its certificate."""

    def __init__(self, folder: Path, name: str = "Authority of the tests") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self._own = (
            x509.CertificateBuilder(self._name, self._name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - 1000 * DAY).not_valid_after(now + 1000 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip
        self.path = folder / "authority.pem"
        self.path.write_bytes(self._own.public_bytes(serialization.Encoding.PEM))
        self._count = 0

    def below(self, folder: Path, ends: timedelta) -> "Authority":
        """Return an authority that this one vouches for."""
        made = Authority(folder, "Authority below that")
        made._own = (
            x509.CertificateBuilder(self._name, made._name, made._key.public_key(), x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - 100 * DAY).not_valid_after(datetime.now(UTC) + ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip
        made.path.write_bytes(made._own.public_bytes(serialization.Encoding.PEM))
        return made

    def issue(
        self,
        name: str,
        *,
        begins: timedelta = -10 * DAY,
        ends: timedelta = 90 * DAY,
        self_signed: bool = False,
        above: bytes = b"",
    ) -> Issued:
        """Return a certificate for a host name or an address.

        begins, ends: from now on. above: certificates in PEM that are shown with it.
        """
        self._count += 1
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC).replace(microsecond=0)
        try:
            called: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            called = x509.DNSName(name)
        made = (
            x509.CertificateBuilder(
                subject if self_signed else self._name, subject, key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(now + begins).not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([called]), critical=False)
            .sign(key if self_signed else self._key, hashes.SHA256())
        )  # fmt: skip
        chain, secret = self._folder / f"{self._count}.pem", self._folder / f"{self._count}.key"
        chain.write_bytes(made.public_bytes(serialization.Encoding.PEM) + above)
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Issued(chain, secret, (now + ends).timestamp())
