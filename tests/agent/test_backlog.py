from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from driftvakt_agent.backlog import MAX_BATCH, MAX_GAPS, Backlog, Gap, Waiting


def line(seq: int, size: int = 1, tells: Gap | None = None) -> Waiting:
    return Waiting("e1", seq, b"x" * size, tells)


def untold(backlog: Backlog) -> list[tuple[int, int, int, str]]:
    return [(gap.first, gap.last, gap.count, gap.reason.partition(":")[0]) for gap in backlog.gaps]


def test_the_newest_is_sent_first() -> None:
    backlog = Backlog()
    for seq in range(1, MAX_BATCH + 51):
        backlog.add(line(seq))

    batch = backlog.live()

    assert [one.seq for one in batch] == list(range(MAX_BATCH + 50, 50, -1))
    backlog.delivered(batch)
    assert [one.seq for one in backlog.live()] == list(range(50, 0, -1))


def test_what_is_left_over_at_the_next_turn_is_the_past_the_oldest_first() -> None:
    backlog = Backlog()
    for seq in (1, 2):
        backlog.add(line(seq))
    backlog.turn()
    backlog.add(line(3))

    assert [one.seq for one in backlog.live()] == [3]
    assert [one.seq for one in backlog.older()] == [1, 2]


def test_what_the_spool_holds_is_let_go_at_the_next_turn() -> None:
    backlog = Backlog()
    for seq in (1, 2):
        backlog.add(line(seq))
    backlog.live()[0].place = 7
    assert [one.seq for one in backlog.live()] == [2, 1]
    assert [one.seq for one in backlog.unsaved()] == [1]

    backlog.turn()

    assert (len(backlog), backlog.gaps, backlog.dropped) == (1, [], 0)


def test_the_oldest_goes_when_there_is_no_room() -> None:
    backlog = Backlog(limit=10)
    for seq in (1, 2, 3, 4):
        backlog.add(line(seq, 4))

    assert [one.seq for one in backlog.live()] == [4, 3]
    assert (backlog.dropped, untold(backlog)) == (2, [(1, 2, 2, "memory")])


def test_what_the_spool_has_too_goes_first() -> None:
    backlog = Backlog(limit=10)
    for seq in (1, 2):
        backlog.add(line(seq, 4))
    backlog.live()[0].place = 1
    backlog.add(line(3, 4))

    assert [one.seq for one in backlog.live()] == [3, 1]
    assert backlog.gaps == []


def test_a_line_that_is_larger_than_all_room_is_still_tried() -> None:
    backlog = Backlog(limit=10)
    backlog.add(line(1))
    backlog.add(line(2, 100))

    assert [one.seq for one in backlog.live()] == [2]
    assert untold(backlog) == [(1, 1, 1, "memory")]


def test_a_gap_record_that_is_given_up_is_told_by_the_next() -> None:
    backlog = Backlog(limit=10)
    backlog.add(line(20, 4, Gap("e1", 3, 9, 7, "ended: x")))
    backlog.add(line(21, 4))
    backlog.add(line(22, 4))

    assert (backlog.dropped, untold(backlog)) == (1, [(3, 9, 7, "ended"), (20, 20, 1, "memory")])


def test_gaps_without_end_become_one_that_covers_more() -> None:
    backlog = Backlog()
    for seq in range(1, 10 * MAX_GAPS, 2):
        backlog.tell(Gap("e1", seq, seq, 1, "refused: no"))

    assert len(backlog.gaps) == MAX_GAPS
    assert sum(gap.count for gap in backlog.gaps) == 5 * MAX_GAPS
    assert backlog.gaps[-1].last == 10 * MAX_GAPS - 1


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
        self.backlog.add(line(self.produced, size))

    @rule()
    def a_gap_is_told(self) -> None:
        if self.backlog.gaps:
            self.produced += 1
            self.backlog.add(line(self.produced, 30, self.backlog.gaps.pop(0)))

    @rule()
    def a_turn(self) -> None:
        self.backlog.turn()

    @rule(target=batches)
    def a_batch(self) -> list[Waiting]:
        return self.backlog.live() or self.backlog.older()

    @rule(batch=consumes(batches), data=st.data())
    def an_answer(self, batch: list[Waiting], data: st.DataObject) -> None:
        waiting = {one.seq for one in self.backlog.unsaved()}
        lines = [one for one in batch if one.seq in waiting]
        verdicts = data.draw(st.lists(st.sampled_from("dr-"), min_size=len(lines), max_size=len(lines)))
        taken = [one for one, verdict in zip(lines, verdicts, strict=True) if verdict == "d"]
        self.backlog.delivered(taken)
        self.delivered += taken
        self.backlog.refused([one for one, verdict in zip(lines, verdicts, strict=True) if verdict == "r"], "no")

    @invariant()
    def nothing_is_unaccounted_for(self) -> None:
        backlog = self.backlog
        waiting = backlog.unsaved()
        told = sum(one.tells.count for one in [*self.delivered, *waiting] if one.tells)
        to_tell = sum(gap.count for gap in backlog.gaps)

        assert self.produced == len(self.delivered) + len(waiting) + backlog.dropped
        assert backlog.dropped == told + to_tell

    @invariant()
    def it_is_bounded(self) -> None:
        lines = self.backlog.unsaved()

        assert self.backlog.size == sum(len(one.line) for one in lines)
        assert self.backlog.size <= 200 or len(lines) == 1

    @invariant()
    def each_comes_in_its_order(self) -> None:
        live, older = ([one.seq for one in lines] for lines in (self.backlog.live(), self.backlog.older()))

        assert live == sorted(live, reverse=True)
        assert older == sorted(older)


Accounts.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAccounts = Accounts.TestCase
