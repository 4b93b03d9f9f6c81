"""After an enrolment: the agent is started, and looked after until it is clear that it reports, or why not."""

import os
import signal
import subprocess
import sys
import time

from driftvakt_agent.config import ConfigError
from driftvakt_agent.place import Place
from driftvakt_agent.status import process_lives, read_status

UNIT = "driftvakt-agent"
_SYSTEMD = "/run/systemd/system"
"""Is there when systemd is the first process (sd_booted(3))."""
_STATE = "/var/lib"
_PATIENCE = 30.0
_STOP_PATIENCE = 25.0
_STEP = 0.1


class Launched:
    """How the agent was started. process: None where systemd has it. log: where its words go."""

    __slots__ = ("log", "process", "since")

    def __init__(self, process: "subprocess.Popen[bytes] | None", log: str, since: float) -> None:
        self.process = process
        self.log = log
        self.since = since


def launch(place: Place) -> Launched:
    """Start the agent of this configuration, or start it anew. Raises ConfigError."""
    if _has_unit(place.config):
        _fit(place)
        since = time.time()
        for order in ("enable", "restart"):
            done = _systemctl(order, UNIT)
            if done.returncode:
                raise ConfigError(f"enrolled, but 'systemctl {order} {UNIT}' failed: {done.stderr.strip()}")
        return Launched(None, f"journalctl -u {UNIT}", since)
    stop(place)
    since = time.time()
    log = place.path("agent.log")
    try:
        fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as e:
        raise ConfigError(f"enrolled, but cannot write the agent's log {log}: {e.strerror}") from e
    with open(fd, "ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-OO", "-m", "driftvakt_agent", "run", "--config", place.config],
            stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, cwd="/",
        )  # fmt: skip
    return Launched(process, log, since)


def running(place: Place) -> int:
    """Return the process id of the agent that runs with this configuration, 0 where none does."""
    status = read_status(_status_file(place))
    if status is None or status.get("stopped") or not process_lives(status):
        return 0
    pid = status.get("pid")
    # The number may be another process by now; where we can look, it must be one of ours.
    if not isinstance(pid, int) or not os.path.isdir("/proc/self"):
        return pid if isinstance(pid, int) else 0
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return 0
    return pid if os.fsencode(place.config) in words and any(b"driftvakt" in one for one in words) else 0


def stop(place: Place) -> None:
    """Stop the agent of this configuration, if one runs. Raises ConfigError."""
    pid = running(place)
    if not pid:
        return
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except OSError as e:
        raise ConfigError(
            f"the agent that runs with {place.config}, process {pid}, can't be stopped: {e.strerror}"
        ) from e
    end = time.monotonic() + _STOP_PATIENCE
    while running(place):
        if time.monotonic() > end:
            raise ConfigError(f"the agent of {place.config}, process {pid}, does not stop; stop it by hand")
        time.sleep(_STEP)


def outcome(place: Place, launched: Launched, state: str, origin: str, patience: float = _PATIENCE) -> tuple[bool, str]:
    """Wait for the agent's first answer; return whether all is as it should be, and the sentence that says so."""
    waits = f"waits for approval: the operator runs driftvakt host approve {origin}"
    end = time.monotonic() + patience
    trouble = ""
    while time.monotonic() < end:
        status = read_status(_status_file(place))
        at = status.get("at") if status else None
        ours = launched.process is None or (status or {}).get("pid") == launched.process.pid
        if status is not None and ours and isinstance(at, int | float) and at >= launched.since:
            delivered = status.get("delivered_at")
            if isinstance(delivered, int | float) and delivered >= launched.since:
                return True, "reports"
            trouble = str(status.get("trouble") or "")
            if trouble and state != "approved":
                return True, waits
        if launched.process is not None and launched.process.poll() is not None:
            return False, f"was started and ended with {launched.process.returncode}; its words stand in {launched.log}"
        time.sleep(_STEP)
    if state != "approved":
        return True, waits
    why = trouble or "it said nothing so far"
    return False, f"runs, but nothing was delivered within {patience:.0f} s: {why}; see {launched.log}"


def _status_file(place: Place) -> str:
    return place.path(place.text("status_file", "status.json"))


def _has_unit(config: str) -> bool:
    """Say if systemd has a unit that runs this configuration."""
    if not os.path.isdir(_SYSTEMD):
        return False
    try:
        shown = _systemctl("cat", UNIT)
    except OSError:
        return False
    return shown.returncode == 0 and config in shown.stdout


def _fit(place: Place) -> None:
    """Let the unit's user own the folder, and keep what changes where the unit may write."""
    state = _systemctl("show", "--property=StateDirectory", "--value", UNIT).stdout.split()
    user = _systemctl("show", "--property=User", "--value", UNIT).stdout.strip()
    if state:
        names = {"status_file": "status.json", "spool": "spool"}
        paths = {name: f"{_STATE}/{state[0]}/{file}" for name, file in names.items() if name not in place.told}
        if paths:
            place.configure(paths, ())
    if user and user != "root" and os.getuid() == 0:
        import pwd

        try:
            owner = pwd.getpwnam(user)
            for name in ("", *os.listdir(place.folder)):
                os.chown(os.path.join(place.folder, name), owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        except (OSError, LookupError) as e:
            raise ConfigError(f"enrolled, but cannot give {place.folder} to the unit's user {user}: {e}") from e


def _systemctl(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)  # noqa: S607
