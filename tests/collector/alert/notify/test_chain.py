"""Several ways of one channel, and the long tail by apprise."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from paging import message

from driftvakt_collector.alert.notify.chain import Chain
from driftvakt_collector.alert.notify.longtail import Longtail, LongtailSettings
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent


class Way:
    """One that does as told: an error for each try, then it takes all."""

    channel = "sms"

    def __init__(self, *errors: DeliveryError) -> None:
        self.errors = list(errors)
        self.tries = 0

    async def send(self, _: Message) -> Sent:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return Sent(str(self.tries), receipted=True)

    async def close(self) -> None: ...


def refused(chain: Chain, *, urgent: bool = True) -> DeliveryError:
    with pytest.raises(DeliveryError) as e:
        asyncio.run(chain.send(message(urgent=urgent)))
    return e.value


def test_the_first_way_is_taken_and_named() -> None:
    first, second = Way(), Way()

    sent = asyncio.run(Chain("sms", [("elks", first), ("modem", second)]).send(message()))

    assert sent == Sent("elks/1", receipted=True)
    assert second.tries == 0


@pytest.mark.parametrize(
    "error",
    [DeliveryError("no credit", broken=True), DeliveryError("unreachable"), DeliveryError("no", permanent=True)],
)
def test_the_next_way_is_tried_where_one_cannot(error: DeliveryError) -> None:
    sent = asyncio.run(Chain("sms", [("elks", Way(error)), ("modem", Way())]).send(message()))

    assert sent.provider == "modem/1"


def test_who_knows_what_it_took_is_asked() -> None:
    class Remembers(Way):
        async def recall(self, _: Message) -> Sent | None:
            return Sent("7", receipted=True)

    assert asyncio.run(Chain("sms", [("modem", Way()), ("elks", Remembers())]).recall(message())) == Sent(
        "elks/7", receipted=True
    )
    assert asyncio.run(Chain("sms", [("modem", Way())]).recall(message())) is None


def test_a_way_that_could_not_stands_last_for_two_minutes() -> None:
    now = [1000.0]
    first, second = Way(DeliveryError("unreachable")), Way()
    chain = Chain("sms", [("elks", first), ("modem", second)], clock=lambda: now[0])

    providers = []
    for seconds in (0.0, 60.0, 61.0):
        now[0] += seconds
        providers.append(asyncio.run(chain.send(message())).provider)

    assert providers == ["modem/1", "modem/2", "elks/2"]


def test_only_a_page_is_worth_a_second_copy() -> None:
    unsure = DeliveryError("silence", unsure=True)

    paged = asyncio.run(Chain("sms", [("elks", Way(unsure)), ("modem", Way())]).send(message(urgent=True)))
    told = refused(Chain("sms", [("elks", Way(unsure)), ("modem", second := Way())]), urgent=False)

    assert paged.provider == "modem/1"
    assert told.unsure
    assert second.tries == 0


def test_where_none_can_it_is_said_of_each_why() -> None:
    mixed = refused(
        Chain("sms", [("a", Way(DeliveryError("x", broken=True))), ("b", Way(DeliveryError("y", after=9.0)))])
    )
    broken = refused(Chain("sms", [(one, Way(DeliveryError("x", broken=True))) for one in "ab"]))
    permanent = refused(Chain("sms", [(one, Way(DeliveryError("x", permanent=True))) for one in "ab"]))

    assert str(mixed) == "a: x; b: y"
    assert (mixed.broken, mixed.permanent, mixed.after) == (False, False, None)
    assert broken.broken
    assert permanent.permanent


# --- the long tail ---


def longtail(tmp_path: Path, tell: Callable[[str, str, str], bool], seconds: float = 5.0) -> Longtail:
    (tmp_path / "teams.url").write_text("json://user:hemligt@127.0.0.1:1/\n")
    return Longtail(LongtailSettings((("teams", tmp_path / "teams.url"),), seconds), tell)


def told(way: Longtail, to: str = "teams") -> Sent | DeliveryError:
    async def work() -> Sent | DeliveryError:
        try:
            return await way.send(message(to=to))
        except DeliveryError as e:
            return e
        finally:
            await way.close()

    return asyncio.run(work())


def test_a_service_is_told_by_the_url_of_its_file(tmp_path: Path) -> None:
    heard: list[tuple[str, ...]] = []

    outcome = told(longtail(tmp_path, lambda *one: heard.append(one) or True))  # type: ignore[func-returns-value]

    assert outcome == Sent()
    assert heard[0][0] == "json://user:hemligt@127.0.0.1:1/"
    assert "https://larm.stad.example/l/abc" in heard[0][2]


def test_a_service_that_is_not_set_is_given_up(tmp_path: Path) -> None:
    outcome = told(longtail(tmp_path, lambda *_: True), to="slack")

    assert isinstance(outcome, DeliveryError)
    assert outcome.permanent
    assert "teams" in str(outcome)


def test_a_plug_in_that_fails_tells_no_password(tmp_path: Path) -> None:
    def fails(url: str, *_: str) -> bool:
        raise RuntimeError(url)

    for tell in (fails, lambda *_: False):
        outcome = told(longtail(tmp_path, tell))

        assert isinstance(outcome, DeliveryError)
        assert not outcome.permanent
        assert "hemligt" not in str(outcome)


def test_a_service_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    free = threading.Event()

    outcome = told(longtail(tmp_path, lambda *_: free.wait(10), seconds=0.1))
    free.set()

    assert isinstance(outcome, DeliveryError)
    assert outcome.unsure


@pytest.mark.real
def test_apprise_itself_says_that_nobody_listens(tmp_path: Path) -> None:
    pytest.importorskip("apprise")
    from driftvakt_collector.alert.notify.longtail import by_apprise

    outcome = told(longtail(tmp_path, by_apprise, seconds=30.0))

    assert isinstance(outcome, DeliveryError)
    assert not outcome.permanent
