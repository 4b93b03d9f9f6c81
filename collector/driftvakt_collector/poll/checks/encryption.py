"""How what is said to a server is encrypted, and that a secret does not go there in the clear unless that is meant."""

from enum import Enum

from driftvakt_collector.poll.checks import tls
from driftvakt_collector.poll.checks.check import CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.stream import Stream


class Encryption(Enum):
    """When TLS begins."""

    NO = "no"
    STARTTLS = "starttls"
    """Once both have agreed on it, in the clear."""
    IMPLICIT = "implicit"
    """With the first byte."""


OPTIONS = (
    Option("tls", str, "no, starttls or implicit: when TLS begins; no where it is not set"),
    tls.CA,
    tls.VERIFY,
    tls.SERVER_NAME,
)
ACCOUNT = (
    Option("account", str, "who logs in, with the secret of the check; nobody does where it is not set"),
    Option("cleartext", bool, "whether the secret may be sent without TLS"),
)


def encryption(target: Target) -> Encryption:
    """Return what is set. Raises CheckError where that is nothing that we know."""
    try:
        return Encryption(target.text("tls", "no"))
    except ValueError as e:
        told = said(target.text("tls"))
        raise CheckError(Fault.UNUSABLE, f"option 'tls' must be no, starttls or implicit, got {told!r}") from e


def at_usual_port(target: Target, plain: int, implicit: int) -> Target:
    """Return the target with the port for TLS from the first byte on, where it has the usual one of no TLS."""
    if encryption(target) is Encryption.IMPLICIT and target.port in (0, plain):
        return Target(target.host, implicit, target.options, target.secret)
    return target


async def begun(stream: Stream, target: Target, course: Course) -> None:
    """Begin TLS here and now, and tell until when the certificates hold that were shown."""
    how = tls.context(ca=target.text("ca"), verify=target.flag("verify", default=True))
    await stream.secure(how, target.text("server_name") or target.host, course)
    tls.tell_expiry(stream.certificate, course)


def account(stream: Stream, target: Target) -> tuple[bytes, bytes] | None:
    """Return who logs in and with which secret, None where nobody does.

    Raises CheckError where the secret would go in the clear unmeant, or has what would be read as another command.
    """
    name = target.text("account")
    if not name:
        return None
    if not stream.encrypted and not target.flag("cleartext"):
        raise CheckError(Fault.UNUSABLE, "its secret would go in the clear: set 'tls', or 'cleartext' if that is meant")
    if any(sign in name + target.secret for sign in "\r\n\0"):
        raise CheckError(Fault.UNUSABLE, "neither account nor secret may have a line end or a NUL")
    stream.private.append(target.secret.encode())
    return name.encode(), target.secret.encode()


def one_line(target: Target, name: str, default: str = "") -> str:
    """Return an option that becomes part of a command. Raises CheckError where it would begin another."""
    told = target.text(name, default)
    if not told.isprintable():
        raise CheckError(Fault.UNUSABLE, f"option {name!r} has what can't stand in a command: {said(told)!r}")
    return told
