"""A mail server and an SMS gateway that behave badly now and then, in each of the ways that such servers do.

Both know what they took, and how often they left the other side unsure of it.
"""

import asyncio
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from fake_elks import Act, Elks, Sms
from unruly_smtp import DROP, EXTENSIONS, STALL, Taken, UnrulySmtp

ACCOUNT, SECRET = "vakt", "hemligt"
_ID = re.compile(rb"^message-id:\s*<([^@>]+)@", re.I | re.M)
_FAULTS = {
    "BANNER": ("421 4.3.2 Too many connections", "554 5.7.1 Not now", DROP, "220-mx.stad.example\r\n220 Hej",
               "rubbish"),
    "EHLO": ("421 4.3.2 Shutting down", "502 5.5.1 What?", DROP),
    "AUTH": ("454 4.7.0 Cannot check now", "421 4.7.0 Later", DROP),
    "MAIL": ("451 4.7.1 Greylisted, try again in 10 seconds", "452 4.3.1 Full", "421 4.3.2 Shutting down", DROP),
    "RCPT": ("450 4.7.1 Greylisted, try again in 10 seconds", "451 4.3.0 Busy", "421 4.3.2 Shutting down",
             "550 5.1.1 Unknown", DROP),
    "DATA": ("451 4.3.0 Busy", "421 4.3.2 Shutting down", "554 5.5.1 No valid recipients", DROP),
    "DOT": ("451 4.3.0 Busy", "452 4.3.1 Full", "421 4.3.2 Shutting down", "552 5.3.4 Too large", "554 5.7.1 Spam",
            DROP, STALL),
    "RSET": (DROP,),
    "QUIT": (DROP,),
}  # fmt: skip
_ANSWERS: tuple[Act, ...] = (
    0.3, 1.0, (500, b"<html>oops"), (502, b""), (503, b"<html>busy"), (429, b"slow down"), (401, b"who?"),
    (403, b"Not enough credits"), (200, b"<html>Login to the guest network"), (200, b"{}"),
)  # fmt: skip


@dataclass
class MoodySmtp(UnrulySmtp):
    """Refuses a share of what is asked of it, and while `down` says so each login. taken: letters by their id."""

    dice: random.Random = field(default_factory=lambda: random.Random(7))
    share: float = 0.02
    down: Callable[[], bool] = lambda: False
    taken: Counter[str] = field(default_factory=Counter)
    unsure: int = 0

    def __post_init__(self) -> None:
        self.extensions = (*EXTENSIONS, "AUTH PLAIN")

    def _answer(self, command: str, usual: str) -> str:
        if command == "AUTH":
            usual = "535 5.7.8 Wrong" if self.down() else "235 2.7.0 Hej"
        if command in _FAULTS and self.dice.random() < self.share:
            answer = self.dice.choice(_FAULTS[command])
            # A stall costs half a minute, and one line of four.
            usual = usual if answer == STALL and self.dice.random() < 0.9 else answer
        self.unsure += command == "DOT" and usual in (DROP, STALL)
        return usual

    def keep(self, letter: Taken) -> None:
        if letter.taken and (found := _ID.search(letter.data)):
            self.taken[found[1].decode()] += 1

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        started, self._over = threading.Event(), asyncio.Event()

        async def serve() -> None:
            async with self.running():
                started.set()
                await self._over.wait()

        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()


@dataclass
class MoodyElks(Elks):
    """Answers a share of what is asked of it badly, takes some of that all the same, and loses receipts.

    While `down` says so nobody has credit.
    """

    dice: random.Random = field(default_factory=lambda: random.Random(8))
    share: float = 0.1
    lost_receipts: float = 0.2
    down: Callable[[], bool] = lambda: False
    unsure: int = 0

    @property
    def ids(self) -> set[str]:
        """Return what it took, by its own ids."""
        self._ids.update(one.id for one in self.sent[len(self._ids) :])
        return self._ids

    _ids: set[str] = field(default_factory=set)

    def take(self, path: str, login: str, body: bytes) -> tuple[int, bytes]:
        if self.down():
            return 403, b"Not enough credits"
        act = self.dice.choice(_ANSWERS) if self.dice.random() < self.share else None
        if isinstance(act, float):
            time.sleep(act)
        if not isinstance(act, tuple):
            return super().take(path, login, body)
        if act[0] < 300 and self.dice.random() < 0.5:
            # It was taken, and what stands in between answered in its place.
            super().take(path, login, body)
            self.unsure += 1
        return act

    def receipt(self, sms: Sms, status: str) -> None:
        if self.dice.random() >= self.lost_receipts:
            super().receipt(sms, status)
