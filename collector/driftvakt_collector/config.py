"""The collector's configuration: TOML in, one frozen Config out, every mistake in one message."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path

from driftvakt_wire.envelope import is_id


class ConfigError(Exception):
    """The configuration can't be used. The text lists every mistake, each with what to write instead."""


PRIVACY = ("full", "edu")


@dataclass(frozen=True)
class Zone:
    """A zone's own door. port 0 picks a free one. names: what its certificate is for. tls_cert, tls_key: PEM files of

    your own, else the zone's small CA makes them. privacy: what may leave its machines, `full` or `edu`. share: how
    much of what the collector can take at once this zone may use (0 to 1). connections: how many at once.
    """

    name: str
    listen: str = "0.0.0.0"  # noqa: S104  hosts of the zone must reach it
    port: int = 0
    names: tuple[str, ...] = ()
    privacy: str = "full"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    share: float = 0.5
    connections: int = 20_000


@dataclass(frozen=True)
class Config:
    """What the collector is told. Paths are absolute; secrets stand in files of their own, never here.

    data: directory for everything that is kept. listen, port: where it serves (port 0 picks a free one). tls_cert,
    tls_key: PEM files; without them it serves plain HTTP, which is allowed on loopback only. store_url_file: file with
    a PostgreSQL URL, else SQLite in `data`. next_seconds: how often agents should report. journal_hours: how long the
    journal keeps what everybody has read. snapshot_seconds: how often the fleet is written down. metrics_token_file:
    bearer token for /metrics and /sd from other machines. render_cache_mb: memory for rendered exposition lines.
    events_days: how long what happened is kept. disk_free_mb: with less disk space than that no records are taken.
    inventory_hours: how often GLPI Agents should bring their inventory. applications_file: your own rules by which
    business applications are recognised, beside those that are shipped.
    trap_listen, trap_port: where SNMP traps are taken in; port 0 for nowhere.
    public_url: how people and gateways reach the console, like https://driftvakt.example; links in messages need it.
    rules_file: rules of your own, beside those that are shipped. notify: how people are reached, alertmanagers: who is
    told what fires, watchdogs: who hears that we live; as tables. incoming_expire_hours: how long an alert of another
    system lasts that it sends no more, 0 for ever.
    zones: the doors of the zones; without one a zone's hosts come through `listen`.
    """

    data: Path
    listen: str = "127.0.0.1"
    port: int = 8180
    tls_cert: Path | None = None
    tls_key: Path | None = None
    store_url_file: Path | None = None
    next_seconds: float = 60.0
    journal_hours: float = 1.0
    snapshot_seconds: float = 300.0
    metrics_token_file: Path | None = None
    render_cache_mb: int = 128
    events_days: float = 400.0
    disk_free_mb: int = 250
    inventory_hours: float = 24.0
    applications_file: Path | None = None
    trap_listen: str = "127.0.0.1"
    trap_port: int = 0
    public_url: str = ""
    rules_file: Path | None = None
    notify: Mapping[str, object] = field(default_factory=dict)
    alertmanagers: Mapping[str, object] = field(default_factory=dict)
    watchdogs: Mapping[str, object] = field(default_factory=dict)
    incoming_expire_hours: float = 0.0
    zones: tuple[Zone, ...] = ()

    @property
    def loopback(self) -> bool:
        """Say if only this machine can reach the collector."""
        return self.listen == "localhost" or ip_address(self.listen).is_loopback

    def store_url(self) -> str:
        """Return the SQLAlchemy URL of the store. Raises ConfigError when the file can't be read."""
        if self.store_url_file is None:
            return f"sqlite:///{self.data / 'store.db'}"
        return read_secret(self.store_url_file)


OWN_FILE = "collector.toml"
"""What `driftvakt init` writes into the data directory; read where no other file is named."""
_PATHS = ("data", "tls_cert", "tls_key", "store_url_file", "metrics_token_file", "applications_file", "rules_file")
_TABLES = {"notify": "[notify.email]", "alertmanagers": "[alertmanagers.am1]", "watchdogs": "[watchdogs.one]"}
_NUMBERS = {
    "next_seconds": (1.0, 3600.0),
    "journal_hours": (0.1, 24.0 * 31),
    "snapshot_seconds": (5.0, 3600.0),
    "render_cache_mb": (0, 65536),
    "events_days": (1.0, 3660.0),
    "disk_free_mb": (0, 10_000_000),
    "inventory_hours": (1.0, 168.0),
    "incoming_expire_hours": (0.0, 8760.0),
    "port": (0, 65535),
    "trap_port": (0, 65535),
}


def read_secret(path: Path) -> str:
    """Return the text of a secret's file. Raises ConfigError; the text never holds the secret."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the secret in {path}: {e}") from e


def load(path: Path | None, overrides: dict[str, object]) -> Config:
    """Return the configuration of a TOML file (or none) with the command line's overrides. Raises ConfigError."""
    told: dict[str, object] = {}
    if path is None and isinstance(overrides.get("data"), str | Path):
        beside = Path(str(overrides["data"])).expanduser() / OWN_FILE
        path = beside if beside.exists() else None
    if path is not None:
        try:
            told = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
            raise ConfigError(f"cannot read {path}: {e}") from e
        if path.name == OWN_FILE:
            told.setdefault("data", str(path.parent))
    return build(told | {key: value for key, value in overrides.items() if value is not None}, str(path or "arguments"))


def build(told: dict[str, object], source: str) -> Config:
    """Return the Config of plain values. Raises ConfigError with every mistake at once."""
    known = {one.name for one in fields(Config)}
    wrong = [f"'{key}' is not a setting; known are {', '.join(sorted(known))}" for key in sorted(set(told) - known)]
    values: dict[str, object] = {}
    for key in sorted(set(told) & known):
        try:
            values[key] = _zones(told[key], wrong) if key == "zones" else _value(key, told[key])
        except ValueError as e:
            wrong.append(f"{key!r} must be {e}, got {told[key]!r}")
    if "data" not in values and not any(text.startswith("'data'") for text in wrong):
        wrong.append("'data' is missing: the directory for everything that is kept")
    wrong += _wrong_together(values)
    if wrong:
        raise ConfigError(f"cannot use {source}:\n" + "\n".join(f"  - {text}" for text in wrong))
    return Config(**values)  # type: ignore[arg-type]


def _value(key: str, value: object) -> object:
    """Return a setting as it is kept. Raises ValueError, whose text says what it must be."""
    if key in _PATHS:
        if not isinstance(value, str | Path) or not str(value):
            raise ValueError("a path")
        return Path(value).expanduser().absolute()
    if key in _NUMBERS:
        low, high = _NUMBERS[key]
        whole = key in ("port", "trap_port", "render_cache_mb", "disk_free_mb")
        kinds = int if whole else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            raise ValueError(f"a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return value
    if key in _TABLES and not isinstance(value, dict):
        raise ValueError(f"tables: {_TABLES[key]}")
    if key == "public_url":
        if not isinstance(value, str) or not value.startswith(("https://", "http://")):
            raise ValueError("a URL that begins with https:// or http://")
        return value.rstrip("/")
    return value


def _wrong_together(values: dict[str, object]) -> list[str]:
    wrong = []
    listen = values.get("listen", "127.0.0.1")
    loopback = listen == "localhost"
    try:
        loopback = loopback or ip_address(str(listen)).is_loopback
    except ValueError:
        if not loopback:
            wrong.append(f"'listen' must be an IP address, got {listen!r}; write 0.0.0.0 for every interface")
            loopback = True
    if not _is_address(traps := values.get("trap_listen", "127.0.0.1")):
        wrong.append(f"'trap_listen' must be an IP address, got {traps!r}; write 0.0.0.0 for every interface")
    if ("tls_cert" in values) != ("tls_key" in values):
        wrong.append("'tls_cert' and 'tls_key' go together")
    if not loopback and "tls_cert" not in values:
        wrong.append(
            f"'listen' is {listen}, which others can reach: set 'tls_cert' and 'tls_key', or listen on 127.0.0.1"
        )
    return wrong


_ZONE_NUMBERS: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "share": (0.01, 1.0),
    "connections": (1, 1_000_000),
}


def _zones(told: object, wrong: list[str]) -> tuple[Zone, ...]:
    """Return the doors of the zones; what is wrong with them goes to `wrong`."""
    if not isinstance(told, dict):
        wrong.append("'zones' must be tables: [zones.adm]")
        return ()
    return tuple(_zone(name, table, wrong) for name, table in told.items())


def _zone(name: str, told: object, wrong: list[str]) -> Zone:
    here = f"[zones.{name}]"
    if not is_id(name):
        wrong.append(f"{here}: a zone's name is 1 to 64 of a-z, 0-9 and '-'")
    if not isinstance(told, dict):
        wrong.append(f"{here} must be a table")
        return Zone(name)
    values: dict[str, object] = {"privacy": "edu" if name == "edu" else "full"}
    for key, value in told.items():
        if key in ("tls_cert", "tls_key") and isinstance(value, str) and value:
            values[key] = Path(value).expanduser().absolute()
        elif key in _ZONE_NUMBERS:
            low, high = _ZONE_NUMBERS[key]
            kinds = int | float if key == "share" else int
            if isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high:
                values[key] = value
            else:
                wrong.append(f"{here}: '{key}' must be a number from {low:g} to {high:g}, got {value!r}")
        elif key == "names" and isinstance(value, list) and all(isinstance(one, str) and one for one in value):
            values[key] = tuple(value)
        elif (key == "privacy" and value in PRIVACY) or (key == "listen" and _is_address(value)):
            values[key] = value
        else:
            known = ", ".join(one.name for one in fields(Zone) if one.name != "name")
            wrong.append(f"{here}: cannot use '{key}' = {value!r}; known are {known}; privacy is full or edu")
    if ("tls_cert" in values) != ("tls_key" in values):
        wrong.append(f"{here}: 'tls_cert' and 'tls_key' go together")
    return Zone(name, **values)  # type: ignore[arg-type]


def _is_address(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True
