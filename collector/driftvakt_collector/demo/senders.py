"""The process in which all agents of the demo live, apart from the collector as real ones are.

It is told by a pipe: it writes the frames of the last hour until it has caught up, reads where the collector serves,
then reports until the pipe closes, which also happens when the collector's process dies.
"""

import asyncio
import gc
import logging
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from driftvakt_collector.demo import rehearsal
from driftvakt_collector.demo.chorus import Chorus
from driftvakt_collector.demo.city import city
from driftvakt_collector.demo.pace import Pace
from driftvakt_collector.demo.sheet import Sheets
from driftvakt_collector.demo.voice import Air, Voice
from driftvakt_collector.demo.work import Weather
from driftvakt_collector.store import zones
from driftvakt_wire.envelope import derive_key


@dataclass(frozen=True)
class Plan:
    """What the demo shows. data: the collector's directory. begin: seconds since the epoch, where its past starts."""

    data: Path
    seed: int
    size: int
    interval: float
    pace: Pace
    begin: float
    epoch: str


def main(pipe: Connection, plan: Plan) -> None:
    """Live. The entry of the process."""
    # Ctrl-C reaches every process of the terminal; this one ends when the collector has.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        voices = cast(plan)
        told = _tell_the_past(pipe, plan, voices)
        url = pipe.recv()
        gc.freeze()
        asyncio.run(_live(pipe, Chorus(voices, url, plan.interval, time.time), told))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def cast(plan: Plan) -> list[Voice]:
    """Return a voice for each asset of the city, with the key that its zone gives it."""
    masters = zones.load(plan.data)
    air = Air(Weather(plan.seed, plan.pace.day(plan.begin)), plan.pace, Sheets(), plan.interval, plan.epoch)
    return [
        Voice(asset, derive_key(masters[asset.place.zone], asset.origin, 1), air, plan.begin)
        for asset in city(plan.seed, plan.size)
    ]


def _tell_the_past(pipe: Connection, plan: Plan, voices: list[Voice]) -> float:
    """Write frames until the present is reached, and None; return up to when everything is told."""
    known: set[str] = set()
    for frame in rehearsal.prologue(voices, plan.begin, known):
        pipe.send(frame)
    minute = plan.begin
    while minute + rehearsal.STEP <= time.time():
        for frame in rehearsal.frames(voices, minute, known):
            pipe.send(frame)
        minute += rehearsal.STEP
    pipe.send(None)
    return minute


async def _live(pipe: Connection, chorus: Chorus, told: float) -> None:
    """Report until the pipe closes."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), ended.set)
    singing = asyncio.create_task(chorus.sing(told))
    waiting = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait((singing, waiting), return_when=asyncio.FIRST_COMPLETED)
        if singing.done():
            singing.result()
    finally:
        loop.remove_reader(pipe.fileno())
        for task in (singing, waiting):
            task.cancel()
        await asyncio.gather(singing, waiting, return_exceptions=True)
