"""What a relay does again and again, whatever goes wrong once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 2.0


async def repeat(seconds: float, work: Callable[[], Awaitable[None]], does: str = "") -> None:
    """Do work every so many seconds. does: what it is, for the log."""
    while True:
        try:
            await work()
        except Exception:
            what = does or f"do {work.__name__}"
            log.exception("cannot %s; it is tried again in %.0f s", what, seconds)
        await asyncio.sleep(seconds)


async def for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """Do what has no end. A fault is logged, and the work begun anew: the others must not stop for it."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("cannot go on with %s; it is begun anew", work.__name__)
        await asyncio.sleep(_AGAIN_SECONDS)
