"""Mails to and from suppliers: an answer belongs to a case by its token, and a machine's answer changes no state."""

import email
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.desk.suppliers import mailing, reading, token, wording
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.outgoing import Do, Outgoing, decode, encode
from driftvakt_collector.desk.suppliers.supplier import Kind, Settings, Supplier, SupplierError, their_number
from driftvakt_collector.desk.suppliers.update import Update, UpdateError

MAILBOX = "case@stad.example"
ONE, OTHER = token.made(bytes(range(16))), token.made(bytes(range(16, 32)))
SUPPLIER = Supplier("S:t Erik", Kind.EMAIL, "noc@sterik.example", settings=Settings(number=r"(SR-\d+)"))
OPEN = Outgoing("handover-1-open-0", Do.OPEN, "S:t Erik", ONE, "INC-1042", "Felanmälan: sw-03 svarar inte",
                "Sedan 23:50", evidence='{"version":1}', tries="time,from\n")  # fmt: skip
NOW = 1.8e9


def letter(told: Outgoing = OPEN) -> EmailMessage:
    made = mailing.letter(told, SUPPLIER, MAILBOX, "Stadens driftcentral", NOW)
    read = email.message_from_bytes(made.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def reply(text: str, to: str = "", subject: str = "Re: vad som helst", sender: str = "anna@sterik.example",
          **headers: str) -> bytes:  # fmt: skip
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to or mailing.case_address(MAILBOX, ONE), subject
    mail["Message-ID"] = "<1@sterik.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def update(raw: bytes, supplier: Supplier = SUPPLIER) -> Update:
    return reading.update_of(reading.read(raw), ONE, supplier)


# --- out ---


def test_a_case_is_a_mail_with_its_token_where_answers_go() -> None:
    mail = letter()

    assert mail["Reply-To"] == f"case+{ONE}@stad.example"
    assert mail["Message-ID"] == f"<handover.{ONE}.0@stad.example>"
    assert (mail["Auto-Submitted"], mail[mailing.HEADER]) == ("auto-generated", ONE)
    assert mail["Subject"] == "[INC-1042] Felanmälan: sw-03 svarar inte"
    body = mail.get_body()
    assert body is not None
    text = body.get_content()
    assert text.startswith(wording.MARKER)
    assert "ÅTGÄRDAT" in text
    assert token.mark(ONE) in text
    assert [one.get_filename() for one in mail.iter_attachments()] == ["INC-1042.json", "INC-1042.csv"]


def test_what_comes_later_is_in_the_same_thread() -> None:
    mail = letter(Outgoing("x", Do.NOTE, "S:t Erik", ONE, "INC-1042", "Mer", "Mer", 7))

    assert mail["In-Reply-To"] == mail["References"] == f"<handover.{ONE}.0@stad.example>"
    assert mail["Message-ID"] == f"<handover.{ONE}.7@stad.example>"
    assert not list(mail.iter_attachments())


def test_no_name_makes_a_header_of_its_own() -> None:
    bad = "sw\r\nBcc: all@stad.example\r\n\r\nHej\0\u202e"

    mail = letter(Outgoing("x", Do.OPEN, bad, ONE, f"INC-1{bad}", bad * 100, bad, evidence="{}"))

    assert mail["Bcc"] is None
    assert len(mail["Subject"]) <= 180
    assert encode(decode(encode(OPEN))) == encode(OPEN)


# --- in ---


def test_an_answer_is_known_by_the_address_or_by_what_it_answers_and_by_nothing_else() -> None:
    by_address = reading.read(reply("Hej"))
    answered = reading.read(reply("Hej", MAILBOX, In_Reply_To=f"<handover.{ONE}.3@stad.example>"))
    upper = reading.read(reply("Hej", f"CASE+{ONE.upper()}@STAD.EXAMPLE"))
    passed_on = reading.read(reply("Hej", "x@y.example", Delivered_To=f"case+{ONE}@stad.example"))
    by_subject = reading.read(reply(f"{token.mark(ONE)} INC-1042", MAILBOX, f"Re: [INC-1042] {token.mark(ONE)} {ONE}"))
    elsewhere = reading.read(reply("Hej", f"case+{ONE}@evil.example", In_Reply_To=f"<handover.{ONE}.3@evil.example>"))
    no_token = reading.read(
        reply("Hej", f"case+{ONE[:-1]}@stad.example, case+x@stad.example, other+{ONE}@stad.example")
    )

    assert [reading.tokens_of(one, MAILBOX) for one in (by_address, answered, upper, passed_on)] == [(ONE,)] * 4
    assert [reading.tokens_of(one, MAILBOX) for one in (by_subject, elsewhere, no_token)] == [()] * 3


def test_of_two_tokens_the_address_comes_first() -> None:
    both = reading.read(
        reply("Hej", "", References=f"<handover.{OTHER}.0@stad.example> <handover.{ONE}.1@stad.example>")
    )

    assert reading.tokens_of(both, MAILBOX) == (ONE, OTHER)


@pytest.mark.parametrize(
    ("text", "event", "said"),
    [
        ("Vi tittar på det.\n", Event.ANSWER, "Vi tittar på det."),
        ("ÅTGÄRDAT\n\nBytte port.", Event.MEND, "ÅTGÄRDAT\n\nBytte port."),
        ("\n  Påbörjat.\nTekniker på väg", Event.WORK, "Påbörjat.\nTekniker på väg"),
        ("Fixed!", Event.MEND, "Fixed!"),
        ("Det är inte åtgärdat ännu", Event.ANSWER, "Det är inte åtgärdat ännu"),
        ("Klart det, vi kommer", Event.ANSWER, "Klart det, vi kommer"),
        ("Ja.\n\nDen fre 27 nov. 2026 kl 02:20 skrev Driften <case@stad.example>:\n> ÅTGÄRDAT", Event.ANSWER, "Ja."),
        ("Ja.\n\nOn Fri, 27 Nov 2026, City wrote:\n> fixed", Event.ANSWER, "Ja."),
        ("Ja.\n\n-----Original Message-----\nFrom: x", Event.ANSWER, "Ja."),
        ("Ja.\n\nFrån: Driftcentralen <case@stad.example>\nSkickat: den 27 november", Event.ANSWER, "Ja."),
        (f"Ja.\n\n{wording.MARKER}\n\nFelet", Event.ANSWER, "Ja."),
        (f"{wording.MARKER}\n\nFelet är mätt", Event.ANSWER, ""),
        ("> Felet\n> är mätt\n\nJa, åtgärdat i natt", Event.ANSWER, "Ja, åtgärdat i natt"),
        ("Ja.\n-- \nKalle Svensson\n070-123 45 67", Event.ANSWER, "Ja."),
        ("", Event.ANSWER, ""),
    ],
)  # fmt: skip
def test_only_what_was_written_anew_is_read(text: str, event: Event, said: str) -> None:
    found = update(reply(text))

    assert (found.event, found.text) == (event, said)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated (vacation)"}, {"Precedence": "bulk"},
        {"X_Autoreply": "yes"}, {"Return_Path": "<>"}, {"List_Id": "<noc.sterik.example>"},
        {"sender": "MAILER-DAEMON@sterik.example"}, {"sender": "noreply@sterik.example"},
    ],
)  # fmt: skip
def test_what_a_machine_answers_changes_no_state(headers: dict[str, str]) -> None:
    found = update(reply("ÅTGÄRDAT SR-5", **headers))

    assert (found.event, found.is_automatic) == (None, True)
    # Many desks tell the number of a new case by a machine.
    assert found.number == "SR-5"


BOUNCE = (
    "From: MAILER-DAEMON@stad.example\r\nTo: {to}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain\r\n\r\nnoc@sterik.example: mailbox unavailable\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
    "Final-Recipient: rfc822; noc@sterik.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
    "--b\r\nContent-Type: {kind}\r\n\r\nMessage-ID: <handover.{one}.0@stad.example>\r\nSubject: x\r\n\r\n--b--\r\n"
)


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_mail_of_ours_that_did_not_arrive_is_known_by_what_is_given_back(kind: str) -> None:
    def letter_of(action: str) -> reading.Letter:
        return reading.read(BOUNCE.format(to=MAILBOX, action=action, kind=kind, one=ONE).encode())

    failed, delayed = letter_of("failed"), letter_of("delayed")

    assert reading.tokens_of(failed, MAILBOX) == (ONE,)
    found = reading.update_of(failed, ONE, SUPPLIER)
    assert (found.is_failure, found.is_automatic, found.event) == (True, True, None)
    assert "mailbox unavailable" in found.text
    assert not delayed.is_failure


def test_a_bounce_is_automatic() -> None:
    raw = (
        b"From: x@sterik.example\r\nTo: case@stad.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nfixed\r\n--b--\r\n'
    )

    assert update(raw).is_automatic
    assert not update(reply("Hej", Auto_Submitted="no")).is_automatic


@pytest.mark.parametrize(
    ("sender", "is_theirs"),
    [
        ("noc@sterik.example", True), ("kalle@drift.STERIK.example", True), ("x@notsterik.example", False),
        ("x@sterik.example.evil.example", False), ("kalle@underlev.example", False), ("", False),
    ],
)  # fmt: skip
def test_what_comes_from_elsewhere_is_a_note_and_changes_no_state(sender: str, is_theirs: bool) -> None:
    found = update(reply("ÅTGÄRDAT", sender=sender or "undisclosed:;"))

    assert (found.event is Event.MEND) is is_theirs
    assert found.text == "ÅTGÄRDAT"


def test_their_number_is_read_by_their_own_expression_and_in_linear_time() -> None:
    assert update(reply("Vårt ärende är SR-88120.")).number == "SR-88120"
    assert update(reply("Hej", subject="SR-7 mottaget")).number == "SR-7"
    assert update(reply("SR-88120"), Supplier("x", Kind.EMAIL, "noc@sterik.example")).number == ""
    assert their_number(r"Case\s+\w+", "x", "in Case\r\n 77 now") == "Case 77"
    assert their_number("(a+)+$", "a" * 9000 + "b") == ""
    with pytest.raises(SupplierError, match="no regular expression"):
        their_number("(", "x")


def test_a_mail_of_html_alone_is_read_and_its_scripts_and_quotes_are_not() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "noc@sterik.example", mailing.case_address(MAILBOX, ONE)
    mail.set_content(
        "<html><head><style>p{}</style></head><body><p>PÅBÖRJAT</p><p>Vi &amp; ni<br>ses</p><script>x()</script>"
        "<blockquote>ÅTGÄRDAT</blockquote></body></html>",
        subtype="html",
    )

    found = update(mail.as_bytes())

    assert found.event is Event.WORK
    assert found.text == "PÅBÖRJAT\n\nVi & ni\nses"


def test_a_letter_set_that_nobody_knows_is_read_as_far_as_it_goes() -> None:
    raw = b"From: noc@sterik.example\r\nContent-Type: text/plain; charset=x-nonsense\r\n\r\nHej \xe5\r\n"

    assert update(raw).text == "Hej \ufffd"


def test_a_long_answer_is_cut_and_a_mail_without_an_id_has_one_of_its_content() -> None:
    raw = reply("rad\n" * 50_000).replace(b"Message-ID: <1@sterik.example>\r\n", b"")

    found = update(raw)

    assert len(found.text) <= reading.MOST_TEXT + 2
    assert found.key.startswith("sha256:")


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_no_mail_breaks_the_reader(raw: bytes) -> None:
    report = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    for one in (raw, b"To: " + raw, report + raw, b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + raw):
        try:
            found = reading.read(one)
        except UpdateError:
            continue
        reading.tokens_of(found, MAILBOX)
        reading.update_of(found, ONE, SUPPLIER)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            b"To: " + b"x@y," * 200_000 + b"\r\n\r\nhej", id="half a million receivers: minutes in the library"
        ),
        pytest.param(b"To: a,\r\n" + b" x@y,\r\n" * 100_000 + b"\r\nhej", id="the same, folded"),
        pytest.param(b"Content-Type: text/html\r\n\r\n" + b"<!--" * 200_000, id="comments that do not end"),
        pytest.param(b"Content-Type: text/html\r\n\r\n" + b"<a href='" * 100_000, id="attributes that do not end"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 100_000, id="many parts"),
        pytest.param(b"Content-Type: text/plain" + b"; a=b" * 200_000 + b"\r\n\r\n", id="many parameters"),
        pytest.param(b"Subject: " + b"=?utf-8?q?" * 80_000 + b"\r\n\r\n", id="words that are not encoded"),
        pytest.param(b"Content-Type: message/rfc822\r\n\r\n" * 30_000, id="mails in mails"),
    ],
)
def test_a_mail_that_was_made_to_keep_us_busy_does_not(raw: bytes) -> None:
    try:
        found = reading.read(raw)
    except UpdateError:
        return

    assert len(found.subject) <= 300
    assert reading.update_of(found, ONE, SUPPLIER).token == ONE


def test_headers_in_other_letters_are_read() -> None:
    raw = b"From: =?utf-8?q?=C3=85sa?= <asa@sterik.example>\r\nSubject: =?iso-8859-1?q?=E4rende?= SR-8\r\n\r\nHej"

    found = reading.read(raw)

    assert (found.sender, found.subject) == ("asa@sterik.example", "ärende SR-8")
    assert update(raw).number == "SR-8"
