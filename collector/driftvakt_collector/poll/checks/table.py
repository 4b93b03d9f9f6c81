"""Which checks there are, by name."""

from collections.abc import Mapping

from driftvakt_collector.poll.checks import (
    backup_file,
    certificate,
    dhcp,
    dns,
    http,
    icmp,
    imap,
    ipp,
    job,
    kerberos,
    ldap,
    mail_round_trip,
    mysql,
    nagios,
    nfs,
    ntp,
    pop3,
    postgres,
    radius,
    smb,
    smtp,
    ssh_banner,
    tcp,
)
from driftvakt_collector.poll.checks.check import Check

CHECKS: Mapping[str, Check] = {
    one.name: one
    for one in (
        backup_file.CHECK,
        certificate.CHECK,
        dhcp.CHECK,
        dns.CHECK,
        http.CHECK,
        icmp.CHECK,
        imap.CHECK,
        ipp.CHECK,
        job.CHECK,
        kerberos.CHECK,
        ldap.CHECK,
        mail_round_trip.CHECK,
        mysql.CHECK,
        nagios.CHECK,
        nfs.CHECK,
        ntp.CHECK,
        pop3.CHECK,
        postgres.CHECK,
        radius.CHECK,
        smb.CHECK,
        smtp.CHECK,
        ssh_banner.CHECK,
        tcp.CHECK,
    )
}  # fmt: skip
