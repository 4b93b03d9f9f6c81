"""The heartbeat that a watchdog on another host hears: signed, and a good one only while the audit finds nothing.

    POST /heartbeat      Driftvakt-Sender: NAME      Driftvakt-Signature: HMAC-SHA-256 of "heartbeat\\n" and the body
    {"v":1,"name":"collector","nonce":"…","at":1795000000.5,"every":30,"findings":[{"code","sv","en"}],"sv":…,"en":…}

    200 {"v":1,"heard":true,"nonce":"…","at":…}      heard; the nonce is for the next
    409 {"v":1,"heard":false,"nonce":"…","at":…}     that nonce was no good, as at a start: once more with this one

The answer is signed over the signature that it answers. A nonce is heard once, so nobody can play an old heartbeat
again, and neither side's clock is needed for that. Sender and watchdog share a key file; see docs/watchdog.md.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.audit import Facts, audit
from driftvakt_collector.alert.words import Words
from driftvakt_collector.config import ConfigError, read_secret

log = logging.getLogger(__name__)

EVERY = (5.0, 60.0)
TIMEOUT = 8.0
_TRIES = 3
_MAX_ANSWER = 64 << 10
_LOUD = (1, 3, 30, 300)
"""At which number of failures in a row the log says so."""


@dataclass(frozen=True)
class WatchdogPlace:
    """Where a watchdog hears us. name: what we call it; as: what it calls us."""

    name: str
    url: str
    key: bytes = field(repr=False)
    as_: str = "collector"
    every: float = 30.0


@dataclass(frozen=True)
class Beat:
    """What became of one heartbeat. heard: it was taken. sick: it said that something is wrong. why: it was not heard.

    skew: the watchdog's clock against ours, seconds, None where it did not say.
    """

    heard: bool
    sick: bool = False
    why: str = ""
    skew: float | None = None


def signature(key: bytes, what: str, body: bytes) -> str:
    """Return what signs a body, as the watchdog computes it too."""
    return hmac.new(key, what.encode() + b"\n" + body, hashlib.sha256).hexdigest()


class Heartbeat:
    """Sends to one watchdog. facts: what is known now; it must not wait for anything. said: a word on how it goes.

    client: without redirects; closed by whoever made it.
    """

    def __init__(
        self, place: WatchdogPlace, facts: Callable[[], Facts], said: Callable[[], Words], client: httpx.AsyncClient
    ) -> None:
        self.place = place
        self.failed = 0
        self._facts = facts
        self._said = said
        self._client = client
        self._nonce = ""

    async def send_once(self, now: float) -> Beat:
        """Send one. now: the wall clock, seconds since the epoch. Raises nothing but what `facts` raises.

        A fact that can't be had is an exception and no heartbeat: then silence is the alarm.
        """
        findings = [one for one in audit(self._facts()) if one.severity is Severity.CRITICAL]
        told = [{"code": one.code, "sv": one.words.sv, "en": one.words.en} for one in findings]
        beat = Beat(heard=False)
        for _ in range(_TRIES):
            beat = await self._post(told, now)
            if beat.heard or beat.why:
                break
        self.failed = 0 if beat.heard else self.failed + 1
        if self.failed in _LOUD:
            why = beat.why or "it does not take our nonce"
            log.warning("the watchdog %s did not hear heartbeat %d in a row: %s", self.place.name, self.failed, why)
        return beat

    async def _post(self, findings: list[dict[str, str]], now: float) -> Beat:
        """Send it with the nonce that we have. Not heard and without a why: there is another nonce now."""
        place, said = self.place, self._said()
        body = json.dumps(
            {"v": 1, "name": place.as_, "nonce": self._nonce, "at": now, "every": place.every, "findings": findings,
             "sv": said.sv[:300], "en": said.en[:300]},
        ).encode()  # fmt: skip
        mark = signature(place.key, "heartbeat", body)
        headers = {"Driftvakt-Sender": place.as_, "Driftvakt-Signature": mark, "Content-Type": "application/json"}
        try:
            answer = await self._client.post(
                f"{place.url.rstrip('/')}/heartbeat", content=body, headers=headers, timeout=TIMEOUT
            )
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            return Beat(heard=False, why=f"cannot reach {place.url}: {str(e) or type(e).__name__}")
        if answer.status_code == 401:
            return Beat(heard=False, why=f"{place.url} does not know {place.as_!r} with this key")
        shown = answer.headers.get("Driftvakt-Signature", "").encode("ascii", "replace")
        right = signature(place.key, f"answer {mark}", answer.content[:_MAX_ANSWER]).encode()
        if answer.status_code not in (200, 409) or not hmac.compare_digest(right, shown):
            return Beat(heard=False, why=f"{place.url} answered {answer.status_code}, and not as our watchdog")
        try:
            told = json.loads(answer.content)
            self._nonce, skew = str(told["nonce"])[:64], float(told["at"]) - now
        except (ValueError, KeyError, TypeError) as e:
            return Beat(heard=False, why=f"{place.url} answered what is no answer: {type(e).__name__}")
        return Beat(answer.status_code == 200, bool(findings), "", skew)


_KNOWN = ("url", "key_file", "name", "every")


def places(told: object, wrong: list[str]) -> tuple[WatchdogPlace, ...]:
    """Read `[watchdogs.NAME]` tables of the collector's TOML; what is wrong with them goes to `wrong`.

    Example:
        [watchdogs.dog1]
        url = "http://dog1.example:8490"
        key_file = "/etc/driftvakt/dog1.key"
        name = "collector"                     # as the watchdog calls us: [watch:collector]
    """
    if not isinstance(told, dict):
        wrong.append("'watchdogs' must be tables: [watchdogs.dog1]")
        return ()
    found = (_place(name, table, wrong) for name, table in told.items())
    return tuple(place for place in found if place is not None)


def _place(name: str, told: object, wrong: list[str]) -> WatchdogPlace | None:
    here, before = f"[watchdogs.{name}]", len(wrong)
    if not isinstance(told, dict):
        wrong.append(f"{here} must be a table")
        return None
    wrong += [
        f"{here}: '{key}' is not a setting; known are {', '.join(_KNOWN)}" for key in sorted(set(told) - {*_KNOWN})
    ]
    url, as_, every = told.get("url"), told.get("name", "collector"), told.get("every", 30)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        wrong.append(f"{here}: 'url' must begin with http:// or https://, got {url!r}")
    if not isinstance(as_, str) or not as_.isascii() or not as_.isprintable() or not 1 <= len(as_) <= 64:
        wrong.append(f"{here}: 'name' must be 1 to 64 ASCII characters, as the watchdog calls us, got {as_!r}")
    if isinstance(every, bool) or not isinstance(every, int | float) or not EVERY[0] <= every <= EVERY[1]:
        wrong.append(f"{here}: 'every' must be {EVERY[0]:g} to {EVERY[1]:g} seconds, got {every!r}")
    key = ""
    if not isinstance(path := told.get("key_file"), str) or not path:
        wrong.append(f"{here}: 'key_file' is missing: the key that driftvakt_watchdog.py --new-key made")
    else:
        try:
            key = read_secret(Path(path).expanduser())
        except ConfigError as e:
            wrong.append(f"{here}: {e}")
        else:
            if len(key) < 32:
                wrong.append(f"{here}: {path} must hold 32 characters or more: driftvakt_watchdog.py --new-key FILE")
    if len(wrong) > before:
        return None
    return WatchdogPlace(name, str(url), key.encode(), str(as_), float(every))
