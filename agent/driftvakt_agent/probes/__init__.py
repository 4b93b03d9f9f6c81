"""The one table of probes. To add one: a module here with `collect(host)`, one line below, a fixture, a test."""

import sys

LINUX = "linux"


class Probe:
    """A line of the table.

    name: as in `[probes.NAME]` and in the label `probe`. linux, other: module in this package on Linux, and on Windows
    and macOS; empty where there is none. profiles: who runs it. every: seconds between two runs, 0 for each cycle; what
    a slow probe said last is sent in between. deadline: seconds after which a run is given up. shed: when the agent is
    over its budget the probes with the highest number go first; 0 is never shed. apart: run in a process of its own
    where the platform can, for one that is seldom and heavy. asked: only where the configuration has `[probes.NAME]`.
    """

    __slots__ = ("apart", "asked", "deadline", "every", "linux", "name", "other", "profiles", "shed")

    def __init__(
        self,
        name: str,
        linux: str = "",
        other: str = "",
        profiles: tuple[str, ...] = ("server", "workstation"),
        every: float = 0,
        deadline: float = 2,
        shed: int = 0,
        *,
        apart: bool = False,
        asked: bool = False,
    ) -> None:
        self.name = name
        self.linux = linux
        self.other = other
        self.profiles = profiles
        self.every = every
        self.deadline = deadline
        self.shed = shed
        self.apart = apart
        self.asked = asked

    def module(self, platform: str = sys.platform) -> str:
        """Return the full name of the module that this platform uses, empty where it has none."""
        name = self.linux if platform == LINUX else self.other
        return f"{__name__}.{name}" if name else ""


SERVER = ("server",)

PROBES: tuple[Probe, ...] = (
    Probe("cpu", linux="cpu", other="portable.cpu"),
    Probe("load", linux="load", other="portable.load"),
    Probe("memory", linux="memory", other="portable.memory"),
    Probe("vmstat", linux="vmstat", profiles=SERVER, shed=2),
    Probe("stat", linux="stat", other="portable.stat"),
    Probe("filesystem", linux="filesystem", other="portable.filesystem", deadline=5),
    Probe("disk", linux="disk", other="portable.disk", shed=1),
    Probe("network", linux="network", other="portable.network"),
    Probe("netstat", linux="netstat", profiles=SERVER, shed=4),
    Probe("sockstat", linux="sockstat", profiles=SERVER, shed=4),
    Probe("softnet", linux="softnet", profiles=SERVER, shed=5),
    Probe("conntrack", linux="conntrack", profiles=SERVER, shed=5),
    Probe("pressure", linux="pressure", shed=2),
    Probe("time", linux="time", other="portable.time"),
    Probe("timex", linux="timex"),
    Probe("filefd", linux="filefd"),
    Probe("entropy", linux="entropy", profiles=SERVER, shed=5),
    Probe("processes", linux="processes", other="portable.processes", every=300, shed=3),
    Probe("users", linux="users", other="portable.users"),
    Probe("hwmon", linux="hwmon", shed=4),
    Probe("thermal", linux="thermal", other="portable.thermal", shed=4),
    Probe("power", linux="power", other="portable.power"),
    Probe("systemd", linux="systemd", every=60, deadline=5, shed=3),
    Probe("reboot", linux="reboot", other="portable.reboot", every=600),
    Probe("updates", linux="updates", other="portable.updates", every=6 * 3600, deadline=120, apart=True),
    Probe("os", linux="os", other="portable.os", every=3600),
    Probe("dmi", linux="dmi", every=3600),
    Probe("uname", linux="uname", other="portable.uname", every=3600),
    Probe("textfile", linux="textfile", other="textfile", deadline=5),
    Probe("scripts", linux="scripts", other="scripts", deadline=120, asked=True),
)
