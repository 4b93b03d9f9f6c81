"""One line to standard error for each thing worth saying. The logging module costs 1 MB of the agent's memory."""

import os
import sys

_PRIORITIES = {"error": 3, "warning": 4, "info": 6, "debug": 7}
"""Levels of syslog(3); under systemd a line begins with `<N>`, which the journal understands (sd-daemon(3))."""


def say(level: str, text: str) -> None:
    """Write a line. Control characters are shown as escapes: a device's name must not forge a line of the log."""
    clean = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    prefix = f"<{_PRIORITIES[level]}>" if "JOURNAL_STREAM" in os.environ else f"{level.upper()} "
    try:
        print(prefix + clean, file=sys.stderr, flush=True)
    except OSError:
        # The disk of the log is full, or its reader is gone: that must not end the watch.
        return


class Once:
    """Says a thing when it becomes true, is silent while it stays so, and says when it is over."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def trouble(self, about: str, text: str) -> None:
        """Say that something is wrong, unless the same was the last thing said about it."""
        if self._said.get(about) != text:
            self._said[about] = text
            say("warning", f"{about}: {text}")

    def standing(self) -> dict[str, str]:
        """Return what is wrong now, by what it is about."""
        return dict(self._said)

    def fine(self, about: str) -> None:
        """Say that it is well again, if it was not."""
        if self._said.pop(about, None) is not None:
            say("info", f"{about}: well again")
