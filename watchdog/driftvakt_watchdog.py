#!/usr/bin/env python3
"""The watchdog of driftvakt: tells people by its own mail and SMS when the collector is dead, sick or silent.

One file, the standard library alone, Python 3.9 or later: copy it to a host that shares nothing with the collector,
neither power nor network nor mail nor SMS, and run

    python3 driftvakt_watchdog.py --config /etc/driftvakt-watchdog.ini

The collector sends a signed heartbeat twice a minute, and only while its own audit finds nothing; else the heartbeat
names what is wrong. Three that do not come are an alarm. See docs/watchdog.md.

Times: what is waited for is counted in seconds that this program really listened, by the monotonic clock. So neither
a restart of its own, nor a machine that was suspended, nor a clock that is put right accuses anybody.
"""

from __future__ import annotations

import argparse
import configparser
import contextlib
import hashlib
import hmac
import html
import http.client
import json
import os
import secrets
import signal
import smtplib
import socket
import ssl
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RELEASE = "1"
SILENT, CLOCK = "silent", "clock"
ALARM, AGAIN, WELL = "alarm", "again", "well"

MISSED = 3.5
"""Heartbeats without which somebody is silent: three did not come, and half a one for what travels slowly."""
LONGEST_PATIENCE = 175.0
"""Seconds; what died must be told of within 180."""
NEVER_HEARD = 600.0
"""Seconds before somebody is missed that was never heard: it may be set up after its watchdog."""
GUARD = 1.5
"""Heartbeats for which we must have listened in one go before we say that nobody spoke."""
AGAIN_SECONDS = 1800.0
ACKNOWLEDGED_SECONDS = 8 * 3600.0
"""How long an alarm that somebody took is not repeated."""
SKEW = 30.0
SKEWED = 2
"""Heartbeats in a row with a wrong clock before that is told."""
GOOD = 2
"""Good heartbeats in a row before an alarm is over."""
STALL = 5.0
"""Seconds; who looks later than this was stopped meanwhile, and has not listened."""
MAX_BODY = 64 << 10
MAX_FINDINGS = 32
MAX_WAITING = 200
MOST_TRIES = 1500
"""About a day; who could not be told by then is told by what comes later."""
MAX_AT_ONCE = 32
LONGEST_REQUEST = 15.0
"""Seconds that a connection may take when others want in: who dawdles must not make us deaf."""
EAR_SECONDS = 10.0
"""How often we knock on our own door."""
DEAF_SECONDS = 60.0
KEEP_SECONDS = 10.0


# --- what is heard ---


class Finding(NamedTuple):
    """What is wrong with a sender, in two languages. code: a word, like `mail`."""

    code: str
    sv: str
    en: str


class Beat(NamedTuple):
    """A heartbeat whose signature was right. at: the sender's clock. every: seconds until the next.

    findings: what is wrong, nothing where all is well. sv, en: what else it says of itself.
    """

    name: str
    nonce: str
    at: float
    every: float
    findings: tuple[Finding, ...] = ()
    sv: str = ""
    en: str = ""


class BeatError(Exception):
    """A heartbeat that can't be used."""


def signature(key: bytes, what: str, body: bytes) -> str:
    """Return what signs a body. what: `heartbeat`, or `answer` with the signature that is answered."""
    return hmac.new(key, what.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def read_beat(body: bytes) -> Beat:
    """Return the heartbeat of a body whose signature was right. Raises BeatError."""
    try:
        told = json.loads(body)
        findings = tuple(
            Finding(_line(one["code"], 32), _line(one["sv"], 300), _line(one["en"], 300))
            for one in told.get("findings", [])[:MAX_FINDINGS]
        )
        at, every = float(told["at"]), float(told["every"])
        if not (abs(at) < 1e12 and 0.05 <= every <= 60.0):
            raise BeatError("'at' or 'every' is no number that can be meant")
        return Beat(
            _line(told["name"], 64), _line(told.get("nonce", ""), 64), at, every, findings,
            _line(told.get("sv", ""), 300), _line(told.get("en", ""), 300),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as e:
        raise BeatError(f"this is no heartbeat: {type(e).__name__}") from e


def _line(text: Any, most: int) -> str:
    """Return a text in one line. It may come to stand in a mail's head, a page or an SMS."""
    if not isinstance(text, str):
        raise BeatError("a text is missing")
    return "".join(one if one.isprintable() else " " for one in text[:most]).strip()


# --- whether somebody is well: decided without clocks, files and nets ---


class Event(NamedTuple):
    """What people are to be told. kind: alarm, again or well. codes: what is wrong now; new: of these, since when not.

    for_seconds: how long it has been silent, or how long the alarm stood.
    """

    kind: str
    name: str
    codes: tuple[str, ...]
    new: tuple[str, ...]
    for_seconds: float


class Watch:
    """One sender. Seconds are those that we listened. What is kept over a restart is in `kept`."""

    def __init__(self, name: str, every: float = 30.0) -> None:
        self.name = name
        self.every = every
        self.heard = 0
        self.quiet = 0.0
        self.listening = 0.0
        self.silent = False
        self.findings: dict[str, Finding] = {}
        self.skewed = 0
        self.skew = 0.0
        self.well = 0
        self.told: set[str] = set()
        self.open_for = 0.0
        self.since_told = 0.0
        self.acknowledged = False
        self.last_at = 0.0
        self.last_good_at = 0.0
        self.last_good = ("", "")

    def hear(self, beat: Beat, wall: float) -> list[Event]:
        """Take a heartbeat in. wall: our own clock."""
        self.heard += 1
        self.quiet = 0.0
        self.silent = False
        self.every = beat.every
        self.findings = {one.code: one for one in beat.findings}
        self.skew = beat.at - wall
        self.skewed = self.skewed + 1 if abs(self.skew) > SKEW else 0
        self.last_at = wall
        if self.codes() or self.skewed:
            self.well = 0
        else:
            self.well += 1
            self.last_good_at, self.last_good = wall, (beat.sv, beat.en)
        return self._judge()

    def wait(self, seconds: float) -> list[Event]:
        """Let seconds pass in which we listened."""
        self.listening += seconds
        self.quiet += seconds
        if self.told:
            self.since_told += seconds
            self.open_for += seconds
        if self.quiet >= self.patience() and self.listening >= GUARD * self.every:
            self.silent, self.well = True, 0
        return self._judge()

    def stalled(self) -> None:
        """Say that we could not listen: whoever spoke meanwhile was not heard."""
        self.listening = 0.0

    def patience(self) -> float:
        """Return after how many seconds it is silent."""
        if not self.heard:
            return NEVER_HEARD if self.every >= 5.0 else 20 * self.every
        return min(MISSED * self.every, LONGEST_PATIENCE)

    def codes(self) -> set[str]:
        """Return what is wrong now."""
        if self.silent:
            return {SILENT}
        return set(self.findings) | ({CLOCK} if self.skewed >= SKEWED else set())

    def _judge(self) -> list[Event]:
        codes = self.codes()
        new = codes - self.told
        if new:
            if not self.told:
                self.open_for = 0.0
            self.told |= codes
            return [self._event(ALARM, codes, new)]
        if not self.told:
            return []
        if not codes and self.well >= GOOD:
            event = self._event(WELL, set(), set())
            self.told = set()
            return [event]
        if codes and self.since_told >= (ACKNOWLEDGED_SECONDS if self.acknowledged else AGAIN_SECONDS):
            return [self._event(AGAIN, codes, set())]
        return []

    def _event(self, kind: str, codes: set[str], new: set[str]) -> Event:
        self.since_told, self.acknowledged = 0.0, False
        return Event(
            kind, self.name, tuple(sorted(codes)), tuple(sorted(new)), self.quiet if SILENT in new else self.open_for
        )

    _KEPT = ("every", "heard", "quiet", "open_for", "since_told", "acknowledged", "last_at", "last_good_at")

    def kept(self) -> dict[str, Any]:
        """Return what must outlive a restart."""
        found = {name: getattr(self, name) for name in self._KEPT}
        return {**found, "told": sorted(self.told), "last_good": list(self.last_good)}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on where the last run ended. What is odd in it is left out."""
        for name in self._KEPT:
            if isinstance(kept.get(name), (int, float)):
                setattr(self, name, kept[name])
        self.told = {one for one in kept.get("told", []) if isinstance(one, str)}
        good = kept.get("last_good", [])
        if len(good) == 2 and all(isinstance(one, str) for one in good):
            self.last_good = (good[0], good[1])
        # Never alarmed by what was counted before alone: see GUARD.
        self.every = min(max(self.every, 0.05), 60.0)


def listened(elapsed: float, tick: float) -> tuple[float, bool]:
    """Return how many of the elapsed seconds we listened, and whether we were stopped meanwhile."""
    most = max(STALL, 5 * tick)
    return (elapsed, False) if 0 <= elapsed <= most else (min(tick, most), True)


def weekly_due(plan: tuple[int, int, int] | None, last: str, local: time.struct_time) -> str:
    """Return the week whose test is due, empty for none. plan: weekday (Monday 0), hour, minute. last: week tested."""
    if plan is None:
        return ""
    week = time.strftime("%G-W%V", local)
    passed = (local.tm_wday, local.tm_hour, local.tm_min) >= plan
    return week if passed and week != last else ""


# --- what people read ---

WORDS = {
    "sv": {
        "alarm": "LARM: {name}: {what}", "again": "FORTFARANDE: {name}: {what}", "well": "ÅTER: {name} mår bra igen",
        SILENT: "är tyst sedan {lasts}; kollektorn, nätet eller strömmen kan vara borta",
        CLOCK: "klockan går {skew:.0f} s fel mot min; en av oss går fel",
        "never": "har aldrig hörts av",
        "last": "Senaste goda livstecken {at}: {said}", "last_never": "Något gott livstecken har inte kommit.",
        "stood": "Larmet stod i {lasts}.",
        "test": "PROV: veckans prov av vakthunden {dog}",
        "test_text": "Detta är veckans prov. Den som läser det kvitterar, så att vi vet att larm når en människa.",
        "unanswered": "LARM: ingen kvitterade veckans prov av vakthunden {dog}",
        "unanswered_text": "Provet gick ut för {lasts} sedan. Når larmen någon?",
        "ack": "Kvittera: {url}", "page": "Kvittera", "button": "Jag har tagit emot detta",
        "thanks": "Tack, det är kvitterat.", "gone": "Här finns inget att kvittera; det kan redan vara gjort.",
        "sender": "Vakthund {dog}, {at}", "s": "{n:.0f} s", "min": "{n:.0f} min", "h": "{n:.0f} h",
        "manual": "PROV: vakthunden {dog} kan skicka hit", "manual_text": "Skickat för hand med --send-test.",
    },
    "en": {
        "alarm": "ALARM: {name}: {what}", "again": "STILL: {name}: {what}", "well": "RECOVERED: {name} is well again",
        SILENT: "has been silent for {lasts}; the collector, the network or the power may be gone",
        CLOCK: "its clock and mine differ by {skew:.0f} s; one of us is wrong",
        "never": "has never been heard",
        "last": "Last good heartbeat {at}: {said}", "last_never": "No good heartbeat has come.",
        "stood": "The alarm stood for {lasts}.",
        "test": "TEST: this week's test of the watchdog {dog}",
        "test_text": "This is the week's test. Whoever reads it acknowledges: so we know that alarms reach a person.",
        "unanswered": "ALARM: nobody acknowledged this week's test of the watchdog {dog}",
        "unanswered_text": "The test went out {lasts} ago. Do alarms reach anybody?",
        "ack": "Acknowledge: {url}", "page": "Acknowledge", "button": "I have received this",
        "thanks": "Thank you, it is acknowledged.", "gone": "There is nothing to acknowledge; it may be done already.",
        "sender": "Watchdog {dog}, {at}", "s": "{n:.0f} s", "min": "{n:.0f} min", "h": "{n:.0f} h",
        "manual": "TEST: the watchdog {dog} can send here", "manual_text": "Sent by hand with --send-test.",
    },
}  # fmt: skip


class Text(NamedTuple):
    """What is sent. subject and short are one line."""

    subject: str
    body: str
    short: str


def compose(event: Event, watch: Watch, language: str, dog: str, wall: float, ack_url: str = "") -> Text:
    """Return what people are told of an event."""
    words = WORDS[language]
    what = "; ".join(_what(code, watch, language) for code in event.codes)
    subject = words[event.kind].format(name=event.name, what=what)
    lines = [subject]
    if event.kind == WELL:
        lines.append(words["stood"].format(lasts=lasts(event.for_seconds, language)))
    elif watch.last_good_at:
        said = watch.last_good[0 if language == "sv" else 1] or "ok"
        lines.append(words["last"].format(at=clock(watch.last_good_at), said=said))
    else:
        lines.append(words["last_never"])
    if ack_url and event.kind != WELL:
        lines.append(words["ack"].format(url=ack_url))
    return _text(subject, lines, dog, wall, language)


def _what(code: str, watch: Watch, language: str) -> str:
    words = WORDS[language]
    if code == SILENT and not watch.heard:
        return words["never"]
    if code in (SILENT, CLOCK) and code not in watch.findings:
        return words[code].format(lasts=lasts(watch.quiet, language), skew=abs(watch.skew))
    finding = watch.findings.get(code)
    return code if finding is None else finding.sv if language == "sv" else finding.en


def _text(subject: str, lines: list[str], dog: str, wall: float, language: str) -> Text:
    signed = WORDS[language]["sender"].format(dog=dog, at=clock(wall))
    short = "\n".join(lines)
    return Text(subject[:200], "\n\n".join([*lines, signed]) + "\n", short if len(short) <= 450 else short[:449] + "…")


def lasts(seconds: float, language: str) -> str:
    """Return how long something took."""
    unit, size = ("s", 1.0) if seconds < 180 else ("min", 60.0) if seconds < 10_800 else ("h", 3600.0)
    return WORDS[language][unit].format(n=seconds / size)


def clock(at: float) -> str:
    """Return a moment on the wall clock of this host."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at))


# --- ways to people ---


class SendError(Exception):
    """It did not go out. The text is for the log and holds no secret."""


@dataclass(frozen=True)
class Mail:
    """By SMTP. tls: starttls, tls or none."""

    name: str
    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    tls: str = "starttls"
    login: str = ""
    password: str = field(default="", repr=False)

    def send(self, mark: str, _to: str, text: Text) -> None:
        """Send to all at once. Raises SendError."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, ", ".join(self.to), text.subject
        # Stable over all tries, so that a second copy is known for one.
        message["Message-ID"] = f"<{mark}@{self.sender.rpartition('@')[2]}>"
        message["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        message["Auto-Submitted"] = "auto-generated"
        message["X-Priority"] = "1"
        message.set_content(text.body)
        try:
            with self._open() as server:
                server.send_message(message)
        except (smtplib.SMTPException, OSError, ValueError) as e:
            raise SendError(f"{self.host}:{self.port}: {type(e).__name__}: {_bare(e, self.password)}") from e

    def check(self) -> None:
        """Log in and send nothing. Raises SendError."""
        try:
            with self._open() as server:
                server.noop()
        except (smtplib.SMTPException, OSError) as e:
            raise SendError(f"{self.host}:{self.port}: {type(e).__name__}: {_bare(e, self.password)}") from e

    def _open(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=15, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=15)
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
            if self.login:
                server.login(self.login, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def addresses(self) -> tuple[str, ...]:
        """Return what is sent to by itself: one mail is for all."""
        return (", ".join(self.to),)


@dataclass(frozen=True)
class Elks:
    """SMS by 46elks. Source: 46elks.com/docs/send-sms."""

    name: str
    to: tuple[str, ...]
    sender: str
    login: str
    password: str = field(repr=False)
    url: str = "https://api.46elks.com/a1/sms"

    def send(self, _mark: str, to: str, text: Text) -> None:
        """Send to one number. Raises SendError."""
        form = urllib.parse.urlencode({"from": self.sender, "to": to, "message": text.short}).encode()
        who = b64encode(f"{self.login}:{self.password}".encode()).decode()
        request = urllib.request.Request(self.url, form, {"Authorization": f"Basic {who}"})
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                answer.read(4096)
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise SendError(f"{self.url}: {type(e).__name__}: {_bare(e, self.password)}") from e

    def check(self) -> None:
        """See that the provider can be reached; nothing is sent. Raises SendError."""
        told = urllib.parse.urlsplit(self.url)
        port = told.port or (443 if told.scheme == "https" else 80)
        try:
            socket.create_connection((told.hostname or "", port), timeout=10).close()
        except OSError as e:
            raise SendError(f"{self.url}: {e}") from e

    def addresses(self) -> tuple[str, ...]:
        """Return the numbers."""
        return self.to


@dataclass(frozen=True)
class Smstools:
    """SMS by a modem of smstools 3, which takes files from a folder."""

    name: str
    to: tuple[str, ...]
    directory: str

    def send(self, mark: str, to: str, text: Text) -> None:
        """Put one file into the folder, whole. Raises SendError."""
        # A name of its own for each number, the same over all tries: smsd never sees half a file.
        name = f"driftvakt-{mark}-{to.lstrip('+')}"
        whole = f"To: {to.lstrip('+')}\nAlphabet: UTF-8\nPriority: high\n\n{text.short}".encode()
        try:
            fd, path = tempfile.mkstemp(prefix=".", dir=os.path.dirname(self.directory.rstrip("/")) or ".")
            with os.fdopen(fd, "wb") as file:
                file.write(whole)
                os.fchmod(file.fileno(), 0o660)
            os.replace(path, os.path.join(self.directory, name))
        except OSError as e:
            raise SendError(f"{self.directory}: {e.strerror}") from e

    def check(self) -> None:
        """See that the folder can be written. Raises SendError."""
        # What is moved into the folder is written beside it, so that smsd never sees half a file.
        for folder in (self.directory, os.path.dirname(self.directory.rstrip("/")) or "."):
            if not (os.path.isdir(folder) and os.access(folder, os.W_OK)):
                raise SendError(f"{folder} is no folder that can be written")

    def addresses(self) -> tuple[str, ...]:
        """Return the numbers."""
        return self.to


Way = Any
"""Mail, Elks or Smstools: name, addresses(), send(mark, to, text), check()."""


def _bare(error: Exception, secret: str) -> str:
    text = "".join(one if one.isprintable() else " " for one in str(error)[:300])
    return text.replace(secret, "***") if secret else text


# --- the configuration ---


class ConfigError(Exception):
    """The configuration can't be used; the text lists every mistake."""


@dataclass(frozen=True)
class Peer:
    """Another watchdog, which hears heartbeats of this one."""

    name: str
    url: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """What the watchdog is told. keys: of whom it watches, by name."""

    name: str
    listen: str
    port: int
    state: str
    language: str
    url: str
    test: tuple[int, int, int] | None
    ack_hours: float
    certificate: str
    certificate_key: str
    keys: dict[str, bytes] = field(repr=False)
    every: dict[str, float]
    ways: tuple[Way, ...]
    peers: tuple[Peer, ...]


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KNOWN = {
    "watchdog": {"name", "listen", "port", "state", "language", "url", "test", "ack_hours", "certificate",
                 "certificate_key"},
    "watch": {"key_file", "every"},
    "mail": {"host", "port", "tls", "login", "password_file", "from", "to"},
    "sms": {"kind", "to", "from", "login", "password_file", "directory", "url"},
    "peer": {"url", "key_file"},
}  # fmt: skip


def load(path: str) -> Settings:
    """Return the settings of an ini file. Raises ConfigError with every mistake at once."""
    told = configparser.ConfigParser(interpolation=None)
    try:
        with open(path, encoding="utf-8") as file:
            told.read_file(file)
    except (OSError, UnicodeDecodeError, configparser.Error) as e:
        raise ConfigError(f"cannot read {path}: {e}") from e
    wrong: list[str] = []
    reader = _Reader(told, wrong)
    settings = reader.settings()
    if wrong:
        raise ConfigError(f"cannot use {path}:\n" + "\n".join(f"  - {one}" for one in wrong))
    return settings


class _Reader:
    """Reads an ini file; what is wrong goes to `wrong`."""

    def __init__(self, told: configparser.ConfigParser, wrong: list[str]) -> None:
        self.told = told
        self.wrong = wrong

    def settings(self) -> Settings:
        """Return what is told; it may be nonsense where something was wrong."""
        for section in self.told.sections():
            known = _KNOWN.get(section.partition(":")[0])
            if known is None:
                self.wrong.append(f"[{section}] is no section; known are {', '.join(sorted(_KNOWN))}")
                continue
            odd = sorted(set(self.told[section]) - known)
            self.wrong += [f"[{section}] {key}: no such setting; known are {', '.join(sorted(known))}" for key in odd]
        if not self.told.has_section("watchdog"):
            self.wrong.append("[watchdog] is missing")
            self.told.add_section("watchdog")
        watched = list(self.sections("watch"))
        if not watched:
            self.wrong.append("nobody is watched: write [watch:NAME] with the name that the collector's heartbeat has")
        ways: list[Way] = [self.mail(section, name) for section, name in self.sections("mail")]
        ways += [self.sms(section, name) for section, name in self.sections("sms")]
        if not ways:
            self.wrong.append("nobody is told: write [mail] or [sms], better both")
        own = "watchdog"
        return Settings(
            self.text(own, "name") or "watchdog",
            self.text(own, "listen", "127.0.0.1"),
            int(self.number(own, "port", 8490, 0, 65535)),
            self.text(own, "state") or self.missing(own, "state", "a file for what must outlive a restart"),
            self.choice(own, "language", "sv", ("sv", "en")),
            self.text(own, "url", "").rstrip("/"),
            self.plan(own, "test", "mon 09:00"),
            self.number(own, "ack_hours", 24, 0.001, 168),
            self.text(own, "certificate", ""),
            self.text(own, "certificate_key", ""),
            {name: self.key(section) for section, name in watched},
            {name: self.number(section, "every", 30, 0.05, 60) for section, name in watched},
            tuple(ways),
            tuple(
                Peer(name, self.address(section, "url", ""), self.key(section))
                for section, name in self.sections("peer")
            ),
        )

    def sections(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield the sections of a kind with their names."""
        for section in self.told.sections():
            head, _, name = section.partition(":")
            if head == kind:
                yield section, name.strip() or kind

    def mail(self, section: str, name: str) -> Mail:
        """Return a way by mail."""
        tls = self.choice(section, "tls", "starttls", ("starttls", "tls", "none"))
        usual = {"tls": 465, "starttls": 587, "none": 25}[tls]
        sender = self.text(section, "from") or self.missing(section, "from", "an address")
        to = self.many(
            section, "to", lambda one: "@" in one and not any(sign in one for sign in '<>"\r\n '), "addresses"
        )
        if sender and "@" not in sender:
            self.wrong.append(f"[{section}] from: {sender!r} is no address")
        host = self.text(section, "host") or self.missing(section, "host", "a mail server")
        return Mail(
            f"mail:{name}", host, int(self.number(section, "port", usual, 1, 65535)), sender, to, tls,
            self.text(section, "login", ""), self.secret(section, "password_file"),
        )  # fmt: skip

    def sms(self, section: str, name: str) -> Elks | Smstools:
        """Return a way by SMS."""
        kind = self.choice(section, "kind", "46elks", ("46elks", "smstools"))
        to = self.many(
            section, "to", lambda one: one[:1] == "+" and one[1:].isdigit() and len(one) < 20, "numbers like +4670…"
        )
        if kind == "smstools":
            directory = self.text(section, "directory", "/var/spool/sms/outgoing")
            return Smstools(f"sms:{name}", to, directory)
        login = self.text(section, "login") or self.missing(section, "login", "the API user name of 46elks")
        secret = self.secret(section, "password_file") or self.missing(section, "password_file", "a file")
        sender = self.text(section, "from", "Vakthund")
        url = self.address(section, "url", "https://api.46elks.com/a1/sms")
        return Elks(f"sms:{name}", to, sender, login, secret, url)

    def text(self, section: str, key: str, usual: str = "") -> str:
        """Return a text."""
        return self.told.get(section, key, fallback=usual).strip()

    def missing(self, section: str, key: str, what: str) -> str:
        """Say that something must be told."""
        self.wrong.append(f"[{section}] {key} is missing: {what}")
        return ""

    def number(self, section: str, key: str, usual: float, low: float, high: float) -> float:
        """Return a number within bounds."""
        text = self.text(section, key, str(usual))
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not low <= found <= high:
            self.wrong.append(f"[{section}] {key} must be a number from {low:g} to {high:g}, got {text!r}")
            return usual
        return found

    def choice(self, section: str, key: str, usual: str, among: tuple[str, ...]) -> str:
        """Return one of several words."""
        text = self.text(section, key, usual)
        if text not in among:
            self.wrong.append(f"[{section}] {key} must be {' or '.join(among)}, got {text!r}")
            return usual
        return text

    def many(self, section: str, key: str, fits: Callable[[str], bool], what: str) -> tuple[str, ...]:
        """Return what stands between commas."""
        found = tuple(one.strip() for one in self.text(section, key).split(",") if one.strip())
        if not found or not all(fits(one) for one in found):
            self.wrong.append(f"[{section}] {key} must be {what}, with commas between, got {self.text(section, key)!r}")
        return found

    def plan(self, section: str, key: str, usual: str) -> tuple[int, int, int] | None:
        """Return when the weekly test is: as `mon 09:00`, or `off`."""
        text = self.text(section, key, usual).lower()
        if text == "off":
            return None
        day, _, hour = text.partition(" ")
        try:
            at = time.strptime(hour.strip(), "%H:%M")
            return _DAYS.index(day), at.tm_hour, at.tm_min
        except ValueError:
            self.wrong.append(f"[{section}] {key} must be like 'mon 09:00', or 'off', got {text!r}")
            return None

    def address(self, section: str, key: str, usual: str) -> str:
        """Return a URL."""
        text = self.text(section, key, usual)
        if not text.startswith(("http://", "https://")):
            self.wrong.append(f"[{section}] {key} must begin with http:// or https://, got {text!r}")
        return text.rstrip("/")

    def secret(self, section: str, key: str) -> str:
        """Return what stands in a secret's file, empty where none is named."""
        path = self.text(section, key)
        if not path:
            return ""
        try:
            with open(path, encoding="utf-8") as file:
                return file.read(65536).strip()
        except (OSError, UnicodeDecodeError) as e:
            self.wrong.append(f"[{section}] {key}: cannot read {path}: {e}")
            return ""

    def key(self, section: str) -> bytes:
        """Return the key that a sender shares with us."""
        found = self.secret(section, "key_file")
        if len(found) < 32 and not any(one.startswith(f"[{section}] key_file") for one in self.wrong):
            self.wrong.append(
                f"[{section}] key_file must name a file with 32 characters or more: --new-key FILE makes one"
            )
        return found.encode()


# --- doing ---


class Courier:
    """Brings messages out, each way in a thread of its own: one that hangs holds up no other."""

    def __init__(self, ways: tuple[Way, ...], save: Callable[[], None], say: Callable[[str], None]) -> None:
        self.ways = {way.name: way for way in ways}
        self.waiting: list[dict[str, Any]] = []
        self.failures = dict.fromkeys(self.ways, 0)
        self._lock = threading.Condition()
        self._save = save
        self._say = say
        self._stop = False

    def start(self) -> None:
        """Begin."""
        for name in self.ways:
            threading.Thread(target=self._work, args=(name,), daemon=True, name=name).start()

    def send(self, text: Text) -> None:
        """Put a message on all ways."""
        mark = secrets.token_hex(8)
        with self._lock:
            for way in self.ways.values():
                for to in way.addresses():
                    self.waiting.append({"mark": mark, "way": way.name, "to": to, "text": list(text), "tries": 0})
            del self.waiting[:-MAX_WAITING]
            self._lock.notify_all()

    def kept(self) -> list[dict[str, Any]]:
        """Return what is still to be sent."""
        with self._lock:
            return [dict(one) for one in self.waiting]

    def restore(self, kept: list[Any]) -> None:
        """Go on with what the last run could not send."""
        for one in kept[:MAX_WAITING]:
            if isinstance(one, dict) and one.get("way") in self.ways and len(one.get("text", ())) == 3:
                self.waiting.append({**one, "tries": 0})

    def broken(self) -> list[Finding]:
        """Return which ways do not work: what the other watchdog is told."""
        return [
            Finding(name.partition(":")[0], f"vakthundens {name} fungerar inte", f"the watchdog's {name} does not work")
            for name, count in self.failures.items()
            if count >= 3
        ]

    def empty(self, seconds: float) -> bool:
        """Wait until all is sent; return whether it is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                if not self.waiting:
                    return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """End the threads when they next look."""
        with self._lock:
            self._stop = True
            self._lock.notify_all()

    def _work(self, name: str) -> None:
        way = self.ways[name]
        while True:
            with self._lock:
                mine = [one for one in self.waiting if one["way"] == name]
                while not mine and not self._stop:
                    self._lock.wait()
                    mine = [one for one in self.waiting if one["way"] == name]
                if self._stop:
                    return
            # To each in the order in which it was made; and a number that takes nothing holds up no other.
            first = {found["to"]: found for found in reversed(mine)}
            one = min(first.values(), key=lambda found: found["tries"])
            try:
                way.send(one["mark"], one["to"], Text(*one["text"]))
            except Exception as e:  # noqa: BLE001  whatever a way does, the others and the next try go on
                one["tries"] += 1
                self.failures[name] += 1
                self._say(f"cannot send by {name}: {e}; try {one['tries']}")
                with self._lock:
                    if one["tries"] >= MOST_TRIES and one in self.waiting:
                        self.waiting.remove(one)
                    self._lock.wait(min(60.0, 2.0 * 2 ** min(one["tries"], 5)))
            else:
                self.failures[name] = 0
                with self._lock:
                    if one in self.waiting:
                        self.waiting.remove(one)
                self._say(f"sent by {name}: {one['text'][0]}")
            self._save()


class Dog:
    """Puts all together: what is heard, what is decided, what is kept, what is sent."""

    def __init__(
        self, settings: Settings, *, tick: float = 1.0, wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.tick_seconds = tick
        self.wall = wall
        self.monotonic = monotonic
        self.lock = threading.RLock()
        self.watches = {name: Watch(name, settings.every[name]) for name in settings.keys}
        self.nonces = {name: secrets.token_hex(16) for name in settings.keys}
        self.courier = Courier(settings.ways, self.save, say)
        self.acks: dict[str, dict[str, Any]] = {}
        self.tested = ""
        self.last_tick = monotonic()
        self.heard_self = monotonic()
        self.saved = 0.0
        self.unwritable = False
        self.restore()

    # what is heard

    def take(self, name: str, shown: str, body: bytes) -> tuple[int, dict[str, Any], str]:
        """Take a heartbeat; return the status of the answer, its members, and what signs it."""
        key = self.settings.keys.get(name)
        right = hmac.compare_digest(signature(key or b"nobody's", "heartbeat", body), shown)
        if key is None or not right:
            return 401, {}, ""
        try:
            beat = read_beat(body)
        except BeatError as e:
            return 400, {"error": str(e)}, ""
        with self.lock:
            now = self.wall()
            fresh = beat.name == name and hmac.compare_digest(beat.nonce.encode(), self.nonces[name].encode())
            if fresh:
                # What was heard once is worth nothing again, whatever any clock says.
                self.nonces[name] = secrets.token_hex(16)
                self.tell(self.watches[name].hear(beat, now))
            answer = {"v": 1, "heard": fresh, "nonce": self.nonces[name], "at": now}
        return (200 if fresh else 409), answer, shown

    # what is decided

    def tick(self, elapsed: float) -> None:
        """Let time pass. elapsed: seconds by the monotonic clock since the last call."""
        seconds, stopped = listened(elapsed, self.tick_seconds)
        with self.lock:
            self.last_tick = self.monotonic()
            deaf = self.monotonic() - self.heard_self > DEAF_SECONDS
            for watch in self.watches.values():
                if stopped or deaf:
                    watch.stalled()
                if not deaf:
                    self.tell(watch.wait(seconds))
            self.weekly()
        if self.monotonic() - self.saved >= KEEP_SECONDS:
            self.save()

    def tell(self, events: list[Event]) -> None:
        """Send what people are to know."""
        for event in events:
            watch = self.watches[event.name]
            what = f"watch:{event.name}"
            if event.kind == WELL:
                self.acks = {one: told for one, told in self.acks.items() if told["what"] != what}
            url = "" if event.kind == WELL else self.new_ack(what)
            text = compose(event, watch, self.settings.language, self.settings.name, self.wall(), url)
            say(text.subject)
            self.courier.send(text)
            self.save()

    def weekly(self) -> None:
        """Send the week's test, and say when nobody acknowledged it."""
        words, dog, now = WORDS[self.settings.language], self.settings.name, self.wall()
        week = weekly_due(self.settings.test, self.tested, time.localtime(now))
        if week:
            first, self.tested = not self.tested, week
            # The week in which it was set up has had its test by hand.
            if not first:
                lines = [words["test"].format(dog=dog), words["test_text"]]
                if url := self.new_ack("test"):
                    lines.append(words["ack"].format(url=url))
                self.courier.send(_text(lines[0], lines, dog, now, self.settings.language))
            self.save()
        for token, one in list(self.acks.items()):
            waited = now - one["at"]
            if one["what"] == "test" and waited > self.settings.ack_hours * 3600.0:
                del self.acks[token]
                lines = [
                    words["unanswered"].format(dog=dog),
                    words["unanswered_text"].format(lasts=lasts(waited, self.settings.language)),
                ]
                self.courier.send(_text(lines[0], lines, dog, now, self.settings.language))
                self.save()

    def new_ack(self, what: str) -> str:
        """Return the address at which something is acknowledged, empty where nobody could reach it."""
        if not self.settings.url:
            return ""
        known = next((one for one, told in self.acks.items() if told["what"] == what), "")
        if known and what != "test":
            # So the link in the first SMS is still good when the alarm is repeated.
            return f"{self.settings.url}/ack/{known}"
        token = secrets.token_urlsafe(16)
        self.acks.pop(known, None)
        self.acks[token] = {"what": what, "at": self.wall()}
        return f"{self.settings.url}/ack/{token}"

    def acknowledge(self, token: str) -> bool:
        """Take an acknowledgement; return whether there was something to acknowledge."""
        with self.lock:
            found = self.acks.pop(token, None)
            if found is None:
                return False
            kind, _, name = found["what"].partition(":")
            if kind == "watch" and name in self.watches:
                self.watches[name].acknowledged = True
        self.save()
        return True

    def findings(self) -> list[Finding]:
        """Return what is wrong with this watchdog itself, for the other one."""
        found = self.courier.broken()
        if self.unwritable:
            found.append(Finding("state", "vakthunden kan inte skriva sin fil", "the watchdog cannot write its file"))
        return found

    # what is kept

    def save(self) -> None:
        """Write down what must outlive a restart: whole or not at all."""
        with self.lock:
            self.saved = self.monotonic()
            told = {
                "v": 1, "tested": self.tested, "acks": self.acks, "waiting": self.courier.kept(),
                "watches": {name: watch.kept() for name, watch in self.watches.items()},
            }  # fmt: skip
            path = self.settings.state
            try:
                fd, new = tempfile.mkstemp(prefix=".watchdog-", dir=os.path.dirname(path) or ".")
                with os.fdopen(fd, "w", encoding="utf-8") as file:
                    json.dump(told, file, ensure_ascii=False)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(new, path)
                self.unwritable = False
            except OSError as e:
                # Watching goes on: what is lost is only what a restart would need.
                if not self.unwritable:
                    say(f"cannot write {path}: {e.strerror}")
                self.unwritable = True

    def restore(self) -> None:
        """Go on where the last run ended. A file that can't be read is as good as none."""
        try:
            with open(self.settings.state, encoding="utf-8") as file:
                told = json.load(file)
            for name, kept in told["watches"].items():
                if name in self.watches:
                    self.watches[name].restore(kept)
            self.tested = str(told["tested"])
            self.acks = {
                str(token): {"what": str(one["what"]), "at": float(one["at"])} for token, one in told["acks"].items()
            }
            self.courier.restore(told["waiting"])
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            say(f"cannot read {self.settings.state} and begin anew: {type(e).__name__}")


class _Server(ThreadingHTTPServer):
    """Hears heartbeats and acknowledgements. So many at once, and each only so long."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, dog: Dog) -> None:
        self.dog = dog
        self._open: dict[int, tuple[float, socket.socket]] = {}
        self._lock = threading.Lock()
        settings = dog.settings
        self.address_family = socket.AF_INET6 if ":" in settings.listen else socket.AF_INET
        self.context: ssl.SSLContext | None = None
        if settings.certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(settings.certificate, settings.certificate_key or None)
        super().__init__((settings.listen, settings.port), _Handler)

    def server_bind(self) -> None:
        """Called at the start. The base class asks DNS for our name, which may take as long as DNS is dead."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "watchdog", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Called for each connection. One that takes long, or the oldest of too many, makes room for it."""
        now = self.dog.monotonic()
        with self._lock:
            old = [one for one, (since, _) in self._open.items() if now - since > LONGEST_REQUEST]
            if len(self._open) - len(old) >= MAX_AT_ONCE:
                old.append(min(self._open, key=lambda one: self._open[one][0]))
            for one in old:
                with contextlib.suppress(OSError):
                    self._open.pop(one)[1].shutdown(socket.SHUT_RDWR)
            self._open[id(request)] = (now, request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Called in the connection's thread: a handshake there holds up nobody else."""
        key = id(request)
        try:
            request.settimeout(10)
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
                with self._lock:
                    if key in self._open:
                        self._open[key] = (self._open[key][0], request)
            super().process_request_thread(request, client_address)
        except OSError:
            self.shutdown_request(request)
        finally:
            with self._lock:
                self._open.pop(key, None)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  as the base class has it
        """Called where a handler raised: whoever hangs up is no news."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            say(f"a request from {client_address[0]} could not be handled: {type(error).__name__}: {error}")


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: _Server
    server_version = f"driftvakt-watchdog/{RELEASE}"
    sys_version = ""
    timeout = 10

    def do_POST(self) -> None:
        """A heartbeat, or an acknowledgement."""
        try:
            size = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            size = -1
        if not 0 <= size <= MAX_BODY:
            self._answer(413, b"too large\n")
            return
        body = self.rfile.read(size)
        if self.path == "/heartbeat":
            name, shown = self.headers.get("Driftvakt-Sender", ""), self.headers.get("Driftvakt-Signature", "")
            shown = shown if shown.isascii() else ""
            status, told, signed = self.server.dog.take(name, shown, body)
            answer = json.dumps(told).encode()
            extra = {}
            if signed:
                key = self.server.dog.settings.keys[name]
                extra["Driftvakt-Signature"] = signature(key, f"answer {signed}", answer)
            self._answer(status, answer, "application/json", extra)
        elif self.path.startswith("/ack/"):
            done = self.server.dog.acknowledge(self.path[len("/ack/") :])
            self._page("thanks" if done else "gone", 200 if done else 404)
        else:
            self._answer(404, b"not found\n")

    def do_GET(self) -> None:
        """A page with a button: looking acknowledges nothing, for mail scanners look at every link."""
        if self.path == "/healthz":
            well = self.server.dog.monotonic() - self.server.dog.last_tick < 10 + 5 * self.server.dog.tick_seconds
            self._answer(200 if well else 503, b"ok\n" if well else b"stuck\n")
        elif self.path.startswith("/ack/"):
            there = self.path[len("/ack/") :] in self.server.dog.acks
            self._page("button" if there else "gone", 200 if there else 404)
        else:
            self._answer(404, b"not found\n")

    def _page(self, word: str, status: int) -> None:
        language = self.server.dog.settings.language
        words = WORDS[language]
        said = html.escape(words[word])
        inner = f'<form method="post"><button>{said}</button></form>' if word == "button" else f"<p>{said}</p>"
        page = (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width"><title>{words["page"]}</title><body>{inner}</body></html>'
        )
        self._answer(status, page.encode(), "text/html; charset=utf-8")

    def _answer(
        self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8", extra: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        security = {
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
        }  # fmt: skip
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **security,
            **(extra or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name in the base class
        """Say nothing of single requests: a path may hold what acknowledges."""


class Caller:
    """Sends this watchdog's own heartbeat to another one."""

    def __init__(self, peer: Peer, name: str, every: float, dog: Dog) -> None:
        self.peer = peer
        self.name = name
        self.every = every
        self.dog = dog
        self.nonce = ""
        self.failed = 0

    def call(self) -> bool:
        """Send one; return whether it was heard."""
        for _ in range(3):
            told = {
                "v": 1, "name": self.name, "nonce": self.nonce, "at": self.dog.wall(), "every": self.every,
                "findings": [one._asdict() for one in self.dog.findings()],
                "sv": f"vakthunden {self.name} vakar", "en": f"the watchdog {self.name} is awake",
            }  # fmt: skip
            body = json.dumps(told).encode()
            shown = signature(self.peer.key, "heartbeat", body)
            headers = {"Driftvakt-Sender": self.name, "Driftvakt-Signature": shown, "Content-Type": "application/json"}
            request = urllib.request.Request(f"{self.peer.url}/heartbeat", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    status, said, signed = answer.status, answer.read(MAX_BODY), answer.headers["Driftvakt-Signature"]
            except urllib.error.HTTPError as e:
                with e:
                    status, said, signed = e.code, e.read(MAX_BODY), e.headers["Driftvakt-Signature"]
            except (OSError, http.client.HTTPException, ValueError):
                break
            right = signature(self.peer.key, f"answer {shown}", said)
            if status not in (200, 409) or not hmac.compare_digest(right, signed or ""):
                break
            self.nonce = str(json.loads(said).get("nonce", ""))
            if status == 200:
                self.failed = 0
                return True
        self.failed += 1
        if self.failed in (3, 30, 300):
            say(f"the watchdog {self.peer.name} at {self.peer.url} does not hear me: {self.failed} heartbeats in a row")
        return False

    def run(self, stopping: threading.Event) -> None:
        """Send again and again."""
        while not stopping.is_set():
            self.call()
            stopping.wait(self.every)


def knock(dog: Dog, port: int, stopping: threading.Event) -> None:
    """Knock on our own door now and then: who does not hear itself must not say that others are silent."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(dog.settings.listen, dog.settings.listen)  # noqa: S104
    while not stopping.is_set():
        try:
            if dog.settings.certificate:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                door: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=5, context=context)
            else:
                door = http.client.HTTPConnection(host, port, timeout=5)
            with contextlib.closing(door):
                door.request("GET", "/healthz")
                if door.getresponse().status in (200, 503):
                    dog.heard_self = dog.monotonic()
        except (OSError, http.client.HTTPException):
            pass
        stopping.wait(EAR_SECONDS)


def run(settings: Settings, *, tick: float = 1.0) -> int:
    """Watch until SIGTERM. Returns the exit code."""
    dog = Dog(settings, tick=tick)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server = _Server(dog)
    port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True, name="ear").start()
    threading.Thread(target=knock, args=(dog, port, stopping), daemon=True, name="knock").start()
    dog.courier.start()
    every = min([30.0, *settings.every.values()])
    for peer in settings.peers:
        caller = Caller(peer, settings.name, every, dog)
        threading.Thread(target=caller.run, args=(stopping,), daemon=True, name=f"peer {peer.name}").start()
    dog.save()
    say(f"{settings.name} listens on {settings.listen} port {port} for {', '.join(settings.keys)}")
    _tell_systemd("READY=1")
    last = time.monotonic()
    code = 0
    while not stopping.wait(tick):
        now = time.monotonic()
        dog.tick(now - last)
        last = now
        _tell_systemd("WATCHDOG=1")
        if now - dog.heard_self > 3 * DEAF_SECONDS:
            say("I do not hear my own knocking and start anew")
            code = 70
            break
    dog.courier.stop()
    dog.save()
    server.shutdown()
    return code


def _tell_systemd(word: str) -> None:
    """Say how we are, where systemd asks for it (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.sendto(word.encode(), "\0" + path[1:] if path[0] == "@" else path)


def check(settings: Settings) -> int:
    """Try what can be tried without sending anything. Returns the exit code."""
    wrong = 0
    folder = os.path.dirname(settings.state) or "."
    if not os.access(folder, os.W_OK):
        wrong += 1
        print(f"  - {settings.state}: its folder cannot be written")
    if not settings.url and settings.test is not None:
        print("  - note: without [watchdog] url nobody can acknowledge the weekly test")
    for way in settings.ways:
        try:
            way.check()
            print(f"{way.name}: can be reached, for {', '.join(way.to)}")
        except SendError as e:
            wrong += 1
            print(f"  - {way.name}: {e}")
    kinds = {way.name.partition(":")[0] for way in settings.ways}
    if len(kinds) < 2:
        print("  - note: only one way to people; when it fails, nobody hears of anything")
    for peer in settings.peers:
        try:
            with urllib.request.urlopen(f"{peer.url}/healthz", timeout=10) as answer:
                print(f"peer {peer.name}: {answer.read(100).decode('utf-8', 'replace').strip()}")
        except (OSError, http.client.HTTPException, ValueError) as e:
            wrong += 1
            print(f"  - peer {peer.name} at {peer.url}: {e}")
    print("cannot watch like this" if wrong else "all is well; --send-test shows whether people are reached")
    return 1 if wrong else 0


def send_test(settings: Settings) -> int:
    """Send a message on each way, now, and wait for it. Returns the exit code."""
    words = WORDS[settings.language]
    lines = [words["manual"].format(dog=settings.name), words["manual_text"]]
    text = _text(lines[0], lines, settings.name, time.time(), settings.language)
    code, mark = 0, secrets.token_hex(8)
    for way in settings.ways:
        for to in way.addresses():
            try:
                way.send(mark, to, text)
                print(f"{way.name}: sent to {to}")
            except SendError as e:
                code = 1
                print(f"{way.name}: NOT sent to {to}: {e}")
    return code


def new_key(path: str) -> int:
    """Write a new key into a file that only its owner reads. Returns the exit code."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as e:
        print(f"cannot write {path}: {e.strerror}", file=sys.stderr)
        return 1
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    print(f"{path} holds a new key; the same file belongs on the collector")
    return 0


def say(text: str) -> None:
    """Write to the log, which is stderr: systemd adds the time."""
    print("".join(one if one.isprintable() else " " for one in text), file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says. Returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Tells people when the collector of driftvakt is dead, sick or silent.",
        epilog="Example: python3 driftvakt_watchdog.py --config /etc/driftvakt-watchdog.ini --check",
    )
    parser.add_argument("--config", metavar="FILE", help="the ini file; docs/watchdog.md has an example")
    parser.add_argument("--check", action="store_true", help="read the file, try every way, and send nothing")
    parser.add_argument("--send-test", action="store_true", help="send a test on every way, now")
    parser.add_argument("--new-key", metavar="FILE", help="make a key for a collector or another watchdog, and end")
    parser.add_argument("--tick", type=float, default=1.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.new_key:
        return new_key(arguments.new_key)
    if not arguments.config:
        parser.error("--config FILE is needed")
    try:
        settings = load(arguments.config)
    except ConfigError as e:
        print(e, file=sys.stderr)
        return 2
    if arguments.check:
        return check(settings)
    if arguments.send_test:
        return send_test(settings)
    return run(settings, tick=arguments.tick)


if __name__ == "__main__":
    sys.exit(main())
