"""`driftvakt credential`: with what devices let us in. Secrets come from files, and are kept encrypted."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, load, read_store, shown, write_store
from driftvakt_collector.config import ConfigError, read_secret

if TYPE_CHECKING:
    from driftvakt_collector.poll.keys import SshCredential
    from driftvakt_collector.poll.snmp.driver import Credential

_AUTH = ("md5", "sha", "sha-224", "sha-256", "sha-384", "sha-512")
_PRIVACY = ("des", "aes", "aes-192", "aes-256")
_LEAST = 8
"""Characters of a password of SNMP v3 at least (RFC 3414, section 11.2)."""
_MOST = 16_384


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    credential = commands.add_parser("credential", help="with what devices are asked: add, list, remove")
    whats = credential.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="add a credential, or give one of that name other secrets",
        epilog="SNMP v2c: driftvakt credential add public --community-file FILE --data DIR."
        " SNMP v3: … add v3 --user NAME --auth sha-256 --auth-file FILE --privacy aes --privacy-file FILE."
        " SSH: … add linux --ssh-user driftvakt --key-file FILE",
    )  # fmt: skip
    add_data(adding)
    adding.add_argument("name", metavar="NAME", help="what people call it")
    adding.add_argument("--zone", default="adm", help="zone whose devices it is for (default: adm)")
    adding.add_argument("--site", default="", help="the only site that it is for (default: all of the zone)")
    adding.add_argument(
        "--community-file", type=Path, metavar="FILE", help="file with the community, for SNMP 1 and 2c"
    )
    adding.add_argument("--v1", action="store_true", help="with a community: SNMP 1, for devices that know no other")
    adding.add_argument("--user", default="", help="user, for SNMP 3")
    adding.add_argument("--auth", choices=_AUTH, help="how the user signs")
    adding.add_argument("--auth-file", type=Path, metavar="FILE", help="file with the password for that")
    adding.add_argument("--privacy", choices=_PRIVACY, help="how the user encrypts")
    adding.add_argument("--privacy-file", type=Path, metavar="FILE", help="file with the password for that")
    adding.add_argument("--ssh-user", default="", help="user, for SSH: an ordinary one, who may change nothing")
    adding.add_argument("--key-file", type=Path, metavar="FILE", help="file with the private key of that user")
    adding.add_argument(
        "--password-file", type=Path, metavar="FILE", help="file with the user's password, or with that of the key"
    )
    adding.set_defaults(run=_add)
    listing = whats.add_parser("list", help="show the credentials, without their secrets")
    add_data(listing)
    listing.set_defaults(run=_list)
    remove = whats.add_parser("remove", help="forget a credential")
    add_data(remove)
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--zone", default="adm", help="its zone (default: adm)")
    remove.set_defaults(run=_remove)


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll import keys
    from driftvakt_collector.poll.snmp.driver import Auth, Credential, Privacy, Version
    from driftvakt_collector.store import devices, zones
    from driftvakt_collector.trust import vault

    told = load(arguments)
    if arguments.zone not in (known := zones.load(told.data)):
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    wrong = _wrong(arguments)
    if wrong:
        raise ConfigError("cannot add the credential:\n" + "\n".join(f"  - {one}" for one in wrong))
    one: Credential | keys.SshCredential
    if arguments.ssh_user:
        key, password = _text(arguments.key_file, "--key-file"), _text(arguments.password_file, "--password-file")
        one = keys.SshCredential(arguments.name, arguments.ssh_user, key, password)
        _usable(one)
    elif arguments.user:
        one = Credential(
            arguments.name, Version.V3, user=arguments.user,
            auth=Auth(arguments.auth or ""), auth_secret=_secret(arguments.auth_file, "--auth-file"),
            privacy=Privacy(arguments.privacy or ""), privacy_secret=_secret(arguments.privacy_file, "--privacy-file"),
        )  # fmt: skip
    else:
        version = Version.V1 if arguments.v1 else Version.V2C
        one = Credential(arguments.name, version, _secret(arguments.community_file, "--community-file"))
    row = keys.sealed(vault.load(told.data), arguments.zone, arguments.site, one, time.time())
    write_store(arguments, lambda connection: devices.keep_credential(connection, [row]))
    print(
        shown(f"kept {arguments.name} for zone {arguments.zone}{', site ' + arguments.site if arguments.site else ''}")
    )
    if arguments.user and not arguments.privacy:
        print("driftvakt: without --privacy everybody on the way can read what the devices tell", file=sys.stderr)
    return 0


def _wrong(arguments: argparse.Namespace) -> list[str]:
    wrong = []
    if not 0 < len(arguments.name) <= 64:
        wrong.append("NAME is 1 to 64 characters")
    if [bool(arguments.user), bool(arguments.community_file), bool(arguments.ssh_user)].count(True) != 1:
        wrong.append("give one of --community-file (SNMP 1, 2c), --user (SNMP 3) and --ssh-user (SSH)")
    if arguments.ssh_user and not (arguments.key_file or arguments.password_file):
        wrong.append("--ssh-user needs --key-file or --password-file")
    if (arguments.key_file or arguments.password_file) and not arguments.ssh_user:
        wrong.append("--key-file and --password-file go with --ssh-user")
    if arguments.v1 and not arguments.community_file:
        wrong.append("--v1 goes with --community-file")
    if bool(arguments.auth) != bool(arguments.auth_file):
        wrong.append("--auth and --auth-file go together")
    if bool(arguments.privacy) != bool(arguments.privacy_file):
        wrong.append("--privacy and --privacy-file go together")
    if arguments.privacy and not arguments.auth:
        wrong.append("--privacy needs --auth: SNMP 3 encrypts only what is signed")
    return wrong


def _secret(path: Path | None, option: str) -> str:
    if path is None:
        return ""
    text = read_secret(path)
    if not text:
        raise ConfigError(f"the file {path} of {option} is empty")
    if option != "--community-file" and len(text) < _LEAST:
        raise ConfigError(f"the password in {path} has fewer than {_LEAST} characters, which SNMP 3 does not take")
    return text


def _text(path: Path | None, option: str) -> str:
    """Return a file as it is: a private key has lines."""
    if path is None:
        return ""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the file {path} of {option}: {e}") from e
    if not text.strip() or len(text) > _MOST:
        raise ConfigError(f"the file {path} of {option} must hold 1 to {_MOST} characters")
    return text if option == "--key-file" else text.strip("\r\n")


def _usable(one: "SshCredential") -> None:
    """Raise ConfigError for a key that can't be read."""
    from driftvakt_collector.poll.ssh import hostkey
    from driftvakt_collector.poll.ssh.target import SshError, Target

    try:
        hostkey.private(Target("", one.user, "", one.key, one.password))
    except SshError as e:
        raise ConfigError(str(e)) from e


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.poll import keys
    from driftvakt_collector.store import devices
    from driftvakt_collector.trust import vault
    from driftvakt_collector.trust.vault import VaultError

    box = vault.load(load(arguments).data)
    rows = read_store(arguments, devices.credentials)
    if not rows:
        print("there is no credential yet: driftvakt credential add NAME --community-file FILE")
    for row in rows:
        try:
            how = _how(keys.ssh(box, row) if row.kind == keys.SSH else keys.snmp(box, row))
        except VaultError as e:
            how = f"can't be opened: {e}"
        print(shown(f"{row.name}  zone {row.zone}, {'site ' + row.site if row.site else 'all sites'}  {how}"))
    return 0


def _how(one: "Credential | SshCredential") -> str:
    from driftvakt_collector.poll.snmp.driver import Credential

    if not isinstance(one, Credential):
        return f"SSH, user {one.user}, {'by key' if one.key else 'by password'}"
    if not one.user:
        return f"SNMP {one.version.value}"
    told = f"{one.auth.value or 'unsigned'}, {one.privacy.value or 'not encrypted'}"
    return f"SNMP {one.version.value}, user {one.user}, {told}"


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import devices

    asked = read_store(arguments, lambda one: devices.users(one, arguments.zone, arguments.name))
    if asked:
        many = ", ".join(asked[:5]) + (" …" if len(asked) > 5 else "")
        raise ConfigError(
            f"{len(asked)} device{'' if len(asked) == 1 else 's'} would fall silent, for no other credential is tried:"
            f" {many}. Remove them first, or add them with another. Nothing was changed"
        )
    if not write_store(arguments, lambda one: devices.remove_credential(one, arguments.zone, arguments.name)):
        raise ConfigError(f"zone {arguments.zone} has no credential {arguments.name!r}: driftvakt credential list")
    print(shown(f"forgot {arguments.name} of zone {arguments.zone}"))
    return 0
