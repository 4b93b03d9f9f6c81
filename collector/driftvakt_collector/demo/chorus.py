"""All voices, live: each at its own place in the interval; a relay's hosts together, the others one by one."""

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable, Sequence

from driftvakt_collector.demo.post import Connection, PostError
from driftvakt_collector.demo.voice import Voice

log = logging.getLogger(__name__)

CONNECTIONS = 8
_RELAY_SECONDS = 5.0
_RELAY_LINES = 500
_AGAIN = (401, 403, 429, 503)
_LONGEST_WAIT = 30.0
_SAY_AT = 4
"""Failures in a row from which it is worth a word; before, the collector may only be on its way up."""

Parcel = list[tuple[Voice, bytes]]


class Chorus:
    """Says everything at its time. wall: seconds since the epoch. every: seconds between two reports of a voice."""

    def __init__(self, voices: Sequence[Voice], url: str, every: float, wall: Callable[[], float]) -> None:
        self._voices = voices
        self._by_origin = {voice.asset.origin: voice for voice in voices}
        self._url = url
        self._every = every
        self._wall = wall
        self._parcels: asyncio.Queue[Parcel] = asyncio.Queue()
        self._relays: dict[str, Parcel] = {}

    async def sing(self, begin: float) -> None:
        """Go on until cancelled. begin: up to when everything was said; turns that were missed since come at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._carry())
            group.create_task(self._relay())
            group.create_task(self._conduct(begin))

    async def _conduct(self, begin: float) -> None:
        """Give each voice its turn."""
        waiting = [
            (begin + (voice.offset - begin / self._every) % 1.0 * self._every, place)
            for place, voice in enumerate(self._voices)
        ]
        heapq.heapify(waiting)
        told: set[int] = set()
        while True:
            due, place = waiting[0]
            now = self._wall()
            if due > now:
                await asyncio.sleep(due - now)
                continue
            # A machine that slept does not make up for the turns that it missed.
            heapq.heapreplace(waiting, (due + self._every * max(1, (now - due) // self._every), place))
            voice = self._voices[place]
            if place not in told:
                # Each at its first report, as agents do, so that a city does not tell all at once.
                told.add(place)
                voice.tell_inventory(now)
            voice.turn(now)
            self._send(voice, now)

    def _send(self, voice: Voice, now: float) -> None:
        parcel = [(voice, line) for line in voice.take(now)]
        if not parcel:
            return
        if voice.asset.place.relay:
            self._relays.setdefault(voice.asset.place.name, []).extend(parcel)
        else:
            self._parcels.put_nowait(parcel)

    async def _relay(self) -> None:
        """Send on what each relay has gathered."""
        while True:
            await asyncio.sleep(_RELAY_SECONDS)
            for name in [name for name, parcel in self._relays.items() if parcel]:
                parcel = self._relays.pop(name)
                for start in range(0, len(parcel), _RELAY_LINES):
                    self._parcels.put_nowait(parcel[start : start + _RELAY_LINES])

    async def _carry(self) -> None:
        """Bring one parcel after the other to the door over one connection."""
        connection = Connection(self._url)
        failures = 0
        try:
            while True:
                parcel = await self._parcels.get()
                try:
                    status, answer = await connection.post(b"\n".join(line for _, line in parcel))
                except PostError as e:
                    status, answer = 503, {"error": str(e)}
                if status in _AGAIN:
                    self._give_back(parcel)
                    failures += 1
                    if failures == _SAY_AT:
                        log.warning("%s; lines wait", answer.get("error", f"the collector answered {status}"))
                    await asyncio.sleep(min(_LONGEST_WAIT, 0.1 * 2.0 ** min(failures, 10)))
                    continue
                failures = 0
                if status != 200:
                    log.warning("the collector answered %d: %s", status, str(answer)[:300])
                self._answer(answer)
        finally:
            connection.close()

    def _answer(self, answer: dict[str, object]) -> None:
        """Send the parts that the collector lacks."""
        want = answer.get("want")
        for origin, digests in want.items() if isinstance(want, dict) else ():
            voice = self._by_origin.get(origin)
            if voice is not None:
                voice.add_parts(digests)
                self._send(voice, self._wall())

    @staticmethod
    def _give_back(parcel: Iterable[tuple[Voice, bytes]]) -> None:
        for voice, line in parcel:
            voice.give_back([line])
