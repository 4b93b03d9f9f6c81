"""Lines that were forged, altered or sent again: none is accepted, and none leaves a trace in journal or fleet."""

import base64
import json
from collections.abc import Callable, Iterator
from random import Random

import pytest
from collecting import MASTER, Sender, host_row, series_body
from doors import Held
from ordeal import SEED, again, figure

from driftvakt_collector.config import Zone
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest.door import Door
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.intake import Intake
from driftvakt_wire.records import Event, Report, Series

FORGED = 10_000
HOSTS = 4
"""Hosts a zone."""
MASTERS = {"adm": MASTER, "edu": bytes(reversed(MASTER))}
DIGEST, SET = series_body(("node_load1", ()))


class Town:
    """A door before which hosts of two zones stand."""

    def __init__(self, held: Held | None = None) -> None:
        self.now = 1000.0
        self.rows = [
            host_row(number, origin=f"{zone}-{number}", name=f"{zone}{number}", zone=zone)
            for zone in MASTERS
            for number in range(HOSTS)
        ]
        self.fleet = Fleet(self.rows, healthy_since=0.0)
        self.journal = held or Held()
        intake = Intake(self.fleet, self._clock, self._clock)
        intake.replay(self.journal, 0, 0)
        zones = [Zone("adm", privacy="full"), Zone("edu", privacy="edu")]
        self.door = Door(self.fleet, intake, self.journal, MASTERS, zones=zones, wall=self._clock, now=self._clock)
        self.ways: dict[str, Entrance] = {"": self.door.anywhere} | {zone: self.door.entrance(zone) for zone in MASTERS}

    def _clock(self) -> float:
        return self.now

    def sender(self, origin: str, key_of: str = "", gen: int = 1) -> Sender:
        """Return one who signs as `origin`, with the master key of a zone."""
        return Sender(origin, MASTERS[key_of or origin.split("-")[0]], gen)

    def send(self, *lines: bytes, way: str = "") -> tuple[int, int, int]:
        """Bring lines by one way in; return status, how many were accepted and how many were duplicates."""
        # Nobody is refused here because it comes too often.
        self.now += 3600.0
        told: list[tuple[int, bytes]] = []
        self.ways[way].take(b"\n".join(lines), b"", lambda status, text: told.append((status, text)))
        self.journal.sync()
        ((status, text),) = told
        answer = json.loads(text)
        return status, answer.get("accepted", 0), answer.get("duplicate", 0)


def records() -> list[Event | Report | Series]:
    return [Event(1.7e9, "test.event", "x"), Report(1.7e9, 1.0, DIGEST, (0.5,)), Series(DIGEST, SET)]


@pytest.mark.parametrize("signer", MASTERS)
@pytest.mark.parametrize("claimed", MASTERS)
@pytest.mark.parametrize("way", ["", *MASTERS])
def test_a_zone_speaks_for_itself_alone(signer: str, claimed: str, way: str) -> None:
    town, chance = Town(), Random(SEED)
    right = signer == claimed and way in ("", claimed)
    accepted = sent = 0

    for _ in range(FORGED // 8):
        sender = town.sender(f"{claimed}-{chance.randrange(HOSTS)}", signer)
        sender.seq, sender.epoch = sent, f"e{chance.randrange(3)}"
        lines = [sender.line(chance.choice(records())) for _ in range(chance.choice((1, 1, 3)))]
        sent += len(lines)
        accepted += town.send(*lines, way=way)[1]

    figure(f"{signer} signs for {claimed} at {way or 'any'}: {sent} sent, {accepted} accepted")
    if right:
        assert accepted > 0
        return
    assert accepted == 0, again("test_a_zone_speaks")
    assert town.journal.chunks == []
    assert all(not host.ledger.epoch for host in town.fleet.hosts.values())


def forgeries(town: Town, chance: Random) -> Iterator[bytes]:
    """Give lines of one who holds keys, but not the right one."""
    while True:
        mine, theirs = chance.sample(list(town.fleet.hosts), 2)
        record = chance.choice(records())
        thief = town.sender(mine)
        thief.origin = theirs
        yield thief.line(record)
        other = town.sender(theirs, gen=chance.choice((0, 2, 3, 2**53 - 1)))
        yield other.line(record)
        other.gen = 1
        yield other.line(record)
        bare = town.sender(theirs)
        bare.key = MASTERS[theirs.split("-")[0]]
        yield bare.line(record)
        bare.key = chance.choice((b"", bytes(32), chance.randbytes(32)))
        yield bare.line(record)


def test_no_key_but_the_hosts_own_is_of_use() -> None:
    town, chance = Town(), Random(SEED)
    forged = forgeries(town, chance)

    accepted = sum(town.send(next(forged))[1] for _ in range(FORGED))

    assert accepted == 0, again("test_no_key")
    assert town.journal.chunks == []


def test_what_is_sent_again_is_never_accepted_again() -> None:
    town, chance = Town(), Random(SEED)
    senders = [town.sender(origin) for origin in town.fleet.hosts]
    lines = [sender.line(record) for _ in range(50) for sender in senders for record in records()]
    assert sum(town.send(line)[1] for line in lines) == len(lines)

    replays = [chance.choice(lines) for _ in range(1000)]
    told = [town.send(line) for line in replays]
    # A collector that was started anew knows them from its journal.
    anew = Town(town.journal)
    told += [anew.send(line) for line in replays]
    told += [anew.send(*chance.sample(lines, 100)) for _ in range(20)]

    assert sum(accepted for _, accepted, _ in told) == 0, again("test_what_is_sent_again")
    assert sum(doubles for *_, doubles in told) == 2 * len(replays) + 20 * 100
    assert len(town.journal.chunks) == len(lines)


def altered_fields(line: bytes) -> Iterator[tuple[str, bytes]]:
    """Give the line with each of its fields altered in several ways, and what was done."""
    head, _, record = line.partition(b',"record":')
    told = json.loads(head + b"}")
    mark = told["mac"]
    bits = base64.b64decode(mark)
    flipped = [
        bytes(byte ^ (1 << bit % 8) * (place == bit // 8) for place, byte in enumerate(bits)) for bit in range(256)
    ]
    others: dict[str, list[object]] = {
        "v": [0, 2, "1", 1.5, None],
        "origin": ["adm-1", "edu-0", "adm-9", "ADM-0", "", "adm-0 ", "adm-0\n"],
        "gen": [0, 2, -1, "1", 2**53, 1.5],
        "epoch": ["e2", "E1", "", "e1 ", "e1\n7", "e" * 65],
        "seq": [0, 8, 6, -7, 2**53 - 1, "7", 7.5],
        "mac": [
            "", mark[:-1], mark + "=", mark[::-1], mark.lower(), mark[:-4], mark + mark, " " + mark, mark + "\n",
            *(base64.b64encode(one).decode() for one in flipped),
            # The two bits of the last character that mean nothing.
            *(mark[:-2] + letter + "=" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
              if letter != mark[-2]),
        ],
    }  # fmt: skip
    for name, values in others.items():
        for value in values:
            yield f"{name} = {value!r}", json.dumps(told | {name: value}).encode()[:-1] + b',"record":' + record
        yield (
            f"no {name}",
            json.dumps({key: told[key] for key in told if key != name}).encode()[:-1] + b',"record":' + record,
        )
    for place in range(len(record) - 1):
        altered = record[:place] + bytes((record[place] ^ 1,)) + record[place + 1 :]
        yield f"byte {place} of the record", head + b',"record":' + altered
        yield f"no byte {place} in the record", head + b',"record":' + record[:place] + record[place + 1 :]
    yield "blank in the record", head + b',"record": ' + record
    yield "a second record", head + b',"record":{}' + b',"record":' + record


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Event(1.7e9, "test.event", "text"), id="event"),
        pytest.param(lambda: Report(1.7e9, 1.0, DIGEST, (0.5,)), id="report"),
    ],
)
def test_no_field_can_be_altered_on_the_way(make: Callable[[], Event | Report]) -> None:
    town = Town()
    sender = town.sender("adm-0")
    sender.seq = 6
    line = sender.line(make())
    count = 0

    for what, altered in altered_fields(line):
        count += 1
        assert altered != line, what
        status, accepted, doubles = town.send(altered)
        assert (accepted, doubles) == (0, 0), f"{what}: {status} for {altered!r}"

    figure(f"{count} alterations of a line, 0 accepted")
    assert town.journal.chunks == []
    assert town.send(line) == (200, 1, 0)
    # Now that the right one is known, too.
    for what, altered in altered_fields(line):
        status, accepted, _ = town.send(altered)
        assert accepted == 0, f"{what}: {status}"
    assert town.fleet.hosts["adm-0"].ledger.has("e1", 7)
    assert town.send(line) == (200, 0, 1)
