"""SMS by gateways that are declared: each value is encoded as its place wants it."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest
from paging import message

from driftvakt_collector.alert.notify.gateway import Gateway, GatewaySettings, content, found
from driftvakt_collector.alert.notify.message import DeliveryError, Sent

TO = "+46701234567"
EVIL = 'Larm "UPS" & <b> {to} {secret} \\ å\'%0d=1;\x07'
SENT = 'Larm "UPS" & <b> {to} {secret} \\ å\'%0d=1;'
"""What telephones show of it."""


def tried(answer: httpx.Response, **told: Any) -> tuple[Sent | DeliveryError, httpx.Request]:
    """Send one message to a gateway that answers so."""
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    async def work() -> Sent | DeliveryError:
        gateway = Gateway(
            GatewaySettings(**{"name": "telia", "url": "https://sms.example/send"} | told), now=lambda: 0.0
        )
        gateway._client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
        try:
            return await gateway.send(message(to=TO, short=EVIL, answer="", incident=""))
        except DeliveryError as e:
            return e
        finally:
            await gateway.close()

    outcome = asyncio.run(work())
    return outcome, asked[0]


def test_a_form_carries_the_text_as_it_is() -> None:
    _, asked = tried(httpx.Response(200), body={"to": "{number}", "msg": "{text}", "kind": "text", "n": 1})

    assert parse_qs(asked.content.decode()) == {"to": ["46701234567"], "msg": [SENT], "kind": ["text"], "n": ["1"]}
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_json_carries_the_text_as_it_is() -> None:
    _, asked = tried(
        httpx.Response(200), format="json", body={"messages": [{"to": "{to}", "text": "{text}", "n": True}]}
    )

    assert json.loads(asked.content) == {"messages": [{"to": TO, "text": SENT, "n": True}]}


def test_xml_carries_the_text_as_it_is() -> None:
    _, asked = tried(httpx.Response(200), format="xml", body="<sms to='{to}'>{text}</sms>")

    read = ET.fromstring(asked.content.decode())
    assert (read.get("to"), read.text) == (TO, SENT)


def test_a_url_carries_the_text_as_it_is() -> None:
    _, asked = tried(httpx.Response(200), format="query", method="GET", url="https://sms.example/s?to={to}&m={text}")

    assert parse_qs(urlsplit(str(asked.url)).query) == {"to": [TO], "m": [SENT]}


def test_a_secret_stands_in_a_header_and_nowhere_else(tmp_path: Any) -> None:
    (tmp_path / "s").write_text("tok\n")

    _, asked = tried(
        httpx.Response(200),
        body={"m": "{text}"},
        headers=(("Authorization", "Bearer {secret}"),),
        secret_file=tmp_path / "s",
    )

    assert asked.headers["authorization"] == "Bearer tok"
    assert b"tok" not in asked.content


def test_the_id_is_found_where_it_is_said_to_stand() -> None:
    outcome, _ = tried(httpx.Response(202, json={"messages": [{"id": 4711}]}), id="messages.0.id", body={"m": "{text}"})

    assert outcome == Sent("4711")
    answers = ('{"a":[{"b":"x"}]}', '{"a":[]}', "[", '{"a":{"0":{"b":true}}}', "null")
    assert [found(text, "a.0.b") for text in answers] == [
        "x", "", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "permanent", "broken"),
    [
        (httpx.Response(200, text="ERR: unknown number"), True, False),
        (httpx.Response(402, text="pay"), False, True),
        (httpx.Response(400, text="what?"), True, False),
        (httpx.Response(503, text="later"), False, False),
        (httpx.Response(302, headers={"Location": "http://elsewhere.example"}), False, True),
    ],
)
def test_what_an_answer_of_a_gateway_means(answer: httpx.Response, permanent: bool, broken: bool) -> None:
    outcome, _ = tried(answer, body={"m": "{text}"}, failures=("ERR:",))

    assert isinstance(outcome, DeliveryError)
    assert (outcome.permanent, outcome.broken) == (permanent, broken)


def test_what_is_filled_in_is_not_filled_again() -> None:
    told = GatewaySettings("x", "https://a.example", format="json", body={"t": "{text}"})

    made = content(told, {"to": TO, "number": "", "id": "", "secret": "HEMLIGT", "text": "{secret}"})

    assert json.loads(made) == {"t": "{secret}"}
