"""The recorded machine that node_exporter is tested with: the same files must give the same numbers here."""

import math
from collections import Counter
from pathlib import Path

import pytest
import ttar
from probing import CORPORA, machine, measure
from prometheus_client.parser import text_string_to_metric_families

from driftvakt_agent.host import Host

CORPUS = CORPORA / "node_exporter"

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="no corpora beside the repository")

# These ask the machine that the test runs on, wherever Host points.
LIVE = ("timex", "uname", "filesystem", "updates", "reboot", "users", "systemd", "scripts", "textfile")

Key = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Host:
    root = tmp_path_factory.mktemp("corpus")
    ttar.unpack(CORPUS / "sys.ttar", root)
    (root / "proc").symlink_to(CORPUS / "proc")
    return machine(root)


def expected() -> dict[Key, float]:
    text = (CORPUS / "e2e-output.txt").read_text()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_same_series_has_the_same_number(recorded: Host, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = expected()

    ours = {(sample.name, frozenset(sample.labels)): sample.value for sample in measure(recorded, leave_out=LIVE)}

    both = ours.keys() & theirs.keys()
    # They multiply milliseconds with 0.001 where this divides by 1000, which ends in other last digits.
    wrong = {key: (ours[key], theirs[key]) for key in both if not math.isclose(ours[key], theirs[key], rel_tol=1e-12)}
    only_here = Counter(name for name, _ in ours.keys() - theirs.keys())
    with capsys.disabled():
        print(f"\n{len(both)} series have node_exporter's number; not in its output: {dict(only_here)}")
    assert not wrong
    assert len(both) >= 616


def test_an_archive_of_text_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "a.ttar"
    archive.write_text(
        "# ttar\nDirectory: sys\nMode: 755\nPath: sys/one\nLines: 2\nPath: not a keyword\nlastEOF\nMode: 644\n"
        "Path: sys/two\nLines: 1\naNULLBYTEb\nMode: 644\nPath: sys/link\nSymlinkTo: one\n"
    )

    ttar.unpack(archive, tmp_path)

    assert (tmp_path / "sys/one").read_text() == "Path: not a keyword\nlast"
    assert (tmp_path / "sys/two").read_bytes() == b"a\0b\n"
    assert (tmp_path / "sys/link").readlink() == Path("one")
