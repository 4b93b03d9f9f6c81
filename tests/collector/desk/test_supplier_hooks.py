"""What suppliers' desks tell by webhook: signed, or refused; and told again, the same."""

import hmac
import json
from hashlib import sha1, sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.desk.suppliers import token
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.supplier import Kind
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.suppliers.webhooks import generic, glpi, hooks

ONE = token.made(bytes(16))
NOW, SECRET = 1.8e9, "hemligt"


def zammad(told: Any, secret: str = SECRET) -> Update | None:
    raw = json.dumps(told).encode()
    signed = {"x-hub-signature": "sha1=" + hmac.new(secret.encode(), raw, sha1).hexdigest()}
    return hooks.read(Kind.ZAMMAD, signed, raw, SECRET, NOW)


def of_glpi(told: Any, secret: str = SECRET, at: float = NOW) -> Update | None:
    raw = json.dumps(told).encode()
    stamp = f"{at:.0f}"
    signed = {"x-glpi-signature": hmac.new(secret.encode(), raw + stamp.encode(), sha256).hexdigest(),
              "x-glpi-timestamp": stamp}  # fmt: skip
    return hooks.read(Kind.GLPI, signed, raw, SECRET, NOW)


def any_desk(told: Any, secret: str = SECRET, at: float = NOW, delivery: str = "") -> Update | None:
    raw = json.dumps(told).encode()
    stamp = f"{at:.0f}"
    signed = {
        "x-driftvakt-timestamp": stamp,
        "x-driftvakt-signature": "sha256=" + generic.signature(secret, stamp, raw),
    }
    return hooks.read(Kind.GENERIC, signed | {"x-driftvakt-delivery": delivery}, raw, SECRET, NOW)


def article(body: str, **more: Any) -> dict[str, Any]:
    return {"id": 12, "body": body, "content_type": "text/plain", "internal": False, **more}


def ticket(state: Any, **more: Any) -> dict[str, Any]:
    return {"id": 80, "number": "31080", "state": state, "updated_at": "2026-11-27T01:00:00Z", **more}


def test_zammad_tells_a_state_and_what_was_written() -> None:
    found = zammad({"ticket": ticket({"name": "open"}), "article": article("Tekniker på väg")})

    assert found is not None
    assert (found.their_key, found.number, found.event, found.text) == (
        "31080#80",
        "31080",
        Event.WORK,
        "Tekniker på väg",
    )
    assert zammad({"ticket": ticket({"name": "open"}), "article": article("Tekniker på väg")}) == found
    closed = zammad({"ticket": ticket("closed", tags=["x", f"driftvakt-{ONE}"]), "article": {}})
    assert closed is not None
    assert (closed.event, closed.token, closed.text) == (Event.MEND, ONE, "")
    assert closed.key != found.key


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(article("hemligt oss emellan", internal=True), id="what is internal there"),
        pytest.param(article(f"Mer om felet\n\nINC-1 {token.mark(ONE)}\nhandover-1"), id="what we wrote ourselves"),
    ],
)
def test_what_is_not_for_us_is_no_note(told: dict[str, Any]) -> None:
    assert zammad({"ticket": ticket("new"), "article": told}) is None


def test_an_answer_that_quotes_us_is_theirs() -> None:
    said = f"Vi ser det.\n> Mer om felet\n> {token.mark(ONE)}"

    found = zammad({"ticket": ticket("new"), "article": article(said)})

    assert found is not None
    assert (found.text, found.event) == ("Vi ser det.", Event.ANSWER)


def test_glpi_tells_a_status_a_followup_and_our_token() -> None:
    status = of_glpi({"event": "update", "item": {"id": 40, "status": {"id": 5, "name": "Solved"}, "external_id": ONE}})
    note = of_glpi(
        {"event": "new", "item": {"id": 9, "content": "<p>P&aring; v&auml;g</p>"}, "parent_item": {"id": 40}}
    )
    own = of_glpi({"event": "new", "ticket": 40, "status": 3, "text": "Vi byter kort"})

    assert status is not None
    assert (status.their_key, status.token, status.event) == ("40", ONE, Event.MEND)
    assert note is not None
    assert (note.their_key, note.event, note.text) == ("40", Event.ANSWER, "På väg")
    assert own is not None
    assert (own.their_key, own.event, own.text) == ("40", Event.WORK, "Vi byter kort")
    assert of_glpi({"event": "new", "item": {"id": 40, "status": 1}}) is None


def test_glpi_10_proves_itself_by_a_token_in_a_header() -> None:
    raw = b'{"ticket": 40, "status": 2}'

    found = hooks.read(Kind.GLPI, {"x-driftvakt-token": SECRET}, raw, SECRET, NOW)

    assert found is not None
    assert found.event is Event.ANSWER
    with pytest.raises(UpdateError):
        hooks.read(Kind.GLPI, {"x-driftvakt-token": SECRET + "x"}, raw, SECRET, NOW)


def test_glpi_is_answered_when_it_asks_who_we_are() -> None:
    assert glpi.challenge("abc", SECRET) == hmac.new(SECRET.encode(), b"abc", sha256).hexdigest()


def test_any_desk_tells_how_it_stands() -> None:
    told = {"token": ONE, "status": "mended", "text": "Bytte\r\nkort", "number": "SR-1"}

    found = any_desk(told, delivery="d-1")

    assert found == Update("d-1", ONE, "", Event.MEND, "Bytte\nkort", "webhook", number="SR-1")
    noted = any_desk({"their_key": "SR-1", "status": "note", "text": "x"})
    assert noted is not None
    assert (noted.event, noted.their_key) == (None, "SR-1")


@pytest.mark.parametrize("send", [zammad, of_glpi, any_desk])
def test_what_is_signed_with_another_secret_is_refused(send: Any) -> None:
    with pytest.raises(UpdateError) as caught:
        send({"token": ONE, "status": "mended", "ticket": ticket("closed")}, "annat")

    assert caught.value.status == 401
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", [Kind.GLPI, Kind.ZAMMAD, Kind.GENERIC])
def test_without_a_secret_nothing_is_taken(kind: Kind) -> None:
    with pytest.raises(UpdateError, match="has no secret") as caught:
        hooks.read(kind, {"x-driftvakt-token": "", "x-hub-signature": ""}, b"{}", "", NOW)

    assert caught.value.status == 403


def test_a_supplier_with_mail_has_no_webhook() -> None:
    with pytest.raises(UpdateError) as caught:
        hooks.read(Kind.EMAIL, {}, b"{}", SECRET, NOW)

    assert caught.value.status == 404


@pytest.mark.parametrize("age", [-301.0, 301.0])
def test_an_old_delivery_is_not_played_back(age: float) -> None:
    with pytest.raises(UpdateError, match="older than 300 s"):
        any_desk({"token": ONE, "status": "mended"}, at=NOW - age)
    with pytest.raises(UpdateError, match="too old"):
        of_glpi({"ticket": 1, "status": 5}, at=NOW - age * 1000)


@pytest.mark.parametrize(
    "told",
    [[], 7, "x", {}, {"status": "mended"}, {"token": ONE, "status": "exploded"}, {"token": 7, "status": "mended"},
     {"ticket": [], "article": 7}, {"ticket": {"id": True}}, {"ticket": {"id": -1}}],
)  # fmt: skip
def test_what_is_no_such_thing_is_refused_or_nothing(told: Any) -> None:
    for send in (zammad, of_glpi, any_desk):
        found: Update | int | None
        try:
            found = send(told)
        except UpdateError as e:
            found = e.status

        assert found in (None, 400)


def test_a_body_that_is_too_large_is_not_read() -> None:
    with pytest.raises(UpdateError) as caught:
        hooks.read(Kind.ZAMMAD, {}, b"x" * (2 << 20), SECRET, NOW)

    assert caught.value.status == 413


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["ticket", "article", "item", "id", "number", "state", "status", "name", "tags", "content",
                         "body", "parent_item", "token", "text", "external_id"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200)
@given(_JSON)
def test_no_signed_body_breaks_a_reader(told: Any) -> None:
    for send in (zammad, of_glpi, any_desk):
        try:
            found = send(told)
        except UpdateError:
            continue
        if found is not None:
            assert len(found.their_key) <= 255
            assert len(found.text) <= 4002
