import json
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_agent.backlog import Backlog
from driftvakt_agent.config import Config
from driftvakt_agent.delivery import Delivery
from driftvakt_agent.sender import Response, Sender, SendError
from driftvakt_wire import encode
from driftvakt_wire.envelope import split, verify
from driftvakt_wire.records import Gap, Record, decode

CONFIG = Config("http://127.0.0.1:1", "a-1", 3, b"k" * 32)
Reply = Response | SendError


class Collector(Sender):
    """A sender whose other end says what a test tells it to, the last thing for ever. posts: the lines of each body."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(CONFIG.collector)
        self.posts: list[list[bytes]] = []
        self.backlogs: list[bool] = []
        self._replies = chain(replies[:-1], repeat(replies[-1]))

    def post(self, body: bytes, *, backlog: bool = False, patience: float = 0.0) -> Response:
        self.posts.append(body.split(b"\n"))
        self.backlogs.append(backlog)
        reply = next(self._replies)
        if isinstance(reply, SendError):
            raise reply
        return reply

    def told(self, post: int = -1) -> list[Record]:
        return [decode(split(line).record) for line in self.posts[post]]


def says(status: int, retry_after: float = 0.0, **body: object) -> Response:
    return Response(status, json.dumps(body).encode(), retry_after)


FINE = says(200, accepted=1, duplicate=0, rejected=0, time=1.0, next=60.0)


def delivery(collector: Collector, jitter: float = 1.0, lines: int = 1) -> Delivery:
    made = Delivery(CONFIG, collector, "e1", lambda: 1764000000.0, lambda: jitter)
    for number in range(lines):
        made.add(encode.event(float(number), "test"))
    return made


def gaps(sending: Delivery) -> list[tuple[int, int, int]]:
    return [(gap.first, gap.last, gap.count) for gap in sending.custody.memory.gaps]


def test_lines_are_signed_and_numbered() -> None:
    collector = Collector(FINE)
    sending = delivery(collector, lines=3)

    assert sending.attempt() < 0
    envelopes = [split(line) for line in collector.posts[0]]
    assert [(one.origin, one.gen, one.epoch, one.seq) for one in envelopes] == [("a-1", 3, "e1", n) for n in (3, 2, 1)]
    assert all(verify(CONFIG.key, one) for one in envelopes)
    assert (len(sending.custody), sending.last_success, sending.trouble) == (0, 1764000000.0, "")


def test_nothing_to_send_is_not_sent() -> None:
    collector = Collector(FINE)

    assert delivery(collector, lines=0).attempt() < 0
    assert collector.posts == []


def test_more_than_a_batch_goes_on_at_once() -> None:
    collector = Collector(FINE)
    sending = delivery(collector, lines=450)

    assert [sending.attempt() for _ in range(3)] == [0.0, 0.0, -1.0]
    assert [len(post) for post in collector.posts] == [200, 200, 50]


def test_a_duplicate_is_on_disk() -> None:
    sending = delivery(Collector(says(200, accepted=0, duplicate=1, rejected=0, lines=[[0, "duplicate"]])))

    assert sending.attempt() < 0
    assert (len(sending.custody), sending.custody.dropped) == (0, 0)


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_line_that_is_never_taken_is_given_up_and_told(status: int) -> None:
    refusal = says(207, accepted=2, duplicate=0, rejected=1, lines=[[1, "rejected", status, "too strange"]])
    collector = Collector(refusal, FINE)
    sending = delivery(collector, lines=3)

    assert sending.attempt() < 0
    assert sending.trouble == "the collector refused 1 of 3 lines: too strange"
    assert (len(sending.custody), sending.custody.dropped, gaps(sending)) == (0, 1, [(2, 2, 1)])
    assert sending.last_success > 0

    assert sending.attempt() < 0
    assert collector.told() == [Gap(1764000000.0, "e1", 2, 2, 1, "refused: too strange")]
    assert (gaps(sending), sending.trouble) == ([], "")


@pytest.mark.parametrize("status", [401, 403])
def test_a_stranger_keeps_its_lines_and_comes_back_slowly(status: int) -> None:
    refusal = says(status, accepted=0, duplicate=0, rejected=1, lines=[[0, "rejected", status, "not accepted"]])
    sending = delivery(Collector(refusal), jitter=0.5)

    waits = [sending.attempt() for _ in range(8)]

    assert waits == pytest.approx([2.2, 5.5, 11.0, 33.0, 66.0, 330.0, 330.0, 330.0])
    assert sending.pause == waits[-1]
    assert (len(sending.custody), sending.custody.dropped) == (1, 0)
    assert "not accepted" in sending.trouble


def test_a_line_that_comes_too_early_is_kept() -> None:
    verdicts = [[0, "rejected", 503, "later"], [1, "rejected", 422, "never"]]
    sending = delivery(Collector(says(207, accepted=1, duplicate=0, rejected=2, lines=verdicts)), lines=3)

    assert 0 < sending.attempt() <= 2
    assert [line.seq for line in sending.custody.live()] == [3]
    assert gaps(sending) == [(2, 2, 1)]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_body_that_is_refused_as_a_whole_is_given_up(status: int) -> None:
    sending = delivery(Collector(says(status, error="a body has 1 to 5000 lines")), lines=3)

    assert sending.attempt() > 0
    assert (len(sending.custody), gaps(sending)) == (0, [(1, 3, 3)])
    assert sending.trouble == "the collector refused 3 lines: a body has 1 to 5000 lines"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(says(503, 10.0, error="the disk is behind"), 11.0, id="503 and when to come back"),
        pytest.param(says(429, 100.0), 110.0, id="429 and when to come back"),
        pytest.param(says(401), 2.2, id="401 without a body of ours"),
        pytest.param(says(503, 1e12), 3960.0, id="a wait of a lifetime is cut to an hour"),
    ],
)
def test_it_stays_away_as_long_as_it_is_told(reply: Response, expected: float) -> None:
    sending = delivery(Collector(reply, FINE), jitter=0.5)

    assert sending.attempt() == sending.pause == pytest.approx(expected)
    assert len(sending.custody) == 1
    sending.attempt()
    assert sending.pause == 0.0


@pytest.mark.parametrize("reply", [says(503), says(500), says(404), says(408), says(302), SendError("cannot deliver")])
@pytest.mark.parametrize("jitter", [0.0, 0.25, 1.0])
def test_it_waits_longer_and_longer(reply: Reply, jitter: float) -> None:
    sending = delivery(Collector(reply), jitter)

    waits = [sending.attempt() for _ in range(12)]

    assert waits == [max(0.5, jitter * min(45.0, 2.0**n)) for n in range(1, 13)]
    assert len(sending.custody) == 1
    assert sending.pause == 0.0


def test_after_a_success_it_begins_anew() -> None:
    sending = delivery(Collector(SendError("a"), SendError("b"), FINE, SendError("c")))

    assert [sending.attempt() for _ in range(3)] == [2.0, 4.0, -1.0]
    sending.add(encode.event(9.0, "test"))
    assert sending.attempt() == 2.0
    assert sending.trouble == "c"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"\xff", b"[]", b"null", b"7", b'"accepted"', b"[" * 100_000, b'{"accepted":' + b"9" * 5000,
        b'{"accepted":1,"lines":null}', b'{"accepted":1,"lines":{"a":1}}', b'{"accepted":1,"lines":7}', b"{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 207, 401])
def test_an_answer_that_is_none_keeps_the_lines(status: int, body: bytes) -> None:
    sending = delivery(Collector(Response(status, body, 0.0)))

    assert sending.attempt() > 0
    assert (len(sending.custody), sending.custody.dropped) == (1, 0)


@pytest.mark.parametrize(
    "verdict",
    [
        [], [0], [0, "rejected"], [0, "rejected", 422], [-1, "rejected", 422, "x"], [5, "rejected", 422, "x"], 7,
        None, "rejected", [0.0, "rejected", 422, "x"], [True, "rejected", 422, "x"],
        ["0", "rejected", 422, "x"], [[], {}, [], 0],
    ],
)  # fmt: skip
def test_a_verdict_that_is_none_refuses_nothing(verdict: object) -> None:
    sending = delivery(Collector(says(200, accepted=2, lines=[verdict])), lines=2)

    assert sending.attempt() < 0
    assert sending.custody.dropped == 0


def test_what_the_collector_wants_of_us() -> None:
    sending = delivery(
        Collector(says(200, accepted=1, want={"a-1": ["b2:01", 7, None, "b2:02"], "a-2": ["b2:03"]}, next=90))
    )

    sending.attempt()

    assert (sending.want, sending.next_seconds) == (["b2:01", "b2:02"], 90.0)


@pytest.mark.parametrize(
    "want", [None, 7, "b2:01", [], {"a-1": None}, {"a-1": 7}, {"a-1": "b2:01"}, {"a-2": ["b2:01"]}]
)
@pytest.mark.parametrize("pace", [None, "60", -1, 0, 1e300, float("nan"), float("inf"), 10**400])
def test_wants_and_paces_that_are_none(want: object, pace: object) -> None:
    sending = delivery(Collector(says(200, accepted=1, want=want, next=pace)))

    assert sending.attempt() < 0
    assert (sending.want, sending.next_seconds) == ([], 0.0)


def test_a_long_reason_is_cut() -> None:
    sending = delivery(Collector(says(207, accepted=0, lines=[[0, "rejected", 503, "x" * 100_000]])))

    sending.attempt()

    assert len(sending.trouble) < 400


def test_an_outage_is_told_once_and_completely() -> None:
    collector = Collector(*[SendError("cut")] * 500, FINE)
    sending = delivery(collector, lines=0)
    sending.custody.memory = Backlog(limit=2000)
    for number in range(500):
        sending.add(encode.event(float(number), "test"))
        assert sending.attempt() > 0
    waiting = len(sending.custody)

    while sending.attempt() == 0.0:
        pass

    told = [one for post in range(500, len(collector.posts)) for one in collector.told(post) if isinstance(one, Gap)]
    assert [(one.first, one.last, one.count) for one in told] == [(1, 500 - waiting, 500 - waiting)]
    assert sending.custody.dropped == 500 - waiting
    assert (len(sending.custody), gaps(sending)) == (0, [])


def test_a_collector_that_refuses_every_gap_is_not_asked_without_end() -> None:
    refusal = says(207, accepted=0, rejected=1, lines=[[0, "rejected", 422, "no"]])
    collector = Collector(refusal)
    sending = delivery(collector)

    for turn in range(1, 5):
        assert sending.attempt() < 0
        assert len(collector.posts) == turn
        assert gaps(sending) == [(1, turn, turn)]


garbage = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["rejected", "a-1"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["a-1", "x"]), inner, max_size=2),
    max_leaves=15,
)


@given(
    st.sampled_from([200, 207, 400, 401, 413, 503]),
    st.dictionaries(st.sampled_from(["accepted", "lines", "want", "next", "error", "time"]), garbage),
)
def test_whatever_a_collector_says_the_accounts_are_right(status: int, body: dict[str, object]) -> None:
    sending = delivery(Collector(Response(status, json.dumps(body).encode(), 0.0)), lines=5)

    wait = sending.attempt()

    told = sum(count for _, _, count in gaps(sending))
    assert sending.custody.dropped == told
    assert -1.0 <= wait <= 360.0
    assert all(isinstance(mark, str) for mark in sending.want)
    assert 0 <= sending.next_seconds <= 3600
