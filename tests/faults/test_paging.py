"""Incidents under `kill -9` and faults of mail server and SMS gateway: nobody is left untold, and few are told twice.

Alerts come by the real door, as an Alertmanager sends them: one that was not answered 200 is sent again. Of each
incident one person is told by SMS and by mail. PAGING_INCIDENTS and PAGING_KILLS make it longer.
"""

import json
import os
import random
import re
import socket
import time
from collections import Counter
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from collecting import Collector, prepare
from fake_elks import PASSWORD, USER, Elks
from post_office import Office

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import incidents, outbox
from driftvakt_collector.store.engine import Store

pytestmark = pytest.mark.real

INCIDENTS = int(os.environ.get("PAGING_INCIDENTS", "120"))
KILLS = int(os.environ.get("PAGING_KILLS", "5"))
EACH = 8
"""Incidents of one person: fewer than come one by one within a quarter of an hour."""
SETTINGS = """
public_url = "http://127.0.0.1:{port}"
[notify.email]
host = "127.0.0.1"
port = {smtp}
tls = "none"
sender = "driftvakt@stad.example"
[notify.sms.elks]
account = "{user}"
secret_file = "{folder}/elks.secret"
sender = "+46766861234"
base_url = "{elks}/a1"
"""


class Night:
    """A collector that is killed again and again, and what its servers took."""

    def __init__(self, folder: Path, office: Office, elks: Elks, capsys: pytest.CaptureFixture[str]) -> None:
        self.office, self.elks = office, elks
        self.data = folder / "data"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        (folder / "elks.secret").write_text(PASSWORD, "utf-8")
        prepare(self.data, [])
        told = SETTINGS.format(port=self.port, smtp=office.port, user=USER, folder=folder, elks=elks.url)
        self.process = Collector(self.data, told)
        config = folder / "data.toml"
        config.write_text(config.read_text("utf-8").replace("port = 0\n", f"port = {self.port}\n", 1), "utf-8")
        self._config = str(config)
        routes: list[str] = []
        for number in range(-(-INCIDENTS // EACH)):
            name = f"p{number}"
            self.command("person", "add", name, "--phone", f"+4670{number:07}", "--email", f"{name}@stad.example")
            self._plan(folder, f'name = "{name}"\n[[step]]\nnotify = ["{name}"]\nchannels = ["sms", "email"]\n'
                               "[[step]]\nwait = 600\n")  # fmt: skip
            routes.append(f'[[route]]\npolicy = "{name}"\nservices = ["service-{number}"]')
        self._plan(folder, "\n".join(routes) + "\n")
        capsys.readouterr()
        self.command("incoming", "add", "am1", "--kind", "alertmanager")
        found = re.search(r"shown only now and is a secret:\n\s+(\S+)", capsys.readouterr().out)
        assert found is not None
        self.token = found[1]

    def command(self, *arguments: str) -> None:
        assert main([*arguments, "--config", self._config]) == 0

    def _plan(self, folder: Path, text: str) -> None:
        path = folder / "plan.toml"
        path.write_text(text, "utf-8")
        self.command("escalation", "apply", str(path))

    def post(self, numbers: list[int]) -> bool:
        """Send alerts as an Alertmanager does; say if they were taken."""
        alerts = [
            {
                "status": "firing", "labels": {"alertname": f"Fault{number}", "severity": "critical",
                                               "service": f"service-{number // EACH}"},
                "annotations": {"summary": f"Fel nummer {number}"}, "startsAt": "2026-11-27T03:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": f"{number:016x}",
            } for number in numbers
        ]  # fmt: skip
        body = {
            "version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "drift",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": alerts,
        }  # fmt: skip
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/v1/incoming/alertmanager/am1"
        try:
            with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=10) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def feed(self) -> None:
        """Send all alerts, ten at a time, each until it was taken."""
        for first in range(0, INCIDENTS, 10):
            while not self.post(list(range(first, min(first + 10, INCIDENTS)))):
                time.sleep(0.1)

    def rows(self) -> list[outbox.OutboxRow]:
        store = Store(f"sqlite:///{self.data / 'store.db'}")
        try:
            return store.read(
                lambda one: [row for number in range(1, INCIDENTS + 1) for row in outbox.of_incident(one, number)]
            )
        finally:
            store.close()


def test_nobody_is_left_untold_through_kills_and_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(2026)
    with Office(pace=0.05) as office, Elks(pace=0.05, delivers=False) as elks:
        night = Night(tmp_path, office, elks, capsys)
        elks.acts = [
            dice.choice([None, None, None, 0.2, (500, b"<html>oops"), (429, b"slow down"), (503, b"")])
            for _ in range(INCIDENTS)
        ]  # fmt: skip
        office.refuse = [
            dice.choice(
                ["421 4.7.0 Too many connections, try again in 10 seconds", "452 4.3.1 try again in 10 seconds"]
            )
            for _ in range(INCIDENTS // 8)
        ]
        night.process.start()
        feeder = Thread(target=night.feed)
        feeder.start()
        try:
            for _ in range(KILLS):
                time.sleep(dice.uniform(0.3, 1.6))
                night.process.kill()
                night.process.start()
            feeder.join(120)
            assert not feeder.is_alive()
            end = time.monotonic() + 150
            while any(row.state in (outbox.WAITING, outbox.LEASED) for row in night.rows()):
                assert time.monotonic() < end, Counter(row.state for row in night.rows())
                time.sleep(0.5)
            rows = night.rows()
        finally:
            feeder.join(120)
            night.process.kill()

    store = Store(f"sqlite:///{night.data / 'store.db'}")
    found = store.read(lambda one: incidents.listed(one, incidents.ALIVE, 2 * INCIDENTS))
    store.close()
    assert len(found) == INCIDENTS
    assert len({one.summary for one in found}) == INCIDENTS
    mails = Counter(str(one["Message-ID"]) for one in office.mails)
    texts = Counter((one.to, one.text) for one in elks.sent)
    for one in found:
        mine = [row for row in rows if row.incident == one.number and row.kind == outbox.PAGE]
        assert sorted(row.channel for row in mine) == ["email", "sms"], one.key
        for row in mine:
            if row.state == outbox.DIGESTED:
                continue
            assert row.state == outbox.SENT, (one.key, row.channel, row.state, row.error)
            if row.channel == "email":
                assert mails[f"<{row.message}@stad.example>"] >= 1, row.message
            else:
                assert any(to == row.address and f"{one.key}" in text for to, text in texts), row.message
    again = sum(mails.values()) - len(mails) + sum(texts.values()) - len(texts)
    waits = sorted(row.sent_at - row.made_at for row in rows if row.kind == outbox.PAGE and row.sent_at is not None)
    median, late = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    with capsys.disabled():
        print(f"\n{INCIDENTS} incidents, {KILLS} kills: 0 missed, {again} sent twice")
        print(f"a page after {median:.1f} s (median), {late:.1f} s (99 of 100)")
    assert again <= KILLS
