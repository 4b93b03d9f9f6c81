"""What a supplier told us, however it came: by mail or by webhook. And what is wrong with what is no such thing."""

from dataclasses import dataclass

from driftvakt_collector.desk.suppliers.handover import Event


class UpdateError(Exception):
    """What came is refused. The text is for our log, never for who sent it. status: what an HTTP answer should be."""

    def __init__(self, told: str, status: int = 400) -> None:
        super().__init__(told)
        self.status = status


@dataclass(frozen=True)
class Update:
    """token: of the case, where it was told; else their_key finds it, among that supplier's own alone.

    key: of this delivery, so that one that comes again does nothing. event: what it means, None for nothing but a
    note. text: their words, cleaned. is_automatic: a machine wrote it, which changes no state. is_failure: it says that
    ours did not arrive. number: what people call it there.
    """

    key: str
    token: str = ""
    their_key: str = ""
    event: Event | None = None
    text: str = ""
    sender: str = ""
    is_automatic: bool = False
    is_failure: bool = False
    number: str = ""
