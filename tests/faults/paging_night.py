"""A night of incidents under `kill -9` and faults of mail server and SMS gateway, and what came of it.

Alerts come by the real door, as an Alertmanager sends them: one that was not answered 200 is sent again. Of each
incident one person is told by SMS and by mail, and who nobody can reach, the next one.
"""

import json
import random
import re
import socket
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from collecting import Collector, prepare
from fake_elks import PASSWORD, USER
from paging_servers import ACCOUNT, SECRET, MoodyElks, MoodySmtp

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import incidents, outbox
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incidents import IncidentRow
from driftvakt_collector.store.outbox import OutboxRow

MOST_PEOPLE = 390
"""There is a route for each, and no more of these."""
_START = 2.0
"""About the seconds that a start takes."""
_SETTINGS = """
public_url = "http://127.0.0.1:{port}"
[notify.email]
host = "127.0.0.1"
port = {smtp}
tls = "none"
account = "{account}"
secret_file = "{folder}/mail.secret"
clear_is_meant = true
sender = "driftvakt@stad.example"
[notify.sms.elks]
account = "{user}"
secret_file = "{folder}/elks.secret"
sender = "+46766861234"
base_url = "{elks}/a1"
"""


@dataclass(frozen=True)
class Told:
    """What became of a night. waits: seconds from the first try to tell us of an alert until a page about it was taken.

    untold: incidents that nobody heard of. mails, texts: that somebody got twice; lost_mails, lost_texts: answers of
    servers that did not come through. rows: pages that were made.
    """

    incidents: int
    waits: list[float]
    untold: list[str]
    mails: int
    texts: int
    lost_mails: int
    lost_texts: int
    rows: int

    def late(self, share: float) -> float:
        """Return within how many seconds so large a share of the first pages came."""
        return self.waits[min(int(len(self.waits) * share), len(self.waits) - 1)]


class Night:
    """A collector that is killed again and again. incidents: how many; a_second: how fast they come."""

    def __init__(
        self, folder: Path, smtp: MoodySmtp, elks: MoodyElks, count: int, a_second: float,
        said: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        self.smtp, self.elks = smtp, elks
        self.count, self.a_second = count, a_second
        self.data = folder / "data"
        self.people = min(MOST_PEOPLE, max(2, -(-count // 8)))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        (folder / "elks.secret").write_text(PASSWORD, "utf-8")
        (folder / "mail.secret").write_text(SECRET, "utf-8")
        prepare(self.data, [])
        told = _SETTINGS.format(
            port=self.port, smtp=smtp.port, user=USER, folder=folder, elks=elks.url, account=ACCOUNT
        )  # fmt: skip
        self.process = Collector(self.data, told)
        config = folder / "data.toml"
        config.write_text(config.read_text("utf-8").replace("port = 0\n", f"port = {self.port}\n", 1), "utf-8")
        self._config = str(config)
        self.tried: dict[int, float] = {}
        self._plan(folder)
        said.readouterr()
        self._command("incoming", "add", "am1", "--kind", "alertmanager")
        found = re.search(r"shown only now and is a secret:\n\s+(\S+)", said.readouterr().out)
        assert found is not None
        self._token = found[1]

    def _command(self, *arguments: str) -> None:
        assert main([*arguments, "--config", self._config]) == 0

    def _plan(self, folder: Path) -> None:
        path = folder / "plan.toml"
        for number in range(self.people):
            name = f"p{number}"
            self._command("person", "add", name, "--phone", f"+4670{number:07}", "--email", f"{name}@stad.example")
        for number in range(self.people):
            name, other = f"p{number}", f"p{(number + 1) % self.people}"
            path.write_text(
                f'name = "{name}"\n[[step]]\nnotify = ["{name}"]\nchannels = ["sms", "email"]\n'
                f'[[step]]\nwait = 600\n[[step]]\nnotify = ["{other}"]\nchannels = ["sms", "email"]\n'
                # Nobody answers in this night; that everybody there is would be told in the end is another test's.
                "[[step]]\nwait = 600\n", "utf-8",
            )  # fmt: skip
            self._command("escalation", "apply", str(path))
        routes = [f'[[route]]\npolicy = "p{number}"\nservices = ["service-{number}"]' for number in range(self.people)]
        path.write_text("\n".join(routes) + "\n", "utf-8")
        self._command("escalation", "apply", str(path))

    def pass_by(self, kills: int, dice: random.Random, patience: float) -> Told:
        """Let all alerts come, and kill meanwhile; wait until all that was made is on its way, and count."""
        self.process.start()
        feeder = Thread(target=self._feed, daemon=True)
        feeder.start()
        mean = self.count / self.a_second / max(kills, 1) - _START
        try:
            for _ in range(kills):
                time.sleep(max(mean, 0.5) * dice.uniform(0.2, 1.8))
                self.process.kill()
                self.process.start()
            feeder.join(patience)
            assert not feeder.is_alive()
            self._until_told(patience)
        finally:
            self.process.kill()
        return self._counted()

    def _feed(self) -> None:
        """Send ten alerts at a time, as fast as they come, each until it was taken."""
        began = time.monotonic()
        for first in range(0, self.count, 10):
            numbers = list(range(first, min(first + 10, self.count)))
            time.sleep(max(0.0, began + first / self.a_second - time.monotonic()))
            # What happens while we are down is late from the moment that it happened.
            at = time.time() - max(0.0, time.monotonic() - began - first / self.a_second)
            self.tried |= dict.fromkeys(numbers, at)
            while not self._post(numbers):
                time.sleep(0.1)

    def _post(self, numbers: list[int]) -> bool:
        alerts = [
            {
                "status": "firing", "labels": {"alertname": f"Fault{number}", "severity": "critical",
                                               "service": f"service-{number % self.people}"},
                "annotations": {"summary": f"Fel nummer {number}"}, "startsAt": "2026-11-27T03:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": f"{number:016x}",
            } for number in numbers
        ]  # fmt: skip
        body = {
            "version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "drift",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": alerts,
        }  # fmt: skip
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/v1/incoming/alertmanager/am1"
        try:
            with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=10) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _kept(self) -> tuple[list[IncidentRow], list[OutboxRow], dict[str, OutboxRow]]:
        """Return the incidents that were told of here, the pages about them, and digests by their id."""
        store = Store(f"sqlite:///{self.data / 'store.db'}")
        try:
            found = [one for one in store.read(lambda one: incidents.listed(one, incidents.ALIVE, 3 * self.count))
                     if "Fel nummer" in one.summary]  # fmt: skip
            pages = store.read(lambda one: [
                row for each in found for row in outbox.of_incident(one, each.number) if row.kind == outbox.PAGE
            ])  # fmt: skip
            names = {row.provider for row in pages if row.state == outbox.DIGESTED}
            digests = store.read(lambda one: {name: row for name in names if (row := outbox.by_message(one, name))})
        finally:
            store.close()
        return found, pages, digests

    def _until_told(self, patience: float) -> None:
        """Wait until there is no incident left that nobody heard of."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found, pages, digests = self._kept()
            heard = {row.incident for row in pages if self._taken(row, digests) is not None}
            if len(found) >= self.count and all(one.number in heard for one in found):
                return
            time.sleep(1.0)

    def _taken(self, row: OutboxRow, digests: dict[str, OutboxRow]) -> float | None:
        """Return when a page was taken, alone or with others, by a server that knows of it too."""
        if row.state == outbox.DIGESTED:
            row = digests.get(row.provider, row)
        if row.state != outbox.SENT or row.sent_at is None:
            return None
        known = (
            self.smtp.taken[row.message]
            if row.channel == "email"
            else row.provider.removeprefix("elks/") in self.elks.ids
        )
        return row.sent_at if known else None

    def _counted(self) -> Told:
        found, pages, digests = self._kept()
        first: dict[int, float] = {}
        for row in pages:
            at = self._taken(row, digests)
            if at is not None and row.incident is not None:
                first[row.incident] = min(at, first.get(row.incident, at))
        texts = Counter((one.to, one.text) for one in self.elks.sent if "Fel nummer" in one.text)
        mails = sum(self.smtp.taken.values()) - len(self.smtp.taken)
        waits = [
            first[one.number] - self.tried[int(json.loads(one.summary)["sv"].rsplit(" ", 1)[1])]
            for one in found if one.number in first
        ]  # fmt: skip
        return Told(
            len(found), sorted(waits), [one.key for one in found if one.number not in first], mails,
            sum(texts.values()) - len(texts), self.smtp.unsure, self.elks.unsure, len(pages),
        )  # fmt: skip
