"""SMS by a modem in the server room: files in the spool of smstools, for when the internet is what is down.

    outgoing/driftvakt-1f0c…        sent/driftvakt-1f0c…             incoming/GSM1.Xd8k2
    To: 46701234567                 To: 46701234567                  From: 46701234567
    Alphabet: ISO                   Message_id: 117                  Received: 26-11-27 03:12:44
    Report: yes                     Sent: 26-11-27 03:10:02          Alphabet: ISO

    Larm: UPS på batteri            Larm: UPS på batteri             K 4F7P

A status report is a file of incoming/ or report/ that begins its text with SMS STATUS REPORT and names a Message_id.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from driftvakt_collector.alert.notify import sms
from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent

PREFIX = "driftvakt-"
_MOST = 64_000
_FILES = 500


@dataclass(frozen=True)
class ModemSettings:
    """spool: where smsd looks. report: whether the network is asked if it arrived. parts: SMS of a message at most.

    stuck_seconds: a file of ours that waits longer means that smsd or the modem is dead.
    """

    spool: Path = Path("/var/spool/sms")
    report: bool = True
    parts: int = 2
    stuck_seconds: float = 300.0


@dataclass(frozen=True)
class Spooled:
    """A file of the spool, read. name: of the file. headers: by lower-case name. text: what stands below them."""

    path: Path
    headers: dict[str, str]
    text: str
    at: float


def file_name(id_: str) -> str:
    """Return the name of a message's file: the same for each try, so that none goes out twice."""
    return PREFIX + hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def written(to: str, text: str, *, report: bool) -> bytes:
    """Return the file of a message. smsd reads ISO-8859-1 or UCS-2 with the high octet first."""
    head = f"To: {to.removeprefix('+')}\n"
    try:
        if not sms.is_gsm(text):
            raise UnicodeError
        alphabet, body = "ISO", text.encode("latin-1")
    except UnicodeError:
        # What is beyond the basic plane goes as the pair that telephones expect.
        alphabet, body = "UCS2", text.encode("utf-16-be", "replace")
    return (head + f"Alphabet: {alphabet}\n" + ("Report: yes\n" if report else "") + "\n").encode("ascii") + body


def read(path: Path) -> Spooled | None:
    """Return a file of the spool, None where it is gone or no message."""
    try:
        with path.open("rb") as file:
            raw, at = file.read(_MOST), os.fstat(file.fileno()).st_mtime
    except OSError:
        return None
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    headers = {}
    for line in head.decode("latin-1").split("\n")[:100]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = one_line(value, 200)
    alphabet = headers.get("alphabet", "").upper()
    if alphabet.startswith("UCS"):
        # The first empty line may lie inside what is two octets a letter; the raw file says where the headers end.
        text = raw.partition(b"\n\n")[2].decode("utf-16-be", "replace")
    elif alphabet.startswith("UTF"):
        text = body.decode("utf-8", "replace")
    else:
        text = body.decode("latin-1")
    return Spooled(path, headers, text, at) if headers else None


class Modem:
    """Puts messages where smsd takes them. now: seconds since the epoch, as the file system's clock."""

    channel = "sms"

    def __init__(self, settings: ModemSettings, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._now = now

    async def send(self, message: Message) -> Sent:
        """Leave one message for smsd. Raises DeliveryError."""
        if not sms.is_number(message.to):
            raise DeliveryError(f"{one_line(message.to, 40)!r} is no number like +46701234567", permanent=True)
        return await asyncio.to_thread(self._left, message)

    def _left(self, message: Message) -> Sent:
        told, name = self._settings, file_name(message.id)
        outgoing = told.spool / "outgoing"
        text = sms.fit(message.short, told.parts, (message.incident, message.answer))
        sent = Sent(name, receipted=True)
        if any((told.spool / folder / name).exists() for folder in ("outgoing", "checked", "sent")):
            return sent
        try:
            self._alive(outgoing)
            # smsd leaves alone what ends in .LOCK, so it never sees half a file.
            half = outgoing / f"{name}.LOCK"
            fd = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o660)
            with os.fdopen(fd, "wb") as file:
                # smsd runs as an account of its own, of the group that the folder has.
                os.fchmod(file.fileno(), 0o660)
                file.write(written(message.to, text, report=told.report))
                file.flush()
                os.fsync(file.fileno())
            half.rename(outgoing / name)
        except OSError as e:
            raise DeliveryError(
                f"cannot write into {outgoing}: {e.strerror or e}; is smstools there, and may driftvakt write?",
                broken=True,
            ) from e
        return sent

    def _alive(self, outgoing: Path) -> None:
        """See that smsd takes files: one that waits is no message that goes out."""
        oldest = self._now()
        with os.scandir(outgoing) as there:
            for entry in there:
                if entry.name.startswith(PREFIX) and not entry.name.endswith(".LOCK"):
                    try:
                        oldest = min(oldest, entry.stat().st_mtime)
                    except FileNotFoundError:
                        continue
        waited = self._now() - oldest
        if waited > self._settings.stuck_seconds:
            raise DeliveryError(
                f"smsd has not taken what waits in {outgoing} for {waited / 60:.0f} min: is it running?",
                broken=True,
            )

    async def close(self) -> None:
        """Nothing is held."""


def files(spool: Path, folder: str, *, ours: bool) -> list[Path]:
    """Return the files of a folder, the oldest first; those that we left, or all. At most some hundreds."""
    try:
        names = sorted(entry.name for entry in os.scandir(spool / folder) if entry.is_file(follow_symlinks=False))
    except OSError:
        return []
    wanted = [name for name in names if not name.endswith(".LOCK") and (not ours or name.startswith(PREFIX))]
    return [spool / folder / name for name in wanted[:_FILES]]
