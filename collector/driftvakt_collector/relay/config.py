"""The relay's configuration: TOML in, one frozen Config out, every mistake in one message.

Example, relay.toml:
    origin = "a-7f3c0d"
    gen = 1
    zone = "edu"
    key_file = "relay.key"
    data = "spool"
    listen = "0.0.0.0"
    port = 8443
    tls_cert = "relay.crt"
    tls_key = "relay-tls.key"
    upstreams = ["https://collector.stockholm.se:8444"]
    ca_file = "ca.crt"
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from driftvakt_collector.config import PRIVACY, ConfigError
from driftvakt_wire.envelope import MAX_SEQ, is_id

_HERE = ("localhost", "127.0.0.1", "::1")
FREE_SHARE = 0.05
"""Part of the disk that stays free, whatever spool_free_mb says."""


@dataclass(frozen=True)
class Config:
    """What the relay is told. Relative paths are taken from the folder of the configuration file.

    data: directory for the spool and all else that is kept. listen, port: where agents reach it (port 0 picks a free
    one). tls_cert, tls_key: PEM files for that; without them it serves plain HTTP, which is allowed on loopback only.
    upstreams: collectors or other relays, the first that answers is used. ca_file: the CA that signed theirs, else
    those of the system. origin, gen, key: who the relay is; the key stands in key_file. zone: where it stands. privacy:
    what may pass, `full` or `edu`. spool_mb: the most that waits on disk. spool_free_mb: disk space that stays free,
    and never less than a twentieth of it. next_seconds: how often agents report until the upstream says it.
    trap_listen, trap_port: where SNMP traps of the devices that this relay asks are taken, UDP; port 0 for none.
    """

    data: Path
    upstreams: tuple[str, ...]
    origin: str
    key: bytes
    zone: str
    listen: str = "127.0.0.1"
    port: int = 8443
    tls_cert: Path | None = None
    tls_key: Path | None = None
    ca_file: Path | None = None
    gen: int = 1
    privacy: str = "full"
    spool_mb: int = 10_000
    spool_free_mb: int = 500
    next_seconds: float = 60.0
    trap_listen: str = "127.0.0.1"
    trap_port: int = 0


KNOWN = tuple("key_file" if one.name == "key" else one.name for one in fields(Config))
_NEEDED = {
    "data": "the directory of the spool",
    "upstreams": 'a list of URLs, as ["https://collector.stockholm.se:8444"]',
    "origin": "who this relay is, from its enrolment",
    "key_file": "the file with the relay's key, as 64 hexadecimal digits",
    "zone": "the zone that the relay stands in",
}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_PATHS = ("data", "tls_cert", "tls_key", "ca_file")


def load(path: Path) -> Config:
    """Return the configuration of a TOML file. Raises ConfigError."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise ConfigError(f"cannot read {path}: {e}") from e
    return build(told, path)


def build(told: dict[str, object], path: Path) -> Config:
    """Return the Config of plain values; `path` is where they stood. Raises ConfigError with every mistake at once."""
    folder = path.absolute().parent
    wrong = [f"'{key}' is not a setting; known are {', '.join(KNOWN)}" for key in sorted(set(told) - set(KNOWN))]
    values: dict[str, object] = {}
    if "zone" in told:
        values["privacy"] = "edu" if told["zone"] == "edu" else "full"
    for key, value in told.items():
        if key in _PATHS:
            values[key] = folder / Path(str(value)).expanduser()
        elif key == "upstreams":
            values[key] = _upstreams(value, wrong)
        elif key == "key_file":
            values["key"] = _key(folder, value, wrong)
        else:
            values[key] = value
        if key in _RULES and not _RULES[key][0](value):
            wrong.append(f"'{key}' {_RULES[key][1]}, got {value!r}")
    wrong += [f"'{key}' is missing: {what}" for key, what in _NEEDED.items() if key not in told]
    wrong += _wrong_together(told)
    if wrong:
        raise ConfigError(f"cannot use {path}:\n" + "\n".join(f"  - {text}" for text in wrong))
    return Config(**values)  # type: ignore[arg-type]


def _wrong_together(told: dict[str, object]) -> list[str]:
    wrong = []
    if ("tls_cert" in told) != ("tls_key" in told):
        wrong.append("'tls_cert' and 'tls_key' go together")
    if "tls_cert" not in told and _is_address(told.get("listen")) and not ip_address(str(told["listen"])).is_loopback:
        wrong.append(f"'listen' is {told['listen']}, which others can reach: set 'tls_cert' and 'tls_key'")
    return wrong


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and is_id(value)


def _is_address(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


def _number(low: float, high: float, kind: type = int) -> tuple[Callable[[object], bool], str]:
    def within(value: object) -> bool:
        fits = isinstance(value, int | kind) and not isinstance(value, bool)
        return fits and low <= value <= high  # type: ignore[operator]

    return within, f"must be a {'whole ' if kind is int else ''}number from {low:g} to {high:g}"


_PATH = (_is_text, "must be a path")
_NAME = (_is_name, "must be 1 to 64 of a-z, 0-9 and '-'")
_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "data": _PATH,
    "tls_cert": _PATH,
    "tls_key": _PATH,
    "ca_file": _PATH,
    "origin": _NAME,
    "zone": _NAME,
    "listen": (_is_address, "must be an IP address; write 0.0.0.0 for every interface"),
    "privacy": (lambda value: value in PRIVACY, "must be full or edu"),
    "port": _number(0, 65535),
    "gen": _number(0, MAX_SEQ),
    "spool_mb": _number(1, 10_000_000),
    "spool_free_mb": _number(0, 10_000_000),
    "next_seconds": _number(1, 3600, float),
    "trap_listen": (_is_address, "must be an IP address; write 0.0.0.0 for every interface"),
    "trap_port": _number(0, 65535),
}


def _upstreams(value: object, wrong: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        wrong.append(f"'upstreams' must be a list of URLs, got {value!r}")
        return ()
    wrong += [
        f"'upstreams': must be https://HOST:PORT (http:// on this machine only), got {one!r}"
        for one in value
        if not is_url(one)
    ]
    if len(set(value)) < len(value):
        wrong.append("'upstreams' names one twice")
    return tuple(value)


def is_url(url: str) -> bool:
    """Say if this is https://HOST:PORT, or http:// on this machine."""
    try:
        parts = urlsplit(url)
        here = parts.scheme == "http" and parts.hostname in _HERE
        whole = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
        return bool(parts.hostname) and parts.port != 0 and whole and (parts.scheme == "https" or here)
    except ValueError:
        return False


def _key(folder: Path, value: object, wrong: list[str]) -> bytes:
    if (
        not isinstance(value, str)
        or not value
        or (len(value) >= 32 and all(one in "0123456789abcdefABCDEF" for one in value))
    ):
        # It may be the key itself, which no text may show.
        wrong.append("'key_file' must be the name of a file, not the key itself")
        return b""
    path = folder / Path(value).expanduser()
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as e:
        # The text of a ValueError could quote the key.
        wrong.append(f"'key_file': cannot read {path}: {e.strerror if isinstance(e, OSError) else 'no hexadecimal'}")
        return b""
    if len(key) != 32:
        wrong.append(f"'key_file': {path} must hold 64 hexadecimal digits")
    return key
