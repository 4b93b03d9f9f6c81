"""`driftvakt rules`: what an operator reads of rules, and how a file of their own is tried."""

from pathlib import Path

import pytest

from driftvakt_collector.__main__ import main

RULE = """
[[rule]]
name = "QueueLong"
series = "app_queue"
above = 100
for = "5m"
severity = "critical"
summary = { sv = "{{host}}: {{value}} i kön", en = "{{host}}: {{value}} in the queue" }
"""
TEST = """
[[test]]
name = "a long queue fires after five minutes"
rules = ["QueueLong"]
series.'app_queue{queue="å"}' = "1x2 200x8 1"
expect = { "7m" = [], "8m" = ['QueueLong{queue="å"}'], "12m" = [] }
"""


def run(*arguments: str) -> int:
    return main(["rules", *arguments])


def test_the_list_says_each_rule_as_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--severity", "critical") == 0

    told = capsys.readouterr().out
    assert "UpsOnBattery                  driftvakt_ups_on_battery equal to 1 for 1m" in told
    assert "PrinterSupplyLow" not in told


def test_show_tells_the_rule_and_what_prometheus_would_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "CertificateExpires") == 0

    told = capsys.readouterr().out
    assert "time until probe_ssl_earliest_cert_expiry below 14 days for 1h" in told
    assert "Prometheus: probe_ssl_earliest_cert_expiry - time() < 1209600" in told or "1.2096e+06" in told


def test_show_suggests_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "CertificatExpires") == 1

    assert "did you mean 'CertificateExpires'?" in capsys.readouterr().err


def test_check_says_what_your_file_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "rules.toml"
    own.write_text(RULE + '[[rule]]\nname = "RestartNeeded"\nenabled = false\n', "utf-8")

    assert run("check", str(own)) == 0

    told = capsys.readouterr().out
    assert f"{own} is fine" in told
    assert "RestartNeeded is turned off" in told
    assert "QueueLong: app_queue above 100 for 5m" in told


def test_check_fails_with_every_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "rules.toml"
    own.write_text(RULE.replace("above", "abov").replace("5m", "5"), "utf-8")

    assert run("check", str(own)) == 1

    told = capsys.readouterr().err
    assert "did you mean 'above'?" in told
    assert "'for' must be a span" in told


def test_test_says_which_history_went_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, tests = tmp_path / "rules.toml", tmp_path / "tests.toml"
    own.write_text(RULE, "utf-8")
    tests.write_text(TEST, "utf-8")
    assert run("test", str(tests), "--rules", str(own)) == 0
    assert "1 of 1 tests went as expected" in capsys.readouterr().out

    own.write_text(RULE.replace("5m", "10m"), "utf-8")
    assert run("test", str(tests), "--rules", str(own)) == 1

    told = capsys.readouterr().out
    assert 'at 8m: QueueLong{queue="å"} should fire, and does not' in told
    assert "0 of 1 tests went as expected" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(("1x2", "1x2 5y"), "cannot use '5y'", id="a value"),
        pytest.param(("1x2", "1x999999"), "20000 at most", id="too many values"),
        pytest.param(('{queue="å"}', "{queue}"), "is no series", id="a series"),
        pytest.param(('"7m"', '"7 m"'), "must be a span", id="a moment"),
        pytest.param(("rules =", "rule ="), "'rule' is not known", id="a key"),
    ],
)
def test_a_mistake_in_a_test_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], told: str
) -> None:
    tests = tmp_path / "tests.toml"
    tests.write_text(TEST.replace(*change, 1), "utf-8")

    assert run("test", str(tests)) == 1
    assert told in capsys.readouterr().err


def test_export_writes_a_file_for_each_subject(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "--prometheus", "--out", str(tmp_path / "rules")) == 0

    files = {path.name for path in (tmp_path / "rules").iterdir()}
    assert {"servers.yml", "printers.yml", "power.yml", "certificates.yml", "backups.yml", "clocks.yml"} <= files
    assert "rule_files" in capsys.readouterr().out
