"""The whole way with real processes: a disk fills, people are told by mail and SMS, one takes it, it is put right."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from collecting import Collector as Process
from collecting import host_row, prepare, series_body, until
from fake_elks import PASSWORD, USER, Elks
from post_office import Office, text_of
from zoned import PATHS

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.answers import callbacks
from driftvakt_collector.store import incidents, timers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incidents import IncidentRow
from driftvakt_collector.trust import vault
from driftvakt_wire.records import Report, Series

pytestmark = pytest.mark.real

ANNA, BO = "+46700000001", "+46700000002"
SETTINGS = """
public_url = "{url}"
next_seconds = 1
rules_file = "{folder}/rules.toml"
[notify.email]
host = "127.0.0.1"
port = {smtp}
tls = "none"
sender = "driftvakt@stad.example"
reply = "larm+{{token}}@stad.example"
[notify.sms.elks]
account = "{user}"
secret_file = "{folder}/elks.secret"
sender = "+46766861234"
base_url = "{elks}/a1"
"""
RULES = """
[[rule]]
name = "DiskFull"
series = "node_filesystem_avail_bytes"
per = "node_filesystem_size_bytes"
below = 0.05
severity = "critical"
[rule.summary]
sv = "Disken {{label.mountpoint}} på {{host}} är full: {{value}} kvar"
en = "Disk {{label.mountpoint}} on {{host}} is full: {{value}} left"
"""
ROTA = """
name = "server"
title = "Serverjour"
[[layer]]
people = ["anna"]
start = 2026-01-05
[[layer]]
people = ["bo"]
start = 2026-01-05
position = "secondary"
"""
POLICY = """
name = "default"
[[step]]
rota = "server"
position = "primary"
channels = ["sms", "email"]
[[step]]
wait = 10
[[step]]
rota = "server"
position = "secondary"
channels = ["sms", "email"]
[[step]]
wait = 30
"""
LABELS = (("mountpoint", "/srv"), ("device", "/dev/sdb1"), ("fstype", "ext4"))


class Story:
    """A collector that can tell people, and a server whose disk fills."""

    def __init__(self, folder: Path, office: Office, elks: Elks) -> None:
        self.data = folder / "data"
        self.elks, self.office = elks, office
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        (folder / "rules.toml").write_text(RULES, "utf-8")
        (folder / "elks.secret").write_text(PASSWORD, "utf-8")
        row = host_row(1, name="srv-fil-01", site="Älvsjö skola")
        (self.sender,) = prepare(self.data, [row])
        settings = SETTINGS.format(url=self.url, folder=folder, smtp=office.port, user=USER, elks=elks.url)
        self.process = Process(self.data, settings)
        config = folder / "data.toml"
        config.write_text(config.read_text("utf-8").replace("port = 0\n", f"port = {port}\n", 1), "utf-8")
        self._config = str(config)
        self.seq = 0

    def command(self, *arguments: str) -> None:
        assert main([*arguments, "--config", self._config]) == 0

    def people(self, folder: Path) -> None:
        """Put two people on call."""
        for name, full, language, phone in (("anna", "Anna Åkesson", "sv", ANNA), ("bo", "Bo Ek", "en", BO)):
            self.command("person", "add", name, "--full-name", full, "--language", language, "--phone", phone,
                         "--email", f"{name}@stad.example")  # fmt: skip
        for noun, text in (("oncall", ROTA), ("escalation", POLICY)):
            path = folder / f"{noun}.toml"
            path.write_text(text, "utf-8")
            self.command(noun, "apply", str(path))

    def report(self, free: float) -> None:
        """Let the server say how much of its disk is free."""
        keys = [("node_filesystem_avail_bytes", LABELS), ("node_filesystem_size_bytes", LABELS)]
        digest, body = series_body(*keys)
        self.seq += 1
        told = Report(at=1_764_000_000.0 + self.seq, up=100.0, series=digest, values=(free * 1e9, 1e9), sections={})
        status, _ = self.process.post(self.sender.line(Series(digest, body)), self.sender.line(told))
        assert status == 200

    def incident(self, number: int = 1) -> IncidentRow | None:
        store = Store(f"sqlite:///{self.data / 'store.db'}")
        try:
            return store.read(lambda one: incidents.get(one, number))
        finally:
            store.close()

    def let_time_pass(self) -> None:
        """Let what is to come be due: a timer is a row, and nobody wants to wait for ten minutes."""
        store = Store(f"sqlite:///{self.data / 'store.db'}")
        assert store.write_now(lambda one: timers.bring_forward(one, 1, timers.ESCALATE, time.time()))
        store.close()

    def state(self) -> str:
        found = self.incident()
        return found.state if found is not None else ""

    def answer(self, sender: str, text: str, key: str) -> str:
        path = callbacks.path("elks", callbacks.INCOMING, vault.key(self.data).hex())
        return self.elks.incoming(self.url + path, sender, text, key)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with Office() as office, Elks() as elks:
        made = Story(tmp_path, office, elks)
        made.people(tmp_path)
        made.process.start()
        yield made
        made.process.kill()


def test_a_disk_fills_and_people_put_it_right(story: Story) -> None:
    story.report(0.5)
    story.report(0.04)

    # Anna has the watch: she is told by SMS and mail.
    until(lambda: bool(story.elks.to(ANNA) and story.office.to("anna@")), "Anna to be told")
    sms = story.elks.to(ANNA)[0].text
    assert sms.startswith("KRITISKT")
    assert "Disken /srv på srv-fil-01 är full" in sms
    assert len(sms) <= 306
    mail = story.office.to("anna@")[0]
    assert "srv-fil-01" in str(mail["Subject"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"larm\+[0-9a-f]{20}@stad\.example", str(mail["Reply-To"]))
    text = text_of(mail)
    for words in ("Älvsjö skola", "Serverjour", f"{story.url}/a/", "Bo Ek"):
        assert words in text, text

    # She does not answer, and Bo is told, in his language.
    story.let_time_pass()
    until(lambda: bool(story.elks.to(BO)), "Bo to be told")
    told = story.elks.to(BO)[0].text
    assert told.startswith("CRITICAL")
    assert "Disk /srv on srv-fil-01 is full" in told
    code = re.search(r"\bK ([3-9A-Z]{4})\b", told)
    assert code is not None

    # A stranger with the right code, and Bo with a wrong one, change nothing.
    assert story.answer("+46799999999", f"K {code[1]}", "i-1") == ""
    assert "rong code" in story.answer(BO, "K 3A4B", "i-2")
    assert story.state() == "open"

    # Bo takes it; Anna hears of that.
    assert "is yours" in story.answer(BO, f"ack {code[1].lower()}", "i-3")
    found = story.incident()
    assert found is not None
    assert (found.state, found.owner) == ("acknowledged", "bo")
    until(lambda: any("Bo Ek" in one.text for one in story.elks.to(ANNA)[1:]), "Anna to hear that Bo has it")

    # The same SMS again, as 46elks sends it when it got no answer, does nothing more.
    assert story.answer(BO, f"ack {code[1].lower()}", "i-3") == ""

    # There is room on the disk again: it is over, and both hear of it.
    story.report(0.6)
    until(lambda: story.state() == "resolved", "the incident to be over")
    until(
        lambda: any("är löst" in one.text or "löst" in one.text.lower() for one in story.elks.to(ANNA)), "Anna to hear"
    )
    until(lambda: any("resolved" in one.text.lower() for one in story.elks.to(BO)), "Bo to hear")
    story.command("incident", "close", "INC-1")
    assert story.state() == "closed"


def test_a_link_asks_first_and_does_one_thing_once(story: Story) -> None:
    story.report(0.04)
    until(lambda: bool(story.office.to("anna@")), "Anna to be told")
    link = re.search(rf"{story.url}(/a/[\w-]+)", text_of(story.office.to("anna@")[0]))
    assert link is not None

    asked = story.process.get(link[1])
    assert "Jag tar det" in asked
    assert story.state() == "open"
    assert press(story, link[1]) == 200
    assert story.state() == "acknowledged"
    assert press(story, link[1]) == 200
    found = story.incident()
    assert found is not None
    assert found.owner == "anna"


def press(story: Story, path: str) -> int:
    from urllib.request import Request, urlopen

    headers = {"origin": story.url, "sec-fetch-site": "same-origin"}
    with urlopen(Request(story.url + path, b"", headers), timeout=10) as answer:
        return int(answer.status)


def test_what_was_not_told_before_a_kill_is_told_after_it(story: Story) -> None:
    story.elks.acts = [(500, b"<html>oops")] * 2
    story.office.refuse = ["451 4.7.1 Greylisted"] * 2
    story.report(0.04)
    until(lambda: story.elks.asked > 0, "the gateway to be asked")

    story.process.kill()
    story.process.start()

    until(lambda: bool(story.elks.to(ANNA)), "Anna to be told", 60.0)
    assert len(story.elks.to(ANNA)) == 1


def test_what_was_told_is_counted(story: Story) -> None:
    story.report(0.04)
    until(lambda: bool(story.office.to("anna@")), "Anna to be told")
    told = (
        'driftvakt_notifications_total{channel="email",result="sent"} 1.0',
        'driftvakt_alerts_firing{severity="critical",standing="paged"} 1.0',
    )
    until(lambda: all(one in story.process.get("/metrics") for one in told), "the metrics to say so")


def mounted(path: Path) -> bool:
    """Mount a disk of a few megabytes; say if that can be done here."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "driftvakt-test", str(path)], capture_output=True, check=False
    )
    return done.returncode == 0


def test_a_disk_of_this_machine_fills_and_its_own_agent_says_so(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    if os.geteuid() != 0 or not mounted(disk):
        pytest.skip("a disk is mounted by root alone, and not in every container")
    story: Story | None = None
    agent: subprocess.Popen[bytes] | None = None
    try:
        with Office() as office, Elks() as elks:
            story = Story(tmp_path, office, elks)
            story.people(tmp_path)
            story.process.start()
            folder = tmp_path / "agent"
            story.command("add-host", "--name", "this-machine", "--site", "Serverrum", "--out", str(folder),
                          "--collector", story.url)  # fmt: skip
            agent = subprocess.Popen(
                [sys.executable, "-m", "driftvakt_agent", "run", "--config", str(folder / "agent.toml")],
                env={**os.environ, "PYTHONPATH": PATHS}, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            shown = f'mountpoint="{disk}"'
            told, is_told = story.process, elks
            until(lambda: shown in told.get("/metrics/hosts"), "the agent to tell of the disk", 90.0)
            with suppress(OSError):
                # It is full before that is written.
                (disk / "logg").write_bytes(bytes(9 << 20))

            until(lambda: bool(is_told.to(ANNA)), "Anna to be told", 90.0)
            assert "this-machine" in elks.to(ANNA)[0].text
            assert elks.to(ANNA)[0].text.startswith("KRITISKT")
            (disk / "logg").unlink()
            found = story
            until(lambda: found.state() == "resolved", "the incident to be over", 90.0)
    finally:
        if agent is not None:
            agent.terminate()
            agent.wait(20)
        if story is not None:
            story.process.kill()
        subprocess.run(["umount", str(disk)], check=False, capture_output=True)
