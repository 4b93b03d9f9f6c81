"""The house keeps its own rules: who imports whom, what it depends on, and that the documents say what is so."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from driftvakt_agent.probes import PROBES
from driftvakt_collector.config import Config
from driftvakt_collector.expose.own import OwnCollector, registry
from driftvakt_collector.expose.page import RenderCache
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.intake import Intake
from driftvakt_wire import RELEASE
from driftvakt_wire.names import FAMILIES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DOCUMENTS = {path.name: path.read_text("utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


# --- who imports whom ---


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, to breach rules in."""
    there = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", there)
    for name in ("agent", "collector"):
        shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns("__pycache__"))
    return there


def lint_imports(root: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root / 'agent'}{os.pathsep}{root / 'collector'}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.xdist_group("house")
@pytest.mark.real
def test_the_import_rules_hold(copy: Path) -> None:
    code, said = lint_imports(copy)

    assert code == 0, said
    assert "KEPT" in said


@pytest.mark.xdist_group("house")
@pytest.mark.real
@pytest.mark.parametrize(
    ("module", "breach", "contract"),
    [
        pytest.param(
            "collector/driftvakt_collector/journal/line.py",
            "import driftvakt_collector.app",
            "Upper may import lower",
            id="the journal must not know the application",
        ),
        pytest.param(
            "agent/driftvakt_wire/encode.py",
            "import psutil",
            "The wire imports nobody but the standard library",
            id="the wire has the standard library only",
        ),
        pytest.param(
            "agent/driftvakt_agent/report.py",
            "import msgspec",
            "The agent has psutil and the wire, nothing else",
            id="the agent has psutil and the wire only",
        ),
        pytest.param(
            "collector/driftvakt_collector/intake.py",
            "import driftvakt_agent.sample",
            "The collector never imports the agent",
            id="the collector does not know the agent",
        ),
    ],
)
def test_a_planted_breach_is_caught(copy: Path, module: str, breach: str, contract: str) -> None:
    path = copy / module
    sound = path.read_text("utf-8")
    path.write_text(f"{sound}\n{breach}\n", "utf-8")

    try:
        code, said = lint_imports(copy)
    finally:
        path.write_text(sound, "utf-8")

    assert code == 1, said
    assert re.search(rf"{contract}\W+BROKEN", said), said


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The modules that an agent has loaded once it can run. Without `site`, for what that loads is not ours."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'agent')!r}); import driftvakt_agent.loop; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.xdist_group("house")
@pytest.mark.parametrize(
    "module",
    [
        "argparse",
        "asyncio",
        "dataclasses",
        "http.client",
        "logging",
        "pathlib",
        "psutil",
        "subprocess",
        "tomllib",
        "typing",
    ],
)
def test_a_running_agent_does_not_carry(module: str, imported: set[str]) -> None:
    assert "driftvakt_agent.loop" in imported
    assert module not in imported


# --- what it depends on ---


def requirements() -> Iterator[str]:
    project = PROJECT["project"]
    yield from PROJECT["build-system"]["requires"]
    yield from project["dependencies"]
    for extra in project["optional-dependencies"].values():
        yield from (one for one in extra if not one.startswith(f"{project['name']}["))


@pytest.mark.parametrize("requirement", sorted(set(requirements())))
def test_a_dependency_has_bounds_and_a_reason(requirement: str) -> None:
    found = re.fullmatch(r"([a-zA-Z0-9._-]+)(?:\[\w+\])?>=([\d.]+),<([\d.]+)(?:; .+)?", requirement)
    assert found, f"{requirement!r} must have the form name>=tested,<next"
    name, lowest, below = found.groups()
    tested, ends = ([int(part) for part in text.split(".")] for text in (lowest, below))

    # The next major; before 1.0 projects break in each minor, so there a tighter bound is as good.
    majors = [tested[0] + 1]
    minors = [0, tested[1] + 1] if tested[0] == 0 and len(tested) > 1 else majors
    assert ends in (majors, minors)
    assert f"`{name}`" in DOCUMENTS["decisions.md"], f"docs/decisions.md does not say why {name} is needed"


def test_the_release_is_said_once() -> None:
    assert PROJECT["project"]["version"] == RELEASE


# --- what the documents say ---


def run_commands() -> set[str]:
    """The commands of ./run, from its last `case`."""
    script = (ROOT / "run").read_text("utf-8").rpartition("case $command in")[2]
    return {name for group in re.findall(r"^    ([a-z| -]+)\)$", script, re.M) for name in group.split(" | ")}


def test_the_documents_name_only_commands_that_run_has() -> None:
    told = {
        name
        for text in DOCUMENTS.values()
        for line in re.findall(r"^(?:\S+=\S+ )?\./run .*|`(?:\S+=\S+ )?\./run [^`]*`", text, re.M)
        for name in re.findall(r"\./run ([a-z]+)", line)
    }

    assert told
    assert told <= run_commands()


def test_the_newcomer_learns_every_command_of_run() -> None:
    wanted = run_commands() - {"start", "-h", "--help"}
    usage = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout

    assert [name for name in sorted(wanted) if not re.search(rf"^  {name}\b", usage, re.M)] == []
    assert [name for name in sorted(wanted) if f"./run {name}" not in DOCUMENTS["README.md"]] == []


def commands_of(program: str) -> list[str]:
    """The commands that a program's own help lists."""
    module = {"driftvakt": "driftvakt_collector", "driftvakt-agent": "driftvakt_agent"}[program]
    paths = f"{ROOT / 'agent'}{os.pathsep}{ROOT / 'collector'}"
    shown = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return re.findall(r"^ {4}([a-z][a-z-]+)(?: |$)", shown, re.M)


@pytest.mark.parametrize(("program", "document"), [("driftvakt", "collector.md"), ("driftvakt-agent", "agent.md")])
def test_each_command_is_documented(program: str, document: str) -> None:
    commands = commands_of(program)

    assert len(commands) > 3
    assert [name for name in commands if f"`{program} {name}" not in DOCUMENTS[document]] == []


def test_each_setting_of_the_collector_is_documented() -> None:
    settings = Config.__dataclass_fields__

    assert [name for name in settings if f"`{name}`" not in DOCUMENTS["collector.md"]] == []


def test_each_setting_of_the_agent_is_documented() -> None:
    from driftvakt_agent.config import _KNOWN

    assert [name for name in _KNOWN if f"`{name}`" not in DOCUMENTS["agent.md"] and name != "probes"] == []


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: str(probe.name))
def test_each_probe_is_documented_as_it_is(probe: object) -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|.*\|$", DOCUMENTS["agent.md"].partition("## Probes")[2], re.M)
    told = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}
    (one,) = (known for known in PROBES if known is probe)
    seldom = f"{one.every / 3600:g} h" if one.every >= 3600 else f"{one.every / 60:g} min"

    assert told.get(one.name) == [
        "both" if len(one.profiles) > 1 else one.profiles[0],
        "yes" if one.other else "",
        seldom if one.every else "each report",
        f"{one.deadline:g} s",
        str(one.shed) if one.shed else "never",
    ]


def own_series() -> Iterator[str]:
    """A row of docs/metrics.md for each family that the collector makes about itself."""
    door = SimpleNamespace(requests={}, accepted=0, duplicate=0, rejected={}, bytes=0, gone=0)
    journal = SimpleNamespace(commits=0, commit_seconds=0.0, lines=0, bytes=0, stored=0, failures=0)
    fleet = Fleet([], 0.0)
    own = OwnCollector(
        fleet,
        Intake(fleet, float, float),
        door,
        journal,
        RenderCache(0),
        float,
        {},
    )
    for family in registry(own).collect():
        if family.name.startswith("driftvakt_"):
            suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
            yield f"| `{family.name}{suffix}` | {family.type} | {family.documentation} |"


def host_series() -> Iterator[str]:
    """A row of docs/metrics.md for each declared family of our own."""
    for family in FAMILIES.values():
        if family.name.startswith("driftvakt_"):
            labels = ", ".join(f"`{label}`" for label in family.labels)
            yield f"| `{family.name}` | {family.type} | {labels} | {family.help} |"


def test_each_series_of_our_own_is_documented() -> None:
    told = set(DOCUMENTS["metrics.md"].splitlines())
    rows = [*own_series(), *host_series()]

    missing = [row for row in rows if row not in told]
    stale = sorted(line for line in told if line.startswith("| `driftvakt_") and line not in rows)
    assert not missing, "put these rows into docs/metrics.md:\n" + "\n".join(missing)
    assert not stale, "take these rows out of docs/metrics.md:\n" + "\n".join(stale)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_links_between_documents_lead_somewhere(name: str) -> None:
    folder = ROOT if name == "README.md" else ROOT / "docs"
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", DOCUMENTS[name])

    # The picture of the console is taken from a running demo, and may come later than the text.
    assert [one for one in links if not (folder / one).exists() and not one.endswith("console.png")] == []


def test_the_configuration_of_prometheus_names_the_port_of_the_collector() -> None:
    told = (ROOT / "dashboards" / "prometheus.yml").read_text("utf-8")

    assert json.dumps(f"127.0.0.1:{Config.port}") in told
    assert f"http://127.0.0.1:{Config.port}/sd/hosts" in told


def test_the_two_entries_are_there() -> None:
    for path in (ROOT / "run", ROOT / ".ci" / "run"):
        assert os.access(path, os.X_OK), f"{path} must be executable"
    assert (ROOT / "run").read_text("utf-8").startswith("#!/bin/sh\n")
    assert "./run test" in (ROOT / ".ci" / "run").read_text("utf-8")


# --- ./run itself ---


@pytest.fixture
def prepared() -> None:
    """Skips where ./run would begin with making .venv anew, under the feet of the tests that run in it."""
    stamp = ROOT / ".venv" / "stamp-dev"
    if not stamp.exists() or stamp.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        pytest.skip("no .venv that fits pyproject.toml: `./run test` makes it")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes(mark: str) -> list[str]:
    """The command lines on this machine that hold a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if mark in line:
            found.append(line)
    return found


def announced(running: "subprocess.Popen[bytes]", said: Path) -> str:
    """What ./run printed once both run. Fails with what it said instead."""
    end = time.monotonic() + 120
    while "logs in" not in (text := said.read_text("utf-8")):
        assert running.poll() is None, text
        assert time.monotonic() < end, text
        time.sleep(0.05)
    return text


def pid_of_the_agent(status: Path) -> int:
    """Its status file is written right after the first report was delivered, which is what ./run waits for."""
    end = time.monotonic() + 30
    while not status.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return int(json.loads(status.read_text("utf-8"))["pid"])


@pytest.mark.xdist_group("house")
@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="looks for what is left in /proc")
def test_run_starts_both_and_leaves_nothing_behind(prepared: None, port: int, tmp_path: Path) -> None:
    place = tmp_path / "var på ö"
    env = {**os.environ, "DRIFTVAKT_VAR": str(place), "DRIFTVAKT_PORT": str(port), "LC_ALL": "C"}
    said = tmp_path / "said"
    with said.open("w") as out:
        running = subprocess.Popen([ROOT / "run"], cwd="/", env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        told = announced(running, said)
        assert f"http://127.0.0.1:{port}/metrics/hosts" in told, told
        assert (place / "collector" / "first-login").read_text("ascii").strip() in told
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics/hosts", timeout=10) as answer:
            assert re.search(rb'^driftvakt_host_up\{.*site="local".*\} 1$', answer.read(), re.M)

        second = subprocess.run(
            [ROOT / "run"], env={**env, "DRIFTVAKT_VAR": str(tmp_path / "other")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (second.returncode, f"port {port}" in second.stderr) == (1, True), second.stderr
        third = subprocess.run([ROOT / "run"], env=env, capture_output=True, text=True, check=False)
        assert (third.returncode, "another ./run" in third.stderr) == (1, True), third.stderr
    finally:
        running.send_signal(signal.SIGTERM)
        code = running.wait(60)

    assert code == 0, said.read_text("utf-8")
    assert processes(str(place)) == []


@pytest.mark.xdist_group("house")
@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="looks for what is left in /proc")
def test_run_ends_with_1_when_the_agent_dies(prepared: None, port: int, tmp_path: Path) -> None:
    env = {**os.environ, "DRIFTVAKT_VAR": str(tmp_path / "var"), "DRIFTVAKT_PORT": str(port)}
    said = tmp_path / "said"
    with said.open("w") as out:
        running = subprocess.Popen([ROOT / "run"], env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        announced(running, said)
        os.kill(pid_of_the_agent(tmp_path / "var" / "agent" / "status.json"), signal.SIGKILL)
        code = running.wait(60)
    finally:
        running.terminate()
        running.wait(60)

    assert code == 1
    assert "the agent ended by itself" in said.read_text("utf-8")
    assert processes(str(tmp_path)) == []


def test_run_refuses_what_it_does_not_know() -> None:
    done = subprocess.run([ROOT / "run", "strat"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "no command 'strat'" in done.stderr


def test_no_two_files_of_tests_are_called_the_same() -> None:
    """pytest knows them by their names, without folders, and leaves the second of a pair out with an error."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "__init__.py")

    assert [name for name, times in names.items() if times > 1] == []
