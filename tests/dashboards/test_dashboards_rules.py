"""The rule files: promtool finds nothing to remark, each alert is tested, and leads to what to do about it."""

import re
import subprocess
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml
from asked import RULES
from collecting import ROOT

from driftvakt_collector.__main__ import main

HERE = Path(__file__).parent
FILES = sorted(RULES.glob("driftvakt-*.yml"))
TESTS = sorted(HERE.glob("*.yml"))
DASHBOARDS = ROOT / "dashboards"
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text("utf-8")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@cache
def alerts() -> dict[str, dict[str, Any]]:
    """The alerts by name."""
    groups = load(RULES / "driftvakt-alerts.yml")["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def promtool(*words: str) -> str:
    """Run it, and return what it said; fail where it finds fault."""
    program = which("promtool")
    if program is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_promtool_finds_nothing_to_remark(path: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(path))


def test_promtool_finds_nothing_to_remark_on_what_is_exported(tmp_path: Path) -> None:
    assert main(["rules", "export", "--prometheus", "--out", str(tmp_path)]) == 0

    promtool("check", "rules", "--lint=all", "--lint-fatal", *map(str, sorted(tmp_path.glob("*.yml"))))


def test_the_configuration_is_one_and_takes_both_files() -> None:
    assert f"SUCCESS: {len(FILES)} rule files found" in promtool("check", "config", str(DASHBOARDS / "prometheus.yml"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.name))
def test_rules_do_as_their_tests_say(path: Path) -> None:
    promtool("test", "rules", str(path))


def test_every_alert_is_seen_to_fire_and_not_to() -> None:
    cases = [case for path in TESTS for test in load(path)["tests"] for case in test.get("alert_rule_test", [])]
    fire = {case["alertname"] for case in cases if case["exp_alerts"]}
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}

    assert fire == quiet == alerts().keys()


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_what_is_wrong_and_where_to_read_on(name: str) -> None:
    rule = alerts()[name]

    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["for"]
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"https://driftvakt.example/docs/runbooks.md#{name.lower()}"


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    sections = re.findall(r"^### (\w+)\n\n(.+?)(?=\n##|\Z)", RUNBOOKS, re.M | re.S)

    assert [name for name, _ in sections] == list(alerts())
    for name, text in sections:
        assert text.count("**Look at.**") == text.count("**Do.**") == 1, name


def test_the_boards_find_the_data_source_that_is_provisioned() -> None:
    (source,) = load(DASHBOARDS / "provisioning" / "datasources" / "driftvakt.yml")["datasources"]
    (provider,) = load(DASHBOARDS / "provisioning" / "dashboards" / "driftvakt.yml")["providers"]
    scraped = load(DASHBOARDS / "prometheus.yml")["global"]

    assert source["type"] == "prometheus"
    assert source["jsonData"]["timeInterval"] == scraped["scrape_interval"] == scraped["evaluation_interval"]
    assert provider["type"] == "file"
    assert provider["options"]["path"] in (ROOT / "docs" / "grafana.md").read_text("utf-8")
