import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from driftvakt_agent.exposition import MAX_LABELS, MAX_TEXT, ExpositionError, parse


def test_a_text_with_everything() -> None:
    text = (
        "# HELP a_total What \\\\ and\\nmore.\n# TYPE a_total counter\n"
        'a_total{z="1", path="C:\\\\x \\"y\\"\\n",} 1.5e+03\n'
        "\n# a comment\n\t b:c 0x \n".replace("0x", "-7")
    )

    first, second = parse(text).samples

    assert (first.name, first.value, first.type, first.help) == ("a_total", 1500, "counter", "What \\ and\nmore.")
    assert first.labels == (("path", 'C:\\x "y"\n'), ("z", "1"))
    assert (second.name, second.value, second.labels, second.type, second.help) == ("b:c", -7, (), "untyped", "")


def test_the_parts_of_a_histogram_are_untyped() -> None:
    text = '# HELP h Time.\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 2\nh_count 1\nh_max 3\n'

    assert [(one.name, one.type, one.help) for one in parse(text).samples] == [
        ("h_bucket", "untyped", "Time."),
        ("h_sum", "untyped", "Time."),
        ("h_count", "untyped", "Time."),
        ("h_max", "untyped", ""),
    ]


def test_what_is_not_finite_is_counted() -> None:
    exposition = parse("a NaN\nb +Inf\nc -inf\nd 1\n")

    assert [one.name for one in exposition.samples] == ["d"]
    assert exposition.not_finite == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a 1", "last line has no end"),
        ("a\n", "a value is missing"),
        ("a 1 1441205977284\n", "a timestamp"),
        ("a 1 2 3\n", "more behind"),
        ("a 1_000\n", "is no value"),
        ("a ٣\n", "is no value"),
        ("a 0x1F\n", "is no value"),
        ("a 1e\n", "is no value"),
        ("1a 1\n", "no name of a series"),
        ("ä 1\n", "no name of a series"),
        ('{a="b"} 1\n', "no name of a series"),
        ('a{b="c" 1\n', "neither , nor }"),
        ('a{b="c"d="e"} 1\n', "neither , nor }"),
        ('a{b="c} 1\n', "does not end"),
        ('a{b="c\\"} 1\n', "does not end"),
        ("a{b=c} 1\n", "has no quotes"),
        ('a{b:c="d"} 1\n', "no name of a label"),
        ('a{__name__="d"} 1\n', "no name of a label"),
        ('a{b="1",b="2"} 1\n', "label b twice"),
        ('a{b="\\t"} 1\n', "no escape sequence"),
        ("a{,} 1\n", "no name of a label"),
        ("# TYPE a gauge\n# TYPE a gauge\n", "a second TYPE of a"),
        ("# HELP a x\n# HELP a y\n", "a second HELP of a"),
        ("# TYPE a magic\n", "is no type"),
        ("# TYPE a-b gauge\n", "no name of a series"),
        ("a 1\n# TYPE a gauge\n", "after its samples"),
        ('a{b="' + "x" * (MAX_TEXT + 1) + '"} 1\n', "longer than"),
        ("a{" + ",".join(f'b{n}="x"' for n in range(MAX_LABELS + 1)) + "} 1\n", "labels"),
        ("a" * (MAX_TEXT + 1) + " 1\n", "no name of a series"),
    ],
)
def test_mistakes(text: str, why: str) -> None:
    with pytest.raises(ExpositionError, match=why):
        parse(text)


def test_a_mistake_is_found_by_its_line() -> None:
    with pytest.raises(ExpositionError, match="line 3"):
        parse("a 1\n\nb\n")


def test_too_many_samples() -> None:
    text = "".join(f"a{n} 1\n" for n in range(11))

    assert len(parse(text, 11).samples) == 11
    with pytest.raises(ExpositionError, match="more than 10 samples"):
        parse(text, 10)


@given(st.text(max_size=200).map(lambda text: text + "\n"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        samples = parse(text).samples
    except ExpositionError:
        return
    assert all(math.isfinite(one.value) for one in samples)


LABEL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)


@given(st.from_regex(r"\A[a-zA-Z_][a-zA-Z0-9_]{0,10}\Z"), LABEL, st.floats(allow_nan=False, allow_infinity=False))
def test_it_reads_what_the_reference_reads(name: str, label: str, value: float) -> None:
    escaped = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    text = f'{name}{{l="{escaped}"}} {value!r}\n'

    (ours,) = parse(text).samples
    ((theirs,),) = (family.samples for family in text_string_to_metric_families(text))

    assert (ours.name, dict(ours.labels), ours.value) == (theirs.name, theirs.labels, theirs.value)
