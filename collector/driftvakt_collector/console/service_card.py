"""The cards of a service that is checked: what came of the newest check, and where its time went."""

from collections.abc import Callable
from typing import NamedTuple

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, bar, number, table
from driftvakt_collector.console.readings import Readings

_DAY = 86400.0
_SOON, _NOW = 21, 7
"""Days before a certificate ends from which it is marked."""
_PHASES = (
    "driftvakt_probe_phase_seconds", "probe_http_duration_seconds", "probe_dns_duration_seconds",
    "probe_icmp_duration_seconds",
)  # fmt: skip


class Trouble(NamedTuple):
    """word: of the result. says: what the service does. meaning: what that is. look: what to look at next."""

    word: str
    says: str
    meaning: str
    look: str


TROUBLES = {
    "unresolved": Trouble("name not known", "is not found by its name", "no name server knows the name",
                          "DNS, and how the name is spelt"),
    "down": Trouble("down", "is down", "nothing listens there, or no way leads there", "the service and the firewall"),
    "hung": Trouble("hung", "hangs", "it does not answer in time",
                    "how busy its machine is, and what it waits for itself"),
    "answer": Trouble("wrong answer", "answers wrongly", "it answers, and not what it should", "what it says"),
    "certificate": Trouble("bad certificate", "has a certificate that is not good",
                           "expired, of another name, or of nobody that we trust", "the certificate"),
    "denied": Trouble("denied", "does not let the check in", "it refuses the check's account",
                      "the account and its password"),
    "unusable": Trouble("not checked", "can't be checked", "the check can't be carried out as it is set",
                        "the options of the check"),
    "late": Trouble("late", "is late", "the job did not run when it should have",
                    "what starts the job, and whether its machine is up"),
    "failed": Trouble("failed", "has failed", "the job ran, and says that it failed", "the job's own log"),
}  # fmt: skip
"""What each fault of a check is in plain words, by its label."""
UNKNOWN = Trouble("fails", "fails", "the check does not say why", "the service")


def trouble(readings: Readings) -> Trouble | None:
    """Return what is wrong with the service, None where all is well or nothing was checked."""
    if readings.one("probe_success") != 0:
        return None
    return TROUBLES.get(fault(readings), UNKNOWN)


def fault(readings: Readings) -> str:
    """Return the label of the fault that the newest check found, empty where there is none."""
    return next((one.label("fault") for one in readings.all("driftvakt_probe_fault") if one.value), "")


def certificate(readings: Readings) -> tuple[int, str] | None:
    """Return the days that are left of the first certificate to end, and the tone; None without one."""
    ends = readings.one("probe_ssl_earliest_cert_expiry")
    if ends is None or not readings.at or not abs(ends) < 1e12:
        return None
    days = int((ends - readings.at) // _DAY)
    return days, "bad" if days < _NOW else "warn" if days < _SOON else ""


def result(readings: Readings, _up: float = 0.0) -> Card | None:
    success = readings.one("probe_success")
    if success is None:
        return None
    wrong = trouble(readings)
    rows = [
        [Cell("Result"), Cell("answers as it should", "ok")]
        if wrong is None
        else [Cell("Result", note=wrong.meaning), Cell(wrong.word, "bad")],
    ]
    took = readings.one("probe_duration_seconds")
    if took is not None:
        rows.append([Cell("Took"), Cell(quantity.brief(took))])
    ends = certificate(readings)
    if ends is not None:
        days, tone = ends
        text = f"{quantity.counted(days, 'day')} left" if days >= 0 else "expired"
        rows.append([Cell("Certificate"), Cell(text, tone)])
    for name, title, write in _VALUES:
        value = readings.one(name)
        if value is not None:
            rows.append([Cell(title), Cell(write(value))])
    rows += [
        [Cell(one.label("label")), Cell(f"{quantity.digits(one.value)}{quantity.SPACE}{one.label('unit')}".rstrip())]
        for one in readings.all("driftvakt_probe_perfdata")
    ]
    return table("service", "Service check", ("What", "Now"), rows)


def phases(readings: Readings, _up: float = 0.0) -> Card | None:
    told = [one for name in _PHASES for one in readings.all(name) if one.value >= 0]
    whole = max(readings.one("probe_duration_seconds") or 0.0, sum(one.value for one in told))
    rows = []
    for one in told:
        part = one.value / whole if whole > 0 else 0.0
        rows.append([
            Cell(one.label("phase")),
            Cell(quantity.percent(part), length=bar(part)),
            number(quantity.brief(one.value)),
        ])  # fmt: skip
    return table("phases", "Where the time went", ("Phase", "Share", "Took"), rows)


def _plain(value: float) -> str:
    return f"{value:g}" if abs(value) < 10 else quantity.digits(value)


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _yes(value: float) -> str:
    return "yes" if value else "no"


def _apart(value: float) -> str:
    """Return how far a clock is from ours."""
    if not value:
        return "none"
    return f"{quantity.brief(abs(value))} {'ahead' if value > 0 else 'behind'}"


def _length(value: float) -> str:
    return quantity.size(value) if value >= 0 else "not told"


def _printer(value: float) -> str:
    return {3: "idle", 4: "prints", 5: "stopped"}.get(int(value), "unknown")


_VALUES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("probe_http_status_code", "HTTP status", _whole),
    ("probe_http_redirects", "Redirects", _whole),
    ("probe_http_version", "HTTP version", _plain),
    ("probe_http_ssl", "Encrypted", _yes),
    ("probe_http_content_length", "Length of the answer", _length),
    ("probe_dns_answer_rrs", "Records in the answer", _whole),
    ("probe_dns_serial", "Serial number of the zone", _whole),
    ("probe_icmp_reply_hop_limit", "Hop limit of the reply", _whole),
    ("driftvakt_probe_lost_ratio", "Packets lost", quantity.percent),
    ("driftvakt_probe_ntp_offset_seconds", "Its clock", _apart),
    ("driftvakt_probe_ntp_stratum", "Stratum", _whole),
    ("driftvakt_probe_ntp_root_distance_seconds", "Distance to the root clock", quantity.brief),
    ("driftvakt_probe_kerberos_skew_seconds", "Its clock", _apart),
    ("driftvakt_probe_mailbox_messages", "Messages in the mailbox", _plain),
    ("driftvakt_probe_mail_round_trip_seconds", "From sent to found", quantity.brief),
    ("driftvakt_probe_ldap_entries", "Entries found", _plain),
    ("driftvakt_probe_smb_dialect", "Dialect of SMB", _plain),
    ("driftvakt_probe_smb_signing_required", "Signing is required", _yes),
    ("driftvakt_probe_nfs_exports", "Exports", _plain),
    ("driftvakt_probe_mysql_tls_offered", "TLS is offered", _yes),
    ("driftvakt_probe_query_value", "Value of the query", _plain),
    ("driftvakt_probe_printer_state", "Printer", _printer),
    ("driftvakt_probe_printer_queued_jobs", "Jobs in the queue", _plain),
    ("driftvakt_probe_dhcp_lease_seconds", "Lease that is offered", quantity.duration),
    ("driftvakt_probe_backup_age_seconds", "Age of the newest backup", quantity.duration),
    ("driftvakt_probe_backup_size_bytes", "Its size", quantity.size),
)
"""What kinds of checks measure beside their time."""

CARDS: tuple[Maker, ...] = (result, phases)
