"""From records to the other end: sends the present first, then the past, and does what the answer says."""

import json
import os
import time
from collections.abc import Callable

from driftvakt_agent.backlog import Waiting
from driftvakt_agent.config import Config
from driftvakt_agent.custody import Custody
from driftvakt_agent.log import Once, say
from driftvakt_agent.sender import Response, Sender, SendError

_FINAL = (400, 409, 413, 415, 422)
"""Statuses that no repetition can change (DESIGN.md, 3)."""
_CLOSED = 409
"""The epoch was closed after a fork (docs/decisions.md, "One identity seen twice")."""
_UNSIGNED = 401
_STRANGER = (_UNSIGNED, 403)
_STRANGER_WAITS = (2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""A host that was enrolled a moment ago may be known in a moment; one that is refused for good asks seldom."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 45.0
"""For live lines: where a line is back, each host is live again within a minute, whenever its next report is due."""
_LONGEST_BACKLOG_WAIT = 300.0
_LONGEST_PAUSE = 3600.0
"""Whatever a collector asks for: a mistake at its side must not end the watch."""
_BACKLOG_WAIT = 2.0
"""Seconds between two bodies of backlog, where the collector names none."""
_LEAST_TIME = 0.5
"""With less time than this until the next report no body of backlog is begun."""
_GOODBYE_TIME = 5.0
_MAX_REASON = 300


class Delivery:
    """want: digests that the collector asked for. next_seconds: the pace it asked for, 0 when it did not.

    pause: seconds that it asked not to be disturbed, 0 when it did not. last_success: seconds since the epoch, 0 before
    the first. trouble: why the last try failed, empty when it did not. epoch: given by a test, which then has no spool.
    """

    def __init__(
        self,
        config: Config,
        sender: Sender,
        epoch: str,
        now: Callable[[], float],
        jitter: Callable[[], float] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._sender = sender
        self._now = now
        self._monotonic = monotonic
        self._jitter = jitter or random
        self._failures = 0
        self._backlog_failures = 0
        self._backlog_wait = _BACKLOG_WAIT
        self._backlog_at = 0.0
        self.once = Once()
        self.custody = Custody(config, epoch, now, monotonic, self.once)
        self.want: list[str] = []
        self.next_seconds = 0.0
        self.pause = 0.0
        self.last_success = 0.0
        self.trouble = ""

    def add(self, record: bytes) -> None:
        """Sign a record and put it in line."""
        self.custody.add(record)

    def turn(self) -> None:
        """A new report comes: what waited until now is the past."""
        self.custody.turn()

    def attempt(self, until: float = float("inf")) -> float:
        """Send one body. Return after how many seconds to try again: 0 at once for more, less than 0 for nothing.

        until: when by the monotonic clock the next report is due; backlog does not delay it.
        """
        self.pause = 0.0
        custody = self.custody
        if not self._failures:
            # Not while nothing gets through: each new line would push out another.
            custody.tell()
        lines = custody.live()
        if not lines:
            return self._attempt_backlog(until)
        try:
            response = self._sender.post(_body(lines))
        except SendError as e:
            return self._failed(str(e))
        return self._read(response, lines)

    def goodbye(self, record: bytes) -> None:
        """Put on disk what waits, try once to get a last record through, and put the numbers in order."""
        custody = self.custody
        custody.tell()
        custody.keep(now=True)
        custody.add(record)
        lines = custody.live()
        try:
            response = self._sender.post(_body(lines), patience=_GOODBYE_TIME)
        except SendError as e:
            self._failed(str(e), keep=False)
        else:
            self._read(response, lines)
        custody.close()
        custody.release()

    @property
    def failing(self) -> bool:
        """Say if the last try of live lines failed."""
        return self._failures > 0

    def standing(self) -> dict[str, str]:
        """Return what is wrong now besides the delivery of live lines, by what it is about."""
        return {about: text for about, text in self.once.standing().items() if about != "delivery"}

    # --- the past ---

    def _attempt_backlog(self, until: float) -> float:
        custody = self.custody
        wait = self._wait_for_backlog()
        if wait != 0.0:
            return wait
        left = until - self._monotonic()
        if left < _LEAST_TIME:
            return max(left, 0.001)
        lines = custody.backlog()
        if not lines:
            return 0.0 if custody.live() else -1.0
        try:
            response = self._sender.post(_body(lines), backlog=True, patience=left)
        except SendError as e:
            return self._backlog_failed(str(e))
        return self._read(response, lines, backlog=True)

    def _wait_for_backlog(self) -> float:
        """Return the seconds until the next body of backlog may go; less than 0 where there is none."""
        if not self.custody.has_backlog():
            return -1.0
        return max(0.0, self._backlog_at - self._monotonic())

    def _backlog_failed(self, why: str, wait: float = 0.0) -> float:
        """The past can wait, and it is no trouble of the present that it must."""
        self._backlog_failures += 1
        self.once.trouble("backlog", why)
        wait = self._stretched(wait) if wait else self._back_off(self._backlog_failures, _LONGEST_BACKLOG_WAIT)
        self._backlog_at = self._monotonic() + wait
        return wait

    # --- the answer ---

    def _read(self, response: Response, batch: list[Waiting], *, backlog: bool = False) -> float:
        answer = _object(response.body)
        if response.status in (200, 207, *_FINAL, *_STRANGER):
            if answer is None:
                return self._not_taken("the answer is not a collector's", response, backlog=backlog)
            if "accepted" in answer:
                return self._settle(answer, response, batch, backlog=backlog)
            if response.status in _FINAL:
                # The body as a whole was refused, so no line of it was looked at: this batch would never get through.
                why = _said(answer)
                self.custody.refused(batch, why)
                return self._not_taken(f"the collector refused {len(batch)} lines: {why}", backlog=backlog)
        why = f"the collector answered {response.status}"
        if answer is not None and _said(answer):
            why = f"{why}: {_said(answer)}"
        return self._not_taken(why, response, backlog=backlog)

    def _settle(self, answer: dict[str, object], response: Response, batch: list[Waiting], *, backlog: bool) -> float:
        verdicts = answer.get("lines", [])
        if not isinstance(verdicts, list):
            return self._not_taken("the answer is not a collector's", response, backlog=backlog)
        refused, kept, wait = self._verdicts(verdicts, batch)
        custody = self.custody
        custody.delivered([line for at, line in enumerate(batch) if at not in kept and at not in refused])
        for why in dict.fromkeys(refused.values()):
            custody.refused([batch[place] for place in refused if refused[place] == why], why)
        self._heed(answer)
        if kept:
            why = f"the collector did not take {len(kept)} of {len(batch)} lines: {next(iter(kept.values()))}"
            return self._not_taken(why, response, wait, backlog=backlog)
        why = next(iter(refused.values()), "")
        if refused:
            why = f"the collector refused {len(refused)} of {len(batch)} lines: {why}"
        return self._backlog_taken(why) if backlog else self._live_taken(why)

    def _verdicts(self, verdicts: list[object], batch: list[Waiting]) -> tuple[dict[int, str], dict[int, str], float]:
        """Return the places of lines that are never taken and of those that are later, and how long to wait."""
        refused: dict[int, str] = {}
        kept: dict[int, str] = {}
        wait = 0.0
        for verdict in verdicts:
            if not isinstance(verdict, list) or len(verdict) < 4 or verdict[1] != "rejected":
                continue
            place, _, status, why = verdict[:4]
            if type(place) is not int or not 0 <= place < len(batch):
                continue
            if status == _CLOSED and batch[place].epoch == self.custody.epoch:
                self.custody.begin_anew()
            if status in _FINAL or (status == _UNSIGNED and not self._is_ours(batch[place])):
                refused[place] = str(why)[:_MAX_REASON]
            else:
                kept[place] = str(why)[:_MAX_REASON]
                wait = self._stranger_wait() if status in _STRANGER else wait
        return {place: why for place, why in refused.items() if place not in kept}, kept, wait

    def _is_ours(self, line: Waiting) -> bool:
        """Say if this is a line of the key that we have: one of a key before it, once refused, is refused for good."""
        config = self._config
        return f'"origin":"{config.origin}","gen":{config.gen},'.encode() in line.line[:200]

    def _live_taken(self, why: str) -> float:
        """All is settled. why: what of it was given up; to try that again helps nobody, so it is no failure."""
        if not self.last_success:
            say("info", "the collector took the first lines")
        self.last_success = self._now()
        if self._failures:
            # Where a fleet comes back in one second, its past must not.
            self._backlog_at = self._monotonic() + self._backlog_wait * self._jitter()
            self._backlog_failures = 0
        self._failures = 0
        self.trouble = why
        if why:
            self.once.trouble("delivery", why)
        else:
            self.once.fine("delivery")
        # A gap that is left over from a refusal waits for the next turn, or refusing it would never end.
        if self.custody.live() or (self.custody.memory.gaps and not why):
            return 0.0
        return self._wait_for_backlog()

    def _backlog_taken(self, why: str) -> float:
        self._backlog_failures = 0
        self._backlog_at = self._monotonic() + self._backlog_wait
        if why:
            self.once.trouble("backlog", why)
        else:
            self.once.fine("backlog")
        return self._wait_for_backlog()

    def _heed(self, answer: dict[str, object]) -> None:
        """Take what the collector asks for."""
        want = answer.get("want")
        mine = want.get(self._config.origin) if isinstance(want, dict) else None
        self.want = [mark for mark in mine if isinstance(mark, str)] if isinstance(mine, list) else []
        self.next_seconds = _seconds(answer.get("next"))
        self._backlog_wait = _seconds(answer.get("backlog")) or _BACKLOG_WAIT
        clock = answer.get("time")
        if isinstance(clock, int | float) and 0 < clock < 1e11:
            self.custody.heard(clock)

    # --- when it was not taken ---

    def _not_taken(
        self, why: str, response: Response | None = None, wait: float = 0.0, *, backlog: bool = False
    ) -> float:
        if response is not None:
            stranger = response.status in _STRANGER and not wait
            wait = response.retry_after or (self._stranger_wait() if stranger else wait)
        return self._backlog_failed(why, wait) if backlog else self._failed(why, wait)

    def _stranger_wait(self) -> float:
        return _STRANGER_WAITS[min(self._failures, len(_STRANGER_WAITS) - 1)]

    def _failed(self, why: str, wait: float = 0.0, *, keep: bool = True) -> float:
        self.trouble = why
        self.once.trouble("delivery", why)
        self._failures += 1
        if keep:
            self.custody.keep()
        if wait:
            self.pause = self._stretched(wait)
            return self.pause
        return self._back_off(self._failures, _LONGEST_WAIT)

    def _stretched(self, wait: float) -> float:
        """Return a wait with jitter of our own on top, or a fleet that was sent away comes back in one second."""
        return min(wait, _LONGEST_PAUSE) * (1.0 + 0.2 * self._jitter())

    def _back_off(self, failures: int, longest: float) -> float:
        ceiling = min(longest, _FIRST_WAIT * 2.0 ** min(failures, 10))
        return float(max(0.5, ceiling * self._jitter()))


def _body(lines: list[Waiting]) -> bytes:
    return b"\n".join(line.line for line in lines)


def _object(body: bytes) -> dict[str, object] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _said(answer: dict[str, object]) -> str:
    return str(answer.get("error", ""))[:_MAX_REASON]


def _seconds(value: object) -> float:
    """Return a number of seconds that a collector asks for, 0 for what is none."""
    return float(value) if isinstance(value, int | float) and 0 < value <= _LONGEST_PAUSE else 0.0


def random() -> float:
    """Return a number from 0 to 1. The random module would bring hashing and statistics along, 0.4 MB of them."""
    return int.from_bytes(os.urandom(4)) / 2**32
