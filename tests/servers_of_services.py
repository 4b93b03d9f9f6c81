"""Real servers of mail and of accounts, each on a free port of loopback while a test needs it."""

import contextlib
import os
import shutil
import ssl
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from certifying import Issued
from serving import free_port, listens, needed, served

ACCOUNT = "vakt"
SECRET = 'Hemligt "ord" \\ åäö'
"""What a quoting that is forgotten would stumble over."""


def server_context(issued: Issued) -> ssl.SSLContext:
    """Return how a server shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.chain, issued.key)
    return context


@contextlib.contextmanager
def mail_server(
    handler: Any, *, starttls: Issued | None = None, implicit: Issued | None = None, mechanisms: str = "PLAIN LOGIN"
) -> Iterator[int]:
    """Run aiosmtpd, which lets ACCOUNT in; yields the port. mechanisms: of AUTH, that it offers."""
    controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
    smtp = pytest.importorskip("aiosmtpd.smtp")

    def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> Any:
        good = (login.login, login.password) == (ACCOUNT.encode(), SECRET.encode())
        return smtp.AuthResult(success=good, handled=good)

    port = free_port()
    server = controller.Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        server_hostname="mx.stad.example",
        ssl_context=None if implicit is None else server_context(implicit),
        tls_context=None if starttls is None else server_context(starttls),
        authenticator=authenticator,
        auth_require_tls=False,
        auth_exclude_mechanism=[one for one in ("PLAIN", "LOGIN") if one not in mechanisms],
    )
    server.start()
    try:
        assert listens(port)
        yield port
    finally:
        server.stop()


@contextlib.contextmanager
def folder_of_others() -> Iterator[Path]:
    """A folder that also the accounts see which servers give their rights up for; pytest's own is root's alone."""
    made = Path(tempfile.mkdtemp(prefix="driftvakt-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Ports of a dovecot, and the folder of the mailbox that ACCOUNT has."""

    imap: int
    imaps: int
    pop3: int
    pop3s: int
    maildir: Path


_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap pop3
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_failure_delay = 0 secs
auth_mechanisms = {mechanisms}
mail_location = maildir:~/Maildir
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/home
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  inet_listener imap {{
    port = {ports[0]}
  }}
  inet_listener imaps {{
    port = {ports[1]}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {ports[2]}
  }}
  inet_listener pop3s {{
    port = {ports[3]}
    ssl = yes
  }}
}}
"""


@contextlib.contextmanager
def mailboxes(issued: Issued | None = None, *, mechanisms: str = "plain login") -> Iterator[Mailboxes]:
    """Run dovecot, which lets ACCOUNT in."""
    program = needed("dovecot", "dovecot-imapd dovecot-pop3d")
    if os.geteuid() != 0:
        pytest.skip("dovecot wants to be started by root")
    ports = [free_port() for _ in range(4)]
    with folder_of_others() as folder:
        (folder / "home").mkdir()
        shutil.chown(folder / "home", "nobody", "nogroup")
        certificate = "" if issued is None else f"ssl_cert = <{issued.chain}\nssl_key = <{issued.key}"
        (folder / "users").write_text(f"{ACCOUNT}:{{PLAIN.b64}}{b64encode(SECRET.encode()).decode()}\n")
        (folder / "dovecot.conf").write_text(_DOVECOT.format(
            folder=folder, ports=ports, ssl="no" if issued is None else "yes", certificate=certificate,
            mechanisms=mechanisms,
        ))  # fmt: skip
        argv: list[str | Path] = [program, "-F", "-c", folder / "dovecot.conf"]
        with served(argv, lambda: listens(ports[0]) and listens(ports[2]), folder / "log"):
            yield Mailboxes(ports[0], ports[1], ports[2], ports[3], folder / "home" / "Maildir")


_SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
moduleload back_mdb
pidfile {folder}/slapd.pid
{certificate}
database mdb
directory {folder}
suffix "dc=stad,dc=example"
rootdn "{admin}"
rootpw "{secret}"
access to dn.subtree="ou=secret,dc=stad,dc=example" by * none
access to * by anonymous auth by * read
"""
ADMIN = "cn=vakt,dc=stad,dc=example"
DIRECTORY_SECRET = "Hemligt-för-oss"


@contextlib.contextmanager
def directory(issued: Issued | None = None) -> Iterator[tuple[int, int]]:
    """Run slapd with three people in it; yields the ports of LDAP and of LDAP over TLS."""
    program, adds = needed("slapd", "slapd"), needed("slapadd", "slapd")
    ports = free_port(), free_port()
    with folder_of_others() as folder:
        certificate = "" if issued is None else (
            f"TLSCertificateFile {issued.chain}\nTLSCertificateKeyFile {issued.key}"
        )  # fmt: skip
        conf, people = folder / "slapd.conf", folder / "people.ldif"
        conf.write_text(
            _SLAPD.format(folder=folder, certificate=certificate, admin=ADMIN, secret=DIRECTORY_SECRET), "utf-8"
        )
        entries = ["dn: dc=stad,dc=example\nobjectClass: domain\ndc: stad\n"]
        entries += [
            f"dn: cn={one},dc=stad,dc=example\nobjectClass: inetOrgPerson\ncn: {one}\nsn: {one}\n"
            for one in ("Astrid", "Bo (IT)", "Cecilia")
        ]
        people.write_text("\n".join(entries))
        subprocess.run([adds, "-f", conf, "-l", people], check=True, capture_output=True)
        urls = f"ldap://127.0.0.1:{ports[0]}" + (f" ldaps://127.0.0.1:{ports[1]}" if issued else "")
        argv: list[str | Path] = [program, "-d", "0", "-f", conf, "-h", urls]
        with served(argv, lambda: listens(ports[0]), folder / "log"):
            yield ports


REALM = "STAD.EXAMPLE"


@contextlib.contextmanager
def realm() -> Iterator[int]:
    """Run a KDC of MIT that knows ACCOUNT, `locked` and `open`, who needs no proof; yields the port, of TCP and UDP."""
    program, makes = needed("krb5kdc", "krb5-kdc"), needed("kdb5_util", "krb5-kdc")
    admin = needed("kadmin.local", "krb5-admin-server")
    port = free_port()
    with folder_of_others() as folder:
        (folder / "krb5.conf").write_text(
            f"[libdefaults]\ndefault_realm = {REALM}\n[realms]\n{REALM} = {{\n kdc = 127.0.0.1:{port}\n}}\n"
        )
        (folder / "kdc.conf").write_text(
            f"[kdcdefaults]\nkdc_listen = 127.0.0.1:{port}\nkdc_tcp_listen = 127.0.0.1:{port}\n[realms]\n{REALM} = {{\n"
            f" database_name = {folder}/principal\n key_stash_file = {folder}/stash\n}}\n"
            f"[logging]\nkdc = FILE:{folder}/kdc.log\n"
        )
        os.environ |= (there := {"KRB5_CONFIG": f"{folder}/krb5.conf", "KRB5_KDC_PROFILE": f"{folder}/kdc.conf"})
        try:
            subprocess.run(
                [makes, "create", "-s", "-r", REALM, "-P", "x"],
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
            )
            for words in (
                f"addprinc -pw x +requires_preauth {ACCOUNT}", "addprinc -pw x -requires_preauth open",
                "addprinc -pw x +requires_preauth -allow_tix locked",
            ):  # fmt: skip
                subprocess.run([admin, "-r", REALM, "-q", words], check=True, capture_output=True)
            argv: list[str | Path] = [program, "-n", "-r", REALM, "-P", folder / "pid"]
            with served(argv, lambda: listens(port), folder / "log"):
                yield port
        finally:
            for name in there:
                del os.environ[name]


def without_rights(folder: Path) -> list[str | Path]:
    """Return what to put before a server that refuses to run as root; the folder becomes its own."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody", "nogroup")
    return [needed("setpriv", "util-linux"), "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
