"""Zones and their master keys: one file a zone, readable by the collector alone."""

import secrets
from pathlib import Path

from driftvakt_collector import files
from driftvakt_collector.config import ConfigError
from driftvakt_wire.envelope import is_id

KEY_BYTES = 32


def create(data: Path, zone: str) -> bool:
    """Make a zone's master key; return whether it was not there yet. Raises ConfigError for a bad name."""
    if not is_id(zone):
        raise ConfigError(f"a zone's name is 1 to 64 of a-z, 0-9 and '-', got {zone!r}")
    path = _folder(data) / f"{zone}.key"
    return files.make(path, secrets.token_bytes(KEY_BYTES).hex().encode())


def load(data: Path) -> dict[str, bytes]:
    """Return every zone's master key. Raises ConfigError when there is none, or one can't be read."""
    found: dict[str, bytes] = {}
    for path in sorted(_folder(data).glob("*.key")):
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
        except (OSError, ValueError) as e:
            raise ConfigError(f"cannot read the zone key {path}: {e.__class__.__name__}") from e
        if len(key) != KEY_BYTES:
            raise ConfigError(f"the zone key {path} must hold {KEY_BYTES} bytes in hexadecimal")
        found[path.stem] = key
    if not found:
        raise ConfigError(f"no zone has a key in {_folder(data)}: run 'driftvakt init --data {data}' first")
    return found


def _folder(data: Path) -> Path:
    return data / "zones"
