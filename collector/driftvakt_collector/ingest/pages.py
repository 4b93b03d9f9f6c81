"""uvicorn's own protocol, for all that is no record, with limits that uvicorn 0.54 lacks."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from driftvakt_collector.ingest.body import BLANK, MAX_HEAD, RECEIVE_SECONDS


class PagesProtocol(HttpToolsProtocol):
    """uvicorn's protocol with what it lacks in 0.54: limits on the time a request takes and on the size of its head.

    A body that comes late is answered by whoever reads it; this is for those whom nobody waits for.
    """

    when_lost: Callable[[], None] | None = None
    _late: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Called by the loop. Also a byte that begins no request is waited upon only so long."""
        self._wait()
        if self._in_head:
            self._head += len(data)
            if self._head > MAX_HEAD and BLANK not in data:
                self.send_400_response("The headers are too large.")
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._wait()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._stop_waiting()
        self._in_head, self._head = True, 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._stop_waiting()
        super().connection_lost(exc)
        if self.when_lost is not None:
            self.when_lost()

    def shutdown(self) -> None:
        """End the connection, after the answer that is being made."""
        super().shutdown()
        if self.transport.is_closing():
            end_idle(self.transport)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(RECEIVE_SECONDS + 1.0, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def end_idle(transport: asyncio.Transport) -> None:
    """End an idle connection. Closing one over TLS waits for the other end's word, up to half a minute."""
    if transport.get_extra_info("sslcontext") is not None and not transport.get_write_buffer_size():
        transport.abort()
    else:
        transport.close()
