"""Cases of suppliers in the store, on SQLite and PostgreSQL: from the hand-over to the last word, and by which way."""

import asyncio
from collections.abc import Iterator
from email.message import EmailMessage
from functools import partial

import httpx
import pytest
from sqlalchemy import Connection
from ticket_desks import FakeGlpi

from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers import inbox, keeping, reading, token
from driftvakt_collector.desk.suppliers.cases import StoredCases
from driftvakt_collector.desk.suppliers.channel import SupplierChannel, message
from driftvakt_collector.desk.suppliers.evidence import Facts
from driftvakt_collector.desk.suppliers.handover import Always, Breach, Event
from driftvakt_collector.desk.suppliers.keeping import HandoverError, Told
from driftvakt_collector.desk.suppliers.outgoing import Do
from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Settings, Supplier, of_row, secrets_of, to_row
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.suppliers.webhooks.generic import signature
from driftvakt_collector.desk.texts.facts import SupplierNews
from driftvakt_collector.store import handovers, suppliers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.vault import Vault, VaultError

NOW = 1.8e9
WHAT = Words("sw-03 svarar inte", "sw-03 does not answer")
LAN = Supplier(
    "S:t Erik", Kind.EMAIL, "noc@sterik.example", answer_minutes=30, mend_hours=4,
    settings=Settings("08-123", r"SR-\d+"),
)  # fmt: skip
VAULT = Vault(bytes(32))
MAILBOX = "case@stad.example"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.migrate()
    yield made
    made.close()


def facts(number: int = 1042) -> Facts:
    return Facts(f"INC-{number}", "sw-03 svarar inte", "sw-03", NOW - 600, NOW)


def start(connection: Connection, supplier: Supplier = LAN, number: int = 1042, seed: int = 0) -> Told:
    return keeping.start(
        connection, number, supplier, WHAT, facts(number), NOW, clock=Always(), token=token.made(bytes([seed] * 16)),
        who="anna", note="Ring porten.",
    )  # fmt: skip


def take(connection: Connection, update: Update, supplier: Supplier = LAN, at: float = NOW + 60) -> Told | None:
    return keeping.take(connection, update, supplier, at, clock=Always())


# --- suppliers ---


def test_a_supplier_is_kept_with_its_secrets_sealed(store: Store) -> None:
    one = Supplier("Larm AB", Kind.GENERIC, url="https://larm.example/h", calendar="office", is_automatic=True)
    row = to_row(one, Secrets(hook="hemligt"), VAULT, NOW)
    store.write_now(lambda connection: suppliers.keep(connection, row))
    store.write_now(lambda connection: suppliers.keep(connection, row._replace(language="en")))

    found = store.read(lambda connection: suppliers.get(connection, "larm ab"))

    assert found is not None
    assert of_row(found) == Supplier("Larm AB", Kind.GENERIC, url="https://larm.example/h", language="en",
                                     calendar="office", is_automatic=True)  # fmt: skip
    assert b"hemligt" not in found.sealed
    assert secrets_of(found, VAULT).hook == "hemligt"
    assert "hemligt" not in repr(secrets_of(found, VAULT))
    with pytest.raises(VaultError):
        secrets_of(found._replace(name="Annan AB"), VAULT)
    assert store.write_now(lambda connection: suppliers.remove(connection, "Larm AB"))
    assert not store.write_now(lambda connection: suppliers.remove(connection, "Larm AB"))


# --- a case ---


def test_a_hand_over_has_evidence_a_clock_and_something_to_send(store: Store) -> None:
    told = store.write_now(start)

    assert told.row.id
    assert [line.what for line in told.lines] == ["supplier.opened"]
    assert told.due == ((Breach.ANSWER, NOW + 1800), (Breach.MEND, NOW + 4 * 3600))
    assert told.news is SupplierNews.OPENED
    assert told.outgoing is not None
    assert told.outgoing.id == f"handover-{told.row.id}-open-0"
    assert "Ring porten." in told.outgoing.text
    assert "Vårt ärende: INC-1042" in told.outgoing.text
    (row,) = store.read(lambda connection: handovers.of_incident(connection, 1042))
    assert row == told.row
    assert '"key":"INC-1042"' in row.evidence


def test_one_supplier_has_an_incident_once(store: Store) -> None:
    told = store.write_now(start)

    with pytest.raises(HandoverError, match="INC-1042 is with S:t Erik already"):
        store.write_now(lambda connection: start(connection, seed=1))

    other = Supplier("Annan AB", Kind.EMAIL, "x@annan.example")
    store.write_now(lambda connection: start(connection, other, seed=2))
    store.write_now(
        lambda connection: keeping.act(
            connection, told.row, Event.CANCEL, LAN, "INC-1042", WHAT, NOW, clock=Always(), who="anna"
        )
    )
    again = store.write_now(lambda connection: start(connection, seed=3))
    assert len(store.read(lambda connection: handovers.of_incidents(connection, [1042]))[1042]) == 3
    assert again.row.id > told.row.id


def test_an_answer_is_a_note_once_and_tells_their_number(store: Store) -> None:
    case = store.write_now(start)
    update = Update("<1@sterik>", case.row.token, event=Event.ANSWER, text="Vi tittar", sender="n@sterik.example",
                    number="SR-1")  # fmt: skip

    first = store.write_now(lambda connection: take(connection, update))
    second = store.write_now(lambda connection: take(connection, update))

    assert first is not None
    assert second is None
    assert [(line.what, line.text) for line in first.lines] == [
        ("supplier.note", "Vi tittar"), ("supplier.state", "answered"),
    ]  # fmt: skip
    assert (first.news, first.row.their_key, first.row.answered_at) == (SupplierNews.UPDATED, "SR-1", NOW + 60)
    assert first.due == ((Breach.MEND, NOW + 4 * 3600),)
    found = store.read(lambda connection: handovers.by_their_key(connection, "S:t Erik", "SR-1"))
    assert found == first.row


def test_a_machine_s_answer_is_kept_and_nobody_is_told(store: Store) -> None:
    case = store.write_now(start)
    away = Update("<2@sterik>", case.row.token, event=Event.MEND, text="Jag är ledig", is_automatic=True, number="SR-1")

    told = store.write_now(lambda connection: take(connection, away))

    assert told is not None
    assert (told.row.state, told.news, told.row.their_key) == ("opened", None, "SR-1")
    assert [line.what for line in told.lines] == ["supplier.note"]


def test_that_a_case_did_not_arrive_is_told(store: Store) -> None:
    case = store.write_now(start)
    bounce = Update("<3@mx>", case.row.token, text="mailbox unavailable", is_automatic=True, is_failure=True)

    told = store.write_now(lambda connection: take(connection, bounce))

    assert told is not None
    assert (told.news, told.row.state, told.said) == (SupplierNews.FAILED, "opened", "mailbox unavailable")


def test_no_supplier_reaches_another_s_case(store: Store) -> None:
    case = store.write_now(start)
    other = Supplier("Annan AB", Kind.GENERIC)
    store.write_now(lambda connection: handovers.change(connection, case.row, their_key="77"))

    for update in (
        Update("a", case.row.token, event=Event.MEND), Update("b", their_key="77", event=Event.MEND),
        Update("c", token.made(bytes([9] * 16)), "77", Event.MEND), Update("d", event=Event.MEND),
    ):  # fmt: skip
        assert store.write_now(partial(take, update=update, supplier=other)) is None
    wrong = Update("e", token.made(bytes([9] * 16)), "77", Event.MEND)
    assert store.write_now(lambda connection: take(connection, wrong)) is None


def test_mended_is_ours_to_accept_or_to_doubt(store: Store) -> None:
    case = store.write_now(start)
    mended = store.write_now(lambda one: take(one, Update("m", case.row.token, event=Event.MEND)))
    assert mended is not None
    assert (mended.news, mended.due) == (SupplierNews.MENDED, ())

    doubted = store.write_now(
        lambda one: keeping.act(one, mended.row, Event.REOPEN, LAN, "INC-1042", WHAT, NOW + 3600, clock=Always(),
                                who="anna", note="Port 3 är nere än.")
    )  # fmt: skip

    assert doubted.outgoing is not None
    assert (doubted.outgoing.do, doubted.outgoing.number > 0) == (Do.REOPEN, True)
    assert "Port 3 är nere än." in doubted.outgoing.text
    assert doubted.row.mend_due_at == NOW + 4 * 3600 + 3600 - 60
    with pytest.raises(HandoverError, match="is reopened, and can't be told to accept"):
        store.write_now(
            lambda one: keeping.act(one, doubted.row, Event.ACCEPT, LAN, "INC-1042", WHAT, NOW, clock=Always(), who="a")
        )
    noted = store.write_now(
        lambda one: keeping.add_note(one, doubted.row, LAN, "INC-1042", WHAT, NOW + 4000, who="a", note="Mer")
    )
    assert noted.outgoing is not None
    assert noted.outgoing.id not in (doubted.outgoing.id, case.outgoing.id if case.outgoing else "")


def test_who_is_late_is_told_unless_it_was_done(store: Store) -> None:
    case = store.write_now(start)

    assert keeping.late(case.row, Breach.ANSWER, NOW + 1799) is None
    assert keeping.late(case.row, Breach.ANSWER, NOW + 1800) is SupplierNews.LATE_ANSWER
    answered = store.write_now(lambda one: take(one, Update("a", case.row.token, event=Event.ANSWER)))
    assert answered is not None
    assert answered.news is SupplierNews.ANSWERED
    assert keeping.late(answered.row, Breach.ANSWER, NOW + 1800) is None
    assert keeping.late(answered.row, Breach.MEND, NOW + 4 * 3600) is SupplierNews.LATE_MEND
    assert keeping.breaches(answered.row, NOW + 5 * 3600, Always())[0].late == 3600
    shown = keeping.shown(answered.row._replace(their_key="31080#80"), LAN, works=False)
    assert (shown.their_key, shown.phone, shown.works) == ("31080", "08-123", False)


# --- the way there ---


def channel(store: Store, sent: list[EmailMessage], client: httpx.AsyncClient | None = None) -> SupplierChannel:
    async def post(mail: EmailMessage) -> Sent:
        sent.append(mail)
        return Sent(str(mail["Message-ID"]))

    return SupplierChannel(
        client or httpx.AsyncClient(), StoredCases(store, VAULT), post, MAILBOX, "Driften", lambda: NOW
    )


def test_by_mail_there_and_back_again(store: Store) -> None:
    store.write_now(lambda one: suppliers.keep(one, to_row(LAN, Secrets(), VAULT, NOW)))
    case = store.write_now(start)
    assert case.outgoing is not None
    sent: list[EmailMessage] = []
    asyncio.run(channel(store, sent).send(message(case.outgoing, "sv", NOW)))

    answer = EmailMessage()
    answer["From"], answer["To"], answer["Message-ID"] = (
        "kalle@sterik.example",
        sent[0]["Reply-To"],
        "<9@sterik.example>",
    )
    answer["Subject"] = "Nåt helt annat"
    answer.set_content("ÅTGÄRDAT\nBytte kort. SR-5\n\nDen 27 nov skrev Driften:\n> SR-99")
    read = reading.read(answer.as_bytes())
    (one,) = reading.tokens_of(read, MAILBOX)
    told = store.write_now(lambda connection: take(connection, reading.update_of(read, one, LAN)))

    assert told is not None
    assert (told.row.state, told.row.their_key, told.said) == ("mended", "SR-5", "ÅTGÄRDAT\nBytte kort. SR-5")


def test_by_glpi_and_what_comes_after_waits_for_the_ticket(store: Store) -> None:
    fake = FakeGlpi()
    supplier = Supplier("S:t Erik", Kind.GLPI, url="https://glpi.example/glpi")
    store.write_now(lambda one: suppliers.keep(one, to_row(supplier, Secrets("APP", "USER"), VAULT, NOW)))
    case = store.write_now(lambda one: start(one, supplier))
    noted = store.write_now(
        lambda one: keeping.add_note(one, case.row, supplier, "INC-1042", WHAT, NOW + 9, who="a", note="Mer")
    )
    assert case.outgoing is not None
    assert noted.outgoing is not None

    async def work() -> Sent:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(fake.asgi))
        way = channel(store, [], client)
        with pytest.raises(DeliveryError, match="does not have the case yet") as caught:
            await way.send(message(noted.outgoing, "sv", NOW))  # type: ignore[arg-type]  # asserted above
        assert caught.value.after is not None
        sent = await way.send(message(case.outgoing, "sv", NOW))  # type: ignore[arg-type]  # asserted above
        await way.send(message(noted.outgoing, "sv", NOW))  # type: ignore[arg-type]  # asserted above
        await way.close()
        return sent

    sent = asyncio.run(work())

    assert sent.provider == "40"
    found = store.read(lambda one: handovers.by_their_key(one, "S:t Erik", "40"))
    assert found is not None
    assert len(fake.followups) == 1


def test_what_can_not_go_out_says_why(store: Store) -> None:
    case = store.write_now(start)
    assert case.outgoing is not None
    way = channel(store, [])

    with pytest.raises(DeliveryError, match="there is no supplier 'S:t Erik' any more") as caught:
        asyncio.run(way.send(message(case.outgoing, "sv", NOW)))
    assert caught.value.permanent
    with pytest.raises(DeliveryError, match="can't be read"):
        asyncio.run(way.send(Message("x", "S:t Erik", "", "{}", "", "sv", NOW)))
    store.write_now(lambda one: suppliers.keep(one, to_row(LAN, Secrets(), Vault(bytes([1] * 32)), NOW)))
    with pytest.raises(DeliveryError, match="was sealed with another key") as caught:
        asyncio.run(way.send(message(case.outgoing, "sv", NOW)))
    assert caught.value.broken


# --- from the outside to the case ---


def test_a_mail_finds_its_case_or_nothing(store: Store) -> None:
    store.write_now(lambda one: suppliers.keep(one, to_row(LAN, Secrets(), VAULT, NOW)))
    case = store.write_now(start)

    def mail(to: str) -> Told | None:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = "n@sterik.example", to, f"[INC-1042] {case.row.token}"
        letter.set_content("PÅBÖRJAT")
        return store.write_now(
            lambda one: inbox.by_mail(one, letter.as_bytes(), MAILBOX, NOW + 9, lambda _who, _at: Always())
        )

    assert mail(MAILBOX) is None
    assert mail(f"case+{token.made(bytes([7] * 16))}@stad.example") is None
    told = mail(f"case+{case.row.token}@stad.example")
    assert told is not None
    assert told.row.state == "working"


def test_a_webhook_finds_its_case_and_who_asks_learns_no_names(store: Store) -> None:
    supplier = Supplier("Larm AB", Kind.GENERIC, url="https://larm.example/h")
    store.write_now(lambda one: suppliers.keep(one, to_row(supplier, Secrets(hook="h"), VAULT, NOW)))
    case = store.write_now(lambda one: start(one, supplier))
    raw = f'{{"token":"{case.row.token}","status":"mended","text":"Klart"}}'.encode()
    stamp = f"{NOW:.0f}"

    def hook(name: str, secret: str) -> Told | None:
        headers = {"x-driftvakt-timestamp": stamp, "x-driftvakt-signature": f"sha256={signature(secret, stamp, raw)}"}
        return store.write_now(
            lambda one: inbox.by_hook(one, VAULT, name, headers, raw, NOW, lambda _who, _at: Always())
        )

    statuses = []
    for name, secret in (("Larm AB", "annat"), ("Ingen", "h")):
        with pytest.raises(UpdateError) as caught:
            hook(name, secret)
        statuses.append(caught.value.status)
    told = hook("Larm AB", "h")

    assert statuses == [401, 401]
    assert told is not None
    assert (told.row.state, told.said) == ("mended", "Klart")
    assert hook("Larm AB", "h") is None
    with pytest.raises(UpdateError):
        store.read(lambda one: inbox.challenged(one, VAULT, "Larm AB", "abc"))
    desk = Supplier("GLPI AB", Kind.GLPI, url="https://glpi.example")
    store.write_now(lambda one: suppliers.keep(one, to_row(desk, Secrets("a", "b", "h"), VAULT, NOW)))
    assert len(store.read(lambda one: inbox.challenged(one, VAULT, "GLPI AB", "abc"))) == 64
