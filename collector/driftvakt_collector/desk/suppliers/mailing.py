"""A case as mails: made here. The token stands in the address that is answered to, in the ids and in a header.

How answers are known again is in `reading`.
"""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from driftvakt_collector.desk.suppliers import token, wording
from driftvakt_collector.desk.suppliers.outgoing import Do, Outgoing
from driftvakt_collector.desk.suppliers.supplier import Supplier
from driftvakt_collector.desk.texts.clean import line

HEADER = "X-Driftvakt-Case"
_MOST_SUBJECT = 180


def case_address(mailbox: str, one: str) -> str:
    """Return where answers about a case go: `case+TOKEN@city.example`. mailbox: `case@city.example`."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{one}@{domain}"


def message_id(one: str, number: int, mailbox: str) -> str:
    """Return the id of the nth mail about a case."""
    return f"<handover.{one}.{number}@{mailbox.rpartition('@')[2]}>"


def letter(told: Outgoing, supplier: Supplier, mailbox: str, sender: str, now: float) -> EmailMessage:
    """Return a mail. mailbox: ours, in which `+` is taken. sender: what our desk is called. now: seconds since the

    epoch. Every header is of one line, whatever is in it.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(line(sender, 60), addr_spec=mailbox)
    mail["To"] = supplier.address
    mail["Reply-To"] = case_address(mailbox, told.token)
    mail["Subject"] = line(f"[{told.incident}] {told.title}", _MOST_SUBJECT)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["Message-ID"] = message_id(told.token, told.number, mailbox)
    if told.number:
        first = message_id(told.token, 0, mailbox)
        mail["In-Reply-To"] = first
        mail["References"] = first
    mail[HEADER] = told.token
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail.set_content("\n\n".join([
        wording.MARKER, told.text, wording.how_to_answer(supplier.language),
        f"{told.incident} {token.mark(told.token)}\n",
    ]), cte="quoted-printable")  # fmt: skip
    if told.do is Do.OPEN:
        name = line(told.incident, 32).replace("/", "-") or "case"
        if told.evidence:
            mail.add_attachment(told.evidence.encode(), "application", "json", filename=f"{name}.json")
        if told.tries:
            mail.add_attachment(told.tries.encode("utf-8-sig"), "text", "csv", filename=f"{name}.csv")
    return mail
