"""A mail server that does as a test says: it refuses, stalls, lies or hangs up at the command that it is told."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

EXTENSIONS = ("8BITMIME", "SIZE 10485760")
DROP = "drop"
"""Instead of an answer: hang up."""
STALL = "stall"
"""Instead of an answer: none, until the client goes."""


@dataclass
class Taken:
    """A letter that the server got. envelope: from and to, with what was said behind them."""

    mail: str
    rcpt: str
    data: bytes
    taken: bool = True


@dataclass
class UnrulySmtp:
    """answers: by command (BANNER, EHLO, MAIL, RCPT, DATA, DOT, …), used up one by one, the last one for ever.

    letters: what was sent; said: every line of clients; connections: how many came. pace: seconds that a letter takes.
    """

    answers: dict[str, Sequence[str]] = field(default_factory=dict)
    extensions: Sequence[str] = EXTENSIONS
    starttls: ssl.SSLContext | None = None
    letters: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    pace: float = 0.0
    _count: dict[str, int] = field(default_factory=dict)

    def keep(self, letter: Taken) -> None:
        """Keep what was sent."""
        self.letters.append(letter)

    def _answer(self, command: str, usual: str) -> str:
        told = self.answers.get(command)
        if not told:
            return usual
        number = self._count.get(command, 0)
        self._count[command] = number + 1
        return told[min(number, len(told) - 1)] or usual

    async def _serve(  # noqa: C901  a conversation is read in one place
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        mail = rcpt = ""

        async def say(answer: str) -> None:
            if answer == STALL:
                await reader.read()
            if answer in (STALL, DROP):
                raise ConnectionResetError
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
            if answer.startswith("421"):
                raise ConnectionResetError

        await say(self._answer("BANNER", "220 mx.stad.example ESMTP"))
        while line := (await reader.readline()).decode("utf-8", "replace").rstrip("\r\n"):
            self.said.append(line)
            verb = line.split()[0].upper()
            usual = "250 2.0.0 OK"
            if verb == "EHLO":
                lines = ["mx.stad.example", *self.extensions, *(["STARTTLS"] if self.starttls else [])]
                usual = "\r\n".join([f"250-{one}" for one in lines[:-1]] + [f"250 {lines[-1]}"])
            elif verb == "STARTTLS" and self.starttls is not None:
                usual = "220 2.0.0 Ready"
            elif verb == "QUIT":
                usual = "221 2.0.0 Bye"
            elif verb == "MAIL":
                mail = line
            elif verb == "RCPT":
                rcpt = line
            elif verb == "DATA":
                answer = self._answer("DATA", "354 Go ahead")
                await say(answer)
                if not answer.startswith("354"):
                    continue
                raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                await asyncio.sleep(self.pace)
                letter = Taken(mail, rcpt, b"\r\n".join(one.removeprefix(b".") for one in raw.split(b"\r\n")))
                answer = self._answer("DOT", "250 2.0.0 Queued as 4XYZ")
                letter.taken = answer.startswith("250") or answer in (DROP, STALL)
                self.keep(letter)
                await say(answer)
                continue
            await say(self._answer(verb, usual))
            if verb == "STARTTLS" and self.starttls is not None:
                await writer.start_tls(self.starttls)
            if verb == "QUIT":
                return

    @contextlib.asynccontextmanager
    async def running(self, implicit: ssl.SSLContext | None = None) -> AsyncIterator["UnrulySmtp"]:
        """Serve while the block lasts. implicit: TLS from the first octet, with this."""
        tasks: set[asyncio.Task[None]] = set()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    await self._serve(reader, writer)
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=4 * 1024 * 1024, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
