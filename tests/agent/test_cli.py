import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from listener import Listener, Request, http, taken
from prometheus_client.parser import text_string_to_metric_families

from driftvakt_agent import cli
from driftvakt_agent.__main__ import main
from driftvakt_agent.log import Once
from driftvakt_agent.probes import PROBES, Probe
from driftvakt_agent.sample import DeclaredSample, Sample
from driftvakt_agent.status import StatusFile
from driftvakt_wire import RELEASE
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Report, Section, Series, decode

ROOT = Path(__file__).resolve().parents[2]
SECRET = "c0ffee" * 10 + "beef"
Out = pytest.CaptureFixture[str]


def agent_toml(folder: Path, more: str = "", url: str = "https://c.example:8443") -> str:
    (folder / "agent.key").write_text(SECRET)
    file = folder / "agent.toml"
    file.write_text(f'collector = "{url}"\norigin = "a-1"\nkey_file = "agent.key"\n{more}', "utf-8")
    return str(file)


# --- once ---


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A configuration with one fast probe and a file of series; returns its path."""
    (tmp_path / "a.prom").write_text(
        '# HELP backup_age Ålder: C:\\\\ or\\nlonger.\n# TYPE backup_age gauge\nbackup_age{job="å \\"x\\"\\n"} 1.5\n',
        "utf-8",
    )
    monkeypatch.setattr(
        "driftvakt_agent.loop.PROBES", [one for one in PROBES if one.name in ("load", "textfile", "cpu")]
    )
    return agent_toml(tmp_path, f'[probes.textfile]\ndirectory = "{tmp_path}"\n')


def test_once_as_a_table(few: str, capsys: Out) -> None:
    assert main(["once", "--config", few]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("backup_age ") and line.endswith('  job=å "x"') for line in lines)
    assert any(line.startswith("driftvakt_agent_info ") and f"version={RELEASE}" in line for line in lines)
    assert any(line.partition(" series, ")[0].isdigit() for line in lines)


def test_once_as_prometheus_reads_it(few: str, capsys: Out) -> None:
    assert main(["once", "--config", few, "--format", "prometheus"]) == 0

    families = {one.name: one for one in text_string_to_metric_families(capsys.readouterr().out)}
    (backup,) = families["backup_age"].samples
    assert (families["backup_age"].type, families["backup_age"].documentation) == ("gauge", "Ålder: C:\\ or\nlonger.")
    assert (backup.labels, backup.value) == ({"job": 'å "x"\n'}, 1.5)
    assert families["driftvakt_agent_cpu_seconds"].type == "counter"


def test_once_as_the_records_that_would_be_signed(few: str, capsys: Out) -> None:
    assert main(["once", "--config", few, "--format", "json"]) == 0

    report, series, section = (decode(line.encode()) for line in capsys.readouterr().out.splitlines())
    assert isinstance(report, Report)
    assert isinstance(series, Series)
    assert isinstance(section, Section)
    assert len(json.loads(series.set)["series"]) == len(report.values)
    assert (report.series, report.sections) == (digest(series.set), {"info": digest(section.body)})


def test_once_names_what_failed_and_what_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setattr("driftvakt_agent.loop.PROBES", [Probe("a", "no_such_module", "no_such_module")])

    assert main(["once"]) == 0

    assert "probe a failed: ModuleNotFoundError" in capsys.readouterr().out


@pytest.mark.real
@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool")
@pytest.mark.parametrize("profile", ["server", "workstation"])
def test_promtool_takes_what_this_machine_says(profile: str, capsys: Out) -> None:
    assert main(["once", "--format", "prometheus", "--profile", profile]) == 0
    text = capsys.readouterr().out

    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )  # fmt: skip
    # 3: it was read, and the lint of names has something to say, most of it of node_exporter's own.
    assert done.returncode in (0, 3), done.stdout + done.stderr
    complaints = [line for line in done.stderr.splitlines() if line.startswith("driftvakt_")]
    assert complaints == []
    assert len(list(text_string_to_metric_families(text))) > 20


def test_help_of_a_file_cannot_forge_a_line(capsys: Out) -> None:
    sample = DeclaredSample("a", 1, (), "gauge", "x\nforged 1\\")

    cli._print_prometheus([sample, Sample("a", 2, (("b", "c"),))], {"a": ("gauge", sample.help)})

    assert capsys.readouterr().out == '# HELP a x\\nforged 1\\\\\n# TYPE a gauge\na 1\na{b="c"} 2\n'


# --- status ---


def status(folder: Path, capsys: Out, *more: str, **told: object) -> tuple[int, str]:
    if told:
        file = StatusFile(str(folder / "status.json"))
        file.write(told, Once())
        file.close()
    code = main(["status", "--config", agent_toml(folder), *more])
    return code, capsys.readouterr().out


def test_status_of_an_agent_that_never_ran(tmp_path: Path, capsys: Out) -> None:
    assert status(tmp_path, capsys) == (3, f"not running, or never ran: there is no {tmp_path}/status.json\n")


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "\x00"])
def test_status_from_a_file_that_is_none(tmp_path: Path, capsys: Out, content: str) -> None:
    (tmp_path / "status.json").write_text(content)

    code, text = status(tmp_path, capsys)

    assert (code, text.startswith("not running, or never ran")) == (3, True)


@pytest.mark.parametrize(
    ("ago", "changed", "code", "sentence"),
    [
        pytest.param(10, {}, 0, "running; delivered 20 s ago", id="all is well"),
        pytest.param(200, {}, 3, "not running: the status file is 200 s old", id="it writes no more"),
        pytest.param(10, {"stopped": True}, 3, "not running: it was stopped 10 s ago", id="it was stopped"),
        pytest.param(
            10, {"delivered_at": 0, "trouble": "cannot deliver"}, 3,
            "running, but nothing was delivered yet: cannot deliver", id="it never got through",
        ),
        pytest.param(10, {"trouble": "cut"}, 3, "running; last delivery 20 s ago, now: cut", id="nothing gets through"),
        pytest.param(10, {"delivered_at": "x", "at": 1e12}, 3, "running, but nothing was", id="another release's file"),
    ],
)  # fmt: skip
def test_status_says_how_it_does(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, ago: int, changed: dict[str, object], code: int,
    sentence: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("driftvakt_agent.cli.time.time", lambda: 5000.0)
    told = {"at": 5000.0 - ago, "interval": 60, "delivered_at": 4980.0, "trouble": "", "origin": "a-1", "pending": 3}
    told |= {"failing": {"probe disk": "cannot read /proc/diskstats"}, "memory_bytes": 21e6, "cpu_seconds": 1.5}

    found, text = status(tmp_path, capsys, **(told | changed))
    again, as_json = status(tmp_path, capsys, "--json")

    assert (found, again) == (code, code)
    assert text.startswith(sentence)
    assert "  probe disk: cannot read /proc/diskstats\n" in text
    assert "3 records wait" in text
    assert json.loads(as_json)["healthy"] == (code == 0)


# --- check-config, run, usage ---


def test_a_configuration_that_is_fine(tmp_path: Path, capsys: Out) -> None:
    file = agent_toml(tmp_path)

    assert main(["check-config", "--config", file]) == 0
    assert capsys.readouterr().out == f"{file} is fine: a-1, profile server, reports to c.example port 8443\n"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        pytest.param('profile = "laptop"\ncolor = 1\n', "'profile' must be server or workstation", id="two mistakes"),
        pytest.param('ca_file = "none.pem"\n', "'ca_file': cannot read {folder}/none.pem: No such", id="no authority"),
        pytest.param('[[probes.scripts.checks]]\nname = "a"\n', "check 1 (a): 'command' must be a list", id="a check"),
    ],
)
def test_a_configuration_with_mistakes(tmp_path: Path, capsys: Out, more: str, why: str) -> None:
    file = agent_toml(tmp_path, more)

    assert main(["check-config", "--config", file]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"driftvakt-agent: cannot use {file}:\n  - ")
    assert why.format(folder=tmp_path) in said
    assert SECRET not in said


@pytest.mark.parametrize("command", ["run", "status", "check-config"])
@pytest.mark.parametrize("style", ["--config {}", "--config={}"])
def test_without_a_configuration_there_is_one_clear_line(tmp_path: Path, capsys: Out, command: str, style: str) -> None:
    file = tmp_path / "none.toml"

    assert main([command, *style.format(file).split()]) == 1
    assert capsys.readouterr().err == f"driftvakt-agent: cannot read {file}: No such file or directory\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["once", "--format", "xml"], ["run", "--config"], ["status", "x"]])
def test_wrong_use(arguments: list[str], capsys: Out) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)

    assert raised.value.code == 2
    assert "usage: driftvakt-agent" in capsys.readouterr().err


def test_the_version(capsys: Out) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["--version"])

    assert (raised.value.code, capsys.readouterr().out) == (0, f"driftvakt-agent {RELEASE}\n")


# --- a process ---


def started(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "driftvakt_agent", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "agent")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_goodbye(tmp_path: Path, number: signal.Signals) -> None:
    reported = threading.Event()

    def answer(request: Request) -> bytes:
        if "report" in request.kinds():
            reported.set()
        return http(200, taken(request))

    with Listener(answer) as server, started("run", "--config", agent_toml(tmp_path, url=server.url)) as agent:
        assert reported.wait(30)
        began = time.monotonic()
        agent.send_signal(number)
        _, said = agent.communicate(timeout=20)

    assert time.monotonic() - began < 10
    assert agent.returncode == 0
    assert server.requests[-1].kinds() == ["goodbye"]
    assert said.splitlines()[-1] == "INFO stopped"
    assert json.loads((tmp_path / "status.json").read_text())["stopped"] is True


@pytest.mark.real
def test_run_with_an_authority_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with started("run", "--config", agent_toml(tmp_path, 'ca_file = "none.pem"\n')) as agent:
        _, said = agent.communicate(timeout=30)

    assert agent.returncode == 1
    assert said == f"driftvakt-agent: 'ca_file': cannot read {tmp_path}/none.pem: No such file or directory\n"
