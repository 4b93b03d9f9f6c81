"""What the demo's city lacks, from a second collector: recorded devices, checks of services, a job, a relay.

The devices' series are what the poller makes of recordings of real ones. They are told to the collector's door once, as
reports: the newest report counts for three minutes.
"""

import contextlib
import io
import json
import re
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from collecting import Sender, series_body, until
from recorded import recording, seen
from simulated import RECORDINGS, free_port
from zoned import Zoned, agent

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import hosts, zones
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire.names import family
from driftvakt_wire.records import Report, Series

CLASSES = {
    "ios_c3560": "switch",
    "procurve_e2910": "switch",
    "junos_qfx5100": "switch",
    "edgeswitch_es-24-250w": "switch",
    "fortigate_100e": "firewall",
    "panos_440": "firewall",
    "ciscowlc_cbw240ac": "wireless controller",
    "konica_c250i": "printer",
    "brother_hl5370dw": "printer",
    "apc_smx750i": "ups",
    "cyberpower_pr2200rt2uc": "ups",
    "apc_ap8959eu3": "pdu",
    "avtech_roomalert12e": "sensor",
    "drac_r540": "server",
}
"""Recordings and what they are of."""
TOLD = {
    "relay": (
        ("driftvakt_relay_upstream_up", {"upstream": "https://collector.example:8443"}, 1.0),
        ("driftvakt_relay_spool_bytes", {"lane": "live"}, 0.0),
        ("driftvakt_relay_spool_oldest_seconds", {}, 0.0),
    ),
    "printer": (
        ("driftvakt_printer_supply_low", {"supply": "Drum"}, 1.0),
        ("driftvakt_printer_supply_left_pages", {"supply": "Drum"}, 1200.0),
    ),
    "switch": (
        ("driftvakt_device_poe_used_ratio", {"unit": "1"}, 0.4),
        ("driftvakt_device_high_availability_ok", {"name": "standby supervisor"}, 1.0),
        ("driftvakt_poll_duration_seconds", {}, 1.5),
    ),
}
"""By class what no recording here has, made up: name, labels, value. The names are declared, and so are the labels."""
HOSTS = [*CLASSES.items(), *((f"told-{class_}", class_) for class_ in TOLD)]
INCOMING = {
    "version": "4",
    "status": "firing",
    "groupKey": "one",
    "alerts": [
        {"status": "firing", "labels": {"alertname": "Made", "severity": "critical"},
         "annotations": {"summary": "Made"}, "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
         "fingerprint": "00aa11bb22cc33dd"}
    ],
}  # fmt: skip
"""An alert of another system, so that somebody is to be paged."""


def collector_with_devices(data: Path) -> Zoned:
    """Return a collector, not started, of which these devices are known."""
    made = Zoned(data)
    rows = [
        HostRow(f"d-{number:04}", 1, name, "adm", "Serviceförvaltningen", "A-huset", class_)
        for number, (name, class_) in enumerate(HOSTS)
    ]
    store = Store(f"sqlite:///{data / 'store.db'}")
    store.write_now(lambda connection: hosts.save(connection, rows))
    store.close()
    return made


def tell(collector: Zoned) -> None:
    """Bring a report of each device."""
    master = zones.load(collector.data)["adm"]
    for number, name in enumerate(CLASSES):
        visited = seen(recording(name))
        values = tuple(None if value is None else float(value) for value in visited.values)
        digest, body = series_body(*visited.layout.keys, families=visited.layout.families)
        _report(collector, Sender(f"d-{number:04}", master), digest, body, values)
    for number, series in enumerate(TOLD.values(), len(CLASSES)):
        for name, labels, _ in series:
            declared = family(name)
            assert declared is not None
            assert set(declared.labels) == labels.keys(), name
        digest, body = series_body(*((name, tuple(sorted(labels.items()))) for name, labels, _ in series))
        _report(collector, Sender(f"d-{number:04}", master), digest, body, tuple(value for *_, value in series))


def _report(collector: Zoned, sender: Sender, digest: str, body: bytes, values: tuple[float | None, ...]) -> None:
    report = Report(time.time(), 1000.0, digest, values)
    status, answer = collector.post(sender.line(Series(digest, body)), sender.line(report))
    assert (status, answer["accepted"]) == (200, 2), answer


def check(collector: Zoned, backups: Path) -> None:
    """Have it check itself over HTTP and TLS, a port that nobody listens on, and backups; and have a job go well."""
    backups.mkdir()
    (backups / "monday.tar").write_bytes(b"backup")
    where = ("--service", "Webb", "--every", "5", "--patience", "3")
    collector.command(
        "service-check", "add", "http", f"127.0.0.1:{collector.port}", "--option", "path=/healthz", *where
    )
    collector.command("service-check", "add", "tcp", "127.0.0.1:1", *where)
    collector.command("service-check", "add", "certificate", f"localhost:{collector.port_of('adm')}", *where)
    collector.command("service-check", "add", "backup_file", "here", "--option", f"path={backups}", *where)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        collector.command("service-check", "add", "job", "Backup", "--every", "1d", "--service", "Filer")
    found = re.search(r"/ping/[0-9a-f]{40}", said.getvalue())
    assert found is not None
    until(lambda: re.search(r"^driftvakt_jobs 1", collector.get("/metrics"), re.M) is not None, "the job to be known")
    for word in ("/start", ""):
        with urlopen(f"http://127.0.0.1:{collector.port}{found[0]}{word}", timeout=10) as answer:
            assert answer.status == 200


def trouble(collector: Zoned, folder: Path) -> None:
    """Have it ask a device that does not answer, take an alert from elsewhere, and a host wait for approval."""
    community = folder / "community"
    community.write_text("public", "utf-8")
    collector.command("credential", "add", "lan", "--community-file", str(community))
    nobody = (
        "--port",
        str(free_port()),
        "--name",
        "nowhere",
        "--credential",
        "lan",
        "--class",
        "switch",
        "--every",
        "10",
        "--unseen",
    )
    collector.command("device", "add", "127.0.0.1", *nobody)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        collector.command("incoming", "add", "elsewhere", "--kind", "alertmanager", "--zone", "adm")
    (token,) = set(re.findall(r"\b[A-Za-z0-9_-]{30,}\b", said.getvalue()))
    request = Request(
        f"http://127.0.0.1:{collector.port}/v1/incoming/alertmanager/elsewhere", json.dumps(INCOMING).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )  # fmt: skip
    until(lambda: _is_taken(request), "the alert to be taken")
    path, _ = collector.token("--zone", "adm")
    done = agent("enrol", collector.url("adm"), "--token-file", str(path), "--dir", str(folder / "agent"), "--no-start")
    assert done.returncode == 0, done.stderr


def _is_taken(request: Request) -> bool:
    # The collector learns of the other system within a second.
    try:
        with urlopen(request, timeout=10) as answer:
            return bool(answer.status == 200)
    except HTTPError as e:
        if e.code != 401:
            raise
        return False


def exported_rules(folder: Path) -> None:
    """Write the rules of hosts as rules of Prometheus."""
    assert main(["rules", "export", "--prometheus", "--out", str(folder)]) == 0


def are_recorded() -> bool:
    """Say if the recordings of devices are on this machine."""
    return all((RECORDINGS / f"{name}.snmprec").exists() for name in CLASSES)
