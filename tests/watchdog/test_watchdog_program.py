"""The watchdog as a process of its own, with a real mail server, a small SMS gateway and the collector's own sender."""

import ast
import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import httpx
import pytest
from aiosmtpd.controller import Controller
from certifying import Authority
from serving import free_port

import driftvakt_watchdog
from driftvakt_collector.alert import heartbeat
from driftvakt_collector.alert.audit import Facts
from driftvakt_collector.alert.heartbeat import Beat, Heartbeat, WatchdogPlace, places
from driftvakt_collector.alert.words import Words

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "watchdog" / "driftvakt_watchdog.py"
KEY = "k" * 64
EVERY = 0.3
GOOD = Facts(up=30.0)


def until(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
    return found


class Post:
    """Keeps the mail that comes."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def subjects(self) -> list[str]:
        return [str(mail["subject"]) for mail in self.mails]


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    there = Post()
    controller = Controller(there, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield there, controller.port
    controller.stop()


@pytest.fixture
def gateway() -> Iterator[tuple[list[dict[str, list[str]]], str]]:
    """46elks, so far as we need it."""
    taken: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append(parse_qs(body) | {"who": [self.headers["Authorization"]]})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status":"created","id":"s1"}')

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield taken, f"http://127.0.0.1:{server.server_address[1]}/a1/sms"
    server.shutdown()
    server.server_close()
    thread.join()


class Kennel:
    """A place for a watchdog: its files, its port."""

    def __init__(self, place: Path, mail: int, sms: str = "", name: str = "dog1", port: int = 0) -> None:
        place.mkdir(exist_ok=True)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.state = place / "state.json"
        self.ini = place / "watchdog.ini"
        self.log = place / "log"
        (place / "key").write_text(KEY)
        (place / "password").write_text("hemligt")
        self.text = f"""
[watchdog]
name = {name}
listen = 127.0.0.1
port = {self.port}
state = {self.state}
url = {self.url}
[watch:collector]
key_file = {place / "key"}
every = {EVERY}
[mail]
host = 127.0.0.1
port = {mail}
tls = none
from = {name}@example.se
to = jour@example.se, chef@example.se
"""
        if sms:
            self.text += f"""
[sms:elks]
to = +46700000001
login = u1
password_file = {place / "password"}
url = {sms}
[sms:modem]
kind = smstools
to = +46700000002
directory = {place / "outgoing"}
"""
            (place / "outgoing").mkdir()
        self.outgoing = place / "outgoing"

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        self.ini.write_text(self.text)
        argv = [sys.executable, "-I", "-S", str(PROGRAM), "--config", str(self.ini), "--tick", "0.05"]
        with self.log.open("ab") as out:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=out)
        try:
            until(self._answers)
            yield process
        finally:
            process.terminate()
            process.wait(10)

    def _answers(self) -> bool:
        try:
            return bool(httpx.get(f"{self.url}/healthz", verify=False, trust_env=False).text == "ok\n")
        except httpx.HTTPError:
            return False


SENDER = """
import asyncio, sys, time, httpx
from driftvakt_collector.alert.audit import Facts
from driftvakt_collector.alert.heartbeat import Heartbeat, WatchdogPlace
from driftvakt_collector.alert.words import Words
async def main():
    place = WatchdogPlace("dog1", sys.argv[1], sys.argv[2].encode(), every=float(sys.argv[3]))
    async with httpx.AsyncClient(trust_env=False) as client:
        heart = Heartbeat(place, lambda: Facts(up=5.0), lambda: Words("2143 värdar", "2143 hosts"), client)
        while True:
            await heart.send_once(time.time())
            await asyncio.sleep(place.every)
asyncio.run(main())
"""


@contextmanager
def collector(url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The sender of the collector, in a process that can be killed."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'agent'}{os.pathsep}{ROOT / 'collector'}"}
    process = subprocess.Popen([sys.executable, "-c", SENDER, url, KEY, str(EVERY)], env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def heard(kennel: Kennel) -> int:
    return int(json.loads(kennel.state.read_text())["watches"]["collector"]["heard"])


def send(
    url: str, now: float | None = None, facts: Facts = GOOD, key: str = KEY, as_: str = "collector", every: float = 30.0
) -> Beat:
    """Send one heartbeat, as the collector does."""

    async def one() -> Beat:
        async with httpx.AsyncClient(trust_env=False) as client:
            place = WatchdogPlace("dog1", url, key.encode(), as_, every)
            heart = Heartbeat(place, lambda: facts, lambda: Words("2143 värdar", "2143 hosts"), client)
            return await heart.send_once(time.time() if now is None else now)

    return asyncio.run(one())


# --- the whole ---


@pytest.mark.real
def test_a_killed_collector_is_told_by_mail_and_sms_and_so_is_its_return(
    tmp_path: Path, post: tuple[Post, int], gateway: tuple[list[dict[str, list[str]]], str]
) -> None:
    there, port = post
    texts, url = gateway
    kennel = Kennel(tmp_path / "dog1", port, url)
    with kennel.running():
        with collector(kennel.url) as process:
            time.sleep(6 * EVERY)
            assert there.mails == []
            process.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            until(lambda: there.mails and texts and list(kennel.outgoing.iterdir()), 10)
        # Three and a half heartbeats; the rest is for a busy machine.
        assert 2.5 * EVERY < time.monotonic() - killed < 3.5 * EVERY + 4.0
        with collector(kennel.url):
            until(lambda: len(there.mails) == 2 and len(texts) == 2)

    alarm, well = there.mails
    assert str(alarm["subject"]).startswith("LARM: collector: är tyst sedan 1 s")
    assert "2143 värdar" in alarm.get_content()
    assert f"{kennel.url}/ack/" in alarm.get_content()
    assert (str(alarm["to"]), str(well["subject"])) == (
        "jour@example.se, chef@example.se", "ÅTER: collector mår bra igen",
    )  # fmt: skip
    assert (texts[0]["to"], texts[0]["from"], texts[0]["who"]) == (
        ["+46700000001"],
        ["Vakthund"],
        ["Basic dTE6aGVtbGlndA=="],
    )
    modem = sorted(kennel.outgoing.iterdir())[0].read_text("utf-8")
    assert modem.startswith("To: 46700000002\nAlphabet: UTF-8\nPriority: high\n\n")
    assert "hemligt" not in kennel.log.read_text()


@pytest.mark.real
def test_our_restart_raises_nothing_and_what_could_not_be_sent_is_sent_afterwards(tmp_path: Path) -> None:
    """The mail server is away while the alarm is made; the watchdog is killed; then both come back."""
    mail = free_port()
    kennel = Kennel(tmp_path / "dog1", mail)
    with kennel.running() as process:
        assert send(kennel.url, every=EVERY).heard
        until(lambda: "LARM" in kennel.state.read_text("utf-8"))
        process.kill()
        process.wait(10)
    there = Post()
    controller = Controller(there, hostname="127.0.0.1", port=mail)
    controller.start()
    try:
        with kennel.running(), collector(kennel.url):
            until(lambda: len(there.mails) == 2)
    finally:
        controller.stop()

    assert [one.split(":")[0] for one in there.subjects()] == ["LARM", "ÅTER"]


@pytest.mark.real
def test_what_is_sick_is_told_by_name_and_a_look_at_the_link_takes_nothing(
    tmp_path: Path, post: tuple[Post, int]
) -> None:
    there, port = post
    kennel = Kennel(tmp_path / "dog1", port)
    with kennel.running():
        beat = send(kennel.url, facts=Facts(up=900.0, canary=5.0, store=5.0, loop=1.0, mail_ok=700.0, mail_failed=2.0))
        assert (beat.heard, beat.sick) == (True, True)
        (mail,) = until(lambda: there.mails)
        assert str(mail["subject"]) == "LARM: collector: e-post har inte gått ut på 12 min"
        link = mail.get_content().partition("Kvittera: ")[2].split()[0]
        for _ in range(3):
            with urlopen(Request(link, method="GET"), timeout=5) as page:
                text = page.read().decode()
        assert '<form method="post"><button>' in text
        assert json.loads(kennel.state.read_text())["watches"]["collector"]["acknowledged"] is False
        with urlopen(Request(link, b"", method="POST"), timeout=5) as page:
            assert "kvitterat" in page.read().decode()
        assert json.loads(kennel.state.read_text())["watches"]["collector"]["acknowledged"] is True
        with pytest.raises(HTTPError) as refused, urlopen(Request(link, b"", method="POST"), timeout=5):
            pass
        refused.value.close()


@pytest.mark.real
def test_who_may_be_heard(tmp_path: Path, post: tuple[Post, int]) -> None:
    kennel = Kennel(tmp_path / "dog1", post[1])
    with kennel.running():
        good = send(kennel.url)
        assert (good.heard, good.skew is not None and abs(good.skew) < 5) == (True, True)
        assert "does not know" in send(kennel.url, key="x" * 64).why
        assert "does not know" in send(kennel.url, as_="other").why

        # What was heard once is worth nothing again.
        with urlopen_nonce(kennel.url) as nonce:
            body = json.dumps({"v": 1, "name": "collector", "nonce": nonce, "at": time.time(), "every": 30}).encode()
            assert [posted(kennel.url, body) for _ in range(3)] == [200, 409, 409]
        assert posted(kennel.url, b"nonsense") == 400
        assert posted(kennel.url, b"x", "not a signature å".encode().decode("latin-1")) == 401
        assert posted(kennel.url, b"x" * 70_000) == 413


@contextmanager
def urlopen_nonce(url: str) -> Iterator[str]:
    body = json.dumps({"v": 1, "name": "collector", "nonce": "", "at": time.time(), "every": 30}).encode()
    answer = httpx.post(f"{url}/heartbeat", content=body, headers=signed(body), trust_env=False)
    assert answer.status_code == 409
    yield answer.json()["nonce"]


def signed(body: bytes, mark: str = "") -> dict[str, str]:
    mark = mark or heartbeat.signature(KEY.encode(), "heartbeat", body)
    return {"Driftvakt-Sender": "collector", "Driftvakt-Signature": mark}


def posted(url: str, body: bytes, mark: str = "") -> int:
    headers = [(name.encode(), text.encode("latin-1")) for name, text in signed(body, mark).items()]
    try:
        return httpx.post(f"{url}/heartbeat", content=body, headers=headers, trust_env=False).status_code
    except httpx.WriteError:
        return 413


@pytest.mark.real
def test_two_watchdogs_watch_each_other(tmp_path: Path, post: tuple[Post, int]) -> None:
    there, port = post
    ports = free_port(), free_port()
    one, other = (
        Kennel(tmp_path / name, port, name=name, port=own) for name, own in zip(("a", "b"), ports, strict=True)
    )
    for kennel, peer, its in ((one, "b", other), (other, "a", one)):
        kennel.text = kennel.text.replace("[watch:collector]", f"[watch:{peer}]")
        kennel.text += f"\n[peer:{peer}]\nurl = {its.url}\nkey_file = {kennel.ini.parent / 'key'}\n"
    with one.running():
        with other.running() as process:
            time.sleep(4 * EVERY)
            assert there.mails == []
            process.kill()
        until(lambda: there.mails)

    assert there.subjects()[0].startswith("LARM: b: är tyst")


@pytest.mark.real
def test_heartbeats_over_tls(tmp_path: Path, post: tuple[Post, int], authority: Authority) -> None:
    issued = authority.issue("127.0.0.1")
    kennel = Kennel(tmp_path / "dog1", post[1])
    own = f"certificate = {issued.chain}\ncertificate_key = {issued.key}\n[watch:collector]"
    kennel.text = kennel.text.replace("[watch:collector]", own)
    kennel.url = kennel.url.replace("http:", "https:")

    async def one() -> Beat:
        context = ssl.create_default_context(cafile=str(authority.path))
        async with httpx.AsyncClient(trust_env=False, verify=context) as client:
            place = WatchdogPlace("dog1", kennel.url, KEY.encode())
            return await Heartbeat(place, lambda: GOOD, lambda: Words("", ""), client).send_once(time.time())

    with kennel.running():
        assert asyncio.run(one()).heard is True
        # Who speaks no TLS there, or says nothing, holds up nobody.
        mute = [socket.create_connection(("127.0.0.1", kennel.port)) for _ in range(5)]
        assert asyncio.run(one()).heard is True
        for plug in mute:
            plug.close()


@pytest.mark.real
def test_a_crowd_that_dawdles_does_not_make_it_deaf(tmp_path: Path, post: tuple[Post, int]) -> None:
    kennel = Kennel(tmp_path / "dog1", post[1])
    with kennel.running():
        crowd = [socket.create_connection(("127.0.0.1", kennel.port)) for _ in range(100)]
        for plug in crowd:
            plug.sendall(b"POST /heartbeat HTTP/1.1\r\nContent-Length: 60000\r\n\r\nx")
        assert [send(kennel.url).heard for _ in range(3)] == [True] * 3
        for plug in crowd:
            plug.close()


# --- the file alone ---


def test_the_file_needs_nothing_but_an_old_python(tmp_path: Path) -> None:
    source = PROGRAM.read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).split(".")[0]  # type: ignore[union-attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    alone = tmp_path / "watchdog.py"
    alone.write_text(source, "utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", alone, "--help"], capture_output=True, text=True, check=True)

    assert imported <= sys.stdlib_module_names
    assert "--send-test" in done.stdout


def test_both_sides_sign_alike() -> None:
    assert driftvakt_watchdog.signature(b"key", "heartbeat", b"x") == heartbeat.signature(b"key", "heartbeat", b"x")


def ran(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", "-S", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )


def test_every_mistake_is_in_one_message(tmp_path: Path) -> None:
    ini = tmp_path / "x.ini"
    ini.write_text("""
[watchdog]
port = 99999
language = fi
test = someday
colour = red
[watch:collector]
key_file = /nowhere
[mail]
to = nobody
[sms]
to = 0701
[pager]
x = 1
""")
    done = ran("--config", ini)

    assert done.returncode == 2
    for words in (
        "[pager] is no section", "colour: no such setting", "port must be a number", "language must be sv or en",
        "test must be like 'mon 09:00'", "state is missing", "cannot read /nowhere", "[mail] to must be addresses",
        "[mail] host is missing", "[mail] from is missing", "[sms] to must be numbers", "[sms] login is missing",
    ):  # fmt: skip
        assert words in done.stderr, words


def test_check_and_send_test_say_what_works(
    tmp_path: Path, post: tuple[Post, int], gateway: tuple[list[dict[str, list[str]]], str]
) -> None:
    there, port = post
    texts, url = gateway
    kennel = Kennel(tmp_path / "dog1", port, url)
    kennel.ini.write_text(kennel.text)

    checked = ran("--config", kennel.ini, "--check")
    assert (checked.returncode, there.mails, texts) == (0, [], []), checked.stdout
    assert "mail:mail: can be reached" in checked.stdout
    tested = ran("--config", kennel.ini, "--send-test")
    assert tested.returncode == 0, tested.stdout
    assert there.subjects() == ["PROV: vakthunden dog1 kan skicka hit"]
    assert "kan skicka hit" in texts[0]["message"][0]
    kennel.ini.write_text(kennel.text.replace(str(port), str(free_port()), 1))
    failed = ran("--config", kennel.ini, "--send-test")
    assert (failed.returncode, "NOT sent" in failed.stdout) == (1, True)
    assert "hemligt" not in failed.stdout + failed.stderr


def test_the_examples_of_the_documents_can_be_used(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "watchdog.md").read_text("utf-8")
    examples = {kind: re.findall(rf"```{kind}\n(.*?)```", document, re.S) for kind in ("ini", "toml")}
    (tmp_path / "secret").write_text(KEY)
    watchdog, unit, peers = examples["ini"]
    ini = tmp_path / "x.ini"
    ini.write_text(re.sub(r"/etc/driftvakt-watchdog/\S+", str(tmp_path / "secret"), watchdog + peers))

    settings = driftvakt_watchdog.load(str(ini))
    assert (settings.test, [way.name for way in settings.ways]) == ((0, 9, 0), ["mail:mail", "sms:sms"])
    assert [peer.name for peer in settings.peers] == ["vakthund-2"]
    assert "ExecStart=" in unit
    wrong: list[str] = []
    told = re.sub(r"/etc/driftvakt/\S+key", str(tmp_path / "secret"), examples["toml"][0])
    (place,) = places(tomllib.loads(told)["watchdogs"], wrong)
    assert (place.as_, wrong) == ("collector", [])


def test_a_new_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert ran("--new-key", tmp_path / "key").returncode == 0
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "key").read_text().strip()) == 64
    assert ran("--new-key", tmp_path / "key").returncode == 1


def test_the_week_s_test_wants_a_person(tmp_path: Path) -> None:
    clocks = {"wall": time.mktime((2026, 11, 23, 8, 0, 0, 0, 0, -1)), "mono": 0.0}
    kennel = Kennel(tmp_path / "dog1", 1)
    kennel.ini.write_text(kennel.text)
    settings = driftvakt_watchdog.load(str(kennel.ini))

    def dog() -> Any:
        return driftvakt_watchdog.Dog(settings, wall=lambda: clocks["wall"], monotonic=lambda: clocks["mono"])

    def waiting(one: Any) -> list[str]:
        return [told["text"][0].split(":")[0] for told in one.courier.kept()]

    one = dog()
    clocks["wall"] += 2 * 3600
    one.tick(1.0)
    assert waiting(one) == []
    clocks["wall"] += 7 * 86_400
    one.tick(1.0)
    assert waiting(one) == ["PROV"]
    (token,) = one.acks
    again = dog()
    assert waiting(again) == ["PROV"]
    clocks["wall"] += 25 * 3600
    again.tick(1.0)
    assert waiting(again) == ["PROV", "LARM"]
    one.acknowledge(token)
    one.tick(1.0)
    assert waiting(one) == ["PROV"]


def test_a_state_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    kennel = Kennel(tmp_path / "dog1", 1)
    kennel.ini.write_text(kennel.text)
    for text in ("", "[]", '{"watches":{"collector":5}}', '{"watches":{"collector":{"every":-5,"told":[1]}}}'):
        kennel.state.write_text(text)
        assert driftvakt_watchdog.Dog(driftvakt_watchdog.load(str(kennel.ini))).watches["collector"].told == set()


def test_one_that_cannot_hear_itself_accuses_nobody(tmp_path: Path) -> None:
    kennel = Kennel(tmp_path / "dog1", 1)
    kennel.ini.write_text(kennel.text)
    clock = [0.0]
    dog = driftvakt_watchdog.Dog(driftvakt_watchdog.load(str(kennel.ini)), monotonic=lambda: clock[0])
    dog.watches["collector"].hear(driftvakt_watchdog.Beat("collector", "", time.time(), 30.0), time.time())
    for second in range(1000):
        clock[0] = float(second)
        dog.tick(1.0)
    assert dog.courier.kept() == []


# --- the collector's side ---


def test_the_places_of_watchdogs_are_read_with_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    wrong: list[str] = []
    good = {"url": "http://dog1:8490", "key_file": str(tmp_path / "key"), "name": "collector"}

    (place,) = places({"dog1": good}, wrong)
    assert (wrong, place.every, place.key, KEY in repr(place)) == ([], 30.0, KEY.encode(), False)
    assert places({"dog2": {"url": "dog", "every": 1, "name": "", "colour": 1}, "dog3": 5}, wrong) == ()
    assert len(wrong) == 6
    assert places([], wrong) == ()


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [(500, "x", "answered 500"), (200, "{}", "not as our watchdog"), (302, "", "answered 302"),
     (401, "", "does not know")],
)  # fmt: skip
def test_who_is_not_our_watchdog_is_not_believed(status: int, text: str, why: str) -> None:
    async def one() -> Beat:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, text=text))
        async with httpx.AsyncClient(transport=transport) as client:
            place = WatchdogPlace("dog1", "http://dog1", KEY.encode())
            return await Heartbeat(place, lambda: GOOD, lambda: Words("", ""), client).send_once(1.0)

    beat = asyncio.run(one())
    assert (beat.heard, why in beat.why) == (False, True)
