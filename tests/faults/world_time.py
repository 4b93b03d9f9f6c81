"""Virtual time: an event loop whose clock jumps to the next timer, and threads of which one at a time may run.

Nothing here waits in earnest, and nothing happens in an order that the seed does not decide.
"""

import asyncio
import heapq
import selectors
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import ModuleType
from typing import Any

_RESOLUTION = 1e-7


class StuckError(AssertionError):
    """Nobody waits for anything any more."""


class _Selector(selectors.SelectSelector):
    """Waits for nothing: the time that it is told to wait is over at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StuckError("nothing is due, and nobody will ever wake")
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop without a world outside. What is given to a thread is done at once."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._clock_resolution = _RESOLUTION

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as e:  # noqa: BLE001  whoever asked is told
            done.set_exception(e)
        return done

    def forget(self) -> None:
        """Let go of timers that were cancelled; else hours of time-outs stay in memory."""
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        if sum(one.cancelled() for one in scheduled) > len(scheduled) // 2:
            scheduled[:] = [one for one in scheduled if not one.cancelled()]
            heapq.heapify(scheduled)


class InlineThread:
    """An executor that does the work where it is given."""

    def submit(self, work: Callable[..., Any], *args: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args))
        except Exception as e:  # noqa: BLE001  whoever asked is told
            done.set_exception(e)
        return done

    def shutdown(self, wait: bool = True) -> None:
        """There is nothing to wait for."""


class Killed(BaseException):
    """The process is no more. No handler of the program may catch it."""


class Fiber:
    """A blocking program in a thread of its own, which runs only while the loop waits for it.

    ended: is told when it is over, with what it raised, None when it returned.
    """

    def __init__(self, work: Callable[[], None], ended: Callable[[BaseException | None], None]) -> None:
        self._work = work
        self._ended = ended
        self._mine = threading.Lock()
        self._theirs = threading.Lock()
        self._mine.acquire()
        self._theirs.acquire()
        self._value: Any = None
        self._error: BaseException | None = None
        self.killed = False
        self.over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Run it until it waits for the first time."""
        self._thread.start()
        self._theirs.acquire()
        self._look()

    def resume(self, value: Any = None) -> None:
        """Go on with it until it waits again."""
        if self.over:
            return
        self._value = value
        self._mine.release()
        self._theirs.acquire()
        self._look()

    def kill(self) -> None:
        """End it where it stands."""
        if not self.over:
            self.killed = True
            self.resume()

    def pause(self) -> Any:
        """Called by the program: let the others go on; return what `resume` was given."""
        self._theirs.release()
        self._mine.acquire()
        if self.killed:
            raise Killed
        return self._value

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as e:  # noqa: BLE001  whoever waits for the end is told
            self._error = e
        self.over = True
        self._theirs.release()

    def _look(self) -> None:
        if self.over:
            self._thread.join()
            self._ended(self._error)


def put(module: ModuleType, name: str, part: object) -> None:
    """Put a part of the simulated world in the place of a program's own, which must be there."""
    assert hasattr(module, name), f"{module.__name__} has no {name} any more: teach it to the simulated world"
    setattr(module, name, part)
