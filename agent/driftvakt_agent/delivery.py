"""From records to lines at the other end: signs, sends, reads the answer, keeps what was not taken."""

import json
import os
from collections.abc import Callable

from driftvakt_agent.backlog import Backlog, Waiting
from driftvakt_agent.config import Config
from driftvakt_agent.log import Once
from driftvakt_agent.sender import Response, Sender, SendError
from driftvakt_wire import encode
from driftvakt_wire.envelope import sign

_FINAL = (400, 413, 415, 422)
"""Statuses that no repetition can change (DESIGN.md, 3)."""
_STRANGER = (401, 403)
_STRANGER_WAIT = 300.0
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 300.0


class Delivery:
    """want: digests that the collector asked for. next_seconds: the pace it asked for, 0 when it did not.

    last_success: seconds since the epoch, 0 before the first. trouble: why the last try failed, empty when it did not.
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
        self.last_success = 0.0
        self.trouble = ""

    def add(self, record: bytes) -> None:
        """Sign a record and put it in line."""
        self._seq += 1
        config = self._config
        self.backlog.add(self._seq, sign(config.key, config.origin, config.gen, self.epoch, self._seq, record))

    def attempt(self) -> float:
        """Send one batch. Return after how many seconds to try again: 0 at once for more, less than 0 for nothing."""
        gap = self.backlog.gap
        if gap is not None:
            self.backlog.gap = None
            first, last, count = gap
            self.add(encode.gap(self._now(), self.epoch, first, last, count, "given up by the agent"))
        batch = self.backlog.batch()
        if not batch:
            return -1.0
        try:
            response = self._sender.post(b"\n".join(line.line for line in batch))
        except SendError as e:
            return self._failed(str(e), 0.0)
        return self._read(response, batch)

    def _read(self, response: Response, batch: list[Waiting]) -> float:
        if response.status in (200, 207, *_FINAL, *_STRANGER):
            try:
                answer = json.loads(response.body)
                lines = [tuple(line) for line in answer.get("lines", [])] if isinstance(answer, dict) else None
            except (ValueError, TypeError):
                lines = None
            if lines is None:
                return self._failed("the answer is not a collector's", 0.0)
            if "accepted" in answer:
                return self._settle(answer, lines, batch)
            if response.status in _FINAL:
                # The body as a whole was refused, so no line of it was looked at: this batch would never get through.
                self.backlog.refused(batch)
                return self._failed(f"the collector refused {len(batch)} lines: {answer.get('error', '')}", 0.0)
        why = f"the collector answered {response.status}"
        return self._failed(why, response.retry_after or (_STRANGER_WAIT if response.status in _STRANGER else 0.0))

    def _settle(self, answer: dict[str, object], verdicts: list[tuple[object, ...]], batch: list[Waiting]) -> float:
        kept: set[int] = set()
        refused: list[Waiting] = []
        wait = 0.0
        why = ""
        for verdict in verdicts:
            place = verdict[0]
            if verdict[1] != "rejected" or not isinstance(place, int) or not 0 <= place < len(batch):
                continue
            status, why = verdict[2], str(verdict[3])
            if status in _FINAL:
                refused.append(batch[place])
            else:
                wait = _STRANGER_WAIT if status in _STRANGER else wait
            kept.add(place)
        self.backlog.delivered([line for place, line in enumerate(batch) if place not in kept])
        self.backlog.refused(refused)
        want = answer.get("want")
        mine = want.get(self._config.origin, []) if isinstance(want, dict) else []
        self.want = [mark for mark in mine if isinstance(mark, str)]
        pace = answer.get("next")
        self.next_seconds = float(pace) if isinstance(pace, int | float) else 0.0
        if kept:
            return self._failed(f"the collector did not take {len(kept)} of {len(batch)} lines: {why}", wait)
        self._failures = 0
        self.last_success = self._now()
        self.trouble = ""
        self._once.fine("delivery")
        return 0.0 if len(self.backlog) else -1.0

    def _failed(self, why: str, wait: float) -> float:
        self.trouble = why
        self._once.trouble("delivery", why)
        self._failures += 1
        if wait:
            # Its own jitter on top, or a fleet that was sent away comes back in one second.
            return wait * (1.0 + 0.2 * self._jitter())
        ceiling = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(self._failures, 10))
        return float(max(0.5, ceiling * self._jitter()))


def _random() -> float:
    """Return a number from 0 to 1. The random module would bring hashing and statistics along, 0.4 MB of them."""
    return int.from_bytes(os.urandom(4)) / 2**32
