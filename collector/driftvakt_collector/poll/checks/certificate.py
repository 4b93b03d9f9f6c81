"""Whether the certificate of a server is good, and for how long (RFC 5280, RFC 9525).

The series is that of blackbox_exporter, and it is told of a certificate that is over, too.
"""

import ssl
import time

from driftvakt_collector.poll.checks import tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.starttls import PROTOCOLS

DAYS = 14
"""Days that a certificate must be good for from now on, where nothing else is set."""
_DAY = 86400
_PORT = 443
_EXPIRED, _NOT_YET = 10, 9
"""X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL."""


async def probe(target: Target, course: Course) -> None:
    """Begin TLS and hold what is shown against whom we trust, the name and the time."""
    protocol = target.text("starttls")
    if protocol and protocol not in PROTOCOLS:
        raise CheckError(
            Fault.UNUSABLE, f"option 'starttls' must be one of {', '.join(PROTOCOLS)}, got {said(protocol)!r}"
        )
    before, usual = PROTOCOLS.get(protocol, (None, _PORT))
    asked = Target(target.host, target.port or usual)
    name = target.text("server_name", target.host)
    how = tls.context(ca=target.text("ca"), verify=target.flag("verify", default=True))
    try:
        chain = await tls.shaken(asked, course, how, name, before)
    except ssl.SSLCertVerificationError as e:
        chain = await tls.shown_anyway(asked, name, before)
        tls.tell_end(chain, course)
        raise CheckError(Fault.CERTIFICATE, refusal(e, chain)) from e
    tls.tell_end(chain, course)
    reason = soon_over(chain, target.number("days", DAYS), time.time())
    if reason:
        raise CheckError(Fault.CERTIFICATE, reason)


def refusal(error: ssl.SSLCertVerificationError, chain: tls.Chain) -> str:
    """Return why a certificate is refused, with the dates of it where those are why."""
    said_so = f"its certificate is not good: {said(error.verify_message)}"
    if chain and error.verify_code == _EXPIRED:
        first = min(chain, key=lambda one: one.not_valid_after_utc)
        return f"{said_so} on {first.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if chain and error.verify_code == _NOT_YET:
        last = max(chain, key=lambda one: one.not_valid_before_utc)
        return f"{said_so}, but from {last.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on"
    return said_so


def soon_over(chain: tls.Chain, days: float, now: float) -> str:
    """Return a sentence where one of these is good for fewer days from now on, and an empty text where none is.

    Roots are left out after the first: whether those are trusted is our own affair, whatever a server shows.
    """
    those = [one for number, one in enumerate(chain) if number == 0 or one.issuer != one.subject]
    left = [(one.not_valid_after_utc.timestamp() - now, one) for one in those]
    if not left:
        return "it shows no certificate"
    seconds, first = min(left, key=lambda one: one[0])
    if seconds >= days * _DAY:
        return ""
    ends = f"{first.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if seconds < 0:
        return f"its certificate has expired on {ends}"
    return f"its certificate is good for {seconds / _DAY:.1f} days more, until {ends}, and {days:g} are wanted"


CHECK = Check(
    name="certificate",
    help="The certificate of a server is good, and stays so for some time.",
    probe=probe,
    options=(
        Option("days", float, f"days that it must be good for from now on, {DAYS} if it is not set"),
        Option("starttls", str, f"the protocol that TLS begins in: {', '.join(PROTOCOLS)}; none if it is not set"),
        tls.CA,
        tls.SERVER_NAME,
        tls.VERIFY,
    ),
)
