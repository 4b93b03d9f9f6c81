"""The zones' authorities and certificates, and the files that they stand in."""

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from driftvakt_collector import files
from driftvakt_collector.config import ConfigError, Zone
from driftvakt_collector.trust import ca, keeping

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = ("collector.stad.example", "127.0.0.1", "::1")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert keeping.make_authority(tmp_path, "edu", "Staden", NOW)
    assert keeping.make_certificate(tmp_path, "edu", NAMES, NOW)
    return tmp_path


def request(key: ec.EllipticCurvePrivateKey, *names: str) -> str:
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    asked = asked.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return asked.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_an_authority_signs_servers_and_no_authorities(made: Path) -> None:
    authority = x509.load_pem_x509_certificate((made / "ca" / "edu.crt").read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints)

    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)
    assert authority.subject.rfc4514_string() == "CN=driftvakt zone edu,O=Staden"
    assert authority.not_valid_after_utc - authority.not_valid_before_utc == timedelta(days=3650)
    assert ca.pin((made / "ca" / "edu.crt").read_bytes()) == authority.fingerprint(hashes.SHA256()).hex()[:32]


def test_a_certificate_is_for_its_names_and_signed_by_its_zone(made: Path) -> None:
    chain = x509.load_pem_x509_certificates((made / "tls" / "edu.crt").read_bytes())
    names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    chain[0].verify_directly_issued_by(chain[1])
    assert names.get_values_for_type(x509.DNSName) == ["collector.stad.example"]
    assert sorted(map(str, names.get_values_for_type(x509.IPAddress))) == ["127.0.0.1", "::1"]
    assert chain[0].not_valid_after_utc - chain[0].not_valid_before_utc == timedelta(days=398)


def test_keys_are_their_owners_alone(made: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.glob("*/*.key")}

    assert modes == {"edu.key": 0o400}
    assert stat.S_IMODE((made / "ca").stat().st_mode) == 0o700


def test_nothing_is_made_twice(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.glob("*/*")}

    assert not keeping.make_authority(made, "edu", "Other", NOW)
    assert not keeping.make_certificate(made, "edu", NAMES, NOW)
    assert {path: path.read_bytes() for path in made.glob("*/*")} == before


@pytest.mark.parametrize(
    ("names", "days", "why"),
    [(NAMES, 190, ""), (NAMES, 200, "half of its time"), (("new.stad.example",), 0, "not for new.stad.example")],
)
def test_a_certificate_is_renewed_when_it_must(made: Path, names: tuple[str, ...], days: int, why: str) -> None:
    path = made / "tls" / "edu.crt"
    before, now = path.read_bytes(), NOW + timedelta(days=days)

    said = ca.due(before, names, now)

    assert why in said if why else said == ""
    assert keeping.make_certificate(made, "edu", names, now) is bool(why)
    assert (path.read_bytes() != before) is bool(why)
    assert ca.due(path.read_bytes(), names, now) == ""
    assert keeping.context(made, Zone("edu")).minimum_version is ssl.TLSVersion.TLSv1_2


def test_an_authority_without_its_key_is_not_made_anew(made: Path) -> None:
    (made / "ca" / "edu.key").unlink()

    with pytest.raises(ConfigError, match="from the backup"):
        keeping.make_authority(made, "edu", "Staden", NOW)


def test_a_relay_gets_the_names_of_its_token_and_no_others(made: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    chain = keeping.Authority(made, "edu").sign(request(key, "collector.stad.example"), ("relay.stad.example",), NOW)

    certificate = x509.load_pem_x509_certificates(chain.encode())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["relay.stad.example"]
    assert certificate.public_key() == key.public_key()


def broken(text: str) -> str:
    at = len(text) // 2
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


@pytest.mark.parametrize("spoil", [lambda _: "", lambda _: "x" * 100, lambda text: text[:-40], broken, lambda _: "å"])
def test_a_request_that_is_none_is_refused(made: Path, spoil: object) -> None:
    text = spoil(request(ec.generate_private_key(ec.SECP256R1()), "a"))  # type: ignore[operator]

    with pytest.raises(ca.CertificateError):
        keeping.Authority(made, "edu").sign(text, ("a",), NOW)


def test_a_key_of_another_kind_is_refused(made: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())

    with pytest.raises(ca.CertificateError, match="elliptic"):
        keeping.Authority(made, "edu").sign(asked.public_bytes(serialization.Encoding.PEM).decode(), ("a",), NOW)


@pytest.mark.parametrize("name", ["", "a b", "x" * 64, "a..b", "https://a", "*.a", "a" * 64 + ".b", "ø" * 60])
def test_what_is_no_name_is_said(name: str) -> None:
    assert "no name of a host" in ca.check_name(name)


@pytest.mark.parametrize("name", ["a", "å.example", "10.0.0.1", "2001:db8::1", "host_1.example"])
def test_names_and_addresses_are_good(name: str) -> None:
    assert ca.check_name(name) == ""


def test_a_file_is_made_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "key"
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        files.make(path, b"secret")
    assert not path.exists()

    monkeypatch.undo()

    assert files.make(path, b"secret")
    assert not files.make(path, b"other")
    assert path.read_bytes() == b"secret"
