"""From records to lines at the other end: signs, sends, reads the answer, keeps what was not taken."""

import json
import os
from collections.abc import Callable

from driftvakt_agent.backlog import Backlog, Gap, Waiting
from driftvakt_agent.config import Config
from driftvakt_agent.log import Once, say
from driftvakt_agent.sender import Response, Sender, SendError
from driftvakt_wire import encode
from driftvakt_wire.envelope import sign

_FINAL = (400, 413, 415, 422)
"""Statuses that no repetition can change (DESIGN.md, 3)."""
_STRANGER = (401, 403)
_STRANGER_WAITS = (2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""A host that was enrolled a moment ago may be known in a moment; one that is refused for good asks seldom."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 300.0
_LONGEST_PAUSE = 3600.0
"""Whatever a collector asks for: a mistake at its side must not end the watch."""
_MAX_REASON = 300


class Delivery:
    """want: digests that the collector asked for. next_seconds: the pace it asked for, 0 when it did not.

    pause: seconds that it asked not to be disturbed, 0 when it did not. last_success: seconds since the epoch, 0 before
    the first. trouble: why the last try failed, empty when it did not.
    """

    def __init__(
        self,
        config: Config,
        sender: Sender,
        epoch: str,
        now: Callable[[], float],
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._config = config
        self._sender = sender
        self._now = now
        self._jitter = jitter or _random
        self._once = Once()
        self._failures = 0
        self._seq = 0
        self.epoch = epoch
        self.backlog = Backlog()
        self.want: list[str] = []
        self.next_seconds = 0.0
        self.pause = 0.0
        self.last_success = 0.0
        self.trouble = ""

    def add(self, record: bytes, tells: Gap | None = None) -> None:
        """Sign a record and put it in line. tells: the gap that it tells of."""
        self._seq += 1
        config = self._config
        line = sign(config.key, config.origin, config.gen, self.epoch, self._seq, record)
        self.backlog.add(self._seq, line, tells)

    def attempt(self) -> float:
        """Send one batch. Return after how many seconds to try again: 0 at once for more, less than 0 for nothing."""
        self.pause = 0.0
        self._tell_gap()
        batch = self.backlog.batch()
        if not batch:
            return -1.0
        try:
            response = self._sender.post(b"\n".join(line.line for line in batch))
        except SendError as e:
            return self._failed(str(e), 0.0)
        return self._read(response, batch)

    def _tell_gap(self) -> None:
        """Put in line what was given up, but not while nothing gets through: each new line would push out another."""
        gap = self.backlog.gap
        if gap is not None and not self._failures:
            self.backlog.gap = None
            record = encode.gap(round(self._now(), 3), self.epoch, *gap, "given up by the agent")
            self.add(record, gap)

    def _read(self, response: Response, batch: list[Waiting]) -> float:
        if response.status in (200, 207, *_FINAL, *_STRANGER):
            try:
                answer = json.loads(response.body)
            except (ValueError, RecursionError):
                answer = None
            if not isinstance(answer, dict):
                return self._failed("the answer is not a collector's", 0.0)
            if "accepted" in answer:
                return self._settle(answer, batch)
            if response.status in _FINAL:
                # The body as a whole was refused, so no line of it was looked at: this batch would never get through.
                self.backlog.refused(batch)
                why = str(answer.get("error", ""))[:_MAX_REASON]
                return self._failed(f"the collector refused {len(batch)} lines: {why}", 0.0)
        why = f"the collector answered {response.status}"
        return self._failed(
            why, response.retry_after or (self._stranger_wait() if response.status in _STRANGER else 0.0)
        )

    def _settle(self, answer: dict[str, object], batch: list[Waiting]) -> float:
        verdicts = answer.get("lines", [])
        if not isinstance(verdicts, list):
            return self._failed("the answer is not a collector's", 0.0)
        refused: dict[int, str] = {}
        kept: dict[int, str] = {}
        wait = 0.0
        for verdict in verdicts:
            if not isinstance(verdict, list) or len(verdict) < 4 or verdict[1] != "rejected":
                continue
            place, _, status, why = verdict[:4]
            if type(place) is not int or not 0 <= place < len(batch):
                continue
            if status in _FINAL:
                refused[place] = str(why)[:_MAX_REASON]
            else:
                kept[place] = str(why)[:_MAX_REASON]
                wait = self._stranger_wait() if status in _STRANGER else wait
        refused = {place: why for place, why in refused.items() if place not in kept}
        self.backlog.delivered([line for at, line in enumerate(batch) if at not in kept and at not in refused])
        self.backlog.refused([batch[place] for place in refused])
        self._heed(answer)
        if kept:
            why = next(iter(kept.values()))
            return self._failed(f"the collector did not take {len(kept)} of {len(batch)} lines: {why}", wait)
        self._failures = 0
        if not self.last_success:
            say("info", "the collector took the first lines")
        self.last_success = self._now()
        self.trouble = ""
        if refused:
            # They are given up and counted. To try again helps nobody, so this is no failure to wait after.
            why = next(iter(refused.values()))
            self.trouble = f"the collector refused {len(refused)} of {len(batch)} lines: {why}"
            self._once.trouble("delivery", self.trouble)
        else:
            self._once.fine("delivery")
        # A gap that is left over from a refusal waits for the next turn, or refusing it would never end.
        return 0.0 if len(self.backlog) or (self.backlog.gap and not refused) else -1.0

    def _heed(self, answer: dict[str, object]) -> None:
        """Take what the collector asks for."""
        want = answer.get("want")
        mine = want.get(self._config.origin) if isinstance(want, dict) else None
        self.want = [mark for mark in mine if isinstance(mark, str)] if isinstance(mine, list) else []
        pace = answer.get("next")
        self.next_seconds = float(pace) if isinstance(pace, int | float) and 0 < pace <= _LONGEST_PAUSE else 0.0

    def _stranger_wait(self) -> float:
        return _STRANGER_WAITS[min(self._failures, len(_STRANGER_WAITS) - 1)]

    def _failed(self, why: str, wait: float) -> float:
        self.trouble = why
        self._once.trouble("delivery", why)
        self._failures += 1
        if wait:
            # Its own jitter on top, or a fleet that was sent away comes back in one second.
            self.pause = min(wait, _LONGEST_PAUSE) * (1.0 + 0.2 * self._jitter())
            return self.pause
        ceiling = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(self._failures, 10))
        return float(max(0.5, ceiling * self._jitter()))


def _random() -> float:
    """Return a number from 0 to 1. The random module would bring hashing and statistics along, 0.4 MB of them."""
    return int.from_bytes(os.urandom(4)) / 2**32
