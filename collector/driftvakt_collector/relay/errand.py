"""What this relay has to ask, fetched from the collector and kept on disk: it goes on where the collector is away."""

import logging
from collections.abc import Callable
from pathlib import Path

from driftvakt_collector import files
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.upstream import Response, UpstreamError
from driftvakt_collector.trust.assignment import FOUND, PATH, AssignmentError, nonce, opened, request, signed
from driftvakt_wire.envelope import digest, is_id

log = logging.getLogger(__name__)

FILE = "assignment.sealed"
_STRANGER, _UNKNOWN = 403, 404
_SAY_SECONDS = 600.0


class Errand:
    """Asks the collector what there is to do. path: of the file; what is in it opens with this relay's key only.

    trouble: why it could not be asked the last time, empty where it answered. at: when it answered last, seconds since
    the epoch, 0 for never.
    """

    def __init__(
        self, path: Path, routes: Routes, origin: str, gen: int, key: bytes, *, now: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self._path = path
        self._routes = routes
        self._who = (origin, gen)
        self._key = key
        self._now = now
        self._wall = wall
        self._have = ""
        self._said = -_SAY_SECONDS
        self.trouble = ""
        self.at = 0.0

    def kept(self) -> bytes:
        """Return what was fetched before the start, nothing where there is none that can be read."""
        try:
            word, _, body = self._path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return b""
        except OSError as e:
            log.warning("cannot read %s: %s; the collector is asked", self._path, e.strerror)
            return b""
        try:
            plain = opened(self._key, *self._who, word.decode("ascii") if is_id(word.decode("ascii")) else "", body)
        except (AssignmentError, UnicodeDecodeError):
            log.warning("%s is of another key or was altered; the collector is asked", self._path)
            return b""
        self._have = digest(plain)
        return plain

    async def fetch(self) -> bytes | None:
        """Ask the collector. Return what there is to do, None where that is what it was; nothing at all is b""."""
        word = nonce()
        response = await self._post(request(self._key, *self._who, word, self._have))
        if response is None:
            return None
        if response.status == _STRANGER:
            # Whoever is no relay any more must not keep the secrets of others.
            self._fail("the collector does not accept this relay: look at it there")
            return self._forget()
        if response.status != 200:
            why = "it is older than this relay" if response.status == _UNKNOWN else f"it answered {response.status}"
            self._fail(f"the collector did not say what to ask: {why}")
            return None
        try:
            plain = opened(self._key, *self._who, word, response.body)
        except AssignmentError as e:
            self._fail(f"what the collector said of what to ask was not taken: {e}")
            return None
        self.trouble, self.at = "", self._wall()
        if not plain:
            return None
        self._have = digest(plain)
        self._keep(word.encode("ascii") + b"\n" + response.body)
        return plain

    def _forget(self) -> bytes | None:
        if not self._have:
            return None
        self._have = ""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as e:
            log.warning("cannot remove %s: %s", self._path, e.strerror)
        return b""

    def _keep(self, body: bytes) -> None:
        try:
            files.replace(self._path, body, 0o600)
        except OSError as e:
            log.warning("cannot write %s: %s; after a start without the collector nothing is asked", self._path, e)

    async def tell(self, record: bytes) -> bool:
        """Tell the collector what was found in a network; say if that is over, taken or not."""
        response = await self._post(signed(self._key, *self._who, nonce(), record), FOUND)
        if response is not None and response.status not in (200, 422):
            self._fail(f"the collector did not take what was found in a network: it answered {response.status}")
        return response is not None and response.status in (200, 422)

    async def _post(self, body: bytes, path: str = PATH) -> Response | None:
        try:
            return await self._routes.ask("POST", path, body, "Content-Type: application/json\r\n")
        except UpstreamError as e:
            self._fail(f"cannot ask the collector what to watch: {e}")
            return None

    def _fail(self, why: str) -> None:
        self.trouble = why
        if self._now() - self._said >= _SAY_SECONDS:
            self._said = self._now()
            log.warning("%s", why)
