"""What a device calls itself and its parts reaches the page, the CSV and the metrics: whole, and as text."""

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from polling import House, named
from prometheus_client.parser import text_string_to_metric_families
from simulated import RECORDINGS, Simulator
from visitor import Outline, Visitor

from driftvakt_collector.app import App
from driftvakt_collector.store import inventory, logins

pytest.importorskip("snmpsim", reason="snmpsim plays the devices")
pytestmark = pytest.mark.real

SECRET = "abcde-fghjk-mnpqr-stuvw"
HTML = "<img src=x onerror=alert(1)>\"'&amp; </td><script>alert(2)</script>"
FORMULA = '=HYPERLINK("http://evil")'
LONG = "långt-" * 40
SUPPLIES = {
    "Bläckpatron, blå": "Bläckpatron, blå".encode(),
    "Färgpatron på våning två": "Färgpatron på våning två".encode("latin-1"),
    "HP 黑色墨盒 (65)": "HP 黑色墨盒 (65)".encode("gbk"),
    "Waste box": b"Waste box\0\0\0\0\0",
    HTML: HTML.encode(),
    FORMULA: FORMULA.encode(),
    LONG: LONG.encode(),
}
"""What is read, and the octets that the device sends."""


def recording() -> str:
    """Return a printer with hostile texts, as snmpsim plays it: OID, type, value."""
    system, interface, more, printer = "1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.2.1.43"
    told: list[tuple[str, str, str]] = [
        (f"{system}.1.0", "4", "RICOH Aficio MP C3002 2.20 / RICOH Network Printer C model"),
        (f"{system}.2.0", "6", "1.3.6.1.4.1.367.1.1"), (f"{system}.3.0", "67", "90117500"),
        (f"{system}.5.0", "4x", b"skrivare".hex()), (f"{system}.6.0", "4x", HTML.encode().hex()),
        (f"{interface}.1.1", "2", "1"), (f"{interface}.2.1", "4x", b"ncmac0".hex()),
        (f"{interface}.3.1", "2", "6"), (f"{interface}.7.1", "2", "1"), (f"{interface}.8.1", "2", "1"),
        (f"{interface}.10.1", "65", "171355476"), (f"{interface}.16.1", "65", "82670337"),
        (f"{more}.1.1", "4x", b"Gi0/1".hex()), (f"{more}.18.1", "4x", HTML.encode().hex()),
    ]  # fmt: skip
    for index, octets in enumerate(SUPPLIES.values(), 1):
        told += [
            (f"{printer}.11.1.1.{column}.1.{index}", kind, value)
            for column, kind, value in (
                (5, "2", "3"), (6, "4x", octets.hex()), (7, "2", "19"), (8, "2", "100"), (9, "2", str(50 + index)),
            )
        ]  # fmt: skip
    ordered = sorted(told, key=lambda one: [int(part) for part in one[0].split(".")])
    return "".join(f"{'|'.join(one)}\n" for one in ordered)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    folder, work = tmp_path / "recordings", tmp_path / "snmpsim"
    folder.mkdir()
    work.mkdir()
    (folder / "hostile.snmprec").write_text(recording(), "ascii")
    made = Simulator(folder, work)
    yield made
    made.stop()


def add(house: House, port: int, community: str) -> None:
    secret = house.data / "community"
    secret.write_text(community)
    assert house.command("credential", "add", "lan", "--community-file", str(secret)) == 0
    where = ["--port", str(port), "--name", "skrivare", "--site", "A-huset", "--administration", "Idrott"]
    assert house.command("device", "add", "127.0.0.1", *where) == 0


async def person(app: App) -> Visitor:
    """Return somebody who is logged in, and whose machine may read metrics."""
    await asyncio.to_thread(app.store.write_now, lambda one: logins.set_secret(one, "admin", SECRET))
    visitor = Visitor(app, "127.0.0.1")
    await visitor.ask("POST", "/login", f"name=admin&secret={SECRET}".encode(), visitor.headers)
    return visitor


def test_texts_of_any_kind_reach_page_csv_and_metrics_whole_and_harmless(tmp_path: Path, simulator: Simulator) -> None:
    house = House(tmp_path / "data")
    add(house, simulator.port, "hostile")

    async def work(app: App) -> None:
        await house.visits(app, 1)
        printer = named(app, "skrivare")
        await house.until(lambda: "supplies" in app.store.read(lambda one: inventory.sections_of(one, printer.origin)))
        anna = await person(app)

        shown = await anna.ask("GET", f"/hosts/{printer.origin}")
        outline = Outline(shown.text)
        assert shown.status == 200
        assert outline.wrong == []
        assert {text for text in (*SUPPLIES, HTML) if text not in outline.texts} == set()
        assert not {tag for tag, _ in outline.elements} & {"img"}
        assert [text for tag, text in outline.attributes if tag.startswith("on")] == []
        assert [tag for tag, _ in outline.elements].count("script") == 1

        sheet = await anna.ask("GET", f"/api/v1/hosts/{printer.origin}/inventory?format=csv&section=supplies")
        rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
        names = {row["name"] for row in rows}
        assert sheet.status == 200
        # A spreadsheet would reckon with it: the apostrophe says that it is text.
        assert names == {f"'{text}" if text == FORMULA else text for text in SUPPLIES}

        metrics = await anna.ask("GET", "/metrics/hosts")
        families = {one.name: one for one in text_string_to_metric_families(metrics.text)}
        ratios = {one.labels["supply"]: one.value for one in families["driftvakt_printer_supply_ratio"].samples}
        assert ratios == {text: pytest.approx(0.50 + index / 100) for index, text in enumerate(SUPPLIES, 1)}
        assert {one.labels["ifAlias"] for one in families["ifOperStatus"].samples} == {HTML}

    house.live(work)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
@pytest.mark.parametrize(("name", "cards", "finding"), [
    pytest.param("ricoh_mpc3002", {"printer", "supplies", "trays", "ports"}, "No paper in Tray 4", id="a printer"),
    pytest.param("generex-ups_cs141", {"ups", "ports"}, "The UPS is on bypass", id="a UPS"),
    pytest.param("iosxe_ie32008t2s-ios17-12", {"ports", "parts", "sensors-of-device"},
                 "1 power supply is not ok: Sw1, PSB", id="a switch"),
    pytest.param("junos_qfx5100", {"alarms-of-device", "parts", "sensors-of-device", "system-of-device"},
                 "Raises an alarm (warning): its own log says which", id="a switch with Junos"),
    pytest.param("fortigate_100e", {"gateway", "tunnels", "system-of-device"}, "", id="a firewall"),
    pytest.param("apc_ap8959eu3", {"strip", "outlets", "parts"}, "", id="a power strip"),
    pytest.param("drac_r540", {"parts", "disks-of-device", "fans", "sensors-of-device", "system-of-device"}, "",
                 id="a server's management"),
    pytest.param("dsm_ds214se-dsm7", {"parts", "disks-of-device", "storage"}, "Disk 2 has bad sectors", id="a NAS"),
    pytest.param("vmware-esxi", {"guests", "storage", "system-of-device"}, "29 of 32 machines run", id="an ESXi"),
    pytest.param("apc_smx750i", {"ups", "parts"}, "1 contact is not ok: Door", id="a UPS with a contact"),
    pytest.param("unifi_nanohd", {"networks", "ports", "system-of-device"}, "", id="an access point"),
])  # fmt: skip
def test_the_page_of_a_recorded_device(name: str, cards: set[str], finding: str, tmp_path: Path) -> None:
    folder, played = tmp_path / "snmpsim", tmp_path / "recordings"
    folder.mkdir()
    played.mkdir()
    (played / f"{name}.snmprec").write_bytes((RECORDINGS / f"{name}.snmprec").read_bytes())
    simulator, house = Simulator(played, folder), House(tmp_path / "data")
    add(house, simulator.port, name)

    async def work(app: App) -> None:
        await house.visits(app, 1)
        device = named(app, "skrivare")
        await house.until(lambda: device.received is not None and device.series is not None)
        anna = await person(app)

        shown = (await anna.ask("GET", f"/hosts/{device.origin}")).text.replace("\u00a0", " ")

        assert {one for one in cards if f'id="card-{one}"' not in shown} == set()
        assert finding in shown
        assert "127.0.0.1 port" in shown
        assert Outline(shown).wrong == []

    try:
        house.live(work)
    finally:
        simulator.stop()
