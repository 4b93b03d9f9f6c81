"""`driftvakt demo`: builds the stage, lives through the last hour, then serves and lets the city report.

1. The data directory is made: zones, a login, the hosts of the city.
2. A process of its own takes all agents' part. It writes the last hour as fast as it can; see `rehearsal`.
3. The collector serves as always, and the agents report to it over HTTP until it stops.
"""

import asyncio
import logging
import multiprocessing
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from types import FrameType

from driftvakt_collector.config import Config, ConfigError
from driftvakt_collector.demo import rehearsal, senders, stage
from driftvakt_collector.demo.city import LEAST, MOST, city
from driftvakt_collector.demo.pace import Pace, working_day
from driftvakt_collector.demo.rehearsal import Frame
from driftvakt_collector.demo.senders import Plan
from driftvakt_collector.serve import serve

_HOUR = 60
_MOST_REPORTS = 300_000
"""Reports of the past that are worth waiting for; a larger city gets a shorter past."""


@dataclass(frozen=True)
class Show:
    """What the command line asks for. interval: seconds between two reports. speed: days of the city in a day.

    hour: what time it is in the city at the start, on a working day; None for the world's own time.
    """

    seed: int
    size: int
    interval: float
    speed: float
    hour: float | None = None


def run(config: Config, show: Show) -> int:
    """Run the demo until a signal ends it; return the exit code."""
    # A shell that starts this in the background leaves Ctrl-C ignored; whoever sends it means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    config = replace(config, port=_port(config), next_seconds=show.interval)
    if not LEAST <= show.size <= MOST:
        raise ConfigError(f"'--size' must be {LEAST} to {MOST}, got {show.size}")
    if not (0.1 <= show.speed <= 1000 and 1 <= show.interval <= 3600):
        raise ConfigError("'--speed' must be 0.1 to 1000, and '--interval' 1 to 3600 seconds")
    if stage.clear(config.data):
        _say(f"removed the demo of an earlier run from {config.data}")
    assets = city(show.seed, show.size)
    sites = len({(asset.place.zone, asset.place.name) for asset in assets})
    secret = stage.build(config, assets, {"seed": show.seed, "size": show.size, "speed": show.speed}, time.time())
    _say(f"enrolled {len(assets)} hosts at {sites} sites (seed {show.seed})")

    now = time.time()
    minutes = max(1, min(_HOUR, _MOST_REPORTS // show.size))
    pace = Pace(now, now if show.hour is None else working_day(now, show.hour), show.speed)
    plan = Plan(
        config.data, show.seed, show.size, show.interval, pace,
        now - now % 60 - minutes * rehearsal.STEP, secrets.token_hex(8),
    )  # fmt: skip
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    agents = context.Process(target=senders.main, args=(theirs, plan), name="driftvakt-demo-agents", daemon=True)
    agents.start()
    theirs.close()
    try:
        return _perform(config, plan, ours, secret)
    except KeyboardInterrupt:
        return 0
    except EOFError:
        _say("the agents' process ended before it had told the past; what it said stands above")
        return 1
    finally:
        ours.close()
        agents.join(10)
        if agents.is_alive():
            agents.terminate()
            agents.join()
        _say("stopped")


def _perform(config: Config, plan: Plan, pipe: Connection, secret: str) -> int:
    import uvloop

    _say("lives through the last hour first, so that the graphs are full")
    began = time.perf_counter()
    quiet = logging.getLogger("driftvakt_collector.app")
    level = quiet.level
    quiet.setLevel(logging.WARNING)
    size = uvloop.run(rehearsal.rehearse(config, _past(pipe, plan), plan.begin))
    quiet.setLevel(level)
    _say(f"{size / 1e6:.0f} MB of the past took {time.perf_counter() - began:.0f} s")

    url = f"http://{config.listen}:{config.port}"
    pipe.send(url)
    _say(f"open {url}/ and log in as {stage.LOGIN} with {secret}")
    _say(f"host series: {url}/metrics/hosts; stop with Ctrl-C")
    return int(uvloop.run(serve(config)))


async def _past(pipe: Connection, plan: Plan) -> AsyncIterator[Frame]:
    """Read the frames that the agents' process writes, and say how far they have come."""
    tenth = 0
    span = max(1.0, time.time() - plan.begin)
    while True:
        frame = await asyncio.to_thread(pipe.recv)
        if frame is None:
            return
        yield frame
        done = int(max(0.0, frame.at - plan.begin) / span * 4)
        if done > tenth:
            tenth = done
            _say(f"{time.strftime('%H:%M', time.localtime(frame.at))} has passed")


def _port(config: Config) -> int:
    """Return the port to serve on: a free one where none is named. Raises ConfigError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.listen, config.port))
        except OSError as e:
            raise ConfigError(f"cannot serve on port {config.port}: {e.strerror}; name another with --port") from e
        return int(probe.getsockname()[1])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)
