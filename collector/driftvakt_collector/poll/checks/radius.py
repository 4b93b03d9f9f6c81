"""Whether a RADIUS server answers, and lets an account in (RFC 2865, RFC 5997 for Status-Server).

All that is sent and taken is signed with the secret that is shared with the server; what else comes is no answer.
"""

import secrets
import socket

from driftvakt_collector.poll.checks.access import (
    ACCEPT,
    CHALLENGE,
    MAX_PASSWORD,
    REJECT,
    Answer,
    access_request,
    answer,
    status_request,
)  # fmt: skip
from driftvakt_collector.poll.checks.address import addresses
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.datagram import asked, plugged


async def probe(target: Target, course: Course) -> None:
    """Ask if it is there, or, where there is an account, if that may come in."""
    shared, _, password = target.secret.partition("\n")
    user = target.text("user")
    if not shared:
        raise CheckError(Fault.UNUSABLE, "RADIUS needs the secret that is shared with the server")
    if len(password.encode()) > MAX_PASSWORD or len(user.encode()) > MAX_PASSWORD:
        raise CheckError(Fault.UNUSABLE, f"RADIUS knows no names and passwords of more than {MAX_PASSWORD} bytes")
    key, number, nonce = shared.encode(), secrets.randbelow(256), secrets.token_bytes(16)
    if user:
        question = access_request(key, number, nonce, user.encode(), password.encode())
    else:
        question = status_request(key, number, nonce)
    address = (await addresses(target.host, target.port, course, socket.SOCK_DGRAM))[0]
    with plugged(address) as plug, course.phase("answer"):
        # One and the same packet each time, so that the server knows that it is asked again.
        told = await asked(plug, lambda: question, lambda packet: answer(packet, key, number, nonce))
    compare(told, (shared, password))


def compare(told: Answer, hidden: tuple[str, ...] = ()) -> None:
    """Raise CheckError where an answer is no welcome. hidden: what must not be repeated of what it says."""
    words = told.words.decode("utf-8", "replace")
    for one in hidden:
        words = words.replace(one, "…") if one else words
    why = f": {said(words)!r}" if words else ""
    if not told.signed:
        raise CheckError(Fault.ANSWER, "its answer is not signed with the secret that we share")
    if told.kind == REJECT:
        raise CheckError(Fault.DENIED, f"it does not let the account in{why}")
    if told.kind == CHALLENGE:
        raise CheckError(Fault.DENIED, f"it wants more than a password{why}")
    if told.kind != ACCEPT:
        raise CheckError(Fault.ANSWER, f"it answers with code {told.kind}, and not Access-Accept")


CHECK = Check(
    name="radius",
    help="A RADIUS server answers, and lets an account in. Its secret is the shared one; "
    "the password of the account is on a line below that.",
    probe=probe,
    port=1812,
    options=(
        Option("user", str, "the account to ask for, by PAP; if it is not set, only whether the server is there"),
    ),
)
