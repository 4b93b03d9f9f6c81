"""What an answer of a web server is to be."""

import re
from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import CheckError, Course, Fault, Target, said, wrong
from driftvakt_collector.poll.checks.pattern import found

_RANGE = re.compile(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?|([1-5])xx")


@dataclass(frozen=True, slots=True)
class Wanted:
    """statuses: the first and the last code of each range that is good. text, not_text: expressions, or empty."""

    statuses: tuple[tuple[int, int], ...]
    text: str
    not_text: str
    follow: bool

    def status_is_good(self, status: int) -> bool:
        """Say if a code is among those that are good."""
        return any(first <= status <= last for first, last in self.statuses)

    def compare(self, status: int, phrase: str, body: bytes, course: Course) -> None:
        """Raise CheckError where an answer is not as wanted."""
        if not self.status_is_good(status):
            raise CheckError(Fault.ANSWER, f"it answers {status} {said(phrase)}".rstrip())
        course.tell("probe_failed_due_to_regex", 1)
        if self.text and not found("expect_text", self.text, body):
            wrong(body, f"what matches {self.text!r}")
        if self.not_text and found("not_text", self.not_text, body):
            raise CheckError(Fault.ANSWER, f"it says what matches {self.not_text!r}: {said(body)!r}")
        course.tell("probe_failed_due_to_regex", 0)


def wanted(target: Target) -> Wanted:
    """Return what the options want. Raises CheckError for a status that is none."""
    told = target.options.get("expect_status", ())
    statuses = []
    for one in told if isinstance(told, tuple) and told else ("2xx",):
        fit = _RANGE.fullmatch(one)
        if fit is None:
            raise CheckError(Fault.UNUSABLE, f"option 'expect_status' must be like 200, 200-204 or 2xx, got {one!r}")
        if fit[3]:
            statuses.append((int(fit[3]) * 100, int(fit[3]) * 100 + 99))
        else:
            statuses.append((int(fit[1]), int(fit[2] or fit[1])))
    return Wanted(tuple(statuses), target.text("expect_text"), target.text("not_text"), target.flag("follow_redirects"))
