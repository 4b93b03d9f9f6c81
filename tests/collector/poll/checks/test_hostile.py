"""What holds for every check that asks over TCP, whoever is at the other end."""

import pytest
from serving import FOUL, SHORT, Options, ask, ask_of, fit_to_be_shown, floods, free_port, in_bounds, mute, says

from driftvakt_collector.poll.checks import imap, ipp, kerberos, ldap, mysql, nfs, pop3, postgres, smb, smtp
from driftvakt_collector.poll.checks.check import Check, Fault

ASKED: list[tuple[Check, Options]] = [
    (smtp.CHECK, {}),
    (smtp.CHECK, {"tls": "implicit"}),
    (imap.CHECK, {}),
    (pop3.CHECK, {}),
    (ldap.CHECK, {}),
    (smb.CHECK, {}),
    (nfs.CHECK, {}),
    (ipp.CHECK, {}),
    (postgres.CHECK, {}),
    (postgres.CHECK, {"tls": True}),
    (mysql.CHECK, {}),
    (kerberos.CHECK, {"transport": "tcp", "realm": "X"}),
]
EACH = pytest.mark.parametrize(
    ("check", "options"), ASKED, ids=[" ".join([check.name, *map(str, options)]) for check, options in ASKED]
)


@EACH
def test_nothing_listens(check: Check, options: Options) -> None:
    outcome = ask(check, free_port(), options=options)

    assert (outcome.fault, outcome.reason) == (Fault.DOWN, "nothing listens there")


@EACH
def test_it_takes_a_connection_and_never_answers(check: Check, options: Options) -> None:
    outcome = ask_of(check, mute, patience=SHORT, options=options)

    assert outcome.fault is Fault.HUNG
    assert outcome.seconds < 10 * SHORT


@EACH
@pytest.mark.parametrize("banner", [
    pytest.param(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", id="SSH"),
    pytest.param(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", id="HTTP"),
    pytest.param(b"", id="nothing at all"),
    pytest.param(FOUL + b"\r\n" + FOUL * 500, id="escapes of a terminal"),
    pytest.param(b"\xff" * 600, id="all bits set"),
    pytest.param(b"\x00" * 600, id="no bits set"),
    pytest.param(b"\x30\x84\x7f\xff\xff\xff" * 20, id="a length of two gigabytes, in BER"),
    pytest.param(b"\x80\x00\x00\x04" * 50, id="short records"),
])  # fmt: skip
def test_somebody_else_is_at_that_port(check: Check, options: Options, banner: bytes) -> None:
    outcome = ask_of(check, says(banner), options=options)

    assert outcome.fault is Fault.ANSWER, outcome
    assert fit_to_be_shown(outcome)
    assert "Error" not in outcome.reason


@EACH
@pytest.mark.parametrize("piece", [b"\0", b"\xff", FOUL, b"* x\r\n", b"250-x\r\n"])
def test_a_flood_is_cut(check: Check, options: Options, piece: bytes) -> None:
    with in_bounds():
        outcome = ask_of(check, floods(piece), options=options)

    assert outcome.fault is Fault.ANSWER, outcome
    assert fit_to_be_shown(outcome)
