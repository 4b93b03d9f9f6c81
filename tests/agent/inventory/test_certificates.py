"""Certificates: what is in one, compared with a library that checks them, and which ones a machine shows."""

import datetime as dt
import ipaddress
import os
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509 as reference
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from probing import machine

from driftvakt_agent.inventory import certificates, x509
from driftvakt_agent.sample import NoData

BEGIN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def certificate(
    key: Key, name: str = "www.örebro.example", *, authority: bool | None = None, days: int = 90
) -> reference.Certificate:
    whose = reference.Name([
        reference.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
        reference.NameAttribute(NameOID.ORGANIZATION_NAME, 'Stockholms stad, "SLK" + <x>;\\'),
        reference.NameAttribute(NameOID.COMMON_NAME, name),
    ])  # fmt: skip
    builder = (
        reference.CertificateBuilder().subject_name(whose).issuer_name(whose).public_key(key.public_key())
        .serial_number(0xC27E43044E473F19).not_valid_before(BEGIN).not_valid_after(BEGIN + dt.timedelta(days=days))
        .add_extension(reference.SubjectAlternativeName([
            reference.DNSName("www.example.se"), reference.IPAddress(ipaddress.ip_address("192.0.2.1")),
            reference.IPAddress(ipaddress.ip_address("2001:db8::1")), reference.RFC822Name("a@example.se"),
        ]), critical=False)
    )  # fmt: skip
    if authority is not None:
        builder = builder.add_extension(reference.BasicConstraints(ca=authority, path_length=None), critical=True)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


@pytest.fixture(scope="module")
def small() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("key", "kind"),
    [(rsa.generate_private_key(65537, 2048), "rsa2048"), (ec.generate_private_key(ec.SECP384R1()), "ec384"),
     (ed25519.Ed25519PrivateKey.generate(), "ed25519")],
    ids=["rsa", "ec", "ed25519"],
)  # fmt: skip
def test_what_is_in_a_certificate(key: Key, kind: str) -> None:
    made = certificate(key, authority=True)

    row = x509.describe(made.public_bytes(Encoding.DER))

    assert row == {
        "fingerprint": made.fingerprint(hashes.SHA256()).hex(), "subject": made.subject.rfc4514_string(),
        "issuer": made.issuer.rfc4514_string(), "names": "www.example.se,192.0.2.1,2001:db8::1,a@example.se",
        "serial": "c27e43044e473f19", "not_before": "2026-01-02", "not_after": "2026-04-02", "key_type": kind,
        "authority": True,
    }  # fmt: skip


def test_who_signs_others_says_so(small: ec.EllipticCurvePrivateKey) -> None:
    for authority in (None, False, True):
        made = certificate(small, authority=authority)
        assert x509.describe(made.public_bytes(Encoding.DER))["authority"] is bool(authority)


def test_days_of_either_form(small: ec.EllipticCurvePrivateKey) -> None:
    """From 2050 on a moment has four digits of its year (RFC 5280, 4.1.2.5)."""
    assert x509.describe(certificate(small, days=365 * 40).public_bytes(Encoding.DER))["not_after"] == "2065-12-23"


def test_a_certificate_that_is_cut_off_or_altered_is_refused_or_read(small: ec.EllipticCurvePrivateKey) -> None:
    der = certificate(small).public_bytes(Encoding.DER)
    for length in range(len(der)):
        with pytest.raises(x509.CertificateError):
            x509.describe(der[:length])
    for place in range(len(der)):
        for byte in (0x00, 0x80, 0xFF):
            try:
                x509.describe(der[:place] + bytes((byte,)) + der[place + 1 :])
            except x509.CertificateError:
                continue


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_an_error(data: bytes) -> None:
    with suppress(x509.CertificateError):
        x509.describe(b"\x30\x82" + len(data).to_bytes(2, "big") + data)


# Some authorities are older than the rule that a serial number is positive.
@pytest.mark.filterwarnings("ignore:Parsed a serial number:cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.skipif(not os.path.isdir("/etc/ssl/certs"), reason="there are no authorities here to read")
def test_every_authority_that_this_machine_trusts_is_read_as_the_library_reads_it() -> None:
    seen = 0
    for file in sorted(Path("/etc/ssl/certs").glob("*.pem")):
        raw = file.read_bytes()
        (der,) = x509.pem(raw)
        row, made = x509.describe(der), reference.load_der_x509_certificate(der)
        assert row["not_after"] == made.not_valid_after_utc.strftime("%Y-%m-%d")
        assert row["fingerprint"] == made.fingerprint(hashes.SHA256()).hex()
        assert len(str(row["subject"]).split(",")) >= len(made.subject.rdns)
        seen += 1
    assert seen or not list(Path("/etc/ssl/certs").glob("*.pem"))


def test_those_that_a_server_shows(tmp_path: Path, small: ec.EllipticCurvePrivateKey) -> None:
    def pem(name: str) -> bytes:
        return certificate(small, name).public_bytes(Encoding.PEM)

    www = pem("www")
    home = machine(tmp_path, {
        "etc/nginx/sites-enabled/www": "server {\n ssl_certificate /srv/tls/www.pem;\n ssl_certificate_key /x.key;\n}",
        "srv/tls/www.pem": www + pem("authority"),
        "etc/postfix/main.cf": "smtpd_tls_cert_file = /srv/tls/mail.crt\n",
        "srv/tls/mail.crt": certificate(small, "mail").public_bytes(Encoding.DER),
        "etc/haproxy/haproxy.cfg": "frontend x\n  bind :443 ssl crt /srv/tls/proxy.pem alpn h2\n",
        "srv/tls/proxy.pem": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + pem("proxy"),
        "etc/dovecot/conf.d/10-ssl.conf": "ssl_cert = </srv/tls/imap.pem\n",
        "srv/tls/imap.pem": pem("imap"),
        "etc/letsencrypt/live/a/fullchain.pem": pem("live"),
        "etc/letsencrypt/live/a/privkey.pem": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "etc/letsencrypt/live/README.pem": "no certificate at all",
        "etc/pki/tls/certs/ca-bundle.crt": b"".join(pem(f"authority {one}") for one in range(12)),
        "etc/nginx/ssl/copy.pem": www,
        "etc/apache2/sites-enabled/broken.conf": "SSLCertificateFile /nowhere.pem\nSSLCertificateFile /etc\n",
    })  # fmt: skip
    os.mkfifo(tmp_path / "etc/nginx/ssl/pipe.pem")

    rows = certificates.take(home)["certificates"]

    subjects = {str(row["subject"]).partition(",")[0]: row["path"] for row in rows}
    assert subjects == {
        "CN=www": "/etc/nginx/ssl/copy.pem", "CN=mail": "/srv/tls/mail.crt", "CN=proxy": "/srv/tls/proxy.pem",
        "CN=imap": "/srv/tls/imap.pem", "CN=live": "/etc/letsencrypt/live/a/fullchain.pem",
    }  # fmt: skip


def test_a_machine_that_shows_none(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        certificates.take(machine(tmp_path))
