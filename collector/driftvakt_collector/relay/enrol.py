"""`driftvakt relay enrol`: from a token to a relay's key, its certificate and its configuration.

1. The zone's authority is fetched and compared with the token's pin; until then nothing is believed, and nothing said.
2. A key for TLS is made here. The request, signed with the token's secret, asks for a certificate for it.
3. The answer is opened with the same secret. relay.toml is written last, and alone says which enrolment holds.

What was asked is kept in a file until all of it is there, so that the same command goes on after a lost answer, or once
an operator has approved the relay: its certificate comes no sooner.
"""

import contextlib
import http.client
import json
import secrets
import ssl
import tomllib
from base64 import b64decode, b64encode
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from driftvakt_collector.config import ConfigError
from driftvakt_collector.files import replace
from driftvakt_collector.relay.config import is_url
from driftvakt_wire import RELEASE
from driftvakt_wire.enrolment import NO_PIN, Token, TokenError, pin_of, read_token, request, seal, was_mac
from driftvakt_wire.envelope import EnvelopeError, sign, split, verify

CONFIG = "relay.toml"
_PENDING = "enrol.pending"
_TIMEOUT = 20.0
_MAX_ANSWER = 64 << 10


class Enrolled(NamedTuple):
    """state: what an operator thinks of it. whole: whether it has a certificate and can run. trouble: why not."""

    origin: str
    zone: str
    state: str
    whole: bool
    trouble: str


def enrol(folder: Path, url: str, text: str, name: str) -> Enrolled:
    """Enrol the relay of a folder. text: of the token. Raises ConfigError."""
    try:
        token = read_token(text)
    except TokenError as e:
        raise ConfigError(f"cannot use the token: {e}") from e
    _check(url)
    told = _settings(folder / CONFIG)
    authority = _authority(url, token)
    asked = _pending(folder, token.id)
    fields: dict[str, object] = {"name": name, "release": RELEASE, "csr": _csr(asked.tls_key)}
    key = _key_of(folder, told)
    if key and isinstance(told.get("origin"), str):
        proof = b64encode(was_mac(key, token.id, asked.nonce)).decode()
        fields["was"] = {"origin": told["origin"], "gen": told.get("gen", 1), "mac": proof}
    line = sign(token.secret, token.id, 0, asked.nonce, 1, request("enrol", fields))
    answer = _opened(_post(url, authority, line), token.secret, token.id, asked.nonce)
    return _become(folder / CONFIG, url, told, answer, token.secret, asked, authority)


def renew(path: Path) -> Enrolled:
    """Change the key and the certificate of an enrolled relay. Raises ConfigError."""
    path = path.absolute()
    folder = path.parent
    told = _settings(path)
    key, origin, gen, upstreams = _key_of(folder, told), told.get("origin"), told.get("gen", 1), told.get("upstreams")
    if not (key and isinstance(origin, str) and isinstance(gen, int) and isinstance(upstreams, list) and upstreams):
        raise ConfigError(f"{path} is of no enrolled relay: enrol it with a token")
    asked = _pending(folder, origin)
    ca_file = told.get("ca_file")
    authority = (folder / ca_file).read_bytes() if isinstance(ca_file, str) else b""
    line = sign(key, origin, gen, asked.nonce, 1, request("renew", {"csr": _csr(asked.tls_key)}))
    answer = _opened(_post_to_one([str(one) for one in upstreams], authority, line), key, origin, asked.nonce)
    return _become(path, "", told, answer, key, asked, authority)


class _Asked(NamedTuple):
    """What a request was made with. tls_key: PEM."""

    nonce: str
    tls_key: str


def _become(
    path: Path, url: str, told: dict[str, object], answer: dict[str, object], secret: bytes, asked: _Asked,
    authority: bytes,
) -> Enrolled:  # fmt: skip
    folder = path.parent
    origin, gen, zone, state = str(answer["origin"]), answer["gen"], str(answer["zone"]), str(answer["state"])
    certificate = answer.get("certificate")
    key = seal(secret, asked.nonce, b64decode(str(answer["sealed"])))
    names = {what: f"relay-{gen}{what}" for what in (".key", ".crt", "-tls.key")}
    settings: dict[str, object] = {
        "data": "spool", "listen": "0.0.0.0", "port": 8443, "upstreams": [url.rstrip("/")], **told,  # noqa: S104
        "origin": origin, "gen": gen, "zone": zone, "privacy": answer.get("privacy", "full"), "key_file": names[".key"],
    }  # fmt: skip
    try:
        replace(folder / names[".key"], f"{key.hex()}\n".encode())
        if authority:
            replace(folder / "ca.crt", authority, 0o444)
            settings["ca_file"] = "ca.crt"
        if isinstance(certificate, str):
            replace(folder / names["-tls.key"], asked.tls_key.encode())
            replace(folder / names[".crt"], certificate.encode(), 0o444)
            settings |= {"tls_cert": names[".crt"], "tls_key": names["-tls.key"]}
        text = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items())
        replace(path, text.encode(), 0o600)
        if isinstance(certificate, str):
            (folder / _PENDING).unlink(missing_ok=True)
    except OSError as e:
        raise ConfigError(f"cannot write {folder}: {e.strerror}; the same command tries again") from e
    return Enrolled(origin, zone, state, isinstance(certificate, str), str(answer.get("trouble", "")))


def _settings(path: Path) -> dict[str, object]:
    """Return what the configuration says now, nothing where there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise ConfigError(f"cannot read {path}: {e}") from e


def _key_of(folder: Path, told: dict[str, object]) -> bytes:
    name = told.get("key_file")
    try:
        key = bytes.fromhex((folder / str(name)).read_text("ascii").strip()) if name else b""
    except (OSError, ValueError):
        return b""
    return key if len(key) == 32 else b""


def _pending(folder: Path, id_: str) -> _Asked:
    """Return what a request is made with: the same as before, for one that was not answered as a whole."""
    path = folder / _PENDING
    try:
        told = json.loads(path.read_text("ascii"))
        if told["id"] == id_:
            return _Asked(told["nonce"], told["tls_key"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    asked = _Asked(secrets.token_hex(16), key.decode("ascii"))
    try:
        replace(path, json.dumps({"id": id_, **asked._asdict()}).encode(), 0o600)
    except OSError as e:
        raise ConfigError(f"cannot write {path}: {e.strerror}; nothing was sent") from e
    return asked


def _csr(tls_key: str) -> str:
    """Return the signing request for a key. The names are the token's business, not ours."""
    key = serialization.load_pem_private_key(tls_key.encode("ascii"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "driftvakt relay")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _check(url: str) -> None:
    if not is_url(url):
        raise ConfigError(f"the collector's URL must be https://HOST:PORT (http:// on this machine only), got {url!r}")


def _authority(url: str, token: Token) -> bytes:
    """Return the authority's certificate as PEM, nothing where the system's serve or no TLS is spoken."""
    if token.pin == NO_PIN or not url.startswith("https"):
        return b""
    # Nothing is trusted here: what comes must be what the token names.
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname = False
    nobody.verify_mode = ssl.CERT_NONE
    status, pem = _exchange(url, nobody, "GET", "/v1/ca", b"")
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii")) if status == 200 else b""
    except ValueError:
        der = b""
    if not der or pin_of(der) != token.pin:
        raise ConfigError(
            f"cannot trust {url}, so nothing was sent: the authority there is not the one that the token names; the"
            " token is of another collector or zone, or somebody stands in between"
        )
    # That one certificate and nothing that came behind it: whatever else is there, the token does not name it.
    return ssl.DER_cert_to_PEM_cert(der).encode("ascii")


def _post_to_one(urls: list[str], authority: bytes, line: bytes) -> bytes:
    """Post to the first that answers. Raises ConfigError with what the last one said."""
    for url in urls[:-1]:
        with contextlib.suppress(ConfigError):
            return _post(url, authority, line)
    return _post(urls[-1], authority, line)


def _post(url: str, authority: bytes, line: bytes) -> bytes:
    trusting = ssl.create_default_context(cadata=authority.decode("ascii") if authority else None)
    trusting.minimum_version = ssl.TLSVersion.TLSv1_2
    status, body = _exchange(url, trusting, "POST", "/v1/enrol", line)
    if status == 403:
        raise ConfigError("the collector did not accept this; its operator sees why with 'driftvakt token log'")
    if status != 200:
        raise ConfigError(f"{url} answered {status}; is this a zone's listener? The same command tries again")
    return body


def _exchange(url: str, context: ssl.SSLContext, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port or 443, timeout=_TIMEOUT, context=context)
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port or 80, timeout=_TIMEOUT)
    )
    try:
        connection.request(method, path, body or None, {"User-Agent": f"driftvakt-relay/{RELEASE}"})
        answer = connection.getresponse()
        return answer.status, answer.read(_MAX_ANSWER)
    except ssl.SSLCertVerificationError as e:
        raise ConfigError(f"cannot trust {url}: {e.verify_message}; is this a name that its certificate has?") from e
    except (OSError, http.client.HTTPException) as e:
        raise ConfigError(f"cannot reach {url}: {str(e) or e.__class__.__name__}") from e
    finally:
        connection.close()


def _opened(body: bytes, secret: bytes, id_: str, nonce: str) -> dict[str, object]:
    """Return what the answer says, once it is proven to be the collector's. Raises ConfigError."""
    try:
        envelope = split(body.rstrip(b"\n"))
        mine = (envelope.origin, envelope.epoch, envelope.seq) == (id_, nonce, 2) and verify(secret, envelope)
        told = json.loads(envelope.record) if mine else None
        if not isinstance(told, dict) or told.get("kind") != "enrolled" or type(told.get("gen")) is not int:
            raise EnvelopeError("it is no answer")
        whole = len(b64decode(str(told["sealed"]), validate=True)) == 32
        if not whole or not all(isinstance(told.get(one), str) for one in ("origin", "zone", "state")):
            raise EnvelopeError("it is not whole")
    except (ValueError, KeyError) as e:
        raise ConfigError(
            "the answer is not the collector's: something between here and there altered it; nothing was changed"
        ) from e
    if told.get("class", "relay") != "relay":
        raise ConfigError(f"the token is for a {told['class']}, and this is a relay: make one with --class relay")
    return told
