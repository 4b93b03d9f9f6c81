"""How many people are logged in. Never who: no name of a user leaves the machine."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, psutil_or
from driftvakt_agent.sample import NoData, Sample


def collect(host: Host, source: object | None = None) -> Iterator[Sample]:
    if host.persons is not None and host.profile == "workstation":
        raise NoData("privacy profile edu: that somebody sits at a PC tells when its one user does")
    sessions = ask(psutil_or(source), "users")
    if not isinstance(sessions, list):
        raise NoData("this platform does not tell who is logged in")
    yield Sample("driftvakt_users_logged_in", len(sessions))
