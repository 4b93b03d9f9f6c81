"""What is wrong on a machine that has an agent."""

from datetime import date

from driftvakt_collector.console import agent_card, quantity, system
from driftvakt_collector.console.finding import Finding, named
from driftvakt_collector.console.readings import Readings


def findings(readings: Readings, today: date) -> list[Finding]:
    """Return what is wrong by the newest numbers."""
    found = [*_filesystems(readings), *_checks(readings)]
    ending = system.remark(system.supported(readings), readings.fact("node_os_info", "pretty_name"), today)
    if ending is not None:
        found.append(Finding(*ending, "facts"))
    failed = agent_card.failed_units(readings)
    if failed:
        found.append(
            Finding("bad", f"{quantity.counted(len(failed), 'systemd unit')} failed: {named(failed)}", "units")
        )
    broken = agent_card.failed_probes(readings)
    if broken:
        what = quantity.counted(len(broken), "probe")
        found.append(Finding("warn", f"{what} of the agent cannot read what it should: {named(broken)}", "probes"))
    secure = readings.total("driftvakt_updates_pending", security="yes")
    if secure:
        found.append(Finding("warn", f"{quantity.counted(int(secure), 'security update')} pending", "updates"))
    if readings.one("node_reboot_required"):
        found.append(Finding("warn", "A restart is required to run what was installed", "updates"))
    return found


def _filesystems(readings: Readings) -> list[Finding]:
    shown = agent_card.filesystems(readings)
    rows = [] if shown is None else shown.rows
    return [
        Finding(row[1].tone, f"{row[0].text} is {row[1].text} full, {row[2].text} left", "filesystems")
        for row in rows
        if row[1].tone and "read-only" not in row[0].note
    ]


def _checks(readings: Readings) -> list[Finding]:
    found = []
    for one in readings.all("driftvakt_check_state"):
        word, tone = agent_card.check_state(one.value)
        if tone != "ok":
            found.append(Finding(tone, f"Check {one.label('check')} is {word.lower()}", "checks"))
    return found
