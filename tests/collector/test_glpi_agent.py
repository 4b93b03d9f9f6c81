"""A GLPI Agent reports to a real collector: the host is there, its software is found, what changes is a change."""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import enrolling
import pytest
from collecting import until
from enrolling import EDU, NOW, Desk, keep, token_row
from glpi_client import GlpiAgent
from probing import CORPORA
from relaying import held_lines
from zoned import Zoned

from driftvakt_collector.store import hosts, inventory, software, tokens
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.history import ChangeRow
from driftvakt_collector.store.section import Body, rows_of
from driftvakt_collector.trust.guest import Guest, admit, barred
from driftvakt_wire.enrolment import Token, token_secret

pytestmark = pytest.mark.real

CONTENT: dict[str, Any] = {
    "versionclient": "GLPI-Agent_v1.7",
    "hardware": {"name": "PC0815", "uuid": "4C4C4544-0034-3010-8048-B6C04F503732", "chassis_type": "Laptop",
                 "vmsystem": "Physical"},
    "bios": {"smanufacturer": "Dell Inc.", "smodel": "Latitude 5540", "ssn": "5CG2345XYZ", "bversion": "1.4.3"},
    "operatingsystem": {"name": "Windows", "full_name": "Microsoft Windows 11 Enterprise", "version": "23H2",
                        "kernel_version": "10.0.22631", "arch": "64-bit"},
    "softwares": [
        {"name": "7-Zip 23.01", "version": "23.01", "publisher": "Igor Pavlov", "from": "registry", "arch": "x86_64"},
        {"name": "Försäkringskassans läsare", "version": "2.4", "publisher": "Försäkringskassan", "from": "registry"},
    ],
    "drives": [{"letter": "C:", "filesystem": "NTFS", "total": 476_000, "type": "Local Disk", "volumn": "Windows"}],
    "batteries": [{"name": "DELL RWT1R43", "serial": "34605", "capacity": 57570}],
    "local_users": [{"id": "S-1-5-21-1001", "login": "anna", "name": "Anna Ek", "home": "C:\\Users\\anna"}],
    "antivirus": [{"name": "Microsoft Defender", "enabled": True, "uptodate": True, "version": "4.18"}],
}  # fmt: skip


class Inside:
    """What a collector's store knows of its one host."""

    def __init__(self, collector: Zoned) -> None:
        self.store = Store(f"sqlite:///{collector.data / 'store.db'}")

    def host(self) -> hosts.HostRow:
        (row,) = self.store.read(hosts.load)
        return row

    def sections(self) -> dict[str, Body]:
        rows = self.store.read(hosts.load)
        return self.store.read(lambda one: inventory.of_host(one, rows[0].origin)) if rows else {}

    def changes(self) -> list[ChangeRow]:
        origin = self.host().origin
        return self.store.read(lambda one: inventory.recent_changes(one, [origin]))


def test_an_agent_of_glpi_reports_and_what_changes_is_seen(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        _, token = collector.token("--zone", "adm", "--class", "workstation", "--administration", "Förvaltning 1")
        agent = GlpiAgent(collector.url("adm").replace("127.0.0.1", "localhost"), token.text(), ca_of(collector, "adm"))
        assert agent.run(CONTENT) == (200, {"status": "ok"})
        assert agent.asked == 3
        inside = Inside(collector)
        until(lambda: "packages" in inside.sections(), "the inventory to be written")

        row = inside.host()
        assert (row.name, row.zone, row.class_, row.administration) == ("pc0815", "adm", "workstation", "Förvaltning 1")
        found = inside.sections()
        assert dict(next(rows_of(found["system"])))["serial"] == "5CG2345XYZ"
        (program,) = inside.store.read(lambda one: software.hosts_with(one, "7-Zip 23.01"))
        assert (program.origin, program.version) == (row.origin, "23.01")
        until(lambda: collector.up("pc0815"), "the host to be up")

        later = json.loads(json.dumps(CONTENT))
        later["softwares"][0] |= {"version": "24.08"}
        part = {name: later[name] for name in ("softwares", "hardware", "bios", "versionclient")}
        assert agent.run(part, partial=True) == (200, {"status": "ok"})
        until(lambda: len(inside.changes()) == 1, "the change to be written")
        (change,) = inside.changes()
        assert (change.section, change.column, change.old, change.new) == ("packages", "version", "23.01", "24.08")

        del later["batteries"]
        later["softwares"].reverse()
        assert agent.run(later) == (200, {"status": "ok"})
        until(lambda: len(inside.changes()) == 2, "the battery to be gone")
        assert (inside.changes()[0].section, inside.changes()[0].kind) == ("batteries", "removed")
        # The token was for one machine, and this is the same one.
        collector.stop()
        collector.start()
        agent = GlpiAgent(collector.url("adm").replace("127.0.0.1", "localhost"), token.text(), ca_of(collector, "adm"))
        assert agent.run(later) == (200, {"status": "ok"})
        assert len(inside.changes()) == 2
        inside.store.close()
        collector.stop()
    # Nothing that was the same was brought again.
    sections = [line for line in held_lines(collector.data) if b'"kind":"section"' in line]
    assert len(sections) == len(found) + 2


def ca_of(collector: Zoned, zone: str) -> Path:
    return collector.data / "ca" / f"{zone}.crt"


def test_who_is_refused_and_what_they_are_told(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        url = f"http://127.0.0.1:{collector.port}/glpi"
        _, adm = collector.token("--zone", "adm", "--class", "server")
        stranger = GlpiAgent(url, "x")
        assert stranger.bring(CONTENT)[0] == 401
        # Long enough that it is still being sent when the answer comes.
        stranger.packed = False
        assert stranger.bring(CONTENT | {"softwares": [{"name": "x" * 900}] * 1000})[0] == 401

        server = GlpiAgent(url, adm.text())
        status, told = server.bring(CONTENT)
        assert status == 403
        assert "waits for approval" in told["message"]
        origin = Inside(collector).host().origin
        collector.command("host", "approve", origin)
        until(lambda: server.bring(CONTENT)[0] == 200, "the approval to be heard of")

        other = GlpiAgent(url, adm.text(), device="another")
        assert other.bring(CONTENT)[0] == 403
        for body in (b"{", b"[]", b'"x"', b"<REQUEST><QUERY>INVENTORY</QUERY></REQUEST>", b'{"action":"netdiscovery"}',
                     b'{"deviceid":"x","content":[]}', b'{"deviceid":"","content":{}}', b'{"content":{}}',
                     b'{"deviceid":"x","itemtype":"Printer","content":{}}', b"[" * 100_000):  # fmt: skip
            status, told = server.send(body)
            assert (status, told["status"]) == (400, "error"), body[:50]
        for broken in (b"\x78\x9c" + b"\0" * 40, b"x"):
            status, told, _ = server._post(broken, {"content-type": "application/x-compress-zlib"} | basic(server))
            assert status == 400
        door = GlpiAgent(collector.url("edu").replace("127.0.0.1", "localhost"), adm.text(), ca_of(collector, "edu"))
        assert door.bring(CONTENT)[0] == 401

        collector.command("token", "revoke", adm.id)
        assert server.bring(CONTENT)[0] == 403
        collector.stop()


def test_nobody_gets_the_key_of_a_host_that_has_none(tmp_path: Path) -> None:
    """An enrolment by inventory is no request whose lost answer is given again: whoever asked so had the host's key."""
    desk = Desk(f"sqlite:///{tmp_path / 'store.db'}", tmp_path)
    keep(desk.store, token_row())
    token = Token("edu", "t-1", token_secret(EDU, "t-1"))
    came = desk.store.write_now(lambda one: admit(one, token, Guest("pc", "pc", {}), "10.1.0.1", "edu", NOW))
    assert came.host is not None
    nonce = blake2b(b"pc", digest_size=16, key=b"t-1").hexdigest()
    told = desk.enrol(enrolling.Guest(EDU, nonce=nonce))
    assert told["origin"] != came.host.origin
    assert desk.store.read(lambda one: barred(one, token, "10.1.0.1", NOW)) == ""
    desk.store.write_now(lambda one: tokens.revoke(one, "t-1", NOW))
    assert "revoked" in desk.store.read(lambda one: barred(one, token, "10.1.0.1", NOW))
    desk.store.close()


def test_a_copied_disk_is_a_machine_of_its_own(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        _, token = collector.token("--zone", "adm", "--class", "workstation", "--uses", "2")
        agent = GlpiAgent(f"http://127.0.0.1:{collector.port}/glpi", token.text())
        copy = CONTENT | {"hardware": CONTENT["hardware"] | {"uuid": "4C4C4544-0034-3010-8048-B6C04F509999"}}
        third = CONTENT | {"hardware": CONTENT["hardware"] | {"uuid": "4C4C4544-0034-3010-8048-B6C04F500000"}}
        assert agent.bring(CONTENT)[0] == 200
        # It has a name that is taken, so somebody must look at it.
        assert agent.bring(copy)[0] == 403
        assert agent.bring(CONTENT)[0] == 200
        assert agent.bring(copy)[0] == 403
        assert agent.bring(third)[0] == 403
        inside = Inside(collector)
        assert len(inside.store.read(hosts.load)) == 2
        inside.store.close()
        collector.stop()


def test_boards_that_were_never_given_a_number_are_no_copies_of_each_other(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        _, token = collector.token("--zone", "adm", "--class", "workstation", "--uses", "2")
        for name in ("pc-1", "pc-2"):
            agent = GlpiAgent(f"http://127.0.0.1:{collector.port}/glpi", token.text(), device=name)
            board = {"name": name, "uuid": "03000200-0400-0500-0006-000700080009"}
            assert agent.bring(CONTENT | {"hardware": CONTENT["hardware"] | board})[0] == 200
        collector.stop()


def basic(agent: GlpiAgent) -> dict[str, str]:
    from base64 import b64encode

    return {"authorization": "Basic " + b64encode(f":{agent.password}".encode()).decode()}


def test_what_is_a_persons_stays_out_of_a_school(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        _, token = collector.token("--zone", "edu", "--class", "workstation")
        url = collector.url("edu").replace("127.0.0.1", "localhost")
        agent = GlpiAgent(url, token.text(), ca_of(collector, "edu"))
        told = CONTENT | {
            "hardware": CONTENT["hardware"] | {"name": "Annas-MacBook-Pro", "lastloggeduser": "anna.ek"},
            "drives": [{"type": "/home/anna.ek", "volumn": "/dev/sda1", "filesystem": "ext4", "total": 10}],
            "users": [{"login": "anna.ek"}],
            "printers": [{"name": "Anna Eks skrivare", "port": "ipp://anna.ek@printer/x", "driver": "x"}],
        }
        assert agent.run(told) == (200, {"status": "ok"})
        inside = Inside(collector)
        until(lambda: "packages" in inside.sections(), "the inventory to be written")
        assert "local_users" not in inside.sections()
        assert inside.host().name.startswith("unnamed-")
        inside.store.close()
        collector.stop()
    for path in collector.data.parent.rglob("*"):
        if path.is_file():
            assert b"anna.ek" not in path.read_bytes(), path


def test_names_of_a_schools_accounts_are_masked_wherever_they_stand(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        _, token = collector.token("--zone", "edu", "--class", "workstation")
        url = collector.url("edu").replace("127.0.0.1", "localhost")
        agent = GlpiAgent(url, token.text(), ca_of(collector, "edu"))
        told = CONTENT | {
            "hardware": CONTENT["hardware"] | {"name": "Kalles-laptop", "lastloggeduser": "SKOLA\\kalle"},
            "local_users": [{"id": "1001", "login": "kalle", "name": "Karl Quist", "home": "/home/kalle"},
                            {"id": "S-1-5-21-1-2-3-1002", "name": "oskaren"},
                            {"id": "8", "login": "printer", "name": "x y", "home": "/var/lib"}],
            "drives": [{"letter": "E:", "volumn": "KALLE 64GB", "filesystem": "FAT", "total": 10}],
            "printers": [{"name": "Karl Quists printer", "port": "USB1"}, {"name": "Printer 12", "port": "USB2"}],
            "monitors": [{"caption": "x", "serial": "1", "name": "skärm oskaren"}],
        }  # fmt: skip
        part = {name: told[name] for name in ("printers", "hardware", "bios", "versionclient")}
        assert agent.run(part, partial=True)[0] == 400
        assert agent.run(told) == (200, {"status": "ok"})
        inside = Inside(collector)
        until(lambda: "packages" in inside.sections(), "the inventory to be written")
        assert {row["name"] for row in rows_of(inside.sections()["printers"])} == {"* printer", "Printer 12"}
        assert next(rows_of(inside.sections()["volumes"]))["label"] == "* 64GB"
        assert inside.host().name.startswith("unnamed-")
        inside.store.close()
        collector.stop()
    for path in collector.data.parent.rglob("*"):
        if path.is_file():
            assert not [
                name for name in (b"kalle", b"KALLE", b"Kalle", b"Quist", b"oskaren") if name in path.read_bytes()
            ], path


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the recordings are not beside this checkout")
@pytest.mark.parametrize("name", ["computer_1", "computer_2"])
def test_glpis_own_examples_come_in(tmp_path: Path, name: str) -> None:
    message = json.loads((CORPORA / "glpi_inventory_format" / f"{name}.json").read_text("utf-8"))
    with Zoned(tmp_path / "data") as collector:
        _, token = collector.token("--zone", "adm", "--class", "workstation")
        agent = GlpiAgent(f"http://127.0.0.1:{collector.port}/glpi", token.text(), device=message["deviceid"])
        assert agent.run(message["content"]) == (200, {"status": "ok"})
        inside = Inside(collector)
        until(lambda: "system" in inside.sections(), "the inventory to be written")
        assert len(inside.sections()["virtual_machines" if name == "computer_2" else "usb_devices"].rows) in (6, 9)
        inside.store.close()
        collector.stop()
