"""Cases at suppliers' desks over HTTP: each is made once, whatever is lost, and each failure says what to do."""

import asyncio
import base64
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from ticket_desks import FakeGlpi, FakeZammad

from driftvakt_collector.alert.notify.message import DeliveryError
from driftvakt_collector.desk.suppliers.outgoing import Do, Outgoing
from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Settings, Supplier
from driftvakt_collector.desk.suppliers.webhooks import call as calling
from driftvakt_collector.desk.suppliers.webhooks.call import call
from driftvakt_collector.desk.suppliers.webhooks.generic import Generic, signature
from driftvakt_collector.desk.suppliers.webhooks.glpi import Glpi
from driftvakt_collector.desk.suppliers.webhooks.zammad import Zammad

T = TypeVar("T")
TOKEN = "abcdefghijklmnopqrstuvwx23"
OPEN = Outgoing(
    "handover-1-open-0", Do.OPEN, "S:t Erik", TOKEN, "INC-1042", "Felanmälan: sw-03 svarar inte",
    "Fel: <b>sw-03</b> & co",
    evidence='{"version":1}', tries="time,from\n", urgent=True,
)  # fmt: skip


def note(key: str, do: Do = Do.NOTE) -> Outgoing:
    return Outgoing(f"handover-1-{do.value}-9", do, "S:t Erik", TOKEN, "INC-1042", "Mer", "Mer om det", 9, key)


def client(asgi: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(asgi))


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def glpi(fake: FakeGlpi, app: str = "APP", user: str = "USER", entity: int = 5) -> Glpi:
    url = "https://glpi.example/glpi/apirest.php"
    supplier = Supplier("S:t Erik", Kind.GLPI, url=url, settings=Settings(entity=entity, category=9))
    return Glpi(client(fake.asgi), supplier, Secrets(app, user))


def zammad(fake: FakeZammad, token: str = "ZTOKEN", customer: str = "") -> Zammad:
    supplier = Supplier("S:t Erik", Kind.ZAMMAD, url="https://zammad.example/", settings=Settings(customer=customer))
    return Zammad(client(fake.asgi), supplier, Secrets(user=token))


# --- GLPI ---


def test_glpi_gets_a_ticket_with_our_token_and_what_machines_say_is_no_html() -> None:
    fake = FakeGlpi()

    key = run(glpi(fake).send(OPEN))

    ticket = fake.tickets[int(key)]
    assert (ticket["externalid"], ticket["urgency"], ticket["entities_id"], ticket["itilcategories_id"]) == (
        TOKEN,
        5,
        5,
        9,
    )
    assert ticket["name"] == "[INC-1042] Felanmälan: sw-03 svarar inte"
    assert "Fel: &lt;b&gt;sw-03&lt;/b&gt; &amp; co<br>" in ticket["content"]
    assert not fake.sessions
    assert fake.killed == 1


def test_glpi_has_one_ticket_where_the_first_answer_was_lost() -> None:
    fake = FakeGlpi()
    fake.lose = "ticket"

    with pytest.raises(DeliveryError, match=r"failed \(500") as caught:
        run(glpi(fake).send(OPEN))
    key = run(glpi(fake).send(OPEN))

    assert caught.value.unsure
    assert not caught.value.permanent
    assert list(fake.tickets) == [int(key)]


def test_glpi_is_told_more_once_and_what_we_say_of_the_end() -> None:
    fake = FakeGlpi()
    key = run(glpi(fake).send(OPEN))
    fake.lose = "followup"
    with pytest.raises(DeliveryError):
        run(glpi(fake).send(note(key)))

    for do in (Do.NOTE, Do.REOPEN, Do.ACCEPT):
        assert run(glpi(fake).send(note(key, do))) == key

    assert len(fake.followups) == 3
    assert [one.get("add_reopen") for one in fake.followups] == [None, 1, None]
    assert fake.tickets[int(key)]["status"] == 6


@pytest.mark.parametrize(
    ("is_deleted", "number", "why"),
    [
        pytest.param(1, 40, "was deleted or merged", id="in the trash, as after a merge"),
        pytest.param(0, 77, "refuses this .404", id="gone for good"),
    ],
)
def test_a_ticket_that_is_gone_is_asked_for_and_not_tried_again(is_deleted: int, number: int, why: str) -> None:
    fake = FakeGlpi()
    run(glpi(fake).send(OPEN))
    fake.tickets[40]["is_deleted"] = is_deleted

    with pytest.raises(DeliveryError, match=why) as caught:
        run(glpi(fake).send(note(str(number))))

    assert caught.value.permanent


@pytest.mark.parametrize(
    ("trouble", "broken", "unsure", "why"),
    [
        pytest.param(401, True, False, "does not let us in", id="wrong tokens"),
        pytest.param(403, True, False, "does not let us in", id="not allowed"),
        pytest.param(500, False, False, "failed", id="down"),
        pytest.param(429, False, False, "is busy", id="too often"),
        pytest.param(302, True, False, "sends us elsewhere", id="moved"),
        pytest.param("html", True, False, "answers with a web page and not with JSON", id="a page instead of JSON"),
    ],
)
@pytest.mark.parametrize("kind", ["glpi", "zammad"])
def test_what_goes_wrong_says_what_to_do(kind: str, trouble: int | str, broken: bool, unsure: bool, why: str) -> None:
    fake: FakeGlpi | FakeZammad = FakeGlpi() if kind == "glpi" else FakeZammad()
    fake.trouble = trouble
    desk: Glpi | Zammad = glpi(fake) if isinstance(fake, FakeGlpi) else zammad(fake)

    with pytest.raises(DeliveryError, match=why) as caught:
        run(desk.send(OPEN))

    assert (caught.value.broken, caught.value.permanent) == (broken, False)
    assert caught.value.unsure is unsure
    assert "USER" not in str(caught.value)
    assert "ZTOKEN" not in str(caught.value)


def test_a_wrong_token_of_the_application_is_told() -> None:
    with pytest.raises(DeliveryError, match="ERROR_WRONG_APP_TOKEN_PARAMETER"):
        run(glpi(FakeGlpi(), app="other").send(OPEN))
    with pytest.raises(DeliveryError, match="does not let us in"):
        run(glpi(FakeGlpi(), user="other").check())


def test_a_check_changes_nothing() -> None:
    fake, other = FakeGlpi(), FakeZammad()

    assert run(glpi(fake, entity=0).check()) == "GLPI lets us in; new tickets go to entity 3"
    assert run(zammad(other).check()) == "Zammad lets us in as driftvakt@stad.example"
    assert not fake.tickets
    assert not other.tickets


# --- Zammad ---


def test_zammad_gets_a_ticket_with_evidence_and_its_own_number_is_kept() -> None:
    fake = FakeZammad()

    key = run(zammad(fake).send(OPEN))

    assert key == "31080#80"
    assert fake.tickets[80]["tags"] == f"driftvakt-{TOKEN}"
    assert (fake.tickets[80]["customer_id"], fake.tickets[80]["priority"]) == (7, "3 high")
    (article,) = fake.articles
    assert article["content_type"] == "text/plain"
    assert [base64.b64decode(one["data"]) for one in article["attachments"]] == [b'{"version":1}', b"time,from\n"]


def test_zammad_has_one_ticket_and_one_note_where_answers_were_lost() -> None:
    fake = FakeZammad()
    fake.lose = "ticket"
    with pytest.raises(DeliveryError):
        run(zammad(fake, customer="kund@stad.example").send(OPEN))
    key = run(zammad(fake, customer="kund@stad.example").send(OPEN))
    fake.lose = "article"
    with pytest.raises(DeliveryError):
        run(zammad(fake).send(note(key)))

    for do in (Do.NOTE, Do.ACCEPT, Do.REOPEN):
        run(zammad(fake).send(note(key, do)))

    assert list(fake.tickets) == [80]
    assert len(fake.articles) == 4
    assert fake.tickets[80]["state"] == "open"


def test_a_ticket_of_zammad_that_was_merged_is_asked_for() -> None:
    fake = FakeZammad()
    key = run(zammad(fake).send(OPEN))
    fake.tickets[80]["state"] = "merged"

    with pytest.raises(DeliveryError, match="their ticket 31080 was merged") as caught:
        run(zammad(fake).send(note(key)))

    assert caught.value.permanent
    with pytest.raises(DeliveryError, match="never opened"):
        run(zammad(fake).send(note("")))


# --- any desk ---


def test_a_desk_of_any_kind_can_prove_that_it_was_us() -> None:
    came: list[tuple[dict[str, str], bytes]] = []

    async def take(request: Request) -> Response:
        came.append((dict(request.headers), await request.body()))
        return JSONResponse({"number": "SR-1"})

    supplier = Supplier("Larm AB", Kind.GENERIC, url="https://larm.example/hook")
    desk = Generic(client(Starlette(routes=[Route("/hook", take, methods=["POST"])])), supplier, Secrets(hook="h"),
                   lambda: 1.8e9)  # fmt: skip

    assert run(desk.send(OPEN)) == "SR-1"
    headers, raw = came[0]
    assert headers["x-driftvakt-signature"] == f"sha256={signature('h', '1800000000', raw)}"
    assert headers["x-driftvakt-delivery"] == OPEN.id
    told = json.loads(raw)
    assert (told["do"], told["token"], told["evidence"]) == ("open", TOKEN, {"version": 1})
    with pytest.raises(DeliveryError, match="no secret to sign with"):
        run(Generic(client(None), supplier, Secrets(), lambda: 0.0).send(OPEN))


def answering(raw: bytes, status: int = 200) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=raw)))


def asked(asking: httpx.AsyncClient, url: str = "https://u:secret@desk.example/a?token=secret", **more: Any) -> Any:
    return run(call(asking, "POST", url, headers={}, json={}, **more)).told


def test_a_desk_that_is_slow_is_not_waited_for() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    with pytest.raises(DeliveryError, match="did not answer in time") as caught:
        asked(httpx.AsyncClient(transport=httpx.MockTransport(slow)), whole=0.02)

    assert caught.value.unsure
    assert str(caught.value).startswith("desk.example/a ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "unsure"),
    [(httpx.ConnectError("x"), False), (httpx.ReadError("x"), True), (httpx.RemoteProtocolError("x"), True)],
)
def test_a_line_that_breaks_may_have_carried_it(error: Exception, unsure: bool) -> None:
    def fails(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(DeliveryError) as caught:
        asked(httpx.AsyncClient(transport=httpx.MockTransport(fails)))

    assert caught.value.unsure is unsure
    assert not caught.value.permanent


def test_more_than_a_desk_would_say_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "MOST_BYTES", 1000)

    with pytest.raises(DeliveryError, match="more than"):
        asked(answering(b"[" * 2000))


@pytest.mark.parametrize("raw", [b"", b"   ", b"{", b"\xff\xfe", b"[" * 5000, b"<html>"])
def test_what_is_no_json_is_no_success(raw: bytes) -> None:
    with pytest.raises(DeliveryError) as caught:
        asked(answering(raw))

    assert caught.value.broken


@pytest.mark.parametrize("url", ["gopher://desk.example/", "http://[::1/", "desk.example", "http://\0/"])
def test_an_address_that_is_none_is_not_tried_again(url: str) -> None:
    async def work() -> None:
        async with httpx.AsyncClient() as asking:
            await call(asking, "POST", url, headers={}, json={})

    with pytest.raises(DeliveryError) as caught:
        run(work())

    assert caught.value.permanent
