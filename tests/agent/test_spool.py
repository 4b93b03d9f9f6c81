import os
from pathlib import Path

import pytest
from spooling import covered, drained, event, plenty, report, spool, told

from driftvakt_agent import disk
from driftvakt_agent import spool as module
from driftvakt_agent.backlog import Gap
from driftvakt_agent.disk import DiskError
from driftvakt_agent.space import Limits
from driftvakt_agent.spool import Spool
from driftvakt_agent.spool_segment import gap_row, line_rows, row


def test_what_is_put_in_comes_out_the_oldest_first(tmp_path: Path) -> None:
    there = spool(tmp_path)
    there.append([report(1), event(2)])
    there.append([report(3)])
    assert (there.lines, len(list(tmp_path.glob("*.seg")))) == (3, 1)

    again = spool(tmp_path)
    assert (again.lines, again.size) == (3, there.size)
    assert drained(again) == ([1, 2, 3], [])
    assert list(tmp_path.iterdir()) == []


def test_a_body_has_a_hundred_lines_or_two_hundred_kilobytes(tmp_path: Path) -> None:
    there = spool(tmp_path)
    there.append([event(seq) for seq in range(1, 251)])
    sizes = []
    while lines := there.batch()[0]:
        sizes.append(len(lines))
        there.settle(lines)
    assert sizes == [100, 100, 50]

    there.append([event(seq, text="x" * 4000) for seq in range(251, 351)])
    lines, _ = there.batch()
    assert 180_000 < sum(len(line.line) for line in lines) <= 200_000


def test_it_begins_a_new_file_after_so_many_bytes_and_for_each_epoch(tmp_path: Path) -> None:
    there = spool(tmp_path)
    for seq in range(1, 9):
        there.append([event(seq, text="x" * 4000 * 10) for seq in range(seq * 10, seq * 10 + 10)])
    before = len(list(tmp_path.iterdir()))
    there.append([event(1, epoch="e2"), event(2, epoch="e2")])

    assert before >= 2
    assert len(list(tmp_path.iterdir())) == before + 1
    assert drained(spool(tmp_path))[0][-2:] == [1, 2]


def test_what_was_delivered_is_gone_and_the_place_survives_a_restart(tmp_path: Path) -> None:
    there = spool(tmp_path)
    there.append([event(seq) for seq in range(1, 151)])
    there.settle(there.batch()[0])
    place = there.place()

    again = Spool(str(tmp_path), Limits(free=0), lambda: 0.0, plenty)
    again.load("e1", 0, place)

    assert (place, again.lines) == ((1, 100), 50)
    assert drained(again)[0] == list(range(101, 151))


def test_a_line_that_went_live_is_not_sent_again(tmp_path: Path) -> None:
    there = spool(tmp_path)
    lines = [event(seq) for seq in range(1, 4)]
    there.append(lines)

    there.settle(lines[2:])

    assert (there.lines, drained(there)[0]) == (2, [1, 2])


# --- room ---


def test_the_oldest_reports_are_thinned_to_one_a_quarter_of_an_hour(tmp_path: Path) -> None:
    lines = [event(seq) if seq % 20 == 7 else report(seq) for seq in range(1, 121)]
    size = sum(len(row(line.line)) for line in lines)
    there = spool(tmp_path, Limits(size=size + 100, free=0))
    there.append(lines)
    there.append([report(121)])

    numbers, gaps = drained(spool(tmp_path))

    assert {seq for seq in range(1, 121) if seq % 20 == 7} < set(numbers)
    assert [seq for seq in numbers if seq % 15 == 0] == [15, 30, 45, 60, 75, 90, 105, 120]
    assert numbers[-1] == 121
    assert set(numbers) | covered(gaps) == set(range(1, 122))
    assert set(numbers).isdisjoint(covered(gaps))
    assert sum(gap.count for gap in gaps) == 121 - len(numbers) == there.dropped
    assert all(gap.reason.startswith("thinned: ") for gap in gaps)


def test_when_all_is_thin_the_oldest_goes(tmp_path: Path) -> None:
    there = spool(tmp_path, Limits(size=600_000, free=0))
    for seq in range(1, 1001):
        there.append([event(seq, text="x" * 2000)])
        assert there.size <= 600_000

    numbers, gaps = drained(spool(tmp_path))

    (gap,) = gaps
    assert numbers == list(range(gap.last + 1, 1001))
    assert (gap.first, gap.count) == (1, gap.last)
    assert gap.reason.startswith("full: ")
    assert there.dropped == gap.count


def test_a_gap_record_that_goes_with_the_oldest_is_told_again(tmp_path: Path) -> None:
    there = spool(tmp_path, Limits(size=700_000, free=0))
    there.append([told(90, Gap("e1", 3, 9, 7, "memory: x")), told(91, Gap("e0", 4, 5, 2, "ended: y"))])
    for seq in range(92, 600):
        there.append([event(seq, text="x" * 2000)])

    numbers, gaps = drained(spool(tmp_path))

    assert ("e1", 3, 9, 7, "memory: x") in [gap.told() for gap in gaps]
    assert ("e0", 4, 5, 2, "ended: y") in [gap.told() for gap in gaps]
    assert covered(gaps) | set(numbers) == {*range(3, 10), *range(90, 600)}


def test_thinned_and_then_dropped_is_one_gap(tmp_path: Path) -> None:
    there = spool(tmp_path, Limits(size=100_000, free=0))
    for seq in range(1, 8000):
        there.append([report(seq, size=30)])

    numbers, gaps = drained(spool(tmp_path))

    assert set(numbers) | covered(gaps) == set(range(1, 8000))
    assert set(numbers).isdisjoint(covered(gaps))
    assert gaps[0].reason.startswith("full: ")
    assert [gap.reason[:5] for gap in gaps].count("full:") == 1
    assert sum(gap.count for gap in gaps) == there.dropped


def test_the_disk_belongs_to_others_too(tmp_path: Path) -> None:
    free = [1000 << 20]
    there = Spool(str(tmp_path), Limits(), lambda: 0.0, lambda _: (free[0], 2000 << 20))
    there.append([report(seq) for seq in range(1, 31)])
    free[0] = 199 << 20

    with pytest.raises(DiskError, match="too little is free on its file system; free some space, or lower"):
        there.append([report(31)])

    numbers, gaps = drained(there)
    assert numbers == []
    assert covered(gaps) == set(range(1, 31))


def test_five_percent_of_the_file_system_are_left_whatever_is_set(tmp_path: Path) -> None:
    there = Spool(str(tmp_path), Limits(free=0), lambda: 0.0, lambda _: (4 << 20, 100 << 20))

    with pytest.raises(DiskError, match="too little is free"):
        there.append([report(1)])


def test_a_disk_without_room_for_a_word_gives_its_own_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Spool(str(tmp_path), Limits(size=60_000, free=0), lambda: 0.0, plenty)
    there.append([report(seq) for seq in range(1, 200)])

    def no_room(path: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "replace", no_room)
    there.append([report(seq) for seq in range(200, 300)])

    numbers, gaps = drained(spool(tmp_path))
    assert numbers == list(range(200, 300))
    assert covered(gaps) == set(range(1, 200))


# --- age ---


def test_a_file_that_is_too_old_goes_by_the_clock_that_nobody_sets(tmp_path: Path) -> None:
    clock = [0.0]
    there = Spool(str(tmp_path), Limits(age=1000.0, free=0), lambda: clock[0], plenty)
    there.append([report(1), report(2)])
    clock[0] = 1001.0
    there.append([report(3)])

    numbers, gaps = drained(there)

    assert numbers == [3]
    assert [(gap.first, gap.last, gap.reason[:4]) for gap in gaps] == [(1, 2, "age:")]


@pytest.mark.parametrize(
    ("clock", "kept"),
    [
        pytest.param(0.0, True, id="nobody knows the time"),
        pytest.param(1.764e9 + 86400, True, id="the collector says a day"),
        pytest.param(1.764e9 + 30 * 86400, False, id="the collector says a month"),
    ],
)
def test_what_a_former_agent_left_is_old_when_the_collector_says_so(tmp_path: Path, clock: float, kept: bool) -> None:
    spool(tmp_path).append([report(1)])

    again = spool(tmp_path, Limits(free=0))
    again.clock = clock
    again.append([report(2)])

    assert drained(again)[0] == ([1, 2] if kept else [2])


def test_a_record_of_1970_is_of_a_machine_that_did_not_know(tmp_path: Path) -> None:
    line = report(1)
    line.line = line.line.replace(b'"at":1764000060.0', b'"at":61.0')
    spool(tmp_path).append([line])

    again = spool(tmp_path, Limits(free=0))
    again.clock = 1.8e9
    again.append([report(2)])

    assert drained(again)[0] == [1, 2]


# --- damage ---


def filled(folder: Path) -> bytes:
    """A spool of one file with lines, a thinned part and a gap; return what stands in the file."""
    lines = [
        event(1),
        *(report(seq, up=60.0 * seq) for seq in range(2, 30)),
        event(30),
        told(31, Gap("e1", 1, 1, 1, "a: b")),
    ]
    there = spool(folder, Limits(size=sum(len(line_rows(line.line)) for line in lines) + 10, free=0))
    there.append(lines)
    there.append([event(32)])
    (first, *_) = sorted(folder.glob("*.seg"))
    return first.read_bytes()


def test_each_byte_that_is_flipped_costs_its_own_line_at_most(tmp_path: Path) -> None:
    sound = filled(tmp_path)
    (path, *_) = sorted(tmp_path.glob("*.seg"))
    all_numbers, all_gaps = drained(spool(tmp_path))
    second = list(tmp_path.glob("*.seg"))
    assert second == []
    assert len(all_numbers) >= 5

    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x15]) + sound[place + 1 :])
        numbers, gaps = drained(spool(tmp_path, mark=31))
        lost = set(all_numbers[:-1]) - set(numbers)
        assert len(lost) <= 1, place
        assert covered(gaps) >= lost | covered(all_gaps) - {1}, place
        assert not covered(gaps) & set(numbers) - {1}, place


def test_a_file_that_is_cut_anywhere_keeps_what_stood_before(tmp_path: Path) -> None:
    sound = filled(tmp_path)
    (path, *_) = sorted(tmp_path.glob("*.seg"))
    for other in sorted(tmp_path.glob("*.seg"))[1:]:
        other.unlink()

    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        there = Spool(str(tmp_path), Limits(free=0), lambda: 0.0, plenty)
        there.load("e1", 31, (0, 0))
        numbers, gaps = drained(there)
        whole = sound[:length].count(b"\n")
        found = [item for item in sound.split(b"\n")[:whole] if b'"seq":' in item]
        assert len(numbers) >= len(found), length
        if length and sound[length - 1 : length] != b"\n" and sound[length : length + 1] != b"\n":
            assert set(numbers) | covered(gaps) >= set(range(1, 32)), length


def test_a_file_that_cannot_be_read_costs_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = spool(tmp_path)
    for seq in range(1, 400):
        there.append([event(seq, text="x" * 2000)])
    paths = sorted(tmp_path.glob("*.seg"))
    read = disk.read

    def broken(path: str) -> bytes:
        if path == str(paths[1]):
            raise OSError(5, "Input/output error")
        return read(path)

    monkeypatch.setattr(disk, "read", broken)
    numbers, gaps = drained(spool(tmp_path))

    (gap,) = gaps
    assert gap.reason.startswith("damaged: ")
    assert (gap.first, gap.last) == (int(paths[1].name.split(".")[2]), int(paths[2].name.split(".")[2]) - 1)
    assert set(numbers) == set(range(1, 400)) - covered(gaps)
    assert list(tmp_path.iterdir()) == []


def test_a_segment_of_nothing_but_a_gap_survives_a_flip(tmp_path: Path) -> None:
    gap = gap_row(Gap("e1", 1, 50, 50, "full: x"))
    (tmp_path / "00000003.e1.40.seg").write_bytes(gap * 2)
    for place in range(2 * len(gap)):
        data = bytearray(gap * 2)
        data[place] ^= 1
        (tmp_path / "00000003.e1.40.seg").write_bytes(data)
        assert covered(drained(spool(tmp_path))[1]) >= set(range(1, 51)), place


def test_a_record_that_tells_of_a_gap_survives_a_flip(tmp_path: Path) -> None:
    there = spool(tmp_path)
    there.append([event(1), told(2, Gap("e0", 4, 50, 47, "ended: y")), event(3)])
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 4
        path.write_bytes(data)

        again = spool(tmp_path, mark=3)
        assert again.lines in (2, 3), place
        numbers, gaps = drained(again)

        assert 2 in numbers, place
        assert set(numbers) | covered(gaps) == {1, 2, 3}, place


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("x.seg", "1.seg", "..seg", "1..2.seg", "a.e1.3.seg", "notes.txt", "²." + "e.1.seg"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "00000001.e1.1.seg.part").write_text("half")

    there = spool(tmp_path)

    assert len(there) == 0
    assert len(list(tmp_path.iterdir())) == 7


# --- disks that fail ---


@pytest.mark.parametrize("number", [5, 28, 122, 30, 27])
@pytest.mark.parametrize("call", ["write", "fdatasync", "fsync", "open"])
def test_a_disk_that_fails_loses_nothing_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    there = spool(tmp_path)
    there.append([event(1), event(2)])
    with monkeypatch.context() as patch:

        def fails(*_: object) -> int:
            raise OSError(number, os.strerror(number))

        patch.setattr(os, call, fails)
        if call != "fsync":
            with pytest.raises(DiskError, match=f"cannot write .*: {os.strerror(number)}; "):
                there.append([event(3)])
    if call != "fsync":
        there.append([event(3), event(4)])
    else:
        there.append([event(4)])

    assert drained(spool(tmp_path)) == ([1, 2, 3, 4] if call != "fsync" else [1, 2, 4], [])


def test_half_a_row_is_cut_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = spool(tmp_path)
    there.append([event(1)])
    write = os.write
    with monkeypatch.context() as patch:
        left = [50]

        def full(fd: int, data: bytes) -> int:
            if not left[0]:
                raise OSError(28, "No space left on device")
            done, left[0] = write(fd, data[: left[0]]), 0
            return done

        patch.setattr(os, "write", full)
        with pytest.raises(DiskError, match="No space left on device; free some space"):
            there.append([event(2), event(3)])
    there.append([event(2), event(3)])

    assert module.SEGMENT == 256 << 10
    assert drained(spool(tmp_path)) == ([1, 2, 3], [])
