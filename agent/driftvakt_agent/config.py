"""The agent's configuration: TOML in, one fixed Config out, every mistake in one message.

Example, agent.toml:
    collector = "https://collector.stockholm.se:8443"
    origin = "a-7f3c0d"
    gen = 1
    key_file = "agent.key"
    ca_file = "collector-ca.pem"
    profile = "workstation"

    [probes]
    disable = ["thermal"]

    [[probes.scripts.checks]]
    name = "backup"
    command = ["/usr/local/bin/check_backup", "--max-age", "26h"]
"""

import os
from collections.abc import Mapping, Sequence

from driftvakt_wire.envelope import MAX_ID, MAX_SEQ, is_id

PROFILES = ("server", "workstation")
PRIVACY = ("full", "edu")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
MIN_INTERVAL = 1
MAX_INTERVAL = 3600
DEFAULT_INTERVAL = 60.0
_MAX_COLLECTORS = 8


class ConfigError(Exception):
    """The configuration can't be used. The text lists every mistake, each with what to write instead."""


class Config:
    """What the agent is told. Relative paths are taken from the folder of the configuration file.

    collector: scheme://host:port; collectors: all of them, the first is the one to prefer. key: 32 bytes.
    interval: seconds between reports, 0 for what the collector asks. cpu_budget: share of one core
    that the agent may use; memory_budget: bytes it may hold; over either it sheds probes. probes: `[probes.NAME]`.
    spool: folder of what could not be delivered, empty for none; spool_size: bytes it may take; spool_age: seconds it
    keeps a line; spool_free: bytes that it leaves free on its file system. inventory_every: seconds, 0 for none.
    privacy: `full`, or `edu` where nothing of persons may leave the machine (docs/privacy.md).
    """

    __slots__ = (
        "ca_file", "collector", "collectors", "cpu_budget", "disabled", "gen", "interval", "inventory_every", "key",
        "memory_budget",
        "origin", "privacy", "probes", "profile", "spool", "spool_age", "spool_free", "spool_size", "status_file",
    )  # fmt: skip

    def __init__(
        self,
        collector: str | Sequence[str],
        origin: str,
        gen: int,
        key: bytes,
        *,
        ca_file: str = "",
        profile: str = "server",
        interval: float = 0.0,
        status_file: str = "",
        cpu_budget: float = 0.01,
        memory_budget: int = 64 << 20,
        disabled: tuple[str, ...] = (),
        probes: Mapping[str, Mapping[str, object]] | None = None,
        privacy: str = "full",
        spool: str = "",
        spool_size: int = 64 << 20,
        spool_age: float = 7 * 86400.0,
        spool_free: int = 200 << 20,
        inventory_every: float = 3600.0,
    ) -> None:
        self.collectors = (collector,) if isinstance(collector, str) else tuple(collector)
        self.collector = self.collectors[0]
        self.origin = origin
        self.gen = gen
        self.key = key
        self.ca_file = ca_file
        self.profile = profile
        self.interval = interval
        self.status_file = status_file
        self.cpu_budget = cpu_budget
        self.memory_budget = memory_budget
        self.disabled = disabled
        self.probes = probes or {}
        self.privacy = privacy
        self.spool = spool
        self.spool_size = spool_size
        self.spool_age = spool_age
        self.spool_free = spool_free
        self.inventory_every = inventory_every


_KNOWN = (
    "collector", "origin", "gen", "key_file", "ca_file", "profile", "interval", "status_file", "cpu_percent",
    "memory_mb", "privacy", "probes", "spool", "spool_mb", "spool_days", "spool_free_mb", "token_file",
    "inventory_hours",
)  # fmt: skip


def read(path: str) -> Config:
    """Return the configuration that a file holds. Raises ConfigError."""
    return build(_parse(path), path)


def read_lean(path: str) -> Config:
    """Do what `read` does, for a process that will run for months: a child loads the TOML parser, not we (1.5 MB)."""
    if not hasattr(os, "fork"):
        return read(path)
    import json

    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            try:
                told: object = _parse(path)
            except ConfigError as e:
                told = str(e)
            with os.fdopen(writing, "w", encoding="utf-8") as file:
                json.dump(told, file, default=str)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(pid, 0)
    answer = json.loads(text) if text else f"cannot read {path}: the parser's process died"
    if not isinstance(answer, dict):
        raise ConfigError(str(answer))
    return build(answer, path)


def _parse(path: str) -> dict[str, object]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as e:
        raise ConfigError(f"cannot read {path}: {e.strerror}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read {path}: {e}") from e


def build(told: Mapping[str, object], path: str) -> Config:
    """Return the Config of plain values; `path` is where they stood. Raises ConfigError with every mistake at once."""
    folder = os.path.dirname(os.path.abspath(path))
    wrong = [f"'{key}' is not a setting; known are {', '.join(_KNOWN)}" for key in told if key not in _KNOWN]
    collectors = _collectors(told, wrong)
    origin = _text(told, "origin", wrong)
    if origin and not is_id(origin):
        wrong.append(f"'origin' must be 1 to {MAX_ID} of a-z, 0-9 and '-', got {origin!r}")
    key = _key(folder, told, wrong)
    profile = _text(told, "profile", wrong, "server")
    if profile not in PROFILES:
        wrong.append(f"'profile' must be {' or '.join(PROFILES)}, got {profile!r}")
    privacy = _text(told, "privacy", wrong, "full")
    if privacy not in PRIVACY:
        wrong.append(f"'privacy' must be {' or '.join(PRIVACY)}, got {privacy!r}")
    disabled, probes = _probes(told.get("probes", {}), wrong)
    _text(told, "token_file", wrong, "")  # of use before it is enrolled, see `start`
    ca_file = _text(told, "ca_file", wrong, "")
    config = Config(
        collectors, origin, _whole(told, "gen", wrong, 1, 0, MAX_SEQ), key,
        ca_file=os.path.join(folder, ca_file) if ca_file else "",
        profile=profile,
        interval=_number(told, "interval", wrong, 0, MIN_INTERVAL, MAX_INTERVAL) if "interval" in told else 0.0,
        status_file=os.path.join(folder, _text(told, "status_file", wrong, "status.json")),
        cpu_budget=_number(told, "cpu_percent", wrong, 1, 0.01, 100) / 100,
        memory_budget=_whole(told, "memory_mb", wrong, 64, 16, 4096) << 20,
        disabled=disabled,
        probes=probes,
        privacy=privacy,
        spool=os.path.join(folder, _text(told, "spool", wrong, "spool") or "spool"),
        spool_size=_whole(told, "spool_mb", wrong, 64, 1, 10_000) << 20,
        spool_age=_number(told, "spool_days", wrong, 7, 0.01, 3650) * 86400.0,
        spool_free=_whole(told, "spool_free_mb", wrong, 200, 0, 1_000_000) << 20,
        inventory_every=_number(told, "inventory_hours", wrong, 1, 0, 168) * 3600.0,
    )  # fmt: skip
    if wrong:
        raise ConfigError(f"cannot use {path}:\n" + "\n".join(f"  - {text}" for text in wrong))
    return config


def split_url(url: str) -> tuple[bool, str, int]:
    """Return (TLS, host, port) of a collector's URL. Raises ValueError for what is none."""
    scheme, found, rest = url.partition("://")
    if not found or scheme not in ("http", "https"):
        raise ValueError("it must begin with https:// (or http:// on this machine)")
    address = rest.rstrip("/")
    if not frozenset("/@?# ").isdisjoint(address):
        raise ValueError("it must be scheme, host and port only")
    if address.startswith("["):
        host, _, port = address[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = address.partition(":")
    if not host:
        raise ValueError("it names no host")
    number = port or ("443" if scheme == "https" else "80")
    if not (number.isascii() and number.isdigit() and len(number) < 6 and 0 < int(number) < 65536):
        raise ValueError("its port must be 1 to 65535")
    return scheme == "https", host, int(number)


def _collectors(told: Mapping[str, object], wrong: list[str]) -> list[str]:
    """Return the collector's URLs: a text is one, a list is several ways to it."""
    urls = told.get("collector")
    if not isinstance(urls, list):
        urls = [_text(told, "collector", wrong)]
    elif not urls or not all(isinstance(url, str) and url for url in urls) or len(urls) > _MAX_COLLECTORS:
        wrong.append(f"'collector' must be a text or a list of 1 to {_MAX_COLLECTORS} texts, got {urls!r}"[:300])
        urls = [""]
    for url in filter(None, urls):
        wrong += _wrong_url(url)
    return urls


def _wrong_url(url: str) -> list[str]:
    try:
        tls, host, _ = split_url(url)
    except ValueError as e:
        # What stands before an @ is a password.
        return [f"'collector' is not usable: {e}" + ("" if "@" in url else f", got {url!r}")]
    if not tls and host not in _LOOPBACK:
        return [f"'collector' must be https:// unless it is on this machine, got {url!r}"]
    return []


def _text(told: Mapping[str, object], name: str, wrong: list[str], default: str | None = None) -> str:
    value = told.get(name, default)
    if isinstance(value, str) and (value or default is not None):
        return value
    wrong.append(f"'{name}' is missing" if value in (None, "") else f"'{name}' must be a text, got {value!r}")
    return ""


def _number(told: Mapping[str, object], name: str, wrong: list[str], default: float, low: float, high: float) -> float:
    value = told.get(name, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    wrong.append(f"'{name}' must be a number from {low:g} to {high:g}, got {value!r}")
    return default


def _whole(told: Mapping[str, object], name: str, wrong: list[str], default: int, low: int, high: int) -> int:
    value = told.get(name, default)
    if type(value) is int and low <= value <= high:
        return value
    wrong.append(f"'{name}' must be a whole number from {low} to {high}, got {value!r}")
    return default


def _key(folder: str, told: Mapping[str, object], wrong: list[str]) -> bytes:
    name = told.get("key_file")
    if name is None:
        wrong.append("'key_file' is missing: the file with the agent's key, as 64 hexadecimal digits")
        return b""
    if not isinstance(name, str) or _is_hexadecimal(name):
        # It may be the key itself, which no text may show.
        wrong.append("'key_file' must be the name of a file, not the key itself")
        return b""
    path = os.path.join(folder, name)
    try:
        with open(path, encoding="ascii") as file:
            key = bytes.fromhex(file.read().strip())
    except (OSError, ValueError) as e:
        # The text of a ValueError could quote the key.
        wrong.append(f"'key_file': cannot read {path}: {e.strerror if isinstance(e, OSError) else 'no hexadecimal'}")
        return b""
    if len(key) != 32:
        wrong.append(f"'key_file': {path} must hold 64 hexadecimal digits")
    return key


def _is_hexadecimal(text: str) -> bool:
    return len(text) >= 32 and frozenset("0123456789abcdefABCDEF").issuperset(text)


def _probes(told: object, wrong: list[str]) -> tuple[tuple[str, ...], dict[str, Mapping[str, object]]]:
    from driftvakt_agent.probes import PROBES

    known = {probe.name for probe in PROBES}
    if not isinstance(told, dict):
        wrong.append("'probes' must be a table")
        return (), {}
    disabled = told.get("disable", [])
    if not isinstance(disabled, list) or not all(isinstance(name, str) for name in disabled):
        wrong.append("'probes.disable' must be a list of names")
        disabled = []
    wrong += [f"'probes.disable': {name!r} is no probe" for name in disabled if name not in known]
    tables: dict[str, Mapping[str, object]] = {}
    for name, table in told.items():
        if name == "disable":
            continue
        if name not in known or not isinstance(table, dict):
            wrong.append(f"'[probes.{name}]' is no probe's table; probes are {', '.join(sorted(known))}")
        else:
            tables[name] = table
    return tuple(disabled), tables
