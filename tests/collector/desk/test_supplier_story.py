"""The whole way of a fault on a supplier's side: handed over, answered, mended, accepted."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from alarming import NOON
from post_office import Office, text_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from supplying import LAN, NAME, ORACLE, Story, put_on_call, run

from driftvakt_collector.desk import casework
from driftvakt_collector.desk import incidents as desk_of_ours
from driftvakt_collector.desk.incidents import DeskError
from driftvakt_collector.desk.suppliers.cases import StoredCases
from driftvakt_collector.desk.suppliers.channel import SupplierChannel
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.supplier import Kind
from driftvakt_collector.desk.suppliers.webhooks.generic import signature
from driftvakt_collector.ingest.supplier_hooks import SupplierHooks
from driftvakt_collector.store import alerts, incidents
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust import vault


@pytest.fixture
def story(store_url: str, tmp_path: Path) -> Iterator[Story]:
    store = Store(store_url)
    store.migrate()
    put_on_call(store)
    with Office() as office:
        yield Story(store, tmp_path, office)
    store.close()


def test_a_supplier_mends_its_switch_and_nobody_of_ours_is_woken(story: Story) -> None:
    async def told() -> None:
        await story.raise_()

        # It is handed over at once, with evidence, and nobody of ours hears of it.
        (mail,) = story.office.mails
        assert str(mail["To"]) == "noc@sterik.example"
        assert re.fullmatch(r"larm\+[a-z2-7]{26}@stad\.example", str(mail["Reply-To"]))
        text = text_of(mail)
        for words in (
            "Vårt ärende: INC-1", "sw-03 svarar inte", "rt-01", "(er): ", "Berörda: 5 enheter", "Älvsjö skola",
            "Svar väntas senast", "Kontakt: Stadens driftcentral",
        ):  # fmt: skip
            assert words in text, text
        names = [part.get_filename() for part in mail.iter_attachments()]
        assert names == ["INC-1.json", "INC-1.csv"]
        assert story.pages == []
        assert "supplier.opened" in story.whats
        (row,) = story.store.read(lambda one: alerts.of_incident(one, 1))
        assert f"Leverantörens fel: lämnat till {NAME}" in json.loads(row.trace)[0]["sv"]

        # Half an hour would be too late; they answer in ten minutes, with their number.
        await story.work(600)
        assert await story.answer("Hej, vi tittar på det. SR-4711", key="1") == "supplier"
        assert await story.answer("Hej, vi tittar på det. SR-4711", key="1") == "again"
        (case,) = story.cases
        assert (case.state, case.their_key) == ("answered", "SR-4711")
        assert len(story.office.to("anna@")) == 1
        await story.work(1800)
        assert story.pages == []

        # They call it mended: anna hears what we measure.
        assert await story.answer("ÅTGÄRDAT\nBytte nätdel.", key="2") == "supplier"
        assert story.cases[0].state == "mended"
        assert "fortfarande INTE" in text_of(story.office.to("anna@")[-1])

        # Our measurement agrees: the incident is over, and their case is accepted.
        await story.clear()
        assert story.cases[0].state == "accepted"
        last = story.office.to("noc@")[-1]
        assert "Vi bekräftar att felet är avhjälpt" in text_of(last)
        assert str(last["In-Reply-To"]) == str(mail["Message-ID"])
        await story.work(86_400.0)
        assert story.pages == []
        assert all("+467" not in str(one) for one in story.office.mails)

    run(told())


def test_a_switch_that_falls_silent_with_all_behind_it_is_one_case_of_its_supplier(story: Story) -> None:
    async def told() -> None:
        hosts = story.alarms._fleet.hosts
        cut = story.at + 600.0
        while story.at < cut + 900.0:
            for origin, host in hosts.items():
                if story.at < cut or origin == "a-0002":
                    host.received, host.received_wall, host.heard = story.at - NOON + 1000.0, story.at, story.at
            await story.alarms.decide()
            await story.work(50.0)

        (mail,) = story.office.to("noc@")
        assert "sw-03" in str(mail["Subject"])
        assert "Berörda: 5 enheter" in text_of(mail)
        assert "rt-01 svarar, sw-03 svarar inte." in text_of(mail)
        assert story.pages == []
        assert story.office.to("anna@") == []
        assert story.store.read(lambda one: incidents.get(one, 2)) is None

    run(told())


def test_what_is_mended_before_they_answer_is_told_and_taken_back_at_the_close(story: Story) -> None:
    async def told() -> None:
        await story.raise_()
        await story.clear()
        assert "Enligt våra mätningar är felet borta" in text_of(story.office.to("noc@")[-1])
        assert story.cases[0].state == "opened"

        await story.work(86_401)
        await story.work(1)

        assert story.cases[0].state == "cancelled"
        assert "återtar" in text_of(story.office.to("noc@")[-1])

    run(told())


def test_a_fault_that_comes_back_is_opened_again_with_them(story: Story) -> None:
    async def told() -> None:
        await story.raise_()
        await story.answer("ÅTGÄRDAT", key="1")
        story.do(Event.REOPEN)
        await story.work()
        assert story.cases[0].state == "reopened"
        assert "Ärendet öppnas igen" in text_of(story.office.to("noc@")[-1])

        await story.answer("ÅTGÄRDAT", key="2")
        await story.clear()
        await story.raise_()

        assert [case.state for case in story.cases] == ["accepted", "opened"]
        assert story.pages == []

    run(told())


def test_it_is_handed_over_by_hand_with_a_note(story: Story) -> None:
    story.keep(replace(LAN, is_automatic=False))

    async def told() -> None:
        await story.raise_()
        assert "anna" in story.pages

        story.store.write_now(
            lambda one: casework.ask(one, 1, "s:t erik kommunikation", "bo", story.at, "Ring porten.")
        )
        with pytest.raises(DeskError, match="there is no supplier 'Annan AB'"):
            story.store.write_now(lambda one: casework.ask(one, 1, "Annan AB", "bo", story.at))
        await story.work()

        assert "Ring porten." in text_of(story.office.to("noc@")[0])
        with pytest.raises(DeskError, match="is with S:t Erik Kommunikation already"):
            story.store.write_now(lambda one: casework.ask(one, 1, NAME, "bo", story.at))
        story.store.write_now(lambda one: casework.say(one, 1, "Nyckel hos vaktmästaren", "bo", story.at))
        await story.work()
        assert "Nyckel hos vaktmästaren" in text_of(story.office.to("noc@")[-1])

    run(told())


def test_any_desk_is_told_and_answers_by_webhook(story: Story) -> None:
    came: list[dict[str, Any]] = []

    async def desk(request: Request) -> JSONResponse:
        raw, stamp = await request.body(), request.headers["x-driftvakt-timestamp"]
        assert request.headers["x-driftvakt-signature"] == "sha256=" + signature(ORACLE, stamp, raw)
        came.append(json.loads(raw))
        return JSONResponse({"number": "SR-9"})

    story.keep(replace(LAN, kind=Kind.GENERIC, address="", url="https://larm.example/hook"), ORACLE)
    theirs = Starlette(routes=[Route("/hook", desk, methods=["POST"])])
    story.alarms.channels["supplier"].notifier = SupplierChannel(
        httpx.AsyncClient(transport=httpx.ASGITransport(theirs)),
        StoredCases(story.store, vault.load(story.data)), None, "", "", lambda: story.at,
    )  # fmt: skip
    hooks = SupplierHooks(story.alarms.inbox, vault.load(story.data))

    async def told() -> None:
        await story.raise_()
        assert [one["do"] for one in came] == ["open"]
        assert story.cases[0].their_key == "SR-9"
        assert story.pages == []
        ours = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=hooks.routes())), base_url="http://driftvakt"
        )

        async def call(secret: str = ORACLE, name: str = NAME, **what: str) -> int:
            raw, stamp = json.dumps(what).encode(), f"{story.at:.0f}"
            headers = {
                "x-driftvakt-timestamp": stamp,
                "x-driftvakt-signature": "sha256=" + signature(secret, stamp, raw),
            }
            return (await ours.post(f"/v1/suppliers/{quote(name)}", content=raw, headers=headers)).status_code

        case = came[0]["token"]
        assert await call("gissat", token=case, status="mended") == 401
        assert await call(name="Annan AB", token=case, status="mended") == 401
        assert (await ours.get(f"/v1/suppliers/{quote(NAME)}?crc_token=x")).status_code == 401
        assert (await ours.post(f"/v1/suppliers/{quote(NAME)}", content=b"x" * (1 << 21))).status_code == 413
        assert story.cases[0].state == "opened"
        assert await call(token=case, status="mended", text="Klart nu") == 204
        assert story.cases[0].state == "mended"
        await story.clear()
        assert [one["do"] for one in came] == ["open", "accept"]

    run(told())


def test_who_has_the_incident_hears_of_their_answers_and_nobody_else(story: Story) -> None:
    async def told() -> None:
        await story.raise_()
        story.store.write_now(lambda one: desk_of_ours.assign(one, 1, "bo", "bo", story.at))
        await story.work()

        await story.answer("Vi är på väg", key="1")
        await story.work(1800 + 4 * 3600)

        assert len(story.office.to("bo@")) == 2
        assert "> Vi är på väg" in text_of(story.office.to("bo@")[0])
        assert "skulle ha avhjälpt felet" in text_of(story.office.to("bo@")[1])
        assert story.office.to("anna@") == []
        assert story.pages == []

    run(told())
