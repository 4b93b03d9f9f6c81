"""Checks that the operator names, after the convention of Nagios plug-ins: exit code, a line of text, numbers behind |.

Example:
    [probes.scripts]
    checks = [{name = "backup", command = ["/usr/lib/nagios/plugins/check_file_age", "-w", "90000"], every = 300}]

    $ /usr/lib/nagios/plugins/check_load -w 5,4,3; echo $?
    LOAD OK - total load average: 0.21, 0.37, 0.39|load1=0.210;5.000;;0; load5=0.370;4.000;;0; load15=0.390;3.000;;0;
    0

A check runs without a shell, as the agent's own user, in a process group of its own that is killed as a whole when its
time is up. Its text changes often, so it is no label: it goes with the event that says when a state changes.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BufferedIOBase

from driftvakt_agent.host import Host
from driftvakt_agent.perfdata import Number, parse
from driftvakt_agent.sample import Happening, NoData, ProbeError, Sample

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
MAX_OUTPUT = 4096
AT_ONCE = 4

_TIMEOUT = 10.0
_MOST_TIMEOUT = 60.0
_GRACE = 1.0
"""Seconds that what a check printed may still come after its end; then whoever holds the pipe is killed."""
_CHUNK = 4096
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Check:
    """A check as the operator set it. timeout: seconds it may take. every: seconds between two runs, 0: each cycle."""

    __slots__ = ("command", "every", "name", "timeout")

    def __init__(self, name: str, command: Sequence[str], timeout: float = _TIMEOUT, every: float = 0) -> None:
        self.name = name
        self.command = tuple(command)
        self.timeout = timeout
        self.every = every


STATES = ("ok", "warning", "critical", "unknown")


class Outcome:
    """What a check said last: state (0 to 3), the line for the reader, the numbers, and how long it took."""

    __slots__ = ("numbers", "seconds", "state", "text")

    def __init__(self, state: int, text: str, numbers: Sequence[Number] = (), seconds: float = 0.0) -> None:
        self.state = state
        self.text = text
        self.numbers = numbers
        self.seconds = seconds


class Checks:
    """Runs the checks that are due, a few at once, and keeps what each said last.

    silent: under the privacy profile `edu`, nothing that a check printed is told: a program may print any name.
    """

    def __init__(self, run: "Callable[[Check], Outcome] | None" = None) -> None:
        self._run = run or run_check
        self._due: dict[str, float] = {}
        self.silent = False
        self.outcomes: dict[str, Outcome] = {}

    def collect(self, checks: Sequence[Check], now: float) -> Iterator[Sample | Happening]:
        """Give the samples of all checks, and what changed since the last time."""
        before = {name: outcome.state for name, outcome in self.outcomes.items()}
        named = {check.name for check in checks}
        for gone in self.outcomes.keys() - named:
            del self.outcomes[gone], self._due[gone]
        due = [check for check in checks if now >= self._due.get(check.name, now)]
        for check in due:
            self._due[check.name] = now + check.every
        self._run_all(due)
        for check in checks:
            outcome = self.outcomes[check.name]
            yield from samples(check.name, outcome, silent=self.silent)
            if outcome.state != before.get(check.name, 0):
                state = f"{check.name} is {STATES[outcome.state]}"
                yield Happening("check.changed", state if self.silent else f"{state}: {outcome.text}")

    def _run_all(self, due: Sequence[Check]) -> None:
        from threading import Thread

        waiting = list(reversed(due))

        def work() -> None:
            while True:
                try:
                    check = waiting.pop()
                except IndexError:
                    return
                self.outcomes[check.name] = self._run(check)

        workers = [Thread(target=work, name="check", daemon=True) for _ in range(min(AT_ONCE, len(due)))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def collect(host: Host) -> Iterator[Sample | Happening]:
    checks = configured(host.settings.get("scripts", {}))
    if not checks:
        raise NoData("no checks are set in [probes.scripts]")
    kept = host.memory.setdefault("scripts", Checks())
    assert isinstance(kept, Checks)
    kept.silent = host.persons is not None
    yield from kept.collect(checks, host.monotonic())


def configured(settings: Mapping[str, object]) -> list[Check]:
    """Return the checks of `[probes.scripts]`. Raises ProbeError that names the first one with a mistake."""
    tables = settings.get("checks", [])
    if not isinstance(tables, Sequence) or isinstance(tables, str):
        raise ProbeError("[probes.scripts] 'checks' must be a list of tables")
    checks: dict[str, Check] = {}
    for number, table in enumerate(tables, 1):
        where = f"[probes.scripts] check {number}"
        if not isinstance(table, Mapping) or table.keys() - {"name", "command", "timeout", "every"}:
            raise ProbeError(f"{where} must be a table of name, command, timeout and every")
        name, command = table.get("name"), table.get("command")
        if not isinstance(name, str) or not name or name in checks:
            raise ProbeError(f"{where} must have a 'name' of its own")
        if not isinstance(command, list | tuple) or not command or not all(isinstance(one, str) for one in command):
            raise ProbeError(f"{where} ({name}): 'command' must be a list of texts, the program first")
        timeout, every = table.get("timeout", _TIMEOUT), table.get("every", 0)
        if not _is_seconds(timeout) or not 0 < timeout <= _MOST_TIMEOUT or not _is_seconds(every) or every < 0:
            raise ProbeError(f"{where} ({name}): 'timeout' must be above 0 and at most 60 s, 'every' at least 0 s")
        checks[name] = Check(name, command, timeout, every)
    return list(checks.values())


def samples(name: str, outcome: Outcome, *, silent: bool = False) -> Iterator[Sample]:
    labels = (("check", name),)
    yield Sample("driftvakt_check_state", outcome.state, labels)
    yield Sample("driftvakt_check_duration_seconds", outcome.seconds, labels)
    for number in () if silent else outcome.numbers:
        more = (("check", name), ("label", number.label), ("unit", number.unit))
        yield Sample("driftvakt_check_perfdata", number.value, more)


def run_check(check: Check) -> Outcome:
    """Run the check now. It never raises: a check that can't run is in state UNKNOWN, with the reason as its text."""
    import subprocess
    from threading import Thread

    start = time.monotonic()
    try:
        process = subprocess.Popen(
            check.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=_environment(), start_new_session=True, cwd=os.path.abspath(os.sep),
        )  # fmt: skip
    except (OSError, ValueError) as e:
        return Outcome(UNKNOWN, f"cannot run {check.command[0]}: {e}")
    output = bytearray()
    assert process.stdout is not None
    reader = Thread(target=_drain, args=(process.stdout, output), name="check-output", daemon=True)
    reader.start()
    try:
        code: int | None = process.wait(check.timeout)
    except subprocess.TimeoutExpired:
        code = None
    reader.join(0 if code is None else _GRACE)
    if code is None or reader.is_alive():
        # A child that is still there holds the pipe open; it goes with its group.
        _kill_group(process.pid)
        process.kill()
        reader.join(_GRACE)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        # It hangs in the kernel, on a dead file server say. Python collects it once it has ended.
        code = None
    seconds = time.monotonic() - start
    if code is None:
        return Outcome(UNKNOWN, f"timed out after {check.timeout:g} s", seconds=seconds)
    result = parse(bytes(output).decode("utf-8", "replace"))
    if code not in (OK, WARNING, CRITICAL, UNKNOWN):
        ended = f"killed by signal {-code}" if code < 0 else f"ended with {code}"
        return Outcome(UNKNOWN, f"{ended}: {result.text}", result.numbers, seconds)
    return Outcome(code, result.text, result.numbers, seconds)


def _drain(pipe: BufferedIOBase, output: bytearray) -> None:
    """Read to the end, and keep the beginning: a check that prints for ever must not fill our memory."""
    # It closes the pipe itself: closed by another, its number could be a new file's by the next read.
    with pipe:
        while chunk := os.read(pipe.fileno(), _CHUNK):
            output += chunk[: MAX_OUTPUT - len(output)]


def _kill_group(pid: int) -> None:
    if sys.platform == "win32":
        import subprocess

        subprocess.run(["taskkill", "/F", "/T", "/PID", str(pid)], check=False, capture_output=True)  # noqa: S607
    else:
        from signal import SIGKILL

        try:
            os.killpg(pid, SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def _environment() -> dict[str, str]:
    """Return no more than a program needs to start: what the agent was given may hold a secret."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "WINDIR", "TEMP") if name in os.environ}
    path = os.environ.get("PATH", "") if sys.platform == "win32" else _PATH
    return {**kept, "PATH": path, "LC_ALL": "C", "LANG": "C"}


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
