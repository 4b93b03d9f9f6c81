"""Whether a directory binds an account and finds what it should (RFC 4511): Active Directory, OpenLDAP and others.

Written on ber.py rather than with ldap3: that blocks a thread for each directory, and reads whatever comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from driftvakt_collector.poll.checks import encryption
from driftvakt_collector.poll.checks.ber import BOOLEAN, ENUMERATED, SEQUENCE, integer, octets, received, sequence, tlv
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import Encryption
from driftvakt_collector.poll.checks.ldap_filter import filter_of
from driftvakt_collector.poll.checks.stream import Stream, connected

_BIND, _BOUND, _UNBIND = 0x60, 0x61, b"\x42\x00"
_SEARCH, _ENTRY, _DONE, _REFERENCE = 0x63, 0x64, 0x65, 0x73
_EXTENDED, _EXTENDED_DONE = 0x77, 0x78
_STARTTLS = "1.3.6.1.4.1.1466.20037"
_SUCCESS, _TOO_MANY = 0, 4
_REFUSALS = {
    8: "it wants TLS or a stronger login",  # strongerAuthRequired
    48: "it wants another login",  # inappropriateAuthentication
    49: "account or secret is wrong",  # invalidCredentials
    50: "the account may not",  # insufficientAccessRights
    53: "it is unwilling",  # unwillingToPerform, of Active Directory for accounts that are locked
}
_MEANINGS = {
    1: "operations error", 3: "it took too long", 11: "more than it may look through", 32: "there is no such entry",
    34: "that is no name of an entry", 51: "it is busy", 52: "it is unavailable", 80: "another error",
}  # fmt: skip
_SCOPES = {"base": 0, "one": 1, "sub": 2}
_MOST = 10_000
"""Entries that may be expected, and messages that one search may take."""


@dataclass(frozen=True, slots=True)
class Search:
    """expect: the entries that it must find at least."""

    base: str
    scope: int
    filter: bytes
    expect: int


async def probe(target: Target, course: Course) -> None:
    """Encrypt, bind and search; without a base, ask for the entry that describes the server itself."""
    target = encryption.at_usual_port(target, 389, 636)
    how, search = encryption.encryption(target), _search(target)
    async with connected(target, course) as stream:
        if how is Encryption.IMPLICIT:
            await encryption.begun(stream, target, course)
        if how is Encryption.STARTTLS:
            with course.phase("starttls"):
                stream.send(_message(1, tlv(_EXTENDED, octets(_STARTTLS, 0x80))))
                code, reason = _result(await _answer(stream, 1, (_EXTENDED_DONE,)))
            if code != _SUCCESS:
                raise CheckError(Fault.ANSWER, f"it does not begin TLS: {reason}")
            await encryption.begun(stream, target, course)
        who = encryption.account(stream, target)
        if who is not None and not who[1]:
            # A server takes it for a login of nobody, which succeeds (RFC 4513, 5.1.2).
            raise CheckError(Fault.UNUSABLE, "an account without a secret is let in by any directory, as nobody")
        with course.phase("bind"):
            await _bound(stream, who or (b"", b""))
        with course.phase("search"):
            count = await _found(stream, search)
        course.tell("driftvakt_probe_ldap_entries", count)
        stream.send(_message(4, _UNBIND))
        if count < search.expect:
            raise CheckError(Fault.ANSWER, f"it finds {count} entries, and {search.expect} at least are expected")


def _search(target: Target) -> Search:
    base, scope = target.text("base"), target.text("scope", "sub" if target.text("base") else "base")
    expect = int(target.number("expect", 1))
    if scope not in _SCOPES:
        raise CheckError(Fault.UNUSABLE, f"option 'scope' must be base, one or sub, got {said(scope)!r}")
    if not 0 <= expect <= _MOST:
        raise CheckError(Fault.UNUSABLE, f"option 'expect' must be from 0 to {_MOST}, got {expect}")
    return Search(base, _SCOPES[scope], filter_of(target.text("filter", "(objectClass=*)")), expect)


async def _bound(stream: Stream, who: tuple[bytes, bytes]) -> None:
    name, secret = who
    stream.send(_message(2, tlv(_BIND, integer(3), octets(name), octets(secret, 0x80))))
    code, reason = _result(await _answer(stream, 2, (_BOUND,)))
    if code != _SUCCESS:
        fault = Fault.DENIED if code in _REFUSALS else Fault.ANSWER
        raise CheckError(fault, f"it does not let {said(name) or 'anybody without an account'} in: {reason}")


async def _found(stream: Stream, search: Search) -> int:
    """Return how many entries a search finds, up to a few more than are expected."""
    request = tlv(
        _SEARCH, octets(search.base), integer(search.scope, ENUMERATED), integer(0, ENUMERATED),
        integer(max(search.expect, 1)), integer(0), octets(b"\x00", BOOLEAN), search.filter,
        # No attribute at all (RFC 4511, 4.5.1.8): entries are counted, and nobody's data travels.
        sequence(octets("1.1")),
    )  # fmt: skip
    stream.send(_message(3, request))
    count = 0
    for _ in range(_MOST + 100):
        answer = await _answer(stream, 3, (_ENTRY, _REFERENCE, _DONE))
        count += answer[0] == _ENTRY
        if answer[0] == _DONE:
            code, reason = _result(answer)
            # We ask for no more than are expected; that there are more is no fault.
            if code not in (_SUCCESS, _TOO_MANY):
                fault = Fault.DENIED if code in _REFUSALS else Fault.ANSWER
                raise CheckError(fault, f"it does not search {said(search.base)!r}: {reason}")
            return count
    raise CheckError(Fault.ANSWER, "its answer to the search does not end")


def _message(number: int, operation: bytes) -> bytes:
    return sequence(integer(number), operation)


async def _answer(stream: Stream, number: int, wanted: Sequence[int]) -> tuple[int, list[bytes]]:
    """Return the tag of an answer and the content of its parts."""
    message = await received(stream, SEQUENCE, "a message of LDAP")
    parts = message.parts()
    if len(parts) < 2:
        wrong(message.content, "a message of LDAP")
    head, operation = parts[:2]
    if head.number() == 0 and operation.tag == _EXTENDED_DONE:
        raise CheckError(Fault.ANSWER, f"it takes leave: {_result((0, [one.content for one in operation.parts()]))[1]}")
    if head.number() != number or operation.tag not in wanted:
        wrong(message.content, "an answer to what was asked")
    if operation.tag not in (_BOUND, _DONE, _EXTENDED_DONE):
        return operation.tag, []
    return operation.tag, [one.content for one in operation.parts()]


def _result(answer: tuple[int, list[bytes]]) -> tuple[int, str]:
    """Return the code of an LDAPResult, and what it means, with what the server says of it."""
    parts = answer[1]
    if len(parts) < 3 or not 0 < len(parts[0]) <= 4:
        wrong(b" ".join(parts), "a result of LDAP")
    code, text = int.from_bytes(parts[0], "big"), parts[2]
    meaning = _REFUSALS.get(code) or _MEANINGS.get(code) or f"error {code}"
    told = said(text)
    return code, f"{meaning} ({told})" if told else meaning


CHECK = Check(
    name="ldap",
    help="A directory binds an account and finds what it should.",
    probe=probe,
    port=389,
    options=(
        *encryption.OPTIONS,
        *encryption.ACCOUNT,
        Option("base", str, "the entry to search from; without one, the server is asked of itself"),
        Option("scope", str, "base, one or sub: how deep to search; sub where it is not set"),
        Option("filter", str, "what to search for, (objectClass=*) where it is not set"),
        Option("expect", int, "how many entries must be found at least, 1 where it is not set"),
    ),
)
