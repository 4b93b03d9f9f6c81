"""A program to record: the real journal under a scripted load. `python journal_work.py DATA SEED GROUPS [NORMAL|OFF]`

It says `made N...` before it hands lines over, `kept N...` once it is told that they are on disk, and `gone N...`
before it asks the journal to forget them.
"""

import asyncio
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

from syscalls import say

from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.sqlite import SqliteJournal


def line(number: int, chance: Random) -> bytes:
    """Return a line that knows if it is whole. Noise, so that groups take pages although they are packed."""
    head = b"%d %s" % (number, chance.randbytes(chance.choice((20, 200, 200, 3000, 20_000))).hex().encode())
    return b"%s %d" % (head, zlib.crc32(head))


def number_of(raw: bytes) -> int:
    """Return the number of a line. Raises ValueError for one that is not whole."""
    head, _, crc = raw.rpartition(b" ")
    if not crc.isdigit() or zlib.crc32(head) != int(crc):
        raise ValueError(f"a line is damaged: {raw[:40]!r}")
    return int(head.partition(b" ")[0])


def recover(folder: Path) -> Iterator[str]:
    """Open the journal that a power cut left, as the collector does; give the numbers of its lines."""
    journal = SqliteJournal(folder / "journal.db")
    for chunk in journal.read(0):
        assert chunk.position <= journal.end(), "a position past the end"
        for raw in chunk.lines:
            yield str(number_of(raw))
    asyncio.run(journal.close())


async def _work(data: Path, seed: int, groups: int, sync: str) -> None:
    chance = Random(seed)
    number = 0
    chunks: dict[int, list[int]] = {}
    while groups > 0:
        journal = SqliteJournal(data / "journal.db", keep_seconds=0.0)
        if sync:
            journal._connection.execute(f"PRAGMA synchronous={sync}")
        journal.start()
        for _ in range(min(groups, chance.randrange(20, 250))):
            groups -= 1
            waits = []
            for _ in range(chance.choice((1, 1, 2, 5))):
                numbers = list(range(number, number + chance.choice((1, 1, 3))))
                number += len(numbers)
                say(f"made {' '.join(map(str, numbers))}")
                told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

                def tell(
                    end: int, error: JournalError | None, numbers: list[int] = numbers,
                    told: "asyncio.Future[int]" = told,
                ) -> None:  # fmt: skip
                    assert error is None
                    say(f"kept {' '.join(map(str, numbers))}")
                    chunks.setdefault(end, []).extend(numbers)
                    told.set_result(end)

                journal.append([line(one, chance) for one in numbers], tell)
                waits.append(told)
            await asyncio.gather(*waits)
            if chance.random() < 0.05:
                before = chance.choice(list(chunks))
                for position in [one for one in chunks if one < before]:
                    say(f"gone {' '.join(map(str, chunks.pop(position)))}")
                while await journal.forget(before):
                    pass
        await journal.close()


if __name__ == "__main__":
    asyncio.run(_work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), "".join(sys.argv[4:5])))
