"""`driftvakt service-check` of jobs: what it prints, and what it says of mistakes."""

import re
from pathlib import Path

import pytest
from polling import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "data")


def test_a_job_is_added_listed_shown_and_given_another_address(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert house.command(
        "service-check", "add", "job", "Export", "--cron", "30 2 * * 1-5", "--grace", "2h", "--patience", "6h",
        "--url", "https://collector.example:8443/", "--service", "Ekonomi",
    ) == 0  # fmt: skip
    told = capsys.readouterr().out
    (url,) = set(re.findall(r"https://collector\.example:8443/ping/[0-9a-f]{40}", told))
    assert "at '30 2 * * 1-5' of Europe/Stockholm, late after 2 h, may run for 6 h" in told
    curl = "curl -fsS -m 10 --retry 3 -o /dev/null"
    lines = (f"30 2 * * 1-5  {curl}", f"ExecStopPost=-/usr/bin/{curl} {url}/${{EXIT_STATUS}}", f"{url}/$LASTEXITCODE")
    for line in (*lines, f"{url}/$?"):
        assert line in told

    assert house.command("service-check", "list") == 0
    assert "Export  job, at '30 2 * * 1-5' of Europe/Stockholm: waiting for its first run" in capsys.readouterr().out
    assert house.command("service-check", "run", "job", "Export") == 0
    assert "next expected" in capsys.readouterr().out
    assert house.command("service-check", "show", "Export") == 0
    assert url.rpartition("/")[2] not in capsys.readouterr().out
    assert house.command("service-check", "secret", "Export", "--url", "https://collector.example") == 0
    fresh = capsys.readouterr().out
    assert "https://collector.example/ping/" in fresh
    assert url.rpartition("/")[2] not in fresh
    assert house.command("service-check", "add", "http", "www.example.org", "--name", "Webben", "--every", "5m") == 0
    assert house.command("service-check", "show", "Webben") == 0
    assert "http www.example.org, every 300 s, patience 10 s" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "told"), [
    (("add", "job", "x"), "either '--every 1d' or '--cron"), (("add", "job", "x", "--every", "30"), "every 60 s to"),
    (("add", "job", "x", "--every", "1d", "--cron", "@daily"), "not both"),
    (("add", "job", "x", "--cron", "61 2 * * *"), "maximum"), (("add", "job", "x", "--cron", "noon"), "five fields"),
    (("add", "job", "x", "--cron", "@daily", "--time-zone", "Mars"), "no time zone 'Mars'"),
    (("add", "job", "x", "--every", "1d", "--time-zone", "UTC"), "whose clock"),
    (("add", "job", "x", "--every", "1d", "--zone", "nowhere"), "there is no zone"),
    (("add", "job", "x", "--every", "1d", "--option", "warp=9"), "known are cron, grace, time_zone"),
    (("add", "job", "x", "--every", "1d", "--url", "collector"), "must begin with https://"),
    (("add", "http", "x", "--grace", "2h"), "'--grace' is for jobs"),
    (("run", "job", "x"), "no job is called 'x'"), (("secret", "x"), "no job is called 'x'"),
    (("show", "x"), "there is no check 'x'"),
])  # fmt: skip
def test_mistakes_are_said(house: House, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    assert house.command("service-check", *words) == 1
    assert told in capsys.readouterr().err
    assert house.command("service-check", "list") == 0
    assert "no service is checked yet" in capsys.readouterr().out


def test_a_name_is_given_to_one_job(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.command("service-check", "add", "job", "Export", "--every", "1d") == 0
    assert house.command("service-check", "add", "job", "Export", "--every", "1d") == 1
    assert "there is a check called 'Export' already" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1q", "", "-5", "d", "1e99", "nan", "inf"])
def test_what_is_no_time(house: House, text: str) -> None:
    with pytest.raises(SystemExit):
        house.command("service-check", "add", "job", "Export", f"--every={text}")
