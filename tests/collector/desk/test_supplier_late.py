"""When a supplier is late, or does not get the case at all: then our own people are told, and not before."""

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from alarming import NOON, alert, raised
from post_office import Office, text_of
from supplying import LAN, NAME, POLICY, Story, put_on_call, run

from driftvakt_collector.alert.alert import Source
from driftvakt_collector.desk import casework, roster
from driftvakt_collector.store import outbox, plans, suppliers
from driftvakt_collector.store.engine import Store


@pytest.fixture
def story(store_url: str, tmp_path: Path) -> Iterator[Story]:
    store = Store(store_url)
    store.migrate()
    put_on_call(store)
    with Office() as office:
        yield Story(store, tmp_path, office)
    store.close()


def test_a_supplier_that_does_not_answer_has_our_own_people_paged(story: Story) -> None:
    async def told() -> None:
        await story.raise_()
        await story.work(1799)
        assert story.pages == []

        await story.work(1)

        assert "anna" in story.pages
        assert "supplier.late" in story.whats
        assert any("skulle ha svarat senast" in text_of(one) for one in story.office.to("anna@"))
        assert any("08-123 45 00" in text_of(one) for one in story.office.to("anna@"))

    run(told())


def test_what_they_call_mended_and_we_do_not_pages_after_a_quarter(story: Story) -> None:
    async def told() -> None:
        await story.raise_()
        await story.answer("ÅTGÄRDAT")
        await story.work(899)
        assert story.pages == []

        await story.work(1)

        assert "anna" in story.pages

    run(told())


def test_a_mail_that_does_not_arrive_pages_at_once(story: Story) -> None:
    async def told() -> None:
        story.office.refuse = ["550 5.1.1 no such user"]

        await story.raise_()
        await story.work(1)

        assert "anna" in story.pages
        assert "supplier.failed" in story.whats
        assert any("kom INTE fram" in text_of(one) for one in story.office.to("anna@"))

    run(told())


def test_an_automatic_supplier_without_times_does_not_keep_us_asleep(story: Story) -> None:
    story.keep(replace(LAN, answer_minutes=0.0))

    async def told() -> None:
        await story.raise_()

        assert "anna" in story.pages
        assert story.office.to("noc@")

    run(told())


def test_a_supplier_that_is_gone_when_it_should_get_the_case_pages_at_once(story: Story) -> None:
    async def told() -> None:
        await story.alarms.take([raised(story.fault)])
        story.store.write_now(lambda one: suppliers.remove(one, NAME))

        await story.work()

        assert "anna" in story.pages
        assert "supplier.failed" in story.whats

    run(told())


def test_where_nobody_is_on_call_everybody_hears_of_what_did_not_arrive(story: Story) -> None:
    story.keep(replace(LAN, is_automatic=False))
    story.store.write_now(lambda one: plans.save(one, "rota", "natjour", "", from_at=NOON - 1, now=NOON - 1, who="bo"))
    story.alarms.roster.book = story.store.read(lambda one: roster.read(one, story.alarms.surroundings.days))

    async def told() -> None:
        await story.raise_()
        story.store.write_now(lambda one: casework.ask(one, 1, NAME, "bo", story.at))
        story.office.refuse = ["550 5.1.1 no such user"]

        await story.work()
        await story.work(1)

        for name in ("anna@", "bo@"):
            assert any("kom INTE fram" in text_of(one) for one in story.office.to(name))

    run(told())


def test_what_a_stranger_or_a_machine_writes_changes_nothing(story: Story) -> None:
    async def told() -> None:
        await story.raise_()
        assert await story.answer("ÅTGÄRDAT", sender="x@elak.example", key="1") == "supplier"
        assert story.cases[0].state == "opened"
        mail = EmailMessage()
        mail["From"], mail["To"] = "noc@sterik.example", "larm+aaaaaaaaaaaaaaaaaaaaaaaaaa@stad.example"
        mail.set_content("ÅTGÄRDAT")
        assert (await story.alarms.inbox.letter(mail.as_bytes())).verdict == "no incident"
        assert story.cases[0].state == "opened"

        await story.work(1800)

        assert "anna" in story.pages

    run(told())


def test_a_step_of_the_policy_hands_over_and_the_next_is_told_when_that_fails(story: Story) -> None:
    story.keep(replace(LAN, is_automatic=False))
    story.store.write_now(
        lambda one: plans.save(one, "policy", "default", POLICY, from_at=NOON - 1, now=NOON - 1, who="bo")
    )
    story.alarms.roster.book = story.store.read(lambda one: roster.read(one, story.alarms.surroundings.days))

    async def told() -> None:
        await story.raise_()
        assert len(story.office.to("noc@")) == 1
        assert story.pages == []
        await story.work(600)
        assert "anna" in story.pages

        story.store.write_now(lambda one: suppliers.remove(one, NAME))
        other = alert("HostSilent", "a-0003", source=Source.LIVENESS, supplier=NAME)
        await story.raise_(other)
        rows = story.store.read(lambda one: outbox.of_incident(one, 2))
        assert "anna" in [row.person for row in rows if row.kind == outbox.PAGE]

    run(told())


def test_a_fault_of_ours_in_making_the_evidence_pages_after_two_minutes(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no tree")

    monkeypatch.setattr(story.alarms.handing, "_facts", broken)

    async def told() -> None:
        await story.raise_()
        await story.work(119)
        assert story.pages == []

        await story.work(1)

        assert "anna" in story.pages
        assert story.office.to("noc@") == []

    run(told())
