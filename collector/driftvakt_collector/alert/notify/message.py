"""What is sent to one address, and what a way to people must do with it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """id: stable over all tries, so that a second copy is known again. to: an address in the channel's own form.

    text: plain, for reading; short: the same for an SMS. thread: the id of the first message about the same incident,
    empty where this is it. links: what they do, and the URL. answer: what replies carry to be known again: a token.
    incident: its key, like INC-1042. at: when it was made, seconds since the epoch. urgent: it pages.
    """

    id: str
    to: str
    subject: str
    text: str
    short: str
    language: str
    at: float
    incident: str = ""
    thread: str = ""
    links: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Sent:
    """It was taken. provider: what the other side calls it. receipted: a receipt will say if it arrived."""

    provider: str = ""
    receipted: bool = False


class DeliveryError(Exception):
    """A message did not go out; the text is for the operator. permanent: trying again cannot help for this message.

    broken: the channel itself is, for every message (wrong password, no credit). after: seconds to wait, None for the
    usual. unsure: it may have arrived all the same.
    """

    def __init__(
        self, told: str, *, permanent: bool = False, broken: bool = False, after: float | None = None,
        unsure: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(told)
        self.permanent = permanent
        self.broken = broken
        self.after = after
        self.unsure = unsure


class Notifier(Protocol):
    """A way to people. channel: its name in contacts and steps: email, sms, webhook, …"""

    channel: str

    async def send(self, message: Message) -> Sent:
        """Send one message. Raises DeliveryError, and nothing else."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Recalls(Protocol):
    """A way that can say what it took before: so that a message whose answer was lost is not sent again."""

    async def recall(self, message: Message) -> Sent | None:
        """Return what was taken of a message, None where none was or that can't be known. Raises DeliveryError."""
        ...
