"""Since when a machine runs, and how busy it is: uptime.

Example:
    $ uptime
     10:25:20 up 16:03,  2 users,  load average: 0.00, 0.01, 0.05
    $ uptime    (macOS)
    10:15  up 20 days, 19:45, 8 users, load averages: 1.63 0.65 0.44
"""

import re
from dataclasses import dataclass

from driftvakt_collector.poll.ssh.parsers.number import real, whole
from driftvakt_collector.poll.ssh.text import last_line

_UP = re.compile(r"\bup\s(?P<up>.{1,60}?),\s{1,9}(?P<users>\d{1,6}) users?,")
_DAYS = re.compile(r"(\d{1,6}) days?")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
_WORDS = (
    (re.compile(r"(\d{1,4}) hrs?"), 3600),
    (re.compile(r"(\d{1,4}) mins?"), 60),
    (re.compile(r"(\d{1,4}) secs?"), 1),
)


@dataclass(frozen=True, slots=True)
class Uptime:
    """seconds: since the start, as exact as it is told: to the minute. loads: of 1, 5 and 15 minutes."""

    seconds: int
    users: int
    loads: tuple[float, float, float] | None


def parse(text: str) -> Uptime | None:
    """Return what uptime says, None where it says nothing."""
    line = last_line(text)
    found = _UP.search(line)
    if found is None:
        return None
    up, seconds = found["up"], 0
    if days := _DAYS.search(up):
        seconds += int(days[1]) * 86400
    if clock := _CLOCK.search(up):
        seconds += int(clock[1]) * 3600 + int(clock[2]) * 60
    for pattern, unit in _WORDS:
        if word := pattern.search(up):
            seconds += int(word[1]) * unit
    loads = [real(one.rstrip(",")) for one in line.rpartition("average")[2].lstrip("s:").split()[:3]]
    told = [one for one in loads if one is not None]
    return Uptime(seconds, whole(found["users"]) or 0, (told[0], told[1], told[2]) if len(told) == 3 else None)
