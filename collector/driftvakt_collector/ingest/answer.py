"""What a sender is told: one verdict a line, and once for the batch what the collector lacks and when to come again.

Example: {"accepted":498,"duplicate":1,"rejected":1,"lines":[[3,"duplicate"],[7,"rejected",401,"not known"]],
          "want":{"a-7f3c":["b2:51ac…"]},"time":1764000000.5,"next":60.0}

`lines` holds those that were not accepted, by their place in the body from 0. The status is 200 when every line is on
disk, 207 when some are, and else that of the refusals. `backlog`, where there is one, are the seconds to wait between
two bodies of what waited.
"""

import msgspec

Verdict = tuple[int, str] | tuple[int, str, int, str]


class Answer(msgspec.Struct, omit_defaults=True):
    """The body of the answer."""

    accepted: int
    duplicate: int
    rejected: int
    time: float
    next: float
    lines: list[Verdict] = []
    want: dict[str, list[str]] = {}
    backlog: float = 0.0


_encode = msgspec.json.Encoder().encode


def duplicate(place: int) -> Verdict:
    return place, "duplicate"


def rejected(place: int, status: int, reason: str) -> Verdict:
    return place, "rejected", status, reason[:300]


def status_of(answer: Answer) -> int:
    """Return the HTTP status of an answer. Of several kinds of refusal the one that asks for least patience is said."""
    if not answer.rejected:
        return 200
    if answer.accepted or answer.duplicate:
        return 207
    statuses = {line[2] for line in answer.lines if len(line) == 4}
    return max(statuses & {429, 503}, default=0) or max(statuses, default=400)


def encode(answer: Answer) -> bytes:
    return _encode(answer)
