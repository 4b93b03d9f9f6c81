"""What a mail server means by a refusal: for this letter, for a while, or for all that we send (RFC 5321, 3463)."""

import re
import ssl

import aiosmtplib
from aiosmtplib import SMTPResponseException, SMTPTimeoutError

from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError

_GREYLISTED = 300.0
_AGAIN = re.compile(r"\b(\d{1,5})\s*(s|sec|seconds?|m|min|minutes?)\b", re.I)


def said(e: SMTPResponseException) -> str:
    return one_line(f"{e.code} {e.message}", 300)


def after(e: SMTPResponseException, usual: float | None = None) -> float | None:
    """Return the seconds that the server asks us to wait, where it does."""
    if not (found := _AGAIN.search(e.message)):
        return usual
    seconds = float(found[1]) * (60.0 if found[2].lower().startswith("m") else 1.0)
    return min(max(seconds, 10.0), 3600.0)


def of_recipient(e: aiosmtplib.SMTPRecipientRefused, where: str, to: str) -> DeliveryError:
    told = f"{where} does not take mail for {one_line(to, 80)}: {said(e)}"
    if e.code == 530:
        return of_needed(e, where)
    if e.code >= 500:
        return DeliveryError(told, permanent=True)
    return DeliveryError(told, after=after(e, None if e.code == 421 else _GREYLISTED if e.code in (450, 451) else 60.0))


def of_sender(e: aiosmtplib.SMTPSenderRefused, where: str, envelope: str) -> DeliveryError:
    if e.code == 530:
        return of_needed(e, where)
    told = f"{where} takes no mail from {envelope}: {said(e)}"
    return DeliveryError(told, after=after(e)) if e.code < 500 else DeliveryError(told, broken=True)


def of_needed(e: SMTPResponseException, where: str) -> DeliveryError:
    """530: it wants TLS or a login first, for every message."""
    if "STARTTLS" in e.message.upper():
        return DeliveryError(f'{where} wants TLS first: {said(e)}; set tls = "require"', broken=True)
    return DeliveryError(f"{where} wants a login: {said(e)}; set 'account' and 'secret_file'", broken=True)


def of_data(e: SMTPResponseException, where: str) -> DeliveryError:
    told = f"{where} did not take the letter: {said(e)}"
    return DeliveryError(told, permanent=True) if e.code >= 500 else DeliveryError(told, after=after(e))


def of_line(e: Exception, where: str) -> DeliveryError:
    """Return what an error means that concerns the server and not this one letter."""
    cause = e
    while not isinstance(cause, ssl.SSLCertVerificationError) and cause.__cause__ is not None:
        cause = cause.__cause__  # type: ignore[assignment]
    if isinstance(cause, ssl.SSLCertVerificationError):
        return DeliveryError(
            f"the certificate of {where} is not good: {cause.verify_message}; set 'ca_file' to its authority",
            broken=True,
        )
    if isinstance(e, aiosmtplib.SMTPAuthenticationError):
        if e.code < 500:
            return DeliveryError(f"{where} cannot check the password now: {said(e)}", after=after(e))
        return DeliveryError(
            f"{where} does not take the account and password: {said(e)}; correct 'account' or the secret's file",
            broken=True,
        )
    if isinstance(e, SMTPResponseException):
        if e.code == 530:
            return of_needed(e, where)
        told = f"{where} refuses: {said(e)}"
        return DeliveryError(told, after=after(e)) if 400 <= e.code < 500 else DeliveryError(told, broken=True)
    if isinstance(e, SMTPTimeoutError | TimeoutError):
        return DeliveryError(f"{where} is too slow: {one_line(str(e), 200)}")
    return DeliveryError(f"lost the line to {where}: {one_line(str(e), 200)}")
