"""The boards are what the code makes, and each panel says what it shows, in what, and of whom."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from asked import RULES, Asked, panels, queries
from collecting import ROOT
from dashboards.made import BOARDS, FOLDER, texts

from driftvakt_wire.names import family

BOARD_TEXTS = texts()
MADE: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in BOARD_TEXTS.items()}
QUERIES = [asked for board in MADE.values() for asked in queries(board)]
OF_MIBS = re.compile(r"(if|prt)[A-Z]\w+")
OF_PROMETHEUS = {"up", "ALERTS", "scrape_duration_seconds"}
OF_OUR_PROCESS = re.compile(r"process_\w+")
WORDS = {
    "and", "or", "unless", "on", "ignoring", "by", "without", "group_left", "offset", "bool", "le",
    "sum", "avg", "min", "max", "count", "topk", "bottomk", "rate", "increase", "time", "vector", "scalar", "sort",
    "changes", "absent", "predict_linear", "avg_over_time",
}  # fmt: skip
"""What stands in our queries beside names of series."""


FOR_OTHERS = {
    "node_exporter_build_info",
    "instance:node_load1_per_cpu:ratio",
    "instance:node_vmstat_pgmajfault:rate5m",
    "instance_device:node_disk_io_time_weighted_seconds:rate5m",
    "instance:node_network_receive_drop_excluding_lo:rate5m",
    "instance:node_network_transmit_drop_excluding_lo:rate5m",
}
"""Recorded for the boards of node_exporter's mixin, not for ours."""


def each(name: str, board: dict[str, Any]) -> Iterator[Any]:
    for one in panels(board):
        yield pytest.param(one, id=f"{name.removesuffix('.json')}: {one['title']}")


EVERY_PANEL = [one for name, board in MADE.items() for one in each(name, board)]
EVERY_BOARD = [pytest.param(board, id=name.removesuffix(".json")) for name, board in MADE.items()]


# --- what is committed ---


def test_the_files_are_what_the_code_makes() -> None:
    found = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}

    assert sorted(found) == sorted(BOARD_TEXTS)
    assert [name for name in found if found[name] != BOARD_TEXTS[name]] == [], "run `python -m dashboards`"


def test_every_board_has_a_name_of_its_own() -> None:
    uids = [board.uid for board in BOARDS]

    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids), "Grafana takes no longer ones"
    assert len({board.title for board in BOARDS}) == len(BOARDS)


# --- of each board ---


@pytest.mark.parametrize("board", EVERY_BOARD)
def test_a_reader_can_choose_whom_to_look_at(board: dict[str, Any]) -> None:
    variables = [one["name"] for one in board["templating"]["list"]]
    asked = " ".join(one.expr for one in queries(board))

    assert variables[:5] == ["datasource", "zone", "administration", "site", "class"]
    assert [name for name in variables[1:] if f'=~"${name}"' not in asked] == []
    assert set(re.findall(r"\$(\w+)", asked)) <= {*variables, "__rate_interval"}
    label = board["templating"]["list"][0]["label"]
    assert label == "Data source"


@pytest.mark.parametrize("board", EVERY_BOARD)
def test_no_data_source_is_fixed(board: dict[str, Any]) -> None:
    found = re.findall(r'"datasource": ("[^"]*"|\{.*?\}(?=[,}]))', json.dumps(board))

    assert {str(json.loads(one)) for one in found} == {str({"type": "prometheus", "uid": "${datasource}"})}
    assert all("datasource" in one for one in panels(board))


@pytest.mark.parametrize("board", EVERY_BOARD)
def test_panels_do_not_lie_on_each_other(board: dict[str, Any]) -> None:
    taken: Counter[tuple[int, int]] = Counter()
    for one in board["panels"]:
        at = one["gridPos"]
        assert at["x"] + at["w"] <= 24
        taken.update((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"]))

    assert [place for place, count in taken.items() if count > 1] == []
    numbers = [one["id"] for one in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    titles = [one["title"] for one in panels(board)]
    assert len(set(titles)) == len(titles)


# --- of each panel ---


@pytest.mark.parametrize("panel", EVERY_PANEL)
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["description"] != panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    letters = [one["refId"] for one in panel["targets"]]
    assert len(set(letters)) == len(letters)
    if panel["type"] not in ("stat", "table"):
        assert all(one["legendFormat"] != "__auto" for one in panel["targets"])


@pytest.mark.parametrize("panel", EVERY_PANEL)
def test_a_link_leads_to_a_board(panel: dict[str, Any]) -> None:
    for link in panel["fieldConfig"]["defaults"].get("links", []):
        assert re.match(r"/d/([\w-]+)\?", link["url"])[1] in {board.uid for board in BOARDS}  # type: ignore[index]


# --- what is asked for ---


@cache
def known() -> frozenset[str]:
    """The series of docs/metrics.md and docs/service-checks.md, of the checks' code, and those that rules record."""
    told = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("metrics.md", "service-checks.md"))
    checks = (ROOT / "collector" / "driftvakt_collector" / "poll").rglob("*.py")
    told += "".join(path.read_text("utf-8") for path in checks)
    names = set(re.findall(r"[`\"]((?:driftvakt|probe)_\w+)[`\"{]", told))
    names |= {f"{name}_{suffix}" for name in names for suffix in ("sum", "count") if name.endswith("commit_seconds")}
    return frozenset(names | recorded().keys())


@cache
def recorded() -> dict[str, str]:
    """The recording rules: name to query."""
    told = yaml.safe_load((RULES / "driftvakt-recording.yml").read_text("utf-8"))
    return {rule["record"]: rule["expr"] for group in told["groups"] for rule in group["rules"]}


def named(expr: str) -> set[str]:
    """The series that a query names."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", re.sub(r"\{[^}]*\}", "", expr))
    bare = re.sub(r"\b(by|without|on|ignoring|group_left)\s*\([^)]*\)", "", bare)
    return {word for word in re.findall(r"[a-zA-Z_][\w:]*", bare) if word not in WORDS and not word.startswith("e6")}


def is_known(name: str) -> bool:
    return (
        name in known()
        or name in OF_PROMETHEUS
        or family(name) is not None
        or OF_MIBS.fullmatch(name) is not None
        or OF_OUR_PROCESS.fullmatch(name) is not None
    )


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_every_series_that_is_asked_for_is_known(asked: Asked) -> None:
    found = named(asked.expr)

    assert found
    assert [name for name in sorted(found) if not is_known(name)] == []


@pytest.mark.parametrize(("name", "expr"), recorded().items())
def test_every_series_that_is_recorded_is_made_of_known_ones(name: str, expr: str) -> None:
    assert name in FOR_OTHERS or re.fullmatch(r"[a-z_A-Z]+:[a-zA-Z_0-9]+:[a-z_0-9]+", name), "level:series:operation"
    assert [one for one in sorted(named(expr)) if not is_known(one)] == []


def test_every_series_that_is_recorded_is_of_use() -> None:
    asked = " ".join([one.expr for one in QUERIES] + list(recorded().values()))

    assert [name for name in recorded() if name not in asked and name not in FOR_OTHERS] == []


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_what_is_computed_of_every_host_is_recorded(asked: Asked) -> None:
    """A rate over a window is of one host, or of the collector's own few series."""
    for call in re.findall(r"(?:rate|increase|avg_over_time)\(([^\[]*)\[", asked.expr):
        of_the_collector = re.match(
            r"driftvakt_(ingest|intake|journal|poll|trap|notif|enrol|service_check)|process_", call
        )
        assert of_the_collector or 'instance=~"$instance"' in call, call


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_a_rate_fits_how_often_is_scraped(asked: Asked) -> None:
    windows = re.findall(r"rate\([^\[]*\[([^]]*)\]", asked.expr)

    assert set(windows) <= {"$__rate_interval"}
