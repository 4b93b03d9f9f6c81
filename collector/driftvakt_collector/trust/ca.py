"""A zone's own small certificate authority: made once, signs the zone's listener and its relays, and nobody else."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from driftvakt_wire.enrolment import pin_of

CA_YEARS = 10
SERVER_DAYS = 398
"""What browsers and operating systems accept at most; half of it is left when it is renewed."""
_EARLY = timedelta(hours=1)
"""Certificates are valid from a little before now, for the clocks of hosts."""


class CertificateError(ValueError):
    """A certificate, key or request can't be used; the text says why."""


def new_key() -> bytes:
    """Return a new P-256 key as PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def authority(key_pem: bytes, zone: str, organisation: str, now: datetime) -> bytes:
    """Return the self-signed certificate of a zone's authority as PEM."""
    key = _key(key_pem)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"driftvakt zone {zone}"[:64]),
        ]
    )
    public = key.public_key()
    made = (
        _builder(name, name, public, now, timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def server(
    ca_pem: bytes, ca_key: bytes, public: ec.EllipticCurvePublicKey, names: tuple[str, ...], now: datetime
) -> bytes:
    """Return a server's certificate for these names, and the authority's after it, as PEM. Raises CertificateError."""
    if not names:
        raise CertificateError("a server's certificate needs a name or an address")
    authority_ = x509.load_pem_x509_certificate(ca_pem)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = (
        _builder(subject, authority_.subject, public, now, timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_elliptic(authority_.public_key())), critical=False
        )
        .sign(_key(ca_key), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM) + ca_pem


def requested_key(request_pem: str) -> ec.EllipticCurvePublicKey:
    """Return the key that a signing request proves to hold. Its names count for nothing. Raises CertificateError."""
    try:
        request = x509.load_pem_x509_csr(request_pem.encode("ascii"))
        sound = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, UnicodeEncodeError) as e:
        raise CertificateError("the signing request is not one") from e
    if not sound:
        raise CertificateError("the signing request is not signed by its own key")
    return _elliptic(key)


def public_of(key_pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public half of a key."""
    return _key(key_pem).public_key()


def due(certificate_pem: bytes, names: tuple[str, ...], now: datetime) -> str:
    """Return why a server's certificate must be made anew, empty when it need not."""
    made = x509.load_pem_x509_certificate(certificate_pem)
    if now >= made.not_valid_before_utc + (made.not_valid_after_utc - made.not_valid_before_utc) / 2:
        return f"half of its time is over; it ends {made.not_valid_after_utc:%Y-%m-%d}"
    has = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    missing = [name for name in names if _general(name) not in has]
    return f"it is not for {', '.join(missing)}" if missing else ""


def pin(ca_pem: bytes) -> str:
    """Return what a token says of this authority."""
    return pin_of(x509.load_pem_x509_certificate(ca_pem).public_bytes(serialization.Encoding.DER))


def check_name(name: str) -> str:
    """Return what is wrong with a name or address for a certificate, empty when nothing is."""
    try:
        _general(name)
    except CertificateError as e:
        return str(e)
    return ""


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    begins = now.astimezone(UTC) - _EARLY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    try:
        ascii_name = name.lower().encode("idna").decode("ascii")
    except UnicodeError as e:
        raise CertificateError(f"{name!r} is no name of a host") from e
    labels = ascii_name.split(".")
    letters = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
    if len(ascii_name) > 253 or not all(0 < len(one) < 64 and letters.issuperset(one) for one in labels):
        raise CertificateError(f"{name!r} is no name of a host")
    return x509.DNSName(ascii_name)


def _key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as e:
        raise CertificateError("the key is no PEM of a private key") from e
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError("the key is not of an elliptic curve")
    return key


def _elliptic(key: object) -> ec.EllipticCurvePublicKey:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CertificateError("the key is not of an elliptic curve")
    return key
