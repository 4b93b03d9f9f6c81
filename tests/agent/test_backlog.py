from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from driftvakt_agent.backlog import MAX_BATCH, Backlog, Waiting


def test_the_newest_is_sent_first() -> None:
    backlog = Backlog()
    for seq in range(1, MAX_BATCH + 51):
        backlog.add(seq, b"x")

    batch = backlog.batch()

    assert [line.seq for line in batch] == list(range(MAX_BATCH + 50, 50, -1))
    backlog.delivered(batch)
    assert [line.seq for line in backlog.batch()] == list(range(50, 0, -1))


def test_the_oldest_goes_when_there_is_no_room() -> None:
    backlog = Backlog(limit=10)
    for seq in (1, 2, 3, 4):
        backlog.add(seq, b"xxxx")

    assert [line.seq for line in backlog.batch()] == [4, 3]
    assert (backlog.dropped, backlog.gap) == (2, (1, 2, 2))


def test_a_line_that_is_larger_than_all_room_is_still_tried() -> None:
    backlog = Backlog(limit=10)
    backlog.add(1, b"x")
    backlog.add(2, b"x" * 100)

    assert [line.seq for line in backlog.batch()] == [2]
    assert backlog.gap == (1, 1, 1)


def test_a_gap_record_that_is_given_up_is_told_by_the_next() -> None:
    backlog = Backlog(limit=10)
    backlog.add(20, b"xxxx", (3, 9, 7))
    backlog.add(21, b"xxxx")
    backlog.add(22, b"xxxx")

    assert (backlog.dropped, backlog.gap) == (1, (3, 20, 8))


class Accounts(RuleBasedStateMachine):
    """Whatever happens: produced = delivered + told or to be told as given up + waiting."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog(limit=200)
        self.produced = 0
        self.delivered: list[Waiting] = []

    @rule(size=st.integers(0, 120))
    def a_record(self, size: int) -> None:
        self.produced += 1
        self.backlog.add(self.produced, b"x" * size)

    @rule()
    def a_gap_is_told(self) -> None:
        gap, self.backlog.gap = self.backlog.gap, None
        if gap is not None:
            self.produced += 1
            self.backlog.add(self.produced, b"x" * 30, gap)

    @rule(target=batches)
    def a_batch(self) -> list[Waiting]:
        return self.backlog.batch()

    @rule(batch=consumes(batches), data=st.data())
    def an_answer(self, batch: list[Waiting], data: st.DataObject) -> None:
        waiting = {line.seq for line in self.backlog.batch()}
        lines = [line for line in batch if line.seq in waiting]
        verdicts = data.draw(st.lists(st.sampled_from("dr-"), min_size=len(lines), max_size=len(lines)))
        taken = [line for line, verdict in zip(lines, verdicts, strict=True) if verdict == "d"]
        self.backlog.delivered(taken)
        self.delivered += taken
        self.backlog.refused([line for line, verdict in zip(lines, verdicts, strict=True) if verdict == "r"])

    @invariant()
    def nothing_is_unaccounted_for(self) -> None:
        backlog = self.backlog
        waiting = backlog.batch()
        told = sum(line.tells[2] for line in [*self.delivered, *waiting] if line.tells)
        to_tell = backlog.gap[2] if backlog.gap else 0

        assert self.produced == len(self.delivered) + len(waiting) + backlog.dropped
        assert backlog.dropped == told + to_tell

    @invariant()
    def it_is_bounded(self) -> None:
        lines = self.backlog.batch()

        assert sum(len(line.line) for line in lines) <= 200 or len(lines) == 1
        assert len(lines) == len(self.backlog)

    @invariant()
    def the_newest_comes_first(self) -> None:
        seqs = [line.seq for line in self.backlog.batch()]

        assert seqs == sorted(seqs, reverse=True)


Accounts.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAccounts = Accounts.TestCase
