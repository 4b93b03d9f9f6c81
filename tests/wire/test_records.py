import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.journal import line as journal
from driftvakt_wire import encode, records
from driftvakt_wire.envelope import MAX_SEQ, digest
from driftvakt_wire.records import (
    MAX_TEXT,
    Event,
    Gap,
    Goodbye,
    Record,
    RecordError,
    Report,
    Section,
    Series,
    Unknown,
    decode,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.floats(allow_nan=False, allow_infinity=False)
wholes = st.integers(0, MAX_SEQ)
subjects = st.none() | texts
values = st.lists(st.none() | numbers | st.integers(-(2**53), 2**53).map(float), max_size=10).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
parts = json_values.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

record_strategy: st.SearchStrategy[Record] = st.one_of(
    st.builds(Report, numbers, numbers, texts, values, numbers, st.dictionaries(texts, texts, max_size=3), subjects),
    parts.map(lambda part: Series(digest(part), part)),
    st.builds(lambda name, part, subject: Section(name, digest(part), part, subject), texts, parts, subjects),
    st.builds(Event, numbers, texts, texts, subjects),
    st.builds(Gap, numbers, texts, wholes, wholes, wholes, texts),
    st.builds(Goodbye, numbers, texts),
)


@given(record_strategy)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    assert decode(records.encode(record)) == record


@given(texts.filter(lambda kind: kind not in records._READERS), st.dictionaries(texts, json_values, max_size=3))
def test_a_kind_of_a_later_release_is_kept_as_it_is(kind: str, fields: dict[str, object]) -> None:
    body = json.dumps(fields | {"kind": kind}).encode()

    assert decode(body) == Unknown(kind, body)
    assert records.encode(Unknown(kind, body)) == body


@given(record_strategy, st.dictionaries(texts.map(lambda name: f"x_{name}"), json_values, max_size=3))
def test_a_field_of_a_later_release_is_passed_over(record: Record, more: dict[str, object]) -> None:
    head, body = records.encode(record)[:1], records.encode(record)[1:]
    extra = json.dumps(more)[1:-1]
    # Before the rest, as the part of a record must be its last member; and none may look like that part.
    if '"set":' in extra or '"body":' in extra:
        return

    assert decode(head + (extra + "," if extra else "").encode() + body) == record


GOOD: dict[str, dict[str, Any]] = {
    "report": {"at": 1, "up": 2, "series": "b2:00", "values": [1], "sections": {"info": "b2:00"}, "every": 60},
    "event": {"at": 1, "name": "agent.start", "text": "x", "subject": "y"},
    "gap": {"at": 1, "epoch": "e", "first": 1, "last": 2, "count": 2, "reason": "x"},
    "goodbye": {"at": 1, "reason": "x"},
}


def of(kind: str, **changed: object) -> bytes:
    return json.dumps({"kind": kind} | GOOD[kind] | changed).encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param(b"\xff\xfe", "not JSON", id="no text"),
        pytest.param('{"kind":"goodbye","at":1}'.encode("utf-16"), "not JSON", id="UTF-16"),
        pytest.param('{"kind":"goodbye","at":1}'.encode("utf-16-le"), "not JSON", id="UTF-16 without a mark"),
        pytest.param(b'\xef\xbb\xbf{"kind":"goodbye","at":1}', "not JSON", id="a byte order mark"),
        pytest.param(b"[" * 200000, "not JSON", id="a depth bomb"),
        pytest.param(b'{"kind":"event","x":' * 50000, "not JSON", id="a depth bomb of objects"),
        pytest.param(b'{"kind":"goodbye","at":' + b"9" * 5000 + b"}", "not JSON", id="a number of 5000 digits"),
        pytest.param(of("goodbye", at=float("nan")), "NaN is not a number", id="NaN"),
        pytest.param(of("goodbye", at=float("-inf")), "-Infinity is not a number", id="minus infinity"),
        pytest.param(b'{"kind":"goodbye","at":1e999}', "'at' must be a finite number", id="a float that is too large"),
        pytest.param(of("goodbye", at=10**400), "'at' must be a finite number", id="a whole number no float can hold"),
        pytest.param(of("report", values=[1, 10**400]), "'values' must be", id="the same among the values"),
        pytest.param(of("goodbye", at="1764000000"), "'at' must be a finite number", id="text for a number"),
        pytest.param(of("goodbye", at=True), "'at' must be a finite number", id="true for a number"),
        pytest.param(of("goodbye", at=None), "'at' must be a finite number", id="null for a number"),
        pytest.param(b'{"kind":"goodbye"}', "'at' must be a finite number", id="a number is missing"),
        pytest.param(of("report", values=[True]), "'values' must be", id="true among the values"),
        pytest.param(of("report", values=["1"]), "'values' must be", id="text among the values"),
        pytest.param(of("report", values={"a": 1}), "'values' must be", id="values as an object"),
        pytest.param(of("report", sections=["b2:00"]), "'sections' must map", id="sections as a list"),
        pytest.param(of("report", sections={"info": 1}), "'sections' must map", id="a number as a digest"),
        pytest.param(of("report", series=1), "'series' must be a text", id="a number for a text"),
        pytest.param(of("event", text="x" * (MAX_TEXT + 1)), "'text' must be a text of at most", id="a text too long"),
        pytest.param(of("event", subject=5), "'subject' must be a text", id="a number for who it is about"),
        pytest.param(of("gap", count=1.5), "'count' must be a whole number", id="half a record"),
        pytest.param(of("gap", first=-1), "'first' must be a whole number", id="a negative number of a record"),
        pytest.param(of("gap", last=2**53), "'last' must be a whole number", id="a number of 54 bits"),
        pytest.param(b'{"kind":5}', "text field 'kind'", id="a number for a kind"),
        pytest.param(b"{}", "text field 'kind'", id="no kind"),
        pytest.param(b"[]", "not an object", id="a list"),
        pytest.param(b'{"kind":"series","digest":"b2:00","set":{}}', "'set' is not what", id="another digest"),
        pytest.param(b'{"kind":"series","digest":"b2:00"}', "'set' is not what", id="no part"),
        pytest.param(
            b'{"kind":"section","name":"i","digest":"%s","body":{},"x":1}' % digest(b"{}").encode(),
            "'body' is not what",
            id="a part that is not the last member",
        ),
    ],
)
def test_what_is_no_record(text: bytes, why: str) -> None:
    with pytest.raises(RecordError, match=why):
        decode(text)


def test_of_a_field_that_stands_there_twice_the_last_counts_at_both_ends() -> None:
    text = b'{"kind":"goodbye","at":1,"reason":"a","at":2,"reason":"b"}'
    taken = journal.decode_record(text)

    assert decode(text) == Goodbye(2.0, "b")
    assert isinstance(taken, journal.Goodbye)
    assert (taken.at, taken.reason) == (2.0, "b")


kinds = st.sampled_from([*records._READERS, "prophecy"])
fields = ("at", "up", "every", "series", "values", "sections", "subject", "name", "text", "digest", "set", "body",
          "epoch", "first", "last", "count", "reason")  # fmt: skip


@given(kinds, st.dictionaries(st.sampled_from(fields), json_values, max_size=8))
def test_any_object_is_read_or_refused(kind: str, told: dict[str, object]) -> None:
    read_or_refused(json.dumps({"kind": kind} | told).encode())


@given(st.binary(max_size=200) | texts.map(str.encode))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    read_or_refused(text)


@given(record_strategy, st.data())
def test_any_altered_record_is_read_or_refused(record: Record, data: st.DataObject) -> None:
    text = bytearray(records.encode(record))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))

    read_or_refused(bytes(text))


def read_or_refused(text: bytes) -> None:
    try:
        record: Record | None = decode(text)
    except RecordError as e:
        record, why = None, str(e)
    assert isinstance(record, Record) or len(why) > 10


def test_whole_values_are_written_short() -> None:
    written = encode.report(
        1764000000.0, 2.0, 60.0, "b2:1.0", [0.0, 1.0, 10.0, -3.0, 0.5, 1e16, None, 4096.0], {"a": "1.0"}
    )

    assert written == (
        b'{"kind":"report","at":1764000000.0,"up":2.0,"every":60.0,"series":"b2:1.0",'
        b'"values":[0,1,10,-3,0.5,1e+16,null,4096],"sections":{"a":"1.0"}}'
    )


def test_only_values_are_written_short() -> None:
    text = "1.0,2.0]"

    assert text.encode() in encode.event(1.0, text, text, text)
    assert text.encode() in encode.report(1.0, 1.0, 1.0, text, [1.0], {text: text}, text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_is_never_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode.report(1.0, 1.0, 1.0, "b2:00", [value], {})


def test_a_text_that_is_too_long_is_cut_where_it_is_made() -> None:
    event = decode(encode.event(1.0, "check.changed", "å" * 5000))

    assert isinstance(event, Event)
    assert event.text == "å" * MAX_TEXT


def test_the_name_of_a_file_that_is_no_text_can_be_written() -> None:
    """os.listdir gives bytes that are not UTF-8 as surrogates, which no JSON may hold."""
    name = b"sl\xe4kt.prom".decode("utf-8", "surrogateescape")

    assert json.loads(encode.series_set([("a", (("file", name),))], {}))["series"] == [["a", "file", "sl?kt.prom"]]
