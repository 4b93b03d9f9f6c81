"""Secrets of others that we must be able to read again, encrypted by a key of the collector's in a file of its own.

A copy of the database opens nothing; whoever has the data directory has both, as he has the keys of the zones.
"""

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from driftvakt_collector import files
from driftvakt_collector.config import ConfigError

KEY_BYTES = 32
_NONCE = 12
_FILE = "secrets.key"


class VaultError(Exception):
    """A sealed secret can't be read; the text says what to do."""


class Vault:
    """Seals and opens, with AES-256-GCM (NIST SP 800-38D). key: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, about: str) -> bytes:
        """Return the secret encrypted. about: what it belongs to; it opens under that name only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return a secret. Raises VaultError where the key is another, or somebody changed it."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except (InvalidTag, ValueError) as e:
            raise VaultError(
                f"the secret of {about} was sealed with another key than the one in {_FILE}: bring that file back, or"
                " set the secret anew"
            ) from e


def load(data: Path) -> Vault:
    """Return the vault of a data directory, with a new key where it has none. Raises ConfigError."""
    return Vault(_key(data))


def key(data: Path) -> bytes:
    """Return a key of 32 bytes for codes and addresses that nobody is to guess. Raises ConfigError.

    It is made from the vault's (HKDF, RFC 5869), and tells nothing of it.
    """
    return HKDF(SHA256(), KEY_BYTES, None, b"driftvakt answers").derive(_key(data))


def _key(data: Path) -> bytes:
    path = data / _FILE
    try:
        files.make(path, secrets.token_bytes(KEY_BYTES).hex().encode())
    except OSError as e:
        raise ConfigError(f"cannot write {path}: {e.strerror}") from e
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as e:
        raise ConfigError(f"cannot read {path}: {e.__class__.__name__}") from e
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path} must hold {KEY_BYTES} bytes in hexadecimal")
    return key
