"""What an operator should look at first on a host, worst first."""

from dataclasses import dataclass
from datetime import date

from driftvakt_collector.console import card, quantity, system
from driftvakt_collector.console.readings import Readings

_NAMED = 3


@dataclass(frozen=True)
class Finding:
    """tone: "bad" or "warn". anchor: the card that shows more, or "facts"."""

    tone: str
    text: str
    anchor: str


def findings(readings: Readings, today: date) -> list[Finding]:
    """Return what is wrong by the newest numbers."""
    found = [*_filesystems(readings), *_checks(readings)]
    ending = system.remark(system.supported(readings), readings.fact("node_os_info", "pretty_name"), today)
    if ending is not None:
        found.append(Finding(*ending, "facts"))
    failed = card.failed_units(readings)
    if failed:
        found.append(
            Finding("bad", f"{quantity.counted(len(failed), 'systemd unit')} failed: {_named(failed)}", "units")
        )
    broken = card.failed_probes(readings)
    if broken:
        what = quantity.counted(len(broken), "probe")
        found.append(Finding("warn", f"{what} of the agent cannot read what it should: {_named(broken)}", "probes"))
    secure = readings.total("driftvakt_updates_pending", security="yes")
    if secure:
        found.append(Finding("warn", f"{quantity.counted(int(secure), 'security update')} pending", "updates"))
    if readings.one("node_reboot_required"):
        found.append(Finding("warn", "A restart is required to run what was installed", "updates"))
    return sorted(found, key=lambda one: one.tone != "bad")


def _filesystems(readings: Readings) -> list[Finding]:
    shown = card.filesystems(readings)
    rows = [] if shown is None else shown.rows
    return [
        Finding(row[1].tone, f"{row[0].text} is {row[1].text} full, {row[2].text} left", "filesystems")
        for row in rows
        if row[1].tone and "read-only" not in row[0].note
    ]


def _checks(readings: Readings) -> list[Finding]:
    found = []
    for one in readings.all("driftvakt_check_state"):
        word, tone = card.check_state(one.value)
        if tone != "ok":
            found.append(Finding(tone, f"Check {one.label('check')} is {word.lower()}", "checks"))
    return found


def _named(texts: list[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more
