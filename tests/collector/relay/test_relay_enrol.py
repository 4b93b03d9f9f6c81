"""From nothing to a relay, and an agent through it, with the commands that an operator has."""

import os
import re
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from collecting import PATIENCE, ROOT, Collector, until
from cryptography import x509
from zoned import stop_agent

from driftvakt_collector.relay import config as relay_config
from driftvakt_collector.relay.certificate import certificate_trouble, is_due
from driftvakt_collector.trust import keeping

pytestmark = pytest.mark.real

PATHS = os.pathsep.join(str(ROOT / name) for name in ("agent", "collector"))


def command(*words: object, module: str = "driftvakt_collector", code: int = 0) -> str:
    """Run a command; return what it printed. Fails when it ends otherwise."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)], env=os.environ | {"PYTHONPATH": PATHS},
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def zone(tmp_path: Path) -> tuple[Collector, Path]:
    """A collector with a door for zone adm, not started, and its configuration."""
    collector = Collector(tmp_path / "data", '[zones.adm]\nlisten = "127.0.0.1"\nnames = ["127.0.0.1"]\n')
    command("init", "--config", collector._config)
    return collector, collector._config


def url_of(collector: Collector) -> str:
    found = re.search(r"takes zone adm on (https://\S+)", collector.said.read_text("utf-8"))
    assert found is not None
    return found.group(1)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def token(config: Path, out: Path, *words: str) -> Path:
    command("token", "create", "--config", config, "--zone", "adm", "--out", out, *words)
    return out


def test_a_relay_and_an_agent_through_it_with_the_commands_of_an_operator(
    zone: tuple[Collector, Path], tmp_path: Path
) -> None:
    collector, config = zone
    relay_token = token(config, tmp_path / "relay.token", "--class", "relay", "--name", "127.0.0.1", "--no-approve")
    agent_token = token(config, tmp_path / "agent.token", "--approve", "--cidr", "127.0.0.0/8")
    folder = tmp_path / "relay"
    with collector:
        enrol = ("relay", "enrol", url_of(collector), "--token-file", relay_token, "--dir", folder, "--name", "relay-1")
        told = command(*enrol, code=1)
        found = re.search(r"driftvakt host approve (r-\w+)", told)
        assert found is not None
        command("host", "approve", "--config", config, found.group(1))
        assert "run: driftvakt relay" in command(*enrol)

        toml = folder / "relay.toml"
        toml.write_text(toml.read_text("utf-8").replace("8443", "0").replace("0.0.0.0", "127.0.0.1"), "utf-8")
        assert "is fine" in command("relay", "check-config", "--config", toml)
        said = folder / "log"
        with said.open("wb") as out:
            running = subprocess.Popen(
                [sys.executable, "-m", "driftvakt_collector", "relay", "--config", toml],
                env=os.environ | {"PYTHONPATH": PATHS}, stderr=out,
            )  # fmt: skip
        try:
            until(lambda: " and hands on to" in said.read_text("utf-8"), "the relay to serve")
            relay = re.findall(r"serves on (https://\S+) and", said.read_text("utf-8"))[0]
            agent = tmp_path / "agent"
            command("enrol", relay, "--token-file", agent_token, "--dir", agent, module="driftvakt_agent")
            assert (agent / "agent.key").exists()
            log = command("token", "log", "--config", config)
            assert "127.0.0.1" in log

            stranger = tmp_path / "stranger.token"
            stranger.write_text(agent_token.read_text("utf-8"), "utf-8")
            refused = command("enrol", relay, "--token-file", stranger, "--dir", tmp_path / "other",
                              module="driftvakt_agent", code=1)  # fmt: skip
            assert "did not accept" in refused

            before = x509.load_pem_x509_certificate((folder / "relay-1.crt").read_bytes())
            assert "renewed" in command("relay", "renew", "--config", toml)
            after = x509.load_pem_x509_certificate((folder / "relay-2.crt").read_bytes())
            assert before.serial_number != after.serial_number
            until(lambda: (folder / "spool" / "status.json").exists(), "the status")
            assert "in use" in command("relay", "status", "--config", toml)
        finally:
            stop_agent(tmp_path / "agent")
            running.terminate()
            assert running.wait(PATIENCE) == 0
        assert "not running" in command("relay", "status", "--config", toml, code=1)


def test_a_relay_renews_its_certificate_by_itself_and_goes_on_at_the_same_port(
    zone: tuple[Collector, Path], tmp_path: Path
) -> None:
    collector, config = zone
    relay_token = token(config, tmp_path / "relay.token", "--class", "relay", "--name", "127.0.0.1", "--approve")
    folder = tmp_path / "relay"
    with collector:
        command("relay", "enrol", url_of(collector), "--token-file", relay_token, "--dir", folder)
        # The operator calls it otherwise.
        toml = (folder / "relay.toml").rename(folder / "edu.toml")
        dead = f"https://127.0.0.1:{free_port()}"
        text = toml.read_text("utf-8").replace("8443", "0").replace("0.0.0.0", "127.0.0.1")
        toml.write_text(text.replace('upstreams = ["', f'upstreams = ["{dead}", "'), "utf-8")
        certificate = folder / "relay-1.crt"
        certificate.unlink()
        old = datetime.now(UTC) - timedelta(days=220)
        key = (folder / "relay-1-tls.key").read_bytes()
        certificate.write_bytes(keeping.Authority(collector.data, "adm").vouch(key, ("127.0.0.1",), old))

        said = folder / "log"
        with said.open("wb") as out:
            running = subprocess.Popen(
                [sys.executable, "-m", "driftvakt_collector", "relay", "--config", toml],
                env=os.environ | {"PYTHONPATH": PATHS}, stderr=out,
            )  # fmt: skip
        try:
            until(lambda: said.read_text("utf-8").count(" and hands on to") == 2, "the relay to begin anew")
            first, second = re.findall(r"serves on https://\S+:(\d+) and", said.read_text("utf-8"))
            context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
            peer = context.wrap_socket(
                socket.create_connection(("127.0.0.1", int(second)), PATIENCE), server_hostname="127.0.0.1"
            )
            with peer:
                served = x509.load_der_x509_certificate(peer.getpeercert(binary_form=True) or b"")
        finally:
            running.terminate()
            assert running.wait(PATIENCE) == 0

    assert first == second
    assert "gen = 2" in toml.read_text("utf-8")
    assert served.not_valid_before_utc > old + timedelta(days=200)
    assert "begins anew with them" in said.read_text("utf-8")
    assert not is_due(relay_config.load(toml), time.time())
    assert is_due(relay_config.load(toml), time.time() + 200 * 86_400)


def test_a_certificate_of_the_operators_own_is_never_due(zone: tuple[Collector, Path], tmp_path: Path) -> None:
    collector, _ = zone
    own = relay_config.Config(tmp_path, (), "r-1", b"", "adm", tls_cert=collector.data / "tls" / "adm.crt")

    assert not is_due(own, time.time() + 390 * 86_400)
    assert not is_due(relay_config.Config(tmp_path, (), "r-1", b"", "adm"), time.time())


def test_nothing_is_sent_to_a_collector_that_the_token_does_not_name(
    zone: tuple[Collector, Path], tmp_path: Path
) -> None:
    collector, config = zone
    text = token(config, tmp_path / "relay.token", "--class", "relay", "--name", "127.0.0.1").read_text("utf-8")
    other = tmp_path / "other.token"
    other.write_text(text.rpartition(".")[0] + "." + "0" * 32, "utf-8")
    with collector:
        told = command("relay", "enrol", url_of(collector), "--token-file", other, "--dir", tmp_path / "r", code=1)

    assert "nothing was sent" in told
    assert not (tmp_path / "r" / "relay.toml").exists()


def test_a_certificate_that_ends_soon_is_said(zone: tuple[Collector, Path]) -> None:
    collector, _ = zone
    path = collector.data / "tls" / "adm.crt"

    assert certificate_trouble(path, time.time()) == ""
    assert "relay renew" in certificate_trouble(path, time.time() + 380 * 86400)
    assert "cannot read" in certificate_trouble(path.with_name("none"), time.time())
