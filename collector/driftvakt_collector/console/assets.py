"""The static files: read once, named by their content so that a browser may keep them for a year."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from driftvakt_collector.console import reply

_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file. mark: begins its digest, and stands in its URL."""

    body: bytes
    media: str
    mark: str


class Assets:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Asset] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in _MEDIA:
                body = path.read_bytes()
                mark = hashlib.blake2b(body, digest_size=8).hexdigest()
                self._files[path.name] = Asset(body, _MEDIA[path.suffix], mark)

    def url(self, name: str) -> str:
        """Return the path of a file. Raises KeyError for one that is not there."""
        return f"/static/{name}?v={self._files[name].mark}"

    async def serve(self, request: Request) -> Response:
        """Answer /static/{name}."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            return reply.text("there is no such file\n", 404)
        current = request.query_params.get("v") == found.mark
        keep = _FOREVER if current else "no-cache"
        return await reply.packed(request, found.body, found.media, {"cache-control": keep})
