"""`driftvakt-agent enrol`: from a token to a key of this machine's own.

1. The zone's authority is fetched and compared with the token's pin. Until then nothing is believed, and nothing said.
2. The request is signed with the token's secret, and so is the answer: what stands in between can't alter either.
3. Key, authority and configuration are written so that a kill leaves the old ones or the new (see `place`).

The token's text is read from a file or standard input. It never stands in arguments, environment or a log.
"""

import http.client
import json
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence

from driftvakt_agent import machine
from driftvakt_agent.config import ConfigError, split_url
from driftvakt_agent.host import Host
from driftvakt_agent.place import Place
from driftvakt_wire import RELEASE
from driftvakt_wire.enrolment import NO_PIN, Token, TokenError, pin_of, read_token, request, seal, was_mac
from driftvakt_wire.envelope import EnvelopeError, sign, split, verify

_TIMEOUT = 20.0
_MAX_ANSWER = 64 << 10
_LONGEST_WAIT = 60.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Enrolled:
    """What came of it. state: `approved`, or what an operator must decide on."""

    __slots__ = ("gen", "origin", "state", "zone")

    def __init__(self, origin: str, gen: int, zone: str, state: str) -> None:
        self.origin = origin
        self.gen = gen
        self.zone = zone
        self.state = state


def token_of(text: str) -> Token:
    """Read a token. Raises ConfigError."""
    try:
        return read_token(text)
    except TokenError as e:
        raise ConfigError(f"cannot use the token: {e}") from e


def enrol(
    place: Place, urls: Sequence[str], token: Token, name: str, profile: str = "", ca_file: str = "",
    host: Host | None = None, wait: Callable[[float], None] = time.sleep,
) -> Enrolled:  # fmt: skip
    """Enrol this machine. ca_file: PEM of the authority, for a token without a pin. Raises ConfigError."""
    urls = _checked(urls)
    facts = machine.facts(host or Host(), token.zone)
    authority = _authority(urls, token, ca_file)
    nonce = place.nonce(token.id, facts)
    fields: dict[str, object] = {"name": name, "release": RELEASE, "facts": facts}
    origin, key = place.text("origin"), place.key()
    if origin and len(key) == 32 and not machine.other(place.folder, origin, host or Host()):
        proof = b64encode(was_mac(key, token.id, nonce)).decode()
        fields["was"] = {"origin": origin, "gen": place.gen(), "mac": proof}
    line = sign(token.secret, token.id, 0, nonce, 1, request("enrol", fields))
    try:
        body = _post(urls, authority, line, wait)
    except RefusedError as e:
        raise ConfigError(
            "the collector did not accept this token; its operator sees why with 'driftvakt token log'"
        ) from e
    told = _opened(body, token.secret, token.id, nonce)
    if told["zone"] != token.zone:
        raise ConfigError(
            f"the answer is of zone {told['zone']!r}, and the token of {token.zone!r}; nothing was changed"
        )
    return _become(place, urls, told, token.secret, nonce, authority, facts, profile)


def renew(place: Place, host: Host | None = None, wait: Callable[[float], None] = time.sleep) -> Enrolled:
    """Change this agent's key for the next. Raises ConfigError."""
    origin, key = place.text("origin"), place.key()
    if not origin or len(key) != 32:
        raise ConfigError(f"{place.config} is of no enrolled agent: enrol it with a token")
    urls = _checked(place.urls())
    saved = machine.read(place.folder).get(origin)
    zone = str(saved.get("zone", "")) if isinstance(saved, dict) else ""
    facts = machine.facts(host or Host(), zone) if zone else {}
    ca_file = place.text("ca_file")
    authority = _file(place.path(ca_file)) if ca_file else b""
    nonce = place.nonce(origin, facts)
    line = sign(key, origin, place.gen(), nonce, 1, request("renew", {"facts": facts} if facts else {}))
    try:
        body = _post(urls, authority, line, wait)
    except RefusedError as e:
        place.forget_pending()
        raise ConfigError(
            f"the collector does not renew the key of {origin};"
            f" its operator sees why with 'driftvakt token log {origin}'"
        ) from e
    told = _opened(body, key, origin, nonce)
    found = facts or machine.facts(host or Host(), str(told["zone"]))
    return _become(place, urls, told, key, nonce, authority, found, "")


class RefusedError(Exception):
    """The collector said no, and says nobody why."""


def _become(
    place: Place, urls: Sequence[str], told: Mapping[str, object], secret: bytes, nonce: str, authority: bytes,
    facts: Mapping[str, object], profile: str,
) -> Enrolled:  # fmt: skip
    origin, gen, zone, state = str(told["origin"]), told["gen"], str(told["zone"]), str(told["state"])
    assert isinstance(gen, int)
    settings: dict[str, object] = {"collector": urls[0] if len(urls) == 1 else list(urls), "origin": origin, "gen": gen}
    if told.get("privacy") in ("full", "edu"):
        settings["privacy"] = told["privacy"]
    if profile or not place.text("profile"):
        settings["profile"] = profile or ("workstation" if told.get("class") == "workstation" else "server")
    key = seal(secret, nonce, b64decode(str(told["sealed"])))
    place.enrolled(settings, key, authority, zone, facts)
    return Enrolled(origin, gen, zone, state)


def _checked(urls: Sequence[str]) -> list[str]:
    """Return the collector's URLs. Raises ConfigError."""
    if not urls:
        raise ConfigError("where is the collector? Name it: driftvakt-agent enrol https://COLLECTOR:PORT")
    for url in urls:
        try:
            tls, host, _ = split_url(url)
        except ValueError as e:
            raise ConfigError(f"cannot use the collector's URL: {e}") from e
        if not tls and host not in _LOOPBACK:
            raise ConfigError(f"the collector's URL must be https:// unless it is on this machine, got {url!r}")
    return [url.rstrip("/") for url in urls]


def _authority(urls: Sequence[str], token: Token, ca_file: str) -> bytes:
    """Return the authority's certificate as PEM, nothing where the system's serve or no TLS is spoken."""
    if ca_file:
        return _file(ca_file)
    if token.pin == NO_PIN or not any(url.startswith("https") for url in urls):
        return b""
    failures = []
    for url in urls:
        if not url.startswith("https"):
            continue
        # Nothing is trusted here: what comes must be what the token names.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        nobody.check_hostname = False
        nobody.verify_mode = ssl.CERT_NONE
        try:
            status, pem, _ = _exchange(url, nobody, "GET", "/v1/ca", b"")
        except OSError as e:
            failures.append(f"{url}: {_reason(e)}")
            continue
        try:
            der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii")) if status == 200 else b""
        except ValueError:
            der = b""
        if der and pin_of(der) == token.pin:
            # That one certificate and nothing that came behind it: whatever else is there, the token does not name it.
            return ssl.DER_cert_to_PEM_cert(der).encode("ascii")
        failures.append(
            f"{url}: the authority there is not the one that the token names: the token is of another collector or"
            " zone, or somebody stands in between"
        )
    raise ConfigError(
        "cannot trust the collector, so nothing was sent:\n" + "\n".join(f"  - {one}" for one in failures)
    )


def _post(urls: Sequence[str], authority: bytes, line: bytes, wait: Callable[[float], None]) -> bytes:
    """Return the answer of the first collector that gives one. Raises RefusedError, ConfigError."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority:
        trusting.load_verify_locations(cadata=authority.decode("ascii"))
    else:
        trusting.load_default_certs()
    failures: list[str] = []
    for turn in range(2):
        failures, waits = [], []
        for url in urls:
            try:
                status, body, retry = _exchange(url, trusting, "POST", "/v1/enrol", line)
            except OSError as e:
                failures.append(f"{url}: {_reason(e)}")
                continue
            if status == 200:
                return body
            if status == 403:
                raise RefusedError
            if status in (429, 503) and retry:
                waits.append(retry)
            failures.append(f"{url}: it answered {status}; is this a zone's listener?")
        if not waits or turn:
            break
        wait(min(_LONGEST_WAIT, min(waits)))
    raise ConfigError(
        "cannot enrol; the same command tries again, and uses the token only once:\n"
        + "\n".join(f"  - {one}" for one in failures)
    )


def _exchange(url: str, context: ssl.SSLContext, method: str, path: str, body: bytes) -> tuple[int, bytes, float]:
    """Return status, body and Retry-After of one request. Raises OSError."""
    tls, host, port = split_url(url)
    connection = (
        http.client.HTTPSConnection(host, port, timeout=_TIMEOUT, context=context)
        if tls
        else http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    )
    try:
        connection.request(method, path, body or None, {"User-Agent": f"driftvakt-agent/{RELEASE}"})
        answer = connection.getresponse()
        retry = answer.getheader("retry-after", "")
        return answer.status, answer.read(_MAX_ANSWER), float(retry) if retry.isdecimal() else 0.0
    except http.client.HTTPException as e:
        raise OSError(f"what answers there does not speak HTTP as a collector does ({e.__class__.__name__})") from e
    finally:
        connection.close()


def _opened(body: bytes, secret: bytes, id_: str, nonce: str) -> Mapping[str, object]:
    """Return what the answer says, once it is proven to be the collector's. Raises ConfigError."""
    try:
        envelope = split(body.rstrip(b"\n"))
        mine = (envelope.origin, envelope.epoch, envelope.seq) == (id_, nonce, 2) and verify(secret, envelope)
        told = json.loads(envelope.record) if mine else None
        if not isinstance(told, dict) or told.get("kind") != "enrolled" or type(told.get("gen")) is not int:
            raise EnvelopeError("it is no answer")
        if len(b64decode(str(told["sealed"]), validate=True)) != 32 or not all(
            isinstance(told.get(one), str) for one in ("origin", "zone", "state")
        ):
            raise EnvelopeError("it is not whole")
    except (ValueError, KeyError) as e:
        raise ConfigError(
            "the answer is not the collector's: something between here and there altered it; nothing was changed"
        ) from e
    return told


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as e:
        raise ConfigError(f"cannot read {path}: {e.strerror}") from e


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted: {error.verify_message.rstrip('.')}; is this one of the names that it was"
            " made for ('names' in the collector's configuration)?"
        )
    if isinstance(error, ssl.SSLError):
        return "what listens there does not speak TLS, or not with us"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; is the collector running?"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or error.__class__.__name__
