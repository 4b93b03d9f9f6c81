"""The whole way, with real processes over TLS: token, enrolment, approval, report; and what may go wrong on it."""

import json
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from collecting import until
from sqlalchemy import Connection
from zoned import PATHS, Zoned, agent, status, stop_agent

from driftvakt_agent.launch import launch
from driftvakt_agent.place import Place
from driftvakt_collector.store import enrolments, hosts
from driftvakt_collector.store.engine import Store

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoned]:
    with Zoned(tmp_path_factory.mktemp("way") / "data") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "agent"
    stop_agent(tmp_path / "agent")


def origin_of(folder: Path) -> str:
    (line,) = [one for one in (folder / "agent.toml").read_text("utf-8").splitlines() if one.startswith("origin")]
    return line.split('"')[1]


def tries(collector: Zoned) -> list[enrolments.EnrolmentRow]:
    store = Store(f"sqlite:///{collector.data / 'store.db'}")
    try:
        return store.read(lambda connection: enrolments.recent(connection, 1000))
    finally:
        store.close()


def forget_machine(collector: Zoned) -> None:
    """Let every host of before be of another machine: all of these tests run on this one."""
    store = Store(f"sqlite:///{collector.data / 'store.db'}")
    rows = store.read(hosts.load)

    def work(connection: Connection) -> None:
        for row in rows:
            hosts.change(connection, row.origin, datetime.now(UTC), facts="{}")

    store.write_now(work)
    store.close()


def test_a_workstation_reports_with_one_command(collector: Zoned, folder: Path) -> None:
    forget_machine(collector)
    path, token = collector.token("--zone", "edu", "--class", "workstation", "--site", "north", name="one")

    done = agent("enrol", collector.url("edu"), "--token-file", str(path), "--dir", str(folder), "--name", "pc-one")

    assert done.returncode == 0, done.stderr
    assert "the agent reports" in done.stdout
    assert collector.up("pc-one")
    assert 'zone="edu",site="north",class="workstation"' in collector.get("/metrics/hosts")
    pid = status(folder)["pid"]
    secret = path.read_text("ascii").split(".")[3]
    process = Path(f"/proc/{pid}")
    for file in (process / "cmdline", process / "environ", *folder.iterdir(), collector.said):
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), file
    assert secret not in done.stdout + done.stderr
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.glob("*.key")} == {0o600}
    assert token.zone == "edu"


def test_a_server_waits_for_its_operator(collector: Zoned, folder: Path) -> None:
    forget_machine(collector)
    path, _ = collector.token("--zone", "adm", name="two")

    done = agent("enrol", collector.url("adm"), "--token-file", str(path), "--dir", str(folder), "--name", "server-two")

    assert done.returncode == 0, done.stderr
    assert f"waits for approval: the operator runs driftvakt host approve {origin_of(folder)}" in done.stdout
    assert not collector.up("server-two")
    collector.command("host", "approve", origin_of(folder))
    until(lambda: collector.up("server-two"), "the server to report")


def test_the_token_may_come_from_standard_input(collector: Zoned, folder: Path) -> None:
    path, _ = collector.token("--zone", "edu", "--class", "workstation", name="three")

    done = agent("enrol", collector.url("edu"), "--dir", str(folder), "--no-start", text=path.read_text("ascii"))

    assert done.returncode == 0, done.stderr
    assert not (folder / "status.json").exists()
    assert agent("check-config", "--config", str(folder / "agent.toml")).returncode == 0


def test_a_refusal_says_whom_to_ask(collector: Zoned, folder: Path) -> None:
    path, token = collector.token("--zone", "edu", name="four")
    collector.command("token", "revoke", token.id)

    done = agent("enrol", collector.url("edu"), "--token-file", str(path), "--dir", str(folder))

    assert done.returncode == 1
    assert "the collector did not accept this token; its operator sees why with 'driftvakt token log'" in done.stderr
    assert not (folder / "agent.toml").exists()


def test_a_token_of_another_zone_does_not_trust_this_door(collector: Zoned, folder: Path) -> None:
    path, _ = collector.token("--zone", "edu", name="five")
    before = len(tries(collector))

    done = agent("enrol", collector.url("adm"), "--token-file", str(path), "--dir", str(folder))

    assert done.returncode == 1
    assert "the authority there is not the one that the token names" in done.stderr
    assert len(tries(collector)) == before


def test_a_collector_with_another_name_is_not_trusted(collector: Zoned, folder: Path) -> None:
    path, _ = collector.token("--zone", "edu", name="six")

    done = agent(
        "enrol", f"https://127.0.0.2:{collector.port_of('edu')}", "--token-file", str(path), "--dir", str(folder)
    )

    assert done.returncode == 1
    assert "nobody listens there" in done.stderr or "is this one of the names" in done.stderr


def test_the_key_is_renewed_while_it_runs(collector: Zoned, folder: Path) -> None:
    forget_machine(collector)
    path, _ = collector.token("--zone", "edu", "--class", "workstation", name="seven")
    assert (
        agent(
            "enrol", collector.url("edu"), "--token-file", str(path), "--dir", str(folder), "--name", "pc-7"
        ).returncode
        == 0
    )
    before, pid = (origin_of(folder), next(folder.glob("*.key")).read_bytes()), status(folder)["pid"]

    done = agent("enrol", "--renew", "--dir", str(folder))

    assert done.returncode == 0, done.stderr
    assert "it is of generation 2 now" in done.stdout
    assert "the agent reports" in done.stdout
    assert status(folder)["pid"] != pid
    assert (origin_of(folder), next(folder.glob("*.key")).read_bytes()) != before
    assert origin_of(folder) == before[0]
    collector.command("host", "revoke", origin_of(folder), "--old")
    assert agent("enrol", "--renew", "--dir", str(folder)).returncode == 0


def test_a_sealed_image_enrols_its_copies_at_the_start(
    collector: Zoned, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = collector.token("--zone", "edu", "--class", "workstation", "--uses", "3", name="eight")
    assert (
        agent("enrol", collector.url("edu"), "--token-file", str(path), "--dir", str(folder), "--no-start").returncode
        == 0
    )
    first = origin_of(folder)

    done = agent("seal", "--dir", str(folder), "--token-file", str(path))

    assert done.returncode == 0, done.stderr
    assert "a copy enrols itself at its first start" in done.stdout
    assert list(folder.glob("*.key")) == []
    shutil.copytree(folder, tmp_path / "copy")
    forget_machine(collector)
    monkeypatch.setenv("PYTHONPATH", PATHS)
    launched = launch(Place(str(tmp_path / "copy")))
    assert launched.process is not None
    try:
        until((tmp_path / "copy" / "status.json").exists, "the copy to run")
        until(
            lambda: bool(status(tmp_path / "copy").get("delivered_at") or status(tmp_path / "copy").get("trouble")),
            "it to send",
        )
        assert origin_of(tmp_path / "copy") != first
    finally:
        stop_agent(tmp_path / "copy")
        launched.process.terminate()
        launched.process.wait(30)


def test_a_copied_disk_does_not_use_the_key(collector: Zoned, folder: Path, tmp_path: Path) -> None:
    path, _ = collector.token("--zone", "edu", "--class", "workstation", name="nine")
    assert (
        agent("enrol", collector.url("edu"), "--token-file", str(path), "--dir", str(folder), "--no-start").returncode
        == 0
    )
    told = json.loads((folder / "machine.json").read_text("utf-8"))
    told[origin_of(folder)]["facts"] = {"machine": "0" * 32, "macs": ["0" * 32], "uuid": "0" * 32}
    (folder / "machine.json").write_text(json.dumps(told), "utf-8")

    done = agent("run", "--config", str(folder / "agent.toml"))

    assert done.returncode == 1
    assert "its disk was copied. Its key is not used" in done.stderr


def test_enrolling_again_keeps_the_origin(collector: Zoned, folder: Path) -> None:
    path, _ = collector.token("--zone", "edu", "--class", "workstation", "--uses", "2", name="ten")
    arguments = ("enrol", collector.url("edu"), "--token-file", str(path), "--dir", str(folder), "--no-start")
    assert agent(*arguments).returncode == 0
    first = origin_of(folder)

    assert agent(*arguments).returncode == 0

    assert origin_of(folder) == first
    assert "gen = 2" in (folder / "agent.toml").read_text("utf-8")
