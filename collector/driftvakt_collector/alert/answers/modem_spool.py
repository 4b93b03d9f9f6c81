"""What a modem's spool tells: messages that went out or did not, receipts, and SMS that came in.

A receipt names the number that the network gave a message, which begins anew after 255; so it belongs to the newest
message to that telephone that has the number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from driftvakt_collector.alert.answers.callbacks import Incoming
from driftvakt_collector.alert.answers.receipts import Receipt, Told
from driftvakt_collector.alert.notify import modem
from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.modem import Spooled

_REPORT = "SMS STATUS REPORT"
_KEPT = 7 * 86_400.0


@dataclass(frozen=True)
class Found:
    """receipts, incoming: what the spool tells. done: files that can go once that is written down."""

    receipts: tuple[Told, ...]
    incoming: tuple[Incoming, ...]
    done: tuple[Path, ...]


def look(spool: Path, now: float, way: str = "modem") -> Found:
    """Return what a spool tells now. The same is told again until `done` is removed. Blocks: for a thread."""
    sent = [one for path in modem.files(spool, "sent", ours=True) if (one := modem.read(path)) is not None]
    receipts = [Told("sms", f"{way}/{one.path.name}", Receipt.SENT, one.at) for one in sent]
    done = [one.path for one in sent if now - one.at > _KEPT]
    for path in modem.files(spool, "failed", ours=True):
        if (one := modem.read(path)) is not None:
            why = one.headers.get("fail_reason", "") or one.headers.get("failed", "")
            receipts.append(Told("sms", f"{way}/{path.name}", Receipt.FAILED, one.at, why))
            done.append(path)
    incoming = []
    for path in [*modem.files(spool, "incoming", ours=False), *modem.files(spool, "report", ours=False)]:
        if (one := modem.read(path)) is None:
            continue
        done.append(path)
        if one.text.lstrip().startswith(_REPORT) or path.parent.name == "report":
            receipts += _receipt(one, sent, way)
        elif sender := _number(one.headers.get("from", "")):
            incoming.append(Incoming(f"{way}/{path.name}@{one.at:.0f}", sender, "", one.text[:2000], one.at))
    return Found(tuple(receipts), tuple(incoming), tuple(done))


def forget(found: Found) -> None:
    """Remove what was written down."""
    for path in found.done:
        path.unlink(missing_ok=True)


def _receipt(report: Spooled, sent: list[Spooled], way: str) -> Iterator[Told]:
    number = re.search(r"^Message_id:\s*(\d{1,3})\s*$", report.text, re.M)
    status = re.search(r"^Status:\s*(\d{1,3})", report.text, re.M)
    who = _number(report.headers.get("from", ""))
    if number is None or status is None:
        return
    mine = [
        one for one in sent
        if one.headers.get("message_id") == number[1]
        and _number(one.headers.get("to", "")) == who
        and one.at <= report.at
    ]  # fmt: skip
    if mine:
        newest = max(mine, key=lambda one: one.at)
        receipt = _meant(int(status[1]))
        yield Told("sms", f"{way}/{newest.path.name}", receipt, report.at, one_line(report.text[status.start() :], 120))


def _meant(status: int) -> Receipt:
    """Return what a TP-Status says (3GPP TS 23.040, 9.2.3.15): delivered, still trying, or given up."""
    if status < 32:
        return Receipt.DELIVERED
    return Receipt.SENT if status < 64 else Receipt.FAILED


def _number(told: str) -> str:
    digits = told.strip().removeprefix("+")
    return f"+{digits}" if re.fullmatch(r"[1-9]\d{6,14}", digits) else ""
