"""The running agent: at each turn of the clock read, sign and send; in between wait, and try again what failed."""

import os
import select
import signal
import socket
import zlib
from collections.abc import Callable, Mapping

from driftvakt_agent import own
from driftvakt_agent.budget import Budget
from driftvakt_agent.config import DEFAULT_INTERVAL, MAX_INTERVAL, MIN_INTERVAL, Config
from driftvakt_agent.delivery import Delivery
from driftvakt_agent.host import Host
from driftvakt_agent.libc import give_back
from driftvakt_agent.log import Once, say
from driftvakt_agent.probes import PROBES, Probe
from driftvakt_agent.report import Names
from driftvakt_agent.runner import Outcome, Runner
from driftvakt_agent.sample import Sample
from driftvakt_agent.sender import Sender
from driftvakt_agent.status import StatusFile
from driftvakt_agent.stock import stock_of
from driftvakt_wire import RELEASE, encode

_PARTS_TRIES = 3
_INVENTORY_SPLAY = 60.0
"""Seconds over which the first inventories of many hosts are spread."""
_SETTLED = 3
"""Turns after which all that a start needs was loaded and let go."""


def chosen(config: Config) -> list[Probe]:
    """Return the probes that this profile and configuration run on this platform."""
    return [
        probe
        for probe in PROBES
        if config.profile in probe.profiles
        and probe.name not in config.disabled
        and (not probe.asked or probe.name in config.probes)
        and probe.module()
    ]


class Agent:
    """One agent. `cycle` measures and reports once; `run` does it for ever. host, sender: given by a test."""

    def __init__(
        self, config: Config, host: Host | None = None, sender: Sender | None = None, epoch: str | None = None
    ) -> None:
        self.config = config
        self.host = host or Host(profile=config.profile, settings=config.probes, privacy=config.privacy)
        self.sender = sender or sender_to(config)
        self.delivery = Delivery(config, self.sender, epoch or "", self.host.now, monotonic=self.host.monotonic)
        self.probes = chosen(config)
        self._runner = Runner(self.host)
        self._names = Names(self.host.persons)
        self._once = Once()
        self._first = True
        self._budget = Budget(config.cpu_budget, config.memory_budget, self.probes)
        self._cost = own.cost()
        self._cost_at = self.host.monotonic()
        self._quiet_until = self._cost_at
        self._parts_left = 0
        self.stock = stock_of(config, self.host, _splay(config.origin, _INVENTORY_SPLAY), self._once)

    def hello(self) -> None:
        """Say that the agent started."""
        self.delivery.add(encode.event(self.host.now(), "agent.start", f"driftvakt-agent {RELEASE}"))

    def goodbye(self) -> None:
        """Put what waits on disk, say that it stops, and try once to get that through."""
        self.delivery.goodbye(encode.goodbye(self.host.now(), "stopped"))
        self.sender.close()

    def cycle(self) -> None:
        """Measure, and put a report in line."""
        self._parts_left = _PARTS_TRIES
        if not self._first:
            self.delivery.turn()
        shed = [probe for probe in self.probes if self._budget.sheds(probe)]
        # The first report must not wait for a heavy probe: somebody stands there and looks for the new host.
        left = [probe for probe in self.probes if probe not in shed and not (probe.apart and self._first)]
        self._first = False
        outcomes = self._runner.run(left)
        self._say_failures(outcomes)
        samples: list[Sample] = []
        for outcome in outcomes:
            samples.extend(outcome.samples)
            for one in outcome.happenings:
                self.delivery.add(encode.event(round(self.host.now(), 3), one.name, one.text))
            outcome.happenings = []
        spent, custody = self._spent(), self.delivery.custody
        samples += own.of_probes(outcomes, durations=self.config.profile == "server")
        samples += own.of_agent(
            spent, self.config.profile, len(custody), custody.dropped, len(shed), self._names.dropped, self.sender.sent,
        )  # fmt: skip
        if self.config.spool:
            samples += own.of_spool(custody.spool_size, custody.spool_lines, writable=not custody.trouble)
        numbers = self._names.numbers(samples, _families(outcomes))
        at, up, every = round(self.host.now(), 3), round(self.host.monotonic(), 3), self.interval
        self.stock.turn()
        sections = {**self.stock.digests, **numbers.sections}
        self.delivery.add(encode.report(at, up, every, numbers.series, numbers.values, sections))

    def deliver(self, until: float) -> float:
        """Send what waits, with the parts that the collector asks for. Return seconds to the next try, < 0 for none."""
        quiet = self._quiet_until - self.host.monotonic()
        if quiet > 0:
            return quiet
        while True:
            wait = self.delivery.attempt(until)
            self._quiet_until = self.host.monotonic() + self.delivery.pause
            if self.delivery.want and self._parts_left and not self.delivery.failing:
                self._parts_left -= 1
                if self._add_parts():
                    continue
            if wait != 0.0 or self.host.monotonic() >= until:
                return wait

    @property
    def interval(self) -> float:
        """Return the seconds between reports: as configured, else as the collector asks, and 60 until it has asked."""
        asked = self.delivery.next_seconds
        return self.config.interval or (min(max(asked, MIN_INTERVAL), MAX_INTERVAL) if asked else DEFAULT_INTERVAL)

    def status(self) -> Mapping[str, object]:
        """Return what `driftvakt-agent status` shows."""
        delivery, custody = self.delivery, self.delivery.custody
        return {
            "at": self.host.now(), "pid": os.getpid(), "release": RELEASE, "origin": self.config.origin,
            "collector": self.sender.url, "collectors": self.config.collectors, "profile": self.config.profile,
            "interval": self.interval, "delivered_at": delivery.last_success, "trouble": delivery.trouble,
            "pending": len(custody), "dropped": custody.dropped, "cpu_seconds": self._cost.cpu,
            "memory_bytes": self._cost.memory,
            "level": self._budget.level, "failing": {**self._once.standing(), **delivery.standing()},
            "spool": {
                "folder": self.config.spool, "bytes": custody.spool_size, "lines": custody.spool_lines,
                "writable": bool(self.config.spool) and not custody.trouble,
            },
        }  # fmt: skip

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Report until `stopped` says so; it waits for the given seconds and returns whether to stop."""
        self.hello()
        file = StatusFile(self.config.status_file)
        due = self.host.monotonic() + _splay(self.config.origin, self.interval) - self.interval
        turns = 0
        while True:
            self.cycle()
            due += self.interval
            while True:
                wait = self.deliver(due)
                file.write(self.status(), self._once)
                left = due - self.host.monotonic()
                if stopped(max(0.0, left if wait < 0 else min(left, wait))):
                    self.goodbye()
                    file.write({**self.status(), "stopped": True}, self._once)
                    file.close()
                    return
                if self.host.monotonic() >= due - 0.001:
                    break
                if wait < 0:
                    continue
            if turns < _SETTLED:
                turns += 1
                if turns == _SETTLED:
                    give_back()
            # After a suspend or a long stall the turns that were missed are gone; they are not made up for.
            while due + self.interval <= self.host.monotonic():
                due += self.interval

    def _add_parts(self) -> bool:
        """Put the parts in line that the collector asked for; return whether there were any."""
        names = self._names
        added = False
        for mark in set(self.delivery.want):
            if mark == names.set_digest:
                self.delivery.add(encode.series(mark, names.set))
                added = True
            elif mark == names.info_digest:
                self.delivery.add(encode.section("info", mark, names.info))
                added = True
            elif (found := self.stock.body(mark)) is not None:
                self.delivery.add(encode.section(found[0], mark, found[1]))
                added = True
        self.delivery.want = []
        return added

    def _spent(self) -> own.Cost:
        spent, now = own.cost(), self.host.monotonic()
        seconds = max(now - self._cost_at, self.interval / 2)
        self._budget.spent((spent.cpu - self._cost.cpu) / seconds, spent.memory)
        self._cost, self._cost_at = spent, now
        return spent

    def _say_failures(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.error:
                self._once.trouble(f"probe {outcome.name}", outcome.error)
            else:
                self._once.fine(f"probe {outcome.name}")


def _families(outcomes: list[Outcome]) -> dict[str, tuple[str, str]]:
    """Return type and help of what the probes found declared in files."""
    found: dict[str, tuple[str, str]] = {}
    for outcome in outcomes:
        found.update(outcome.families)
    return found


def sender_to(config: Config) -> Sender:
    """Return what posts to the collector, by one way or by several."""
    if len(config.collectors) == 1:
        return Sender(config.collector, config.ca_file)
    # Imported here: an agent with one way does not carry it.
    from driftvakt_agent.endpoints import Endpoints

    return Endpoints(config.collectors, config.ca_file)


def _splay(origin: str, interval: float) -> float:
    """Return how long after its first report an agent's beat begins: at a place in the interval that is its own."""
    splay = zlib.crc32(origin.encode()) % 1000 / 1000 * interval
    return splay if splay >= 1 else interval


def run(config: Config) -> int:
    """Run the agent until SIGTERM or SIGINT; return the exit code."""
    agent = Agent(config)
    receive, send = socket.socketpair()
    send.setblocking(False)  # noqa: FBT003  its signature
    signal.set_wakeup_fd(send.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    where = " or ".join(config.collectors)
    say("info", f"reports {config.origin} to {where} every {agent.interval:g} s, profile {config.profile}")

    def stopped(seconds: float) -> bool:
        ready, _, _ = select.select([receive], [], [], seconds)
        return bool(ready)

    agent.run(stopped)
    say("info", "stopped")
    return 0
