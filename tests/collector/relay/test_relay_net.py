"""A relay between two networks: agents reach only the relay, and only the relay reaches the collector."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import PATIENCE, ROOT, until
from relaying import Authority, RelayProcess, TlsCollector, enrolled, held_lines

from driftvakt_wire.records import Event

COLLECTOR = "10.78.0.1"
RELAY_UP = "10.78.0.2"
RELAY_DOWN = "10.77.0.1"
AGENT = "10.77.0.2"

POST = """
import http.client, json, ssl, sys
host, port, ca, body = sys.argv[1:]
try:
    connection = http.client.HTTPSConnection(host, int(port), timeout=3, context=ssl.create_default_context(cafile=ca))
    connection.request("POST", "/v1/records", open(body, "rb").read())
    answer = connection.getresponse()
    print(json.dumps([answer.status, json.loads(answer.read())]))
except OSError as e:
    print(json.dumps([0, str(e)]))
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=PATIENCE)


@pytest.fixture
def spaces() -> Iterator[tuple[str, str]]:
    """Two network namespaces, of the relay and of the agents, joined as in the module's first line."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("network namespaces need Linux and root")
    mark = f"dv{os.getpid() % 100_000}"
    relay, agents = f"{mark}r", f"{mark}a"
    try:
        ip("netns", "add", relay)
        ip("netns", "add", agents)
    except (OSError, subprocess.CalledProcessError) as e:
        subprocess.run(["ip", "netns", "del", relay], check=False, capture_output=True)
        pytest.skip(f"this machine makes no network namespaces: {e}")
    try:
        ip("link", "add", f"{mark}c", "type", "veth", "peer", "name", f"{mark}u", "netns", relay)
        ip("-n", relay, "link", "add", f"{mark}d", "type", "veth", "peer", "name", f"{mark}e", "netns", agents)
        for words in (
            ("addr", "add", f"{COLLECTOR}/24", "dev", f"{mark}c"),
            ("link", "set", f"{mark}c", "up"),
            ("-n", relay, "addr", "add", f"{RELAY_UP}/24", "dev", f"{mark}u"),
            ("-n", relay, "link", "set", f"{mark}u", "up"),
            ("-n", relay, "addr", "add", f"{RELAY_DOWN}/24", "dev", f"{mark}d"),
            ("-n", relay, "link", "set", f"{mark}d", "up"),
            ("-n", agents, "addr", "add", f"{AGENT}/24", "dev", f"{mark}e"),
            ("-n", agents, "link", "set", f"{mark}e", "up"),
        ):
            ip(*words)
        yield relay, agents
    finally:
        for space in (agents, relay):
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"{mark}c"], check=False, capture_output=True)


def post_from(space: str, host: str, port: int, authority: Authority, body: Path) -> tuple[int, object]:
    """Send a body from a network namespace; return status and answer, 0 and why where nobody was reached."""
    done = subprocess.run(
        ["ip", "netns", "exec", space, sys.executable, "-c", POST, host, str(port), str(authority.ca), str(body)],
        capture_output=True, text=True, check=True, timeout=PATIENCE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    status, told = json.loads(done.stdout)
    return status, told


@pytest.mark.real
def test_agents_reach_only_the_relay_and_only_the_relay_reaches_the_collector(
    spaces: tuple[str, str], tmp_path: Path
) -> None:
    relay_space, agent_space = spaces
    relay_sender, (sender,) = enrolled(tmp_path / "data", 1)
    authority = Authority(tmp_path / "tls")
    body = tmp_path / "body"
    line = sender.line(Event(1.7e9, "test.event", "from afar"))
    body.write_bytes(line)

    with (
        TlsCollector(tmp_path / "data", authority, f'listen = "{COLLECTOR}"') as collector,
        RelayProcess(
            tmp_path / "relay", relay_sender, [f"https://{COLLECTOR}:{collector.port}"], authority,
            listen=RELAY_DOWN, prefix=("ip", "netns", "exec", relay_space),
        ) as relay,
    ):  # fmt: skip
        direct = post_from(agent_space, COLLECTOR, collector.port, authority, body)
        by_relay = post_from(agent_space, RELAY_DOWN, relay.port, authority, body)
        until(lambda: relay.status().get("forwarded", 0) >= 1, "the line to be handed on")
        assert relay.stop() == 0
        assert collector.stop() == 0

    assert direct[0] == 0
    assert by_relay[0] == 200
    assert held_lines(tmp_path / "data").count(line) == 1
