"""One request and its answer over a connection (HTTP/1.1, RFC 9112), as h11 reads it.

httpx hides when a name was looked up, and forgets to close a socket where time ends amid TLS (0.28).
"""

from collections.abc import Mapping

import h11

from driftvakt_collector.poll.checks.stream import Stream

_MAX_HEAD = 64 * 1024
"""Bytes of the head of an answer."""
_MAX_INTERIM = 20
"""Answers of 1xx before the one that counts (RFC 9110, 15.2)."""
_MAX_PIECES = 5000
"""Pieces of a body that are read: a million of one byte would keep a processor busy for seconds."""
_ALWAYS = {
    "User-Agent": "driftvakt",
    "Accept": "*/*",
    # What comes packed would be a megabyte here, and a thousand of them when it is unpacked.
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Exchange:
    """Asks once."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)

    async def asked(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> h11.Response:
        """Ask, and return the head of the answer. headers: with Host; they go before those that we always send.

        Raises h11.RemoteProtocolError for what is no HTTP, and what a connection raises.
        """
        length = {"Content-Length": str(len(body))} if body else {}
        lines = list({**_ALWAYS, **length, **headers}.items())
        request = h11.Request(method=method, target=path, headers=lines)
        events = (request, h11.Data(data=body), h11.EndOfMessage()) if body else (request, h11.EndOfMessage())
        self._stream.send(b"".join(self._state.send(event) or b"" for event in events))
        for _ in range(_MAX_INTERIM):
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
        raise h11.RemoteProtocolError("no answer but those of 1xx")

    async def body(self, most: int) -> bytes:
        """Return the first `most` bytes of what follows the head."""
        body = bytearray()
        for _ in range(_MAX_PIECES):
            event = await self._event()
            if not isinstance(event, h11.Data):
                break
            body += event.data
            if len(body) >= most:
                break
        return bytes(body[:most])

    async def _event(self) -> object:
        while (event := self._state.next_event()) is h11.NEED_DATA:
            came = await self._stream.some()
            if not came and self._state.their_state is h11.SEND_RESPONSE and not self._state.trailing_data[0]:
                raise EOFError
            self._state.receive_data(came)
        return event


def first_of(head: h11.Response, name: bytes) -> str:
    """Return the first header of a name in lower case, empty where there is none."""
    return next((value.decode("latin-1") for told, value in head.headers if told == name), "")
