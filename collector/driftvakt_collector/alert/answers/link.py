"""Links that do one thing once. Only the hash of a secret is kept; a page asks before anything is done.

Programs that look at mail open every link in it, so opening one does nothing.
"""

import hashlib
from collections.abc import Callable

from sqlalchemy import Connection

from driftvakt_collector.store import links
from driftvakt_collector.store.links import LinkRow

PATH = "/a/"
LIFE = 7 * 86_400.0
"""Seconds that a link works."""
TAKE, PASS_ON = "take", "pass_on"
ACTIONS = (TAKE, PASS_ON)


def mark_of(secret: str) -> str:
    """Return what a link is known by: its secret is long and random, so its plain hash gives nothing away."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def make(
    connection: Connection, secret: Callable[[], str], url: str, incident: int, person: str, action: str, now: float
) -> str:
    """Make a link, and return it. url: of the console, as people reach it."""
    told = secret()
    links.add(connection, LinkRow(mark_of(told), incident, person, action, now + LIFE, None))
    return f"{url}{PATH}{told}"


def find(connection: Connection, secret: str, now: float) -> LinkRow | None:
    """Return a link that is there and not too old; used or not."""
    found = links.get(connection, mark_of(secret))
    return found if found is not None and found.expires_at > now else None


def spend(connection: Connection, secret: str, now: float) -> bool:
    """Mark a link as used; say if it was not yet."""
    return links.use(connection, mark_of(secret), now)
