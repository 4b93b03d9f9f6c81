"""How many people are logged in. Never who: no name of a user leaves the machine."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, psutil_or
from driftvakt_agent.sample import NoData, Sample


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    sessions = ask(psutil_or(source), "users")
    if not isinstance(sessions, list):
        raise NoData("this platform does not tell who is logged in")
    yield Sample("driftvakt_users_logged_in", len(sessions))
