"""The collector's audit of itself: whether what a person relies on works, from a report to a page.

It gates the heartbeat. Each fact is an age or a number that somebody keeps at hand; nothing is asked here, so a dead
store can't hold it up. A watchdog must hear within 180 s, and hears twice a minute: no bound here is longer than 90 s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.words import Words

CANARY_SECONDS = 90.0
STORE_SECONDS = 90.0
LOOP_SECONDS = 60.0
OUTBOX_SECONDS = 60.0
TIMER_SECONDS = 90.0
MAIL_SECONDS = 90.0
STARTING_SECONDS = 60.0
"""How long after a start nothing is said of what needs time to come: canary, loop, store."""
DISK_CRITICAL, DISK_WARNING = 0.05, 0.10
BACKUP_SECONDS = 26 * 3600.0
CERTIFICATE_CRITICAL, CERTIFICATE_WARNING = 2 * 86_400.0, 7 * 86_400.0
STEP_SECONDS = 30.0
WATCHDOG_SECONDS = 300.0


@dataclass(frozen=True)
class Facts:
    """What is known of the collector, in seconds and parts of 1. None: not known, or there is none of it.

    up: since the collector started. canary: age of the newest canary whose change went from ingest to the outbox.
    outbox: how long the oldest message is due. timers: how long the oldest escalation is overdue. store: age of the
    last write that went well. loop: age of the alert loop's last turn. journal: what is wrong with the journal.
    mail_ok, mail_failed: age of the last mail that went out, and that did not. disk_free: part of the disk.
    backup: age of the newest. certificate: until the first of ours expires. step: how far the wall clock has moved
    against the monotonic one since a few minutes ago. offset: from a time server. broken: ways to people that are
    broken for every message, with what they say. watchdogs: by name, how long one has not taken a heartbeat.
    """

    up: float
    canary: float | None = None
    outbox: float | None = None
    timers: float | None = None
    store: float | None = None
    loop: float | None = None
    journal: str = ""
    mail_ok: float | None = None
    mail_failed: float | None = None
    disk_free: float | None = None
    backup: float | None = None
    certificate: float | None = None
    step: float = 0.0
    offset: float | None = None
    broken: Mapping[str, str] = field(default_factory=dict)
    watchdogs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """Something that is wrong. code: a word that stays the same. CRITICAL keeps the heartbeat from being a good one."""

    code: str
    severity: Severity
    words: Words


def audit(facts: Facts) -> list[Finding]:
    """Return what is wrong, the worst first."""
    found = [*_path(facts), *_ways(facts), *_place(facts), *_clock(facts)]
    return sorted(found, key=lambda one: (one.severity is not Severity.CRITICAL, one.code))


def is_sick(findings: list[Finding]) -> bool:
    """Say if the heartbeat must say so."""
    return any(one.severity is Severity.CRITICAL for one in findings)


def _path(facts: Facts) -> list[Finding]:
    """The way from a report to the outbox."""
    found = []
    settled = facts.up > STARTING_SECONDS
    if _older(facts.store, STORE_SECONDS, facts.up):
        found.append(_critical(
            "database", "databasen har inte tagit emot något på {}", "the database has taken nothing for {}",
            facts.store, facts.up,
        ))  # fmt: skip
    if _older(facts.loop, LOOP_SECONDS, facts.up):
        found.append(
            _critical("alerts", "larmslingan har stått i {}", "the alert loop has stood for {}", facts.loop, facts.up)
        )
    if _older(facts.canary, CANARY_SECONDS, facts.up):
        found.append(_critical(
            "canary", "provlarmet har inte gått hela vägen på {}", "the canary has not come all the way for {}",
            facts.canary, facts.up,
        ))  # fmt: skip
    if facts.journal:
        told = facts.journal[:200]
        found.append(Finding("journal", Severity.CRITICAL, Words(f"journalen: {told}", f"the journal: {told}")))
    # After a start what waited meanwhile is due for long; it is given the time to go out.
    if facts.outbox is not None and facts.outbox > OUTBOX_SECONDS and settled:
        found.append(_critical(
            "outbox", "ett meddelande har väntat i {}", "a message has waited for {}", facts.outbox, facts.up
        ))  # fmt: skip
    if facts.timers is not None and facts.timers > TIMER_SECONDS and settled:
        found.append(_critical(
            "escalation", "en eskalering är {} försenad", "an escalation is {} late", facts.timers, facts.up
        ))  # fmt: skip
    return found


def _ways(facts: Facts) -> list[Finding]:
    """The ways to people."""
    found = []
    ok = facts.mail_ok if facts.mail_ok is not None else float("inf")
    # Mail that fails is told when none went out since; one address that is refused is not the way's fault.
    since = min(ok, facts.up)
    if facts.mail_failed is not None and facts.mail_failed < ok and (since > MAIL_SECONDS or "email" in facts.broken):
        if facts.mail_ok is None:
            words = Words("e-post går inte ut", "mail does not go out")
        else:
            words = Words(
                f"e-post har inte gått ut på {_sv(facts.mail_ok)}", f"no mail has gone out for {_en(facts.mail_ok)}"
            )
        found.append(Finding("mail", Severity.CRITICAL, words))
    for channel, told in sorted(facts.broken.items()):
        if channel == "email" and any(one.code == "mail" for one in found):
            continue
        name, said = channel[:32], told[:200]
        found.append(Finding(
            f"way.{name}", Severity.CRITICAL, Words(f"{name} fungerar inte: {said}", f"{name} does not work: {said}")
        ))  # fmt: skip
    for name, age in sorted(facts.watchdogs.items()):
        if age > WATCHDOG_SECONDS:
            words = Words(
                f"vakthunden {name} har inte svarat på {_sv(age)}",
                f"the watchdog {name} has not answered for {_en(age)}",
            )
            found.append(Finding("watchdog", Severity.WARNING, words))
    return found


def _place(facts: Facts) -> list[Finding]:
    """What the collector stands on."""
    found = []
    if facts.disk_free is not None and facts.disk_free < DISK_WARNING:
        severity = Severity.CRITICAL if facts.disk_free < DISK_CRITICAL else Severity.WARNING
        part = f"{100 * facts.disk_free:.0f} %"
        found.append(Finding("disk", severity, Words(f"{part} av disken är ledigt", f"{part} of the disk is free")))
    if facts.backup is not None and facts.backup > BACKUP_SECONDS:
        words = Words(
            f"senaste säkerhetskopian är {_sv(facts.backup)} gammal", f"the newest backup is {_en(facts.backup)} old"
        )
        found.append(Finding("backup", Severity.WARNING, words))
    if facts.certificate is not None and facts.certificate < CERTIFICATE_WARNING:
        severity = Severity.CRITICAL if facts.certificate < CERTIFICATE_CRITICAL else Severity.WARNING
        left = facts.certificate
        words = Words("ett certifikat har gått ut", "a certificate has expired") if left <= 0 else Words(
            f"ett certifikat går ut om {_sv(left)}", f"a certificate expires in {_en(left)}"
        )  # fmt: skip
        found.append(Finding("certificate", severity, words))
    return found


def _clock(facts: Facts) -> list[Finding]:
    """The clock, as far as one can know one's own; the watchdog holds it against its own."""
    if abs(facts.step) > STEP_SECONDS:
        words = Words(f"klockan hoppade {facts.step:+.0f} s", f"the clock jumped by {facts.step:+.0f} s")
        return [Finding("clock", Severity.CRITICAL, words)]
    if facts.offset is not None and abs(facts.offset) > STEP_SECONDS:
        words = Words(f"klockan går {abs(facts.offset):.0f} s fel", f"the clock is {abs(facts.offset):.0f} s wrong")
        return [Finding("clock", Severity.CRITICAL, words)]
    return []


def _older(age: float | None, most: float, up: float) -> bool:
    """Say if something did not come in time. What never came is counted from the start."""
    return (up > STARTING_SECONDS + most) if age is None else (age > most and up > STARTING_SECONDS)


def _critical(code: str, sv: str, en: str, age: float | None, up: float) -> Finding:
    since = up if age is None else age
    return Finding(code, Severity.CRITICAL, Words(sv.format(_sv(since)), en.format(_en(since))))


def _sv(seconds: float) -> str:
    return _lasts(seconds, ("s", "min", "h", "dygn"))


def _en(seconds: float) -> str:
    return _lasts(seconds, ("s", "min", "h", "days"))


def _lasts(seconds: float, units: tuple[str, str, str, str]) -> str:
    most = (180.0, 10_800.0, 172_800.0, float("inf"))
    place = next(place for place, one in enumerate(most) if seconds < one)
    return f"{seconds / (1.0, 60.0, 3600.0, 86_400.0)[place]:.0f} {units[place]}"


class Step:
    """How far the wall clock has moved against the monotonic one within the last minutes."""

    def __init__(self, wall: float, monotonic: float, window: float = 300.0) -> None:
        self._window = window
        self._seen = [(monotonic, wall - monotonic)]

    def look(self, wall: float, monotonic: float) -> float:
        """Return seconds; more than 0 where it was put forward. To be called once per heartbeat."""
        self._seen = [one for one in self._seen if monotonic - one[0] <= self._window][-1000:]
        self._seen.append((monotonic, wall - monotonic))
        return self._seen[-1][1] - self._seen[0][1]
