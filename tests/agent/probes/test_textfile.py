import os
from pathlib import Path

import pytest
from probing import CORPORA, machine, shown
from prometheus_client.parser import text_string_to_metric_families

from driftvakt_agent.host import Host
from driftvakt_agent.probes import textfile
from driftvakt_agent.sample import DeclaredSample, NoData

CORPUS = CORPORA / "node_exporter" / "textfile"
# Only one of these files was recorded with node_exporter's glob over directories.
CASES = sorted(path.stem for path in CORPUS.glob("*.out") if not path.stem.startswith("glob_"))

Key = tuple[str, frozenset[tuple[str, str]]]


def here(directory: Path) -> Host:
    return Host(settings={"textfile": {"directory": str(directory)}})


def write(directory: Path, **files: str | bytes) -> Host:
    for name, text in files.items():
        file = directory / f"{name}.prom"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(file, (1000.7, 1000.7))
    return here(directory)


def test_a_directory(tmp_path: Path) -> None:
    host = write(tmp_path, a='# TYPE x gauge\n# HELP x Help.\nx{b="c"} 1\n', b=b"\xef\xbb\xbfy 2\r\nz nan\r\n")
    (tmp_path / "notes.txt").write_text("not read\n")

    samples = list(textfile.collect(host))

    assert shown(samples) == {
        'x{b="c"}': 1,
        "y": 2,
        f'node_textfile_mtime_seconds{{file="{tmp_path}/a.prom"}}': 1000,
        f'node_textfile_mtime_seconds{{file="{tmp_path}/b.prom"}}': 1000,
        "driftvakt_textfile_dropped_samples": 1,
        "node_textfile_scrape_error": 0,
    }
    declared = {one.name: (one.type, one.help) for one in samples if isinstance(one, DeclaredSample)}
    assert declared == {"x": ("gauge", "Help."), "y": ("untyped", f"Metric read from {tmp_path}/b.prom.")}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("x 1 1441205977284\n", id="a timestamp"),
        pytest.param("x 1\ny", id="half written"),
        pytest.param(b'x{a="\xff"} 1\n', id="no UTF-8"),
        pytest.param("#" * (textfile.MAX_FILE + 1), id="too long"),
        pytest.param("".join(f"x{n} 1\n" for n in range(textfile.MAX_SAMPLES + 1)), id="too many samples"),
    ],
)
def test_a_bad_file_gives_nothing_and_harms_none(tmp_path: Path, bad: str | bytes) -> None:
    series = shown(textfile.collect(write(tmp_path, a=bad, b="good 1\n")))

    assert series["node_textfile_scrape_error"] == 1
    assert series["good"] == 1
    assert f'node_textfile_mtime_seconds{{file="{tmp_path}/a.prom"}}' not in series
    assert not any(key.startswith("x") for key in series)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param('x{a="1"} 2\n', id="the same series"),
        pytest.param('# TYPE x counter\nx{a="2"} 2\n', id="another type"),
        pytest.param('# HELP x Other.\n# TYPE x gauge\nx{a="2"} 2\n', id="another help"),
    ],
)
def test_what_clashes_with_an_earlier_file_is_left_out(tmp_path: Path, second: str) -> None:
    host = write(tmp_path, a='# HELP x One.\n# TYPE x gauge\nx{a="1"} 1\n', b=second)

    series = shown(textfile.collect(host))

    assert {key: value for key, value in series.items() if key.startswith("x")} == {'x{a="1"}': 1}
    assert series["node_textfile_scrape_error"] == 1


def test_the_room_is_shared(tmp_path: Path) -> None:
    half = "".join(f'{{name}}{{{{n="{n}"}}}} 1\n' for n in range(3000))

    series = shown(textfile.collect(write(tmp_path, a=half.format(name="x"), b=half.format(name="y"))))

    assert sum(key[0] in "xy" for key in series) == textfile.MAX_SAMPLES
    assert series["node_textfile_scrape_error"] == 1


def test_nobody_can_speak_for_the_probe(tmp_path: Path) -> None:
    series = shown(textfile.collect(write(tmp_path, a="node_textfile_scrape_error 0\n")))

    assert series["node_textfile_scrape_error"] == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_does_not_hold_it_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.prom")
    (tmp_path / "b.prom").mkdir()

    assert shown(textfile.collect(here(tmp_path)))["node_textfile_scrape_error"] == 1


def test_the_directory_is_missing(tmp_path: Path) -> None:
    assert shown(textfile.collect(here(tmp_path / "none"))) == {"node_textfile_scrape_error": 1}
    with pytest.raises(NoData):
        list(textfile.collect(machine(tmp_path)))


def keys(text: str) -> dict[Key, float]:
    """Return the series of an exposition; a label without a value is none, and where the files are is of no matter."""
    return {
        (
            one.name,
            frozenset((name, value) for name, value in one.labels.items() if value and name != "file"),
        ): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if not one.name.startswith(("node_textfile_mtime", "driftvakt_"))
    }


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpora beside the repository")
@pytest.mark.parametrize("case", CASES)
def test_the_cases_of_node_exporter(case: str) -> None:
    theirs = keys((CORPUS / f"{case}.out").read_text())

    ours: dict[Key, float] = {}
    for one in textfile.collect(here(CORPUS / case)):
        if not one.name.startswith(("node_textfile_mtime", "driftvakt_")):
            labels = frozenset((name, value) for name, value in one.labels if name != "file")
            ours[one.name, labels] = one.value

    # node_exporter adds an empty sum and count to a summary that has none.
    assert {key: value for key, value in theirs.items() if value or key in ours} == ours
