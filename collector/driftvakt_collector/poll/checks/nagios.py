"""A check by a plug-in that was made for Nagios (Monitoring Plugins Development Guidelines).

It runs without a shell, only from folders that an administrator has allowed, and is killed with all of its children
when its time is over.
"""

import os
import stat

from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.perfdata import measured, parts
from driftvakt_collector.poll.checks.program import MOST, Ended, ran

FOLDERS = ("/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins")
"""Where distributions have them."""
_HOST = "$HOSTADDRESS$"
"""Stands for the host, as it does for Nagios."""
_GOOD, _WARNING, _CRITICAL = 0, 1, 2
_STATES = {_WARNING: "WARNING", _CRITICAL: "CRITICAL"}


async def probe(target: Target, course: Course) -> None:
    """Run the plug-in, and take its word for it."""
    argv = arguments(target)
    try:
        with course.phase("run"):
            ended = await ran(argv)
    except OSError as e:
        raise CheckError(Fault.UNUSABLE, f"can't run {said(argv[0])!r}: {said(e.strerror)}") from e
    words, numbers = parts(ended.out.decode("utf-8", "replace"))
    for one in measured(numbers):
        course.tell("driftvakt_probe_perfdata", one.value, label=one.label, unit=one.unit)
    judge(ended, words, warning_is_good=target.flag("warning_is_good"))


def arguments(target: Target) -> list[str]:
    """Return the plug-in and its arguments. Raises CheckError where it may not be run."""
    told, allowed = target.options.get("arguments", ()), target.options.get("folders", FOLDERS)
    assert isinstance(told, tuple)
    assert isinstance(allowed, tuple)
    plugin = runnable(target.text("plugin"), allowed)
    if any(_HOST in one for one in told) and (not target.host or target.host.startswith("-")):
        # It would pass for an option of the plug-in.
        raise CheckError(Fault.UNUSABLE, f"{said(target.host)!r} can't be the name of a host")
    filled = [one.replace(_HOST, target.host) for one in told]
    if any("\0" in one for one in filled):
        raise CheckError(Fault.UNUSABLE, "no argument may hold a NUL")
    return [plugin, *filled]


def runnable(path: str, allowed: tuple[str, ...]) -> str:
    """Return where a plug-in really is. Raises CheckError where that is no folder of these, or not to be trusted."""
    if not os.path.isabs(path) or "\0" in path:
        raise CheckError(Fault.UNUSABLE, f"option 'plugin' must begin with /, got {said(path)!r}")
    real = os.path.realpath(path)
    if os.path.dirname(real) not in {os.path.realpath(one) for one in allowed if os.path.isabs(one)}:
        raise CheckError(Fault.UNUSABLE, f"{said(path)!r} is in none of the folders that are allowed")
    try:
        told, folder = os.stat(real), os.stat(os.path.dirname(real))
        begins = _begins(real) if stat.S_ISREG(told.st_mode) else b""
    except OSError as e:
        raise CheckError(Fault.UNUSABLE, f"can't run {said(path)!r}: {said(e.strerror)}") from e
    # What is neither would be given to a shell.
    if not begins.startswith((b"#!", b"\x7fELF")) or not os.access(real, os.X_OK):
        raise CheckError(Fault.UNUSABLE, f"{said(path)!r} is no program")
    if (told.st_mode | folder.st_mode) & stat.S_IWOTH:
        raise CheckError(Fault.UNUSABLE, f"{said(path)!r} may be changed by anybody, so it is not run")
    return real


def _begins(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(4)


def judge(ended: Ended, words: str, *, warning_is_good: bool) -> None:
    """Raise CheckError where a plug-in has ended with anything but OK."""
    shown = said(words) or said(ended.err)
    if ended.much:
        raise CheckError(Fault.UNUSABLE, f"the plug-in says more than {MOST} bytes: {shown!r}")
    if ended.code == _GOOD or (ended.code == _WARNING and warning_is_good):
        return
    if ended.code in _STATES:
        raise CheckError(Fault.ANSWER, shown or f"{_STATES[ended.code]}, without a word")
    how = f"was killed by signal {-ended.code}" if ended.code < 0 else f"ended with {ended.code}"
    raise CheckError(Fault.UNUSABLE, f"the plug-in {how}: {shown or 'without a word'}")


CHECK = Check(
    name="nagios",
    help="A plug-in of Nagios says that all is well.",
    probe=probe,
    options=(
        Option("plugin", str, "the plug-in, as a path that begins with /"),
        Option("arguments", tuple, f"what it is given, each a text of its own; {_HOST} stands for the host"),
        Option("folders", tuple, f"where plug-ins may be; {' and '.join(FOLDERS)} if it is not set"),
        Option("warning_is_good", bool, "whether WARNING counts as good"),
    ),
)
