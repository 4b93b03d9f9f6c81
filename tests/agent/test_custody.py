"""Whatever happens to agent and disk: each line that was made is delivered or told as a gap; no number serves twice."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftvakt_agent import custody as module
from driftvakt_agent import numbering
from driftvakt_agent.backlog import Backlog
from driftvakt_agent.config import Config
from driftvakt_agent.delivery import Delivery
from driftvakt_agent.numbering import BLOCK, read_state
from driftvakt_agent.sender import Response, Sender, SendError
from driftvakt_wire import encode, envelope
from driftvakt_wire.envelope import Envelope, split

CALLS = ("open", "write", "fsync", "fdatasync", "replace", "unlink", "ftruncate")


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


class World(Sender):
    """A collector with a ledger, agents that come and go, and one disk. mood: what it says to the next body."""

    def __init__(self, folder: Path, size: int = 1 << 20) -> None:
        super().__init__("http://127.0.0.1:1")
        self.folder = folder
        self.config = Config(self.url, "a-1", 1, b"k" * 32, spool=str(folder / "spool"), spool_size=size, spool_free=0)
        self.mood: Callable[[list[Envelope]], Response] = taken
        self.made: dict[tuple[str, int], bytes] = {}
        self.got: dict[tuple[str, int], bytes] = {}
        self.bodies: list[tuple[bool, int]] = []
        self.patience: list[float] = []
        self.now = 0.0
        self.start()

    def start(self) -> None:
        self.delivery = Delivery(self.config, self, "", lambda: 1.764e9 + self.now, lambda: 0.5, lambda: self.now)

    def post(self, body: bytes, *, backlog: bool = False, patience: float = 0.0) -> Response:
        lines = body.split(b"\n")
        envelopes = [split(line) for line in lines]
        self.bodies.append((backlog, len(lines)))
        self.patience.append(patience)
        response = self.mood(envelopes)
        answer = json.loads(response.body)
        away = {row[0] for row in answer.get("lines", ()) if row[1] == "rejected"}
        if "accepted" in answer:
            for place, (line, one) in enumerate(zip(lines, envelopes, strict=True)):
                if place not in away:
                    assert self.got.setdefault((one.epoch, one.seq), line) == line
        return response

    @contextmanager
    def ledger(self, block: int = BLOCK) -> Iterator[None]:
        """While it lasts, each line that is signed is remembered. block: so many numbers a write."""

        def signed(key: bytes, origin: str, gen: int, epoch: str, seq: int, record: bytes) -> bytes:
            line = envelope.sign(key, origin, gen, epoch, seq, record)
            assert (epoch, seq) not in self.made, "a number serves twice"
            self.made[epoch, seq] = line
            return line

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "sign", signed)
            patch.setattr(module, "BLOCK", block)
            patch.setattr(numbering, "BLOCK", block)
            yield

    def report(self) -> None:
        self.now += 60
        self.delivery.turn()
        self.delivery.add(encode.report(1.764e9 + self.now, self.now, 60.0, "b2:00", [1.0] * 50, {}))

    def crash(self) -> None:
        """What memory held is gone; the disk and the collector stay."""
        self.delivery.custody.release()
        self.start()

    def stop(self) -> None:
        self.delivery.goodbye(encode.goodbye(1.0, "stopped"))
        self.start()

    def drain(self) -> None:
        """The collector is well again: deliver all there is."""
        self.mood = taken
        self.delivery.custody.keep(now=True)
        for _ in range(300):
            self.now += 400
            if self.delivery.attempt() < 0 and not len(self.delivery.custody) and not self.delivery.custody.memory.gaps:
                break
        assert len(self.delivery.custody) == 0
        self.delivery.attempt()

    def told(self) -> set[tuple[str, int]]:
        found = set()
        for line in self.got.values():
            record = json.loads(split(line).record)
            if record["kind"] == "gap":
                found |= {(record["epoch"], seq) for seq in range(record["first"], record["last"] + 1)}
        return found

    def unexplained(self) -> set[tuple[str, int]]:
        """The lines that were made, did not come, and are told by no gap."""
        return set(self.made) - set(self.got) - self.told()


def says(status: int, **body: object) -> Response:
    return Response(status, json.dumps(body).encode(), 0.0)


def taken(envelopes: list[Envelope]) -> Response:
    return says(200, accepted=len(envelopes), duplicate=0, rejected=0, time=1.764e9)


def away(_: list[Envelope]) -> Response:
    raise SendError("cut")


def lost_answer(world: World) -> Callable[[list[Envelope]], Response]:
    """It takes all, and the answer never arrives."""

    def answer(envelopes: list[Envelope]) -> Response:
        for one in envelopes:
            world.got.setdefault((one.epoch, one.seq), world.made[one.epoch, one.seq])
        raise SendError("cut before the answer")

    return answer


def some(chance: Random) -> Callable[[list[Envelope]], Response]:
    """It takes some, wants some later, and some never."""

    def answer(envelopes: list[Envelope]) -> Response:
        verdicts = [[place, "rejected", chance.choice((422, 503, 401)), "no"] for place in range(len(envelopes))]
        rows = [row for row in verdicts if chance.random() < 0.3]
        return says(207, accepted=len(envelopes) - len(rows), lines=rows)

    return answer


def busy(_: list[Envelope]) -> Response:
    return says(503, error="later")


# --- the plain stories ---


def test_a_line_that_is_delivered_never_touches_the_disk(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        for _ in range(BLOCK + 20):
            world.report()
            assert world.delivery.attempt() < 0
        first = read_state(world.config.spool)
        world.stop()

    state = read_state(world.config.spool)
    assert first is not None
    assert state is not None
    assert (first.ceiling, first.mark) == (2 * BLOCK, BLOCK)
    assert (state.ceiling, state.mark) == (BLOCK + 21, BLOCK + 21)
    assert sorted(os.listdir(world.config.spool)) == ["lock", "state"]
    assert len(world.got) == BLOCK + 21


def test_the_numbers_go_on_across_a_clean_stop(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.report()
        world.stop()
        world.report()
        world.drain()

    assert [seq for _, seq in sorted(world.got)] == [1, 2, 3]
    assert len({epoch for epoch, _ in world.got}) == 1
    assert world.told() == set()


def test_what_a_crash_may_have_cost_is_told_and_nothing_else(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.mood = away
        for _ in range(5):
            world.report()
            world.delivery.attempt()
        world.report()
        world.crash()
        world.drain()

    assert {seq for _, seq in world.told()} == set(range(6, BLOCK + 1))
    assert {seq for _, seq in world.got} == {1, 2, 3, 4, 5, BLOCK + 1}
    reasons = [json.loads(split(line).record).get("reason", "") for line in world.got.values()]
    assert [one.partition(":")[0] for one in reasons if one] == ["ended"]


def test_an_epoch_that_was_closed_is_left_and_the_next_outlives_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    closed = world.delivery.custody.epoch

    def fork(lines: list[Envelope]) -> Response:
        verdicts = [[at, "rejected", 409, "closed"] for at, line in enumerate(lines) if line.epoch == closed]
        if not verdicts:
            return says(200, accepted=len(lines))
        return says(409 if len(verdicts) == len(lines) else 207, accepted=0, lines=verdicts)

    world.mood = fork
    world.report()
    world.delivery.attempt()
    begun = world.delivery.custody.epoch
    world.report()
    world.drain()
    state = read_state(world.config.spool)
    world.crash()
    world.report()
    world.drain()

    assert begun not in ("", closed)
    assert state is not None
    assert (state.epoch, world.delivery.custody.epoch) == (begun, begun)
    assert {epoch for epoch, _ in world.got} == {begun}
    # The line of the closed epoch is given up, and said to be.
    assert (closed, 1) in world.told()


def test_the_spool_deleted_is_a_new_epoch(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.delivery.custody.epoch
    world.stop()
    for name in os.listdir(world.config.spool):
        os.unlink(f"{world.config.spool}/{name}")
    world.crash()

    assert world.delivery.custody.epoch != first


@pytest.mark.parametrize("place", [0, 20, 40, 60, 70])
def test_a_state_that_is_damaged_is_a_new_epoch(tmp_path: Path, place: int) -> None:
    world = World(tmp_path)
    first = world.delivery.custody.epoch
    world.stop()
    path = Path(world.config.spool, "state")
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    world.crash()

    assert world.delivery.custody.epoch != first
    assert world.delivery.custody.trouble == ""


def test_the_present_goes_first_and_the_past_in_its_own_bodies(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.mood = away
        for _ in range(250):
            world.report()
            world.delivery.attempt()
        world.mood = taken
        world.bodies.clear()
        world.report()
        waits = [world.delivery.attempt()]
        for _ in range(3):
            world.now += 2.0
            waits.append(world.delivery.attempt())

    assert world.bodies == [(False, 1), (True, 100), (True, 100), (True, 50)]
    assert waits[:3] == [1.0, 2.0, 2.0]
    assert len(world.got) == 251


def test_a_collector_may_set_the_pace_of_the_past(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.mood = away
        for _ in range(250):
            world.report()
            world.delivery.attempt()
        world.mood = lambda envelopes: says(200, accepted=len(envelopes), backlog=30)
        world.report()
        assert world.delivery.attempt() == 15.0
        world.now += 15
        assert world.delivery.attempt() == 30.0


def test_the_past_does_not_delay_the_next_report(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.mood = away
        for _ in range(20):
            world.report()
            world.delivery.attempt()
        world.mood = taken
        world.report()
        world.delivery.attempt()
        world.now += 2
        world.bodies.clear()
        assert world.delivery.attempt(world.now + 0.3) == pytest.approx(0.3)
        assert world.bodies == []
        world.patience.clear()
        world.delivery.attempt(world.now + 7.0)

    assert world.patience == [7.0]


def test_a_collector_that_has_no_time_for_the_past_still_gets_the_present(tmp_path: Path) -> None:
    world = World(tmp_path)

    def answer(envelopes: list[Envelope]) -> Response:
        return Response(429, b'{"error":"not now"}', 100.0) if world.bodies[-1][0] else taken(envelopes)

    with world.ledger():
        world.mood = away
        for _ in range(3):
            world.report()
            world.delivery.attempt()
        world.mood = answer
        world.report()
        assert world.delivery.attempt() == 1.0
        world.now += 1
        assert world.delivery.attempt() == pytest.approx(110.0)
        assert (world.delivery.pause, world.delivery.trouble) == (0.0, "")
        assert world.delivery.standing() == {"backlog": "the collector answered 429: not now"}
        world.report()
        assert world.delivery.attempt() == pytest.approx(50.0)
        world.drain()

    assert len(world.got) == 5
    assert world.delivery.standing() == {}


def test_a_host_that_waits_for_approval_keeps_its_lines_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.mood = lambda _: says(403, error="known, and waits for approval")
        world.report()
        waits = [world.delivery.attempt() for _ in range(3)]
        assert world.delivery.trouble == "the collector answered 403: known, and waits for approval"
        world.drain()

    assert waits == pytest.approx([2.2, 5.5, 11.0])
    assert len(world.got) == 1


def test_lines_of_a_key_that_is_no_more_are_given_up(tmp_path: Path) -> None:
    world = World(tmp_path)

    def answer(envelopes: list[Envelope]) -> Response:
        old = [[place, "rejected", 401, "not accepted"] for place, one in enumerate(envelopes) if one.gen == 1]
        return says(207, accepted=len(envelopes) - len(old), lines=old)

    with world.ledger():
        world.mood = away
        for _ in range(3):
            world.report()
            world.delivery.attempt()
        world.stop()
        world.config.gen = 2
        world.report()
        world.mood = answer
        for _ in range(6):
            world.now += 400
            world.delivery.attempt()

    assert world.unexplained() == set()
    assert len(world.delivery.custody) == 0


def test_a_second_agent_on_the_same_spool_uses_numbers_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    pid = os.fork()
    if pid == 0:
        other = Delivery(world.config, world, "", lambda: 1.0, lambda: 0.5, lambda: 0.0)
        fine = other.custody.epoch != world.delivery.custody.epoch and "another agent does" in other.custody.trouble
        os._exit(0 if fine else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# --- disks that fail ---


@contextmanager
def failing(number: int, *calls: str, left: int = 0) -> Iterator[None]:
    """Each of these calls fails; of writes, once so many bytes are written."""
    room = [left]
    write = os.write

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    def fills(fd: int, data: bytes) -> int:
        if len(data) > 4 and room[0] <= 0:
            fails()
        done = write(fd, data[: room[0]]) if len(data) > room[0] else write(fd, data)
        room[0] -= done
        return done

    with pytest.MonkeyPatch.context() as patch:
        for call in calls:
            patch.setattr(os, call, fills if call == "write" else fails)
        yield


@pytest.mark.parametrize("number", [5, 28, 30, 122, 27])
@pytest.mark.parametrize("left", [0, 300, 10_000])
def test_a_broken_disk_costs_what_memory_cannot_hold_and_it_is_told(tmp_path: Path, number: int, left: int) -> None:
    world = World(tmp_path)
    with world.ledger():
        world.mood = away
        world.delivery.custody.memory = Backlog(limit=30_000)
        with failing(number, "write", left=left):
            for _ in range(400):
                world.report()
                world.delivery.attempt()
            assert os.strerror(number) in world.delivery.custody.trouble
            assert world.delivery.custody.memory.size <= 30_000
        world.drain()

    reasons = {json.loads(split(line).record).get("reason", "")[:7] for line in world.got.values()} - {""}
    assert reasons == {"memory:"}
    assert world.unexplained() == set()
    assert world.delivery.custody.trouble == ""


def test_it_is_said_once_and_said_when_it_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)
    world.mood = away
    with failing(28, "write"):
        for _ in range(20):
            world.report()
            world.delivery.attempt()
    world.drain()

    said = capsys.readouterr().err
    assert said.count("spool: cannot write") == 1
    assert "No space left on device; free some space; until then lines wait in memory" in said
    assert said.count("spool: well again") == 1


@pytest.mark.parametrize("how", ["a file", "another's", "a file in the way"])
def test_a_folder_that_is_none(tmp_path: Path, how: str) -> None:
    if how == "a file":
        (tmp_path / "spool").write_text("x")
    elif how == "another's":
        if os.geteuid() != 0:
            pytest.skip("only root can give a folder to somebody else")
        (tmp_path / "spool").mkdir()
        os.chown(tmp_path / "spool", 12345, 12345)
    else:
        (tmp_path / "spool").mkdir()
        (tmp_path / "spool" / "lock").mkdir()
    world = World(tmp_path)
    with world.ledger():
        assert "cannot use" in world.delivery.custody.trouble
        world.report()
        world.drain()

    assert len(world.got) == 1


def test_a_disk_that_comes_back_after_the_start_is_used(tmp_path: Path) -> None:
    with failing(30, "write", "makedirs"):
        world = World(tmp_path)
    with world.ledger():
        world.mood = away
        for _ in range(3):
            world.report()
            world.delivery.attempt()
        assert world.delivery.custody.spool_lines == 3
        world.crash()
        world.drain()

    assert world.unexplained() == set()
    assert {seq for _, seq in world.got} >= {1, 2, 3}


# --- all of it at once ---


class Fate:
    """Kills at the so-maniest call that touches the disk; half of the last write is done."""

    def __init__(self, after: int) -> None:
        self.left = after

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, self._deadly(name, getattr(os, name)))
            yield

    def _deadly(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def deadly(*told: object, **more: object) -> object:
            self.left -= 1
            if self.left < 0:
                if name == "write" and self.left == -1:
                    fd, data = told
                    call(fd, bytes(data)[: len(data) // 2])  # type: ignore[call-overload,arg-type]
                raise Killed
            return call(*told, **more)

        return deadly


def live(world: World, chance: Random, turns: int) -> None:
    """Some turns of an agent's life."""
    moods = (taken, away, away, busy, lost_answer(world), some(chance))
    for _ in range(turns):
        if chance.random() < 0.3:
            world.mood = chance.choice(moods)
        if chance.random() < 0.03:
            world.stop()
        world.report()
        if chance.random() < 0.4:
            world.delivery.add(encode.event(world.now, "test", "x" * chance.randrange(2000)))
        for _ in range(chance.randrange(3)):
            world.now += chance.choice((0.0, 2.0, 30.0))
            world.delivery.attempt()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    deaths=st.lists(st.integers(0, 60), max_size=5),
    size=st.sampled_from([9000, 40_000, 1 << 20]),
)
def test_produced_is_delivered_and_told(
    tmp_path_factory: pytest.TempPathFactory, seed: int, deaths: list[int], size: int
) -> None:
    chance = Random(seed)
    world = World(tmp_path_factory.mktemp("world"), size)
    with world.ledger(block=4):
        for death in deaths:
            try:
                with Fate(death)():
                    live(world, chance, 40)
            except Killed:
                pass
            world.crash()
        live(world, chance, 20)
        world.drain()

    assert world.unexplained() == set()
    if not deaths:
        assert all("ended" not in json.loads(split(line).record).get("reason", "") for line in world.got.values())
