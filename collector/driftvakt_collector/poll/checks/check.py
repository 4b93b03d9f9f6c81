"""What a service check is: a question to a server, and an outcome in which each phase was timed.

Series keep the names of blackbox_exporter: `probe_success`, `probe_duration_seconds`, `probe_ssl_earliest_cert_expiry`.
"""

import asyncio
import math
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

MAX_SAID = 200
"""Characters of what a server said that stand in a reason."""

Labels = tuple[tuple[str, str], ...]


class Fault(Enum):
    """Why a check failed: what an operator has to look at first."""

    UNRESOLVED = "unresolved"
    """The name is known to no name server."""
    DOWN = "down"
    """Nothing listens there, or no way leads there."""
    HUNG = "hung"
    """Somebody listens, and does not answer in time."""
    ANSWER = "answer"
    """It answers, and not what it should."""
    CERTIFICATE = "certificate"
    """Its certificate is expired, of another name, or of nobody that we trust."""
    DENIED = "denied"
    """It does not let the account of the check in."""
    UNUSABLE = "unusable"
    """The check itself can't be carried out as it is set."""
    LATE = "late"
    """A job did not run when it should have."""
    FAILED = "failed"
    """A job ran, and says that it failed."""


OF_JOBS = (Fault.LATE, Fault.FAILED, Fault.HUNG)
"""What may be wrong with a job, which tells by itself how it went."""
OF_ANSWERS = tuple(fault for fault in Fault if fault not in (Fault.LATE, Fault.FAILED))
"""What may be wrong with what is asked."""


class CheckError(Exception):
    """The service is not as it should be. The text is a sentence for the operator."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked. port: 0 for the usual one. options: of this kind of check, as its table declares them.

    secret: of the account that the check uses, empty where it uses none; it stands in no reason and no series.
    """

    host: str
    port: int = 0
    options: Mapping[str, str | int | float | bool | tuple[str, ...]] = field(default_factory=dict)
    secret: str = field(default="", repr=False)

    def text(self, name: str, default: str = "") -> str:
        """Return an option that is a text."""
        return str(self.options.get(name, default))

    def number(self, name: str, default: float = 0.0) -> float:
        """Return an option that is a number."""
        told = self.options.get(name, default)
        return float(told) if isinstance(told, int | float) else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return an option that is true or false."""
        told = self.options.get(name, default)
        return told if isinstance(told, bool) else default


_LEAST = 5
"""Characters of a secret's beginning that anybody may see."""
CONNECT = "connect"
"""The phase in which a connection is made."""


class Course:
    """How a check goes: its phases with their seconds, and what else it measured. broke: the phase that it broke in.

    hidden: texts that a secret was written as on its way, which no reason may show.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.broke = ""
        self.hidden: list[str] = []
        self.phases: dict[str, float] = {}
        self.values: dict[tuple[str, Labels], float] = {}
        self._now = now

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase; one that is gone through twice is the sum."""
        began = self._now()
        try:
            yield
        except BaseException:
            self.broke = self.broke or name
            raise
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + self._now() - began

    def tell(self, name: str, value: float, **labels: str) -> None:
        """Remember a value under a series' name. What no number is, or none that ends, is nothing to tell."""
        if math.isfinite(value):
            self.values[name, tuple(sorted(labels.items()))] = value


Probe = Callable[[Target, Course], Awaitable[None]]
"""Asks; returns where all is well, and raises CheckError where it is not."""


@dataclass(frozen=True, slots=True)
class Option:
    """name, kind and a sentence: what may be set for a check."""

    name: str
    kind: type
    help: str


@dataclass(frozen=True, slots=True)
class Check:
    """A kind of check. port: the usual one, 0 for none. phases: the series that its phases are told by."""

    name: str
    help: str
    probe: Probe
    port: int = 0
    phases: str = "driftvakt_probe_phase_seconds"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """fault: None where all is well. reason: a sentence, empty then. seconds: how long it took, all in all."""

    fault: Fault | None
    reason: str
    seconds: float
    phases: Mapping[str, float]
    values: Mapping[tuple[str, Labels], float]


async def run(check: Check, target: Target, patience: float, now: Callable[[], float] = time.perf_counter) -> Outcome:
    """Carry a check out. patience: seconds after which a server is hung. Never raises for what a server does."""
    course, began = Course(now), now()
    fault, reason = None, ""
    if not target.port and check.port:
        target = Target(target.host, check.port, target.options, target.secret)
    try:
        async with asyncio.timeout(patience):
            await check.probe(target, course)
    except CheckError as e:
        fault, reason = e.fault, str(e)
    except TimeoutError:
        fault, reason = Fault.HUNG, f"no answer within {patience:g} s"
        if course.broke == CONNECT:
            # Whoever has hung still takes connections: its kernel does.
            fault = Fault.DOWN
            reason = f"nobody takes a connection within {patience:g} s: it is off, or a firewall drops what is sent"
    except Exception as e:  # noqa: BLE001  a server may make a library raise anything
        fault, reason = fault_of(e)
    return Outcome(
        fault, _without((target.secret, *course.hidden), reason), now() - began, course.phases, course.values
    )


def fault_of(error: Exception) -> tuple[Fault, str]:
    """Return what an exception of the system's or of a library's means for the operator."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault.CERTIFICATE, f"its certificate is not good: {said(error.verify_message)}"
    if isinstance(error, ssl.SSLError):
        return Fault.ANSWER, f"it does not speak TLS as we do: {said(error.reason or error)}"
    if isinstance(error, asyncio.IncompleteReadError | EOFError):
        return Fault.ANSWER, "it hung up before it had answered"
    if isinstance(error, ConnectionRefusedError):
        return Fault.DOWN, "nothing listens there"
    if isinstance(error, ConnectionError):
        return Fault.ANSWER, f"it broke the connection: {said(error.strerror or error)}"
    if isinstance(error, OSError):
        # getaddrinfo and unreachable networks; `gaierror` is an OSError too.
        unresolved = type(error).__name__ == "gaierror"
        return (Fault.UNRESOLVED if unresolved else Fault.DOWN), said(error.strerror or error)
    return Fault.ANSWER, f"it answers what can't be read: {said(error) or type(error).__name__}"


def said(what: object) -> str:
    """Return what a server said, fit to stand in a sentence: bounded, in one line, without what can't be seen."""
    text = what.decode("utf-8", "replace") if isinstance(what, bytes) else str(what)
    plain = " ".join("".join(one if one.isprintable() else " " for one in text[: 4 * MAX_SAID]).split())
    return plain if len(plain) <= MAX_SAID else plain[: MAX_SAID - 1] + "…"


def wrong(what: object, wanted: str) -> NoReturn:
    """Raise CheckError: it answered `what`, and `wanted` says what it should have."""
    raise CheckError(Fault.ANSWER, f"it says {said(what)!r}, and not {wanted}")


def _without(secrets: Iterable[str], reason: str) -> str:
    """Return a reason without secrets, and without the beginning of one that was cut off at its end."""
    for one in filter(None, secrets):
        reason = reason.replace(one, "…")
        cut = next((length for length in range(len(one) - 1, _LEAST, -1) if one[:length] in reason), 0)
        reason = reason.replace(one[:cut], "…") if cut else reason
    return reason
