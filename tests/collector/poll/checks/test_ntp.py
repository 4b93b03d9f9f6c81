import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from serving import FOUL, SHORT, ask, ask_oracle, fit_to_be_shown, free_port, in_bounds, needed, served

from driftvakt_collector.poll.checks import datagram
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.ntp import CHECK, question, read, seconds

OFFSET = ("driftvakt_probe_ntp_offset_seconds", ())
STRATUM = ("driftvakt_probe_ntp_stratum", ())
DISTANCE = ("driftvakt_probe_ntp_root_distance_seconds", ())
SETTINGS = """
port {port}
bindaddress 127.0.0.1
allow 127.0.0.0/8
cmdport 0
bindcmdaddress /
pidfile {here}/pid
driftfile {here}/drift
{more}
"""


def answers_time(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plug:
        plug.settimeout(0.1)
        plug.connect(("127.0.0.1", port))
        try:
            plug.send(question(bytes(8)))
            return len(plug.recv(100)) == 48
        except OSError:
            return False


def chrony(here: Path, more: str) -> tuple[list[str | Path], int]:
    program, port = needed("chronyd", "chrony"), free_port(socket.SOCK_DGRAM)
    settings = here / "chrony.conf"
    settings.write_text(SETTINGS.format(port=port, here=here, more=more))
    # -x: it leaves the clock of this machine alone.
    return [program, "-x", "-d", "-u", "root", "-f", settings], port


@pytest.fixture(scope="module")
def synchronised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real chronyd that takes its own clock for good."""
    here = tmp_path_factory.mktemp("chrony")
    argv, port = chrony(here, "local stratum 7")
    with served(argv, lambda: answers_time(port), here / "said"):
        yield port


@pytest.mark.real
def test_a_time_server_is_up(synchronised: int) -> None:
    outcome = ask(CHECK, synchronised)

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "answer"}
    assert abs(outcome.values[OFFSET]) < 0.1
    assert outcome.values[STRATUM] == 7
    assert 0 <= outcome.values[DISTANCE] < 1


@pytest.mark.real
def test_a_clock_that_is_not_synchronised(tmp_path: Path) -> None:
    argv, port = chrony(tmp_path, "")
    with served(argv, lambda: answers_time(port), tmp_path / "said"):
        outcome = ask(CHECK, port)

    assert outcome.fault is Fault.ANSWER
    assert "not synchronised" in outcome.reason


def test_nothing_listens_and_nobody_answers() -> None:
    assert ask(CHECK, free_port(socket.SOCK_DGRAM)).fault is Fault.DOWN
    assert ask_oracle(CHECK, lambda _: [], patience=SHORT).fault is Fault.HUNG
    assert ask(CHECK, 123, host="nowhere.invalid").fault is Fault.UNRESOLVED


def answer(
    asked: bytes,
    *,
    first: int = 0x24,
    stratum: int = 2,
    code: bytes = b"GPS\0",
    ahead: float = 0.0,
    origin: bytes = b"",
) -> bytes:
    """Return an answer of a server whose clock is ahead of ours."""
    now = time.time() + ahead + 2208988800
    stamp = struct.pack("!II", int(now) % 2**32, int(now % 1 * 2**32))
    head = struct.pack("!BBbbII4s", first, stratum, 6, -20, 0x8000, 0x4000, code)
    return head + stamp + (origin or asked[40:48]) + stamp + stamp


def test_what_a_server_tells() -> None:
    outcome = ask_oracle(CHECK, lambda asked: [answer(asked, ahead=0.25)])

    assert outcome.fault is None
    assert outcome.values[OFFSET] == pytest.approx(0.25, abs=0.05)
    assert outcome.values[STRATUM] == 2
    assert outcome.values[DISTANCE] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("ahead", "most", "word"), [
    pytest.param(2.0, 0.5, "2.0", id="ahead"), pytest.param(-3600.0, 0.5, "behind", id="behind"),
    pytest.param(2.0, 3.0, "", id="as far as it may be"), pytest.param(-1.5e9, 0.5, "behind", id="decades"),
])  # fmt: skip
def test_a_clock_that_differs(ahead: float, most: float, word: str) -> None:
    outcome = ask_oracle(CHECK, lambda asked: [answer(asked, ahead=ahead)], max_offset=most)

    assert (outcome.fault, word in outcome.reason) == (Fault.ANSWER if word else None, True)
    assert outcome.values[OFFSET] == pytest.approx(ahead, abs=0.1)


@pytest.mark.parametrize(("told", "fault", "word"), [
    pytest.param({"stratum": 0, "code": b"DENY"}, Fault.DENIED, "DENY", id="we are not to ask"),
    pytest.param({"stratum": 0, "code": b"RATE"}, Fault.ANSWER, "RATE", id="we ask too often"),
    pytest.param({"stratum": 0, "code": b"\x1b[2J"}, Fault.ANSWER, "[2J", id="a foul code"),
    pytest.param({"first": 0xE4}, Fault.ANSWER, "leap 3", id="an alarm of its clock"),
    pytest.param({"stratum": 16}, Fault.ANSWER, "stratum 16", id="a stratum of nowhere"),
])  # fmt: skip
def test_a_server_that_says_so_itself(told: dict[str, int | bytes], fault: Fault, word: str) -> None:
    outcome = ask_oracle(CHECK, lambda asked: [answer(asked, **told)])  # type: ignore[arg-type]

    assert (outcome.fault, word in outcome.reason) == (fault, True), outcome.reason
    assert fit_to_be_shown(outcome)
    assert OFFSET not in outcome.values


@pytest.mark.parametrize("answers", [
    pytest.param(lambda asked: [answer(asked, origin=b"guessed.")] * 200, id="an answer to another question"),
    pytest.param(lambda asked: [asked], id="our own question"),
    pytest.param(lambda asked: [answer(asked, first=0x25)], id="a broadcast"),
    pytest.param(lambda asked: [answer(asked)[:47]], id="too short"),
    pytest.param(lambda asked: [FOUL * 3000] * 20, id="foul"),
])  # fmt: skip
def test_what_is_no_answer(answers: Callable[[bytes], Sequence[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram, "_AGAIN", 0.1)

    with in_bounds():
        outcome = ask_oracle(CHECK, answers)

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


def test_an_answer_that_was_sent_before_it_was_asked_for() -> None:
    def answers(asked: bytes) -> Sequence[bytes]:
        made = answer(asked)
        return [made[:40] + answer(asked, ahead=-5)[40:]]

    assert "before it has received" in ask_oracle(CHECK, answers).reason


@pytest.mark.parametrize(("now", "expected"), [
    pytest.param(1.8e9, 1.8e9, id="in this era"), pytest.param(2085978500.0, 2085978500.0, id="in the next one"),
    pytest.param(2085978490.0, 2085978500.0, id="just after, as told just before"),
    pytest.param(2085978500.0, 2085978490.0, id="just before, as told just after"),
])  # fmt: skip
def test_time_goes_on_after_2036(now: float, expected: float) -> None:
    stamp = struct.pack("!II", int(expected + 2208988800) % 2**32, 1 << 31)

    assert seconds(stamp, now) == expected + 0.5


def test_an_answer_longer_than_it_must_be_is_one() -> None:
    packet = answer(question(b"12345678"))

    assert read(packet + bytes(20), b"12345678", 1.8e9) is not None
