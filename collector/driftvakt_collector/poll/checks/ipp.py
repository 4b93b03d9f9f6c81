"""Whether a printer, or the queue of a print server, prints (RFC 8011, 4.2.5 and 5.4).

Example:
    printer-state            3 idle, 4 processing, 5 stopped
    printer-state-reasons    none, or media-empty-error, toner-low-warning, …
    queued-job-count         7
"""

import h11

from driftvakt_collector.poll.checks import tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import one_line
from driftvakt_collector.poll.checks.exchange import Exchange, first_of
from driftvakt_collector.poll.checks.ipp_message import Message, message, question
from driftvakt_collector.poll.checks.stream import connected

STATE = "driftvakt_probe_printer_state"
JOBS = "driftvakt_probe_printer_queued_jobs"
_GET_ATTRIBUTES = 0x000B
_ASKED = ("printer-state", "printer-state-reasons", "printer-state-message", "queued-job-count")
_STATES = {3: "idle", 4: "processing", 5: "stopped"}
_STOPPED = 5
_GOOD = 0x00FF
"""The last status of those that are good; some attribute may be missing by then."""
_FORBIDDEN, _NOT_FOUND = (0x0401, 0x0402, 0x0403), 0x0406
_BODY = 1 << 16
"""Bytes of an answer that are read."""


async def probe(target: Target, course: Course) -> None:
    """Ask for the state of a printer. One that is stopped, or that has an error, is not as it should be."""
    path = one_line(target, "path", "/ipp/print")
    secure = target.flag("tls")
    if not path.startswith("/") or " " in path or not path.isascii():
        raise CheckError(Fault.UNUSABLE, f"option 'path' must begin with / and have no blanks, got {said(path)!r}")
    host = f"[{target.host}]" if ":" in target.host else target.host
    async with connected(target, course) as stream:
        if secure:
            how = tls.context(ca=target.text("ca"), verify=target.flag("verify", default=True))
            await stream.secure(how, target.text("server_name") or target.host, course)
            tls.tell_expiry(stream.certificate, course)
        asked = question(_GET_ATTRIBUTES, f"{'ipps' if secure else 'ipp'}://{host}:{target.port}{path}", _ASKED)
        headers = {"Host": f"{host}:{target.port}", "Content-Type": "application/ipp"}
        with course.phase("answer"):
            exchange = Exchange(stream)
            try:
                head = await exchange.asked("POST", path, headers, asked)
                body = await exchange.body(_BODY)
            except h11.RemoteProtocolError as e:
                raise CheckError(Fault.ANSWER, f"it does not speak HTTP: {said(e)}") from e
    if head.status_code in (401, 403):
        raise CheckError(Fault.DENIED, f"it does not let us ask: HTTP status {head.status_code}")
    if head.status_code != 200:
        raise CheckError(Fault.ANSWER, f"it answers HTTP status {head.status_code} {said(head.reason)}".rstrip())
    if not first_of(head, b"content-type").startswith("application/ipp"):
        wrong(body, "a message of IPP")
    _judge(message(body), path, course, most_jobs=target.number("max_jobs", -1))


def _judge(answer: Message, path: str, course: Course, most_jobs: float) -> None:
    """Tell what an answer says. Raises CheckError where the printer does not print."""
    if answer.status in _FORBIDDEN:
        raise CheckError(Fault.DENIED, "it does not let us ask for its state")
    if answer.status == _NOT_FOUND:
        raise CheckError(Fault.ANSWER, f"it has no printer {said(path)}")
    if answer.status > _GOOD:
        raise CheckError(Fault.ANSWER, f"it answers IPP status 0x{answer.status:04x}")
    state, jobs = answer.number("printer-state"), answer.number("queued-job-count")
    if state not in _STATES:
        raise CheckError(Fault.ANSWER, f"it says no state that we know: {state}")
    course.tell(STATE, state)
    if jobs is not None:
        course.tell(JOBS, jobs)
    reasons = [one for one in answer.texts("printer-state-reasons") if one != "none"]
    told = said(", ".join([*reasons, *filter(None, answer.texts("printer-state-message"))]))
    if state == _STOPPED:
        raise CheckError(Fault.ANSWER, f"it is stopped: {told}" if told else "it is stopped")
    # A printer may go on printing from another tray, and yet somebody has to come.
    if any(one.endswith("-error") for one in reasons):
        raise CheckError(Fault.ANSWER, f"it is {_STATES[state]}, and has an error: {told}")
    if jobs is not None and 0 <= most_jobs < jobs:
        raise CheckError(Fault.ANSWER, f"{jobs} jobs wait, and {most_jobs:g} are the most that should")


CHECK = Check(
    name="ipp",
    help="A printer, or the queue of a print server, prints.",
    probe=probe,
    port=631,
    options=(
        Option("path", str, "where the printer is, /ipp/print where it is not set, /printers/NAME on CUPS"),
        Option("max_jobs", int, "how many jobs may wait at most; any number where it is not set"),
        Option("tls", bool, "whether to speak TLS"),
        tls.CA,
        tls.VERIFY,
        tls.SERVER_NAME,
    ),
)
