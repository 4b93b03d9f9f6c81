"""Before the agent runs: is it enrolled, and is this still the machine that was?

A sealed agent, and one that was copied along with its key, enrols anew with its `token_file`. That is done by a child,
so that what it needs does not stay in the memory of a process which runs for months.
"""

import os
import sys
from collections.abc import Callable

from driftvakt_agent import machine
from driftvakt_agent.config import Config, ConfigError
from driftvakt_agent.host import Host
from driftvakt_agent.log import say

_WAITS = (10.0, 30.0, 60.0, 300.0)


def prepared(
    path: str, read: Callable[[str], Config], host: Host | None = None, child: Callable[[str], int] | None = None,
    wait: Callable[[float], None] | None = None,
) -> Config:  # fmt: skip
    """Return the configuration to run with; enrol first where that is needed. Raises ConfigError."""
    folder = os.path.dirname(os.path.abspath(path))
    token_file = _setting(path, "token_file")
    try:
        config = read(path)
    except ConfigError:
        if not token_file or _setting(path, "origin"):
            raise
        say("info", f"this machine is not enrolled yet; it enrols itself with the token in {token_file}")
    else:
        if not machine.other(folder, config.origin, host or Host()):
            if _setting_pending(folder) == config.origin:
                (child or _enrol)(path)
                return read(path)
            return config
        what = f"this is another machine than the one that was enrolled as {config.origin}: its disk was copied"
        if not token_file:
            raise ConfigError(
                f"{what}. Its key is not used. Enrol this machine:"
                f" driftvakt-agent enrol URL --token-file FILE --dir {folder}"
            )
        say("warning", f"{what}. Its key is not used; this one enrols anew with the token in {token_file}")
    _until_enrolled(path, child or _enrol, wait or _sleep)
    return read(path)


def _until_enrolled(path: str, child: Callable[[str], int], wait: Callable[[float], None]) -> None:
    tries = 0
    # Also where the token was refused: its file may be another tomorrow.
    while child(path):
        pause = _WAITS[min(tries, len(_WAITS) - 1)] * (0.75 + os.urandom(1)[0] / 512)
        say("warning", f"not enrolled; tried again in {pause:.0f} s")
        wait(pause)
        tries += 1


def _enrol(path: str) -> int:
    """Enrol in a child; return its exit code."""
    folder = os.path.dirname(os.path.abspath(path))
    words = [sys.executable, "-m", "driftvakt_agent", "enrol", "--again", "--no-start", "--dir", folder]
    return os.spawnv(os.P_WAIT, sys.executable, words)  # noqa: S606  no shell is meant


def _sleep(seconds: float) -> None:
    import time

    time.sleep(seconds)


def _setting(path: str, name: str) -> str:
    """Return a text of the top level of the configuration, without the TOML parser, which is 1.5 MB."""
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.lstrip().startswith("["):
                    break
                key, _, value = line.partition("=")
                if key.strip() == name:
                    value = value.strip()
                    return value[1:].partition(value[0])[0] if value[:1] in ('"', "'") else value
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _setting_pending(folder: str) -> str:
    """Return the origin whose renewal was begun and not finished, empty when none was."""
    import json

    try:
        with open(os.path.join(folder, "enrol.pending"), encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return ""
    return str(told.get("asks", "")) if isinstance(told, dict) else ""
