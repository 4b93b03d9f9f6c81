"""The ASGI side of the door: for requests to its path that look unusual, which uvicorn read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from driftvakt_collector.ingest.body import MAX_WIRE, RECEIVE_SECONDS, TOO_LARGE, BodyError
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.ingest.entrance import RETRY_SECONDS, Entrance, Reply

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def records(door: Entrance, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI side: the same door for requests that uvicorn read."""
    answered: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

    def reply(status: int, body: bytes) -> None:
        if not answered.done():
            answered.set_result((status, body))

    if scope["method"] != "POST":
        door.refuse(405, "records are posted", reply)
    elif not await _bring(door, scope, receive, reply):
        return
    status, text = await answered
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
    if status in (429, 503):
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def _bring(door: Entrance, scope: Mapping[str, Any], receive: Receive, reply: Reply) -> bool:
    """Bring a body to the door; return whether somebody is still there to be answered."""
    given = dict(scope["headers"])
    encoding = given.get(b"content-encoding", b"")
    client = scope.get("client")
    head = Head(client[0] if client else "", b"driftvakt-backlog" in given, given.get(b"driftvakt-via", b""))
    held = _Held(door, head.address)
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            body = await _whole(receive, held)
    except _CrowdedError:
        door.refuse(429, "too much is coming in at once; keep the lines and come back", reply)
    except TimeoutError:
        door.refuse(408, f"the request did not come within {RECEIVE_SECONDS:.0f} s", reply)
    else:
        if body is None:
            door.counts.gone += 1
            return False
        if len(body) > MAX_WIRE:
            door.refuse(413, TOO_LARGE, reply)
        else:
            door.take(body, encoding.strip().lower(), reply, head)
    finally:
        held.let_go()
    return True


async def receive_all(door: Entrance, address: str, receive: Receive) -> bytes | None:
    """Return the body of a request, None when the sender left. Raises BodyError for one that is too large or slow."""
    held = _Held(door, address)
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            body = await _whole(receive, held)
    except _CrowdedError as e:
        raise BodyError(429, "too much is coming in at once; come back later") from e
    except TimeoutError as e:
        raise BodyError(408, f"the request did not come within {RECEIVE_SECONDS:.0f} s") from e
    finally:
        held.let_go()
    if body is not None and len(body) > MAX_WIRE:
        raise BodyError(413, f"a body is at most {MAX_WIRE} bytes")
    return body


class _CrowdedError(Exception):
    """There is no room for more of a body now."""


class _Held:
    """The bytes of one request among all that are on their way in."""

    def __init__(self, door: Entrance, address: str) -> None:
        self._door = door
        self._address = address
        self._size = 0

    def take(self, size: int) -> None:
        """Count bytes that came. Raises _CrowdedError."""
        if self._door.crowded(size, self._address):
            raise _CrowdedError
        self._size += size
        self._door.hold(size, self._address)

    def let_go(self) -> None:
        """Count them out again."""
        self._door.hold(-self._size, self._address)
        self._size = 0


async def _whole(receive: Receive, held: _Held) -> bytes | None:
    """Return the body, a little more than allowed when it is too large, None when the sender left."""
    chunks: list[bytes] = []
    size = 0
    while size <= MAX_WIRE:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        held.take(len(chunks[-1]))
        size += len(chunks[-1])
        if not message.get("more_body", False):
            break
    return b"".join(chunks)
