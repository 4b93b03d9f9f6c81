"""Certificates that the machine shows to others: those that its servers' settings name, and those in servers' folders.

Example:
    $ grep -r ssl_certificate /etc/nginx/sites-enabled
    ssl_certificate /etc/letsencrypt/live/www.example/fullchain.pem;

The lists of authorities that the machine trusts are none of these: a file with many certificates is left out, and of a
chain its first is told. What only root may read, the root timer reads (`capture`).

Source: the manuals of nginx (ssl_certificate), httpd (SSLCertificateFile), HAProxy (crt), Postfix
(smtpd_tls_cert_file), Dovecot (ssl_cert), PostgreSQL (ssl_cert_file), slapd (olcTLSCertificateFile).
"""

import os
import re
import stat
from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row, captured
from driftvakt_agent.sample import NoData

FOLDERS = (
    "/etc/letsencrypt/live", "/etc/ssl/private", "/etc/pki/tls/certs", "/etc/nginx", "/etc/apache2", "/etc/httpd",
    "/etc/haproxy", "/etc/postfix", "/etc/exim4", "/etc/dovecot", "/etc/courier", "/etc/ldap", "/etc/openldap/certs",
    "/etc/dirsrv", "/etc/freeradius", "/etc/raddb/certs", "/etc/openvpn", "/etc/ipsec.d/certs", "/etc/swanctl/x509",
    "/etc/stunnel", "/etc/cups/ssl", "/etc/mysql", "/etc/postgresql", "/etc/rabbitmq", "/etc/kubernetes/pki",
    "/etc/etcd", "/etc/docker", "/etc/cockpit/ws-certs.d", "/etc/pve/local", "/etc/grafana", "/etc/prometheus",
    "/etc/samba/tls", "/etc/ssl/localcerts", "/etc/driftvakt", "/var/lib/postgresql", "/var/lib/pgsql",
    "/var/lib/samba/private/tls",
)  # fmt: skip
_SETTINGS = (
    "/etc/nginx", "/etc/apache2", "/etc/httpd", "/etc/haproxy", "/etc/postfix/main.cf", "/etc/dovecot",
    "/etc/exim4", "/etc/postgresql", "/etc/mysql", "/etc/stunnel", "/etc/openvpn", "/etc/cockpit", "/etc/grafana",
)  # fmt: skip
_NAMED = re.compile(
    rb"^[ \t]*(?:ssl_certificate|SSLCertificateFile|smtpd_tls_cert_file|ssl_cert_file|ssl_cert|ssl-cert|cert_file|cert|"
    rb"tls_certificate|bind[^\n#]{0,300}?[ \t]crt)[ \t]*[= \t][ \t]*<?[\"']?(/[^\s\"';]{1,300})",
    re.MULTILINE,
)
_SUFFIXES = (".crt", ".pem", ".cer", ".cert", ".der")
_CONFIGURATION = (".conf", ".cf", ".cfg", ".cnf", ".ini", ".ext", "default", "haproxy.cfg")
_MAX_FILES, _MAX_DEPTH, _MAX_SIZE, _MAX_CHAIN = 3000, 5, 1 << 18, 8
_NO_FILES = ("archive", "backup", "cache", "modules-available", "modules-enabled")


def take(host: Host) -> Found:
    # What root found comes first: it sees all the places of a certificate.
    found = {str(row.get("fingerprint")): row for row in captured.rows(host, "certificates")}
    for row in scan(host):
        found.setdefault(str(row["fingerprint"]), row)
    rows = list(found.values())
    if not rows:
        raise NoData("no certificates of a server here")
    return {"certificates": rows}


def scan(host: Host) -> list[Row]:
    """Return what can be read with the rights of whoever asks, a row a certificate, wherever else it lies."""
    found: dict[str, Row] = {}
    for path in sorted(_candidates(host)):
        row = read(path)
        if row is not None:
            # By its first place: the rest are links and copies.
            found.setdefault(str(row["fingerprint"]), {"path": path.removeprefix(host.root), **row})
    return list(found.values())


def read(path: str) -> Row | None:
    """Return the certificate of a file, the first of a chain; None where it holds none, or a list of authorities."""
    raw = _content(path)
    if b"CERTIFICATE" not in raw and raw[:1] != b"\x30":
        return None
    # Imported here: most machines show no certificate.
    from driftvakt_agent.inventory.x509 import CertificateError, describe, pem

    chain = list(pem(raw))
    if not chain or len(chain) > _MAX_CHAIN:
        return None
    try:
        return describe(chain[0])
    except CertificateError:
        return None


def named(text: bytes) -> Iterator[str]:
    """Give the files that a server's settings name as its certificate."""
    for found in _NAMED.finditer(text):
        yield os.fsdecode(found.group(1))


def _candidates(host: Host) -> set[str]:
    found: set[str] = set()
    for folder in FOLDERS:
        found.update(path for path in _files(host.root + folder, 0) if path.endswith(_SUFFIXES))
    for place in _SETTINGS:
        for path in _files(host.root + place, 0):
            if path.endswith(_CONFIGURATION) or "/sites-enabled/" in path:
                found.update(host.root + one for one in named(_content(path)))
    return found


def _files(place: str, depth: int) -> Iterator[str]:
    """Give the files below a folder; a file itself. Links to folders are not followed, so that none is walked twice."""
    if not os.path.isdir(place):
        if os.path.exists(place):
            yield place
        return
    try:
        with os.scandir(place) as entries:
            inside = sorted((one for _, one in zip(range(_MAX_FILES), entries, strict=False)), key=lambda one: one.name)
    except OSError:
        return
    for one in inside:
        if one.is_dir(follow_symlinks=False):
            if depth < _MAX_DEPTH and one.name not in _NO_FILES:
                yield from _files(one.path, depth + 1)
        else:
            yield one.path


def _content(path: str) -> bytes:
    """Return what is in a file; nothing of one that can't be read, is large, or is none: a pipe could hold us up."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        told = os.fstat(fd)
        return os.read(fd, _MAX_SIZE) if stat.S_ISREG(told.st_mode) and told.st_size <= _MAX_SIZE else b""
    except OSError:
        return b""
    finally:
        os.close(fd)
