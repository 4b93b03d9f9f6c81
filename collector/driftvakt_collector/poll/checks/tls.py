"""TLS for checks: whom we trust, which certificates were shown, and until when those hold."""

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from cryptography import x509

from driftvakt_collector.poll.checks.check import CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.stream import Stream, connected

Chain = list[x509.Certificate]
Before = Callable[[Stream], Awaitable[None]]
"""What is said in the clear before TLS begins."""

EXPIRY = "probe_ssl_earliest_cert_expiry"
CA = Option("ca", str, "a file of the authorities to trust instead of the system's")
VERIFY = Option("verify", bool, "whether its certificate must be good, which it must unless this is false")
SERVER_NAME = Option("server_name", str, "the name that its certificate must have, instead of the host's")

_MAX_SHOWN = 20
"""Certificates of a chain that are read."""
_LOOK = 2.0
"""Seconds for a second look at a certificate that is not good."""


def context(*, ca: str = "", verify: bool = True, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Return how to speak TLS to a server. alpn: the protocols to offer inside of it.

    Raises CheckError where `ca` can't be read.
    """
    try:
        changed = os.stat(ca).st_mtime_ns if ca else 0
        return _context(ca, changed, verify, alpn)
    except (OSError, ssl.SSLError) as e:
        raise CheckError(Fault.UNUSABLE, f"can't read authorities from {ca!r}: {said(e.strerror or e)}") from e


# The system's authorities take 20 ms to load: once for all checks, and anew where the file has changed.
@lru_cache(maxsize=100)
def _context(ca: str, _changed: int, verify: bool, alpn: tuple[str, ...]) -> ssl.SSLContext:  # noqa: FBT001
    made = ssl.create_default_context(cafile=ca or None)
    # From 3.13 on Python is stricter with private authorities than browsers are.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def shown(tls: ssl.SSLObject) -> Chain:
    """Return the certificates that a server showed, its own first, be they good or not.

    Raises CheckError where one can't be read.
    """
    # Public from Python 3.13 on; before, the same under the hood.
    if hasattr(tls, "get_unverified_chain"):
        chain: Sequence[bytes] = tls.get_unverified_chain() or ()
    else:
        inner = getattr(tls, "_sslobj", None)
        many = getattr(inner, "get_unverified_chain", lambda: None)() or ()
        chain = [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in many[:_MAX_SHOWN]]
    if not chain:
        own = tls.getpeercert(binary_form=True)
        chain = [own] if own else []
    try:
        return [x509.load_der_x509_certificate(one) for one in chain[:_MAX_SHOWN]]
    except ValueError as e:
        raise CheckError(Fault.CERTIFICATE, f"it shows a certificate that can't be read: {said(e)}") from e


def tell_expiry(tls: ssl.SSLObject | None, course: Course) -> None:
    """Tell when the first of the certificates that were shown ends, in seconds since 1970; nothing without TLS."""
    tell_end(shown(tls) if tls is not None else [], course)


def tell_end(chain: Chain, course: Course) -> None:
    """Tell when the first of these ends, in seconds since 1970; nothing of none."""
    if chain:
        course.tell(EXPIRY, min(one.not_valid_after_utc for one in chain).timestamp())


async def shaken(target: Target, course: Course, how: ssl.SSLContext, name: str, before: Before | None = None) -> Chain:
    """Connect, begin TLS, and return what was shown. name: that the certificate must have. before: what comes first.

    Raises ssl.SSLCertVerificationError where it is not good for `how`, and what else a connection raises.
    """
    async with connected(target, course) as stream:
        if before is not None:
            with course.phase("starttls"):
                await before(stream)
        await stream.secure(how, name, course)
        assert stream.certificate is not None
        return shown(stream.certificate)


async def shown_anyway(target: Target, name: str, before: Before | None = None) -> Chain:
    """Return what a server shows whose certificate is not good: its end has to be readable. Empty where that fails."""
    try:
        async with asyncio.timeout(_LOOK):
            return await shaken(target, Course(), context(verify=False), name, before)
    except (CheckError, OSError, EOFError, ValueError):
        return []
