"""The host key that was approved for a machine, and the key that lets us in, from text."""

import base64
import binascii
import io

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.pkey import UnknownKeyType

from driftvakt_collector.poll.ssh.target import SshError, Target, Trouble

_CLASSES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def pinned(target: Target) -> paramiko.PKey:
    """Return the approved host key. Raises SshError for what is none."""
    kind, _, rest = target.host_key.strip().partition(" ")
    coded = rest.split(None, 1)[0] if rest.strip() else ""
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(coded, validate=True))
    except (paramiko.SSHException, UnknownKeyType, binascii.Error, ValueError, IndexError) as e:
        raise SshError(
            Trouble.UNUSABLE,
            f"no approved host key of {target.address} to compare with: it must look like 'ssh-ed25519 AAAA…'",
        ) from e


def private(target: Target) -> paramiko.PKey | None:
    """Return the key that lets us in, None where there is none. Raises SshError for one that cannot be read."""
    if not target.key:
        return None
    for kind in _CLASSES:
        try:
            return kind.from_private_key(io.StringIO(target.key), target.password or None)
        except (paramiko.SSHException, UnsupportedAlgorithm, ValueError, TypeError, IndexError):
            # Each class reads its own kind and refuses the others; what they say may quote the key.
            continue
    raise SshError(
        Trouble.UNUSABLE,
        f"the private key of '{target.user}' cannot be read: it is of another kind than Ed25519, ECDSA or RSA, damaged,"
        " or encrypted with another password",
    )
