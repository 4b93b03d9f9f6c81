"""What devices let us in with, as it stands in the store: sealed, by zone and site."""

from dataclasses import dataclass, field

import msgspec

from driftvakt_collector.poll.snmp.driver import Auth, Credential, Privacy, Version
from driftvakt_collector.store.devices import CredentialRow
from driftvakt_collector.trust.vault import Vault

SNMP, SSH = "snmp", "ssh"


@dataclass(frozen=True, slots=True)
class SshCredential:
    """Whom a machine lets in. key: private, in PEM or OpenSSH's form; password: of the user, or of the key.

    Secrets are left out of `repr`, so that they reach no log.
    """

    name: str
    user: str
    key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class _Told(msgspec.Struct, omit_defaults=True):
    version: str
    community: str = ""
    user: str = ""
    auth: str = ""
    auth_secret: str = ""
    privacy: str = ""
    privacy_secret: str = ""
    context: str = ""


class _Login(msgspec.Struct, omit_defaults=True):
    user: str
    key: str = ""
    password: str = ""


_decoder = msgspec.json.Decoder(_Told)
_login_decoder = msgspec.json.Decoder(_Login)


def sealed(vault: Vault, zone: str, site: str, one: Credential | SshCredential, now: float) -> CredentialRow:
    """Return a credential as the store keeps it. now: seconds since the epoch."""
    told: _Told | _Login
    if isinstance(one, SshCredential):
        kind, told = SSH, _Login(one.user, one.key, one.password)
    else:
        kind = SNMP
        told = _Told(one.version.value, one.community, one.user, one.auth.value, one.auth_secret, one.privacy.value,
                     one.privacy_secret, one.context)  # fmt: skip
    return row(vault, zone, site, one.name, kind, msgspec.json.encode(told), now)


def row(vault: Vault, zone: str, site: str, name: str, kind: str, secret: bytes, now: float) -> CredentialRow:
    """Return a credential as the store keeps it. secret: in plain, as `plain` gives it."""
    return CredentialRow(zone, name, site, kind, vault.seal(secret, _about(zone, name)), now)


def plain(vault: Vault, row: CredentialRow) -> bytes:
    """Return the secret of a credential, for a relay that needs it. Raises VaultError."""
    return vault.open(row.sealed, _about(row.zone, row.name))


def snmp(vault: Vault, row: CredentialRow) -> Credential:
    """Return a credential of the store. Raises VaultError."""
    told = _decoder.decode(plain(vault, row))
    return Credential(
        row.name, Version(told.version), told.community, told.user, Auth(told.auth), told.auth_secret,
        Privacy(told.privacy), told.privacy_secret, told.context,
    )  # fmt: skip


def ssh(vault: Vault, row: CredentialRow) -> SshCredential:
    """Return a credential of the store. Raises VaultError."""
    told = _login_decoder.decode(plain(vault, row))
    return SshCredential(row.name, told.user, told.key, told.password)


def _about(zone: str, name: str) -> str:
    return f"credential {name} of zone {zone}"
