"""Golden records: lines of every kind, signed once, which each later release must make again and can read for ever.

`DRIFTVAKT_GOLDEN=write pytest tests/wire/test_golden.py` writes them anew; read the difference before you keep it.
"""

import os
from array import array
from math import isnan
from pathlib import Path

import msgspec
import pytest

from driftvakt_collector.journal import line as journal
from driftvakt_wire import envelope, records
from driftvakt_wire.encode import series_set
from driftvakt_wire.records import Event, Gap, Goodbye, Record, Report, Section, Series, Unknown

GOLDEN = Path(__file__).parent / "golden"
KEY = bytes(range(32))

_SET = series_set(
    [
        ("node_load1", ()),
        ("node_filesystem_avail_bytes", (("device", "/dev/sda1"), ("mountpoint", "/srv/Årsta"))),
        ("backup_age_seconds", (("job", 'å "ä" ö\\\n'),)),
    ],
    {"backup_age_seconds": ("gauge", "Ålder på säkerhetskopian.")},
)
_INFO = series_set([("node_uname_info", (("nodename", "malmö-07"), ("sysname", "Linux")))], {})
_SERIES, _SECTION = envelope.digest(_SET), envelope.digest(_INFO)
_VALUES = (0.12, None, 4096.0, -0.5, 1e300, 5e-324, 1764000000.25, 0.0)

RECORDS: dict[str, Record] = {
    "report": Report(1764000000.25, 86423.1, _SERIES, _VALUES, 60.0, {"info": _SECTION}),
    "report_on_another": Report(1764000000.0, 10.0, _SERIES, (), 300.0, {}, "printer-ö"),
    "series": Series(_SERIES, _SET),
    "section": Section("info", _SECTION, _INFO),
    "section_of_another": Section("info", _SECTION, _INFO, "printer-ö"),
    "event": Event(1764000000.5, "check.changed", "säkerhetskopia är critical: för gammal\t\x00", "räknare"),
    "gap": Gap(1764000001.0, "9b1e", 3, 9007199254740991, 17, "given up by the agent"),
    "goodbye": Goodbye(1764000002.0, "på väg hem"),
    "unknown_kind": Unknown("prophecy", '{"kind":"prophecy","at":1,"om":["å","ä","ö"],"set":{"record":null}}'.encode()),
}
READ_ONLY = {
    "goodbye_with_an_unknown_field": '{"kind":"goodbye","at":1764000002.0,"färg":{"record":[1]},"reason":"hej"}',
    "goodbye_without_what_has_a_default": '{"kind":"goodbye","at":1764000002}',
    "event_without_what_has_a_default": '{"kind":"event","at":1,"name":"agent.start"}',
    "gap_without_what_has_a_default": '{"kind":"gap","at":1,"epoch":"e","first":1,"last":2,"count":2}',
    "report_without_what_has_a_default": '{"kind":"report","at":1,"up":2,"series":"b2:00","values":[1,null,2.5]}',
}
"""What no encoder of ours writes, and every decoder must read."""

WRITTEN = {name: records.encode(record) for name, record in RECORDS.items()}
WRITTEN |= {name: text.encode() for name, text in READ_ONLY.items()}


def signed(name: str) -> bytes:
    return envelope.sign(KEY, "a-7f3c0d", 1, "9b1e", 7, WRITTEN[name])


def committed(name: str) -> bytes:
    return (GOLDEN / f"{name}.jsonl").read_bytes().removesuffix(b"\n")


@pytest.fixture(scope="module", autouse=True)
def golden() -> None:
    if os.environ.get("DRIFTVAKT_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        for name in WRITTEN:
            (GOLDEN / f"{name}.jsonl").write_bytes(signed(name) + b"\n")


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_written_as_it_always_was(name: str) -> None:
    assert signed(name) == committed(name)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.jsonl")) or WRITTEN)
def test_it_is_read_for_ever(name: str) -> None:
    found = envelope.split(committed(name))
    record = records.decode(found.record)

    assert envelope.verify(KEY, found)
    assert (found.origin, found.gen, found.epoch) == ("a-7f3c0d", 1, "9b1e")
    assert record == RECORDS.get(name, record)
    assert not isinstance(record, Unknown) or name == "unknown_kind"


@pytest.mark.parametrize("name", WRITTEN)
def test_agent_and_collector_read_the_same(name: str) -> None:
    ours = records.decode(envelope.split(committed(name)).record)
    line = journal.decode(committed(name))

    assert type(line.record).__name__ == type(ours).__name__
    assert (line.envelope.origin, line.envelope.gen, line.envelope.epoch) == ("a-7f3c0d", 1, "9b1e")
    assert bytes(line.envelope.record) == envelope.split(committed(name)).record
    told = fields_of(line.record)
    assert told == {name: plain(getattr(ours, name)) for name in told}


def fields_of(record: journal.Record) -> dict[str, object]:
    return {one.name: plain(getattr(record, one.name)) for one in msgspec.structs.fields(type(record))}


def plain(value: object) -> object:
    """The same for both: the collector keeps numbers packed, with NaN for null, and parts as they came."""
    if isinstance(value, array | tuple):
        return [None if one is None or isnan(one) else one for one in value]
    return bytes(value) if isinstance(value, msgspec.Raw) else value


def test_no_golden_line_was_taken_away() -> None:
    assert {path.stem for path in GOLDEN.glob("*.jsonl")} == set(WRITTEN)


@pytest.mark.parametrize("kind", sorted(journal.KINDS))
def test_agent_and_collector_declare_the_same_fields(kind: str) -> None:
    """Names and defaults of each kind are equal; the order within a record carries no meaning."""
    ours = getattr(records, kind.title())
    theirs = getattr(journal, kind.title())
    body: dict[str, object] = {"kind": kind, "digest": envelope.digest(b"{}"), "set": {}, "body": {}, "name": "n"}
    body |= {"at": 1, "up": 1, "series": "s", "values": [], "epoch": "e", "first": 1, "last": 1, "count": 1}

    least = msgspec.json.encode({name: body[name] for name in ("kind", *theirs.__struct_fields__) if name in body})
    read = records.decode(least)
    taken = journal.decode_record(least)

    assert sorted(ours.__slots__) == sorted(theirs.__struct_fields__)
    assert type(read) is ours
    assert type(taken) is theirs
    assert fields_of(taken) == {name: plain(getattr(read, name)) for name in ours.__slots__}


def test_agent_and_collector_know_the_same_kinds() -> None:
    known = {one.__name__.lower() for one in (Report, Series, Section, Event, Gap, Goodbye)}

    assert known == journal.KINDS == set(records._READERS)
