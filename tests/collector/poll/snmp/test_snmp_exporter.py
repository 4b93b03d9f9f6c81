"""Side by side with the real snmp_exporter on the same simulated switch and printers: series, labels and values."""

import asyncio
import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from simulated import RECORDINGS, Simulator, free_tcp_port

from driftvakt_collector.poll.snmp.fast import FastDriver
from driftvakt_collector.poll.snmp.mib import Column, Kind, Module, Table
from driftvakt_collector.poll.snmp.modules import if_mib, printer
from driftvakt_collector.poll.snmp.visit import Memory, visit

EXPORTER = Path("/usr/bin/prometheus-snmp-exporter")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}"),
    pytest.mark.skipif(not EXPORTER.exists(), reason="apt-get install prometheus-snmp-exporter"),
]
TYPES = {
    Kind.COUNTER: "counter", Kind.GAUGE: "gauge", Kind.INFO: "EnumAsInfo", Kind.STATES: "EnumAsStateSet",
    Kind.TEXT: "DisplayString", Kind.MAC: "PhysAddress48",
}  # fmt: skip
# As the exporter's own generator.yml names them.
IF_MIB = {
    "ifNumber", "ifIndex", "ifType_info", "ifMtu", "ifSpeed", "ifPhysAddress", "ifAdminStatus", "ifOperStatus",
    "ifLastChange", "ifInOctets", "ifInUcastPkts", "ifInNUcastPkts", "ifInDiscards", "ifInErrors", "ifInUnknownProtos",
    "ifOutOctets", "ifOutUcastPkts", "ifOutNUcastPkts", "ifOutDiscards", "ifOutErrors", "ifOutQLen",
    "ifInMulticastPkts", "ifInBroadcastPkts", "ifOutMulticastPkts", "ifOutBroadcastPkts", "ifHCInOctets",
    "ifHCInUcastPkts", "ifHCInMulticastPkts", "ifHCInBroadcastPkts", "ifHCOutOctets", "ifHCOutUcastPkts",
    "ifHCOutMulticastPkts", "ifHCOutBroadcastPkts", "ifLinkUpDownTrapEnable", "ifHighSpeed", "ifPromiscuousMode",
    "ifConnectorPresent", "ifCounterDiscontinuityTime",
}  # fmt: skip
PRINTER_MIB = {
    "prtGeneralReset", "prtConsoleDisable", "prtGeneralPrinterName", "prtGeneralSerialNumber", "prtAlertCriticalEvents",
    "prtAlertAllEvents", "prtCoverStatus", "prtMarkerLifeCount", "prtMarkerPowerOnCount",
    "prtMarkerSuppliesDescription", "prtMarkerSuppliesLevel", "prtMarkerSuppliesMaxCapacity", "prtMarkerSuppliesType",
}  # fmt: skip
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def metric(module: Module, table: Table | None, column: Column) -> dict[str, object]:
    made: dict[str, object] = {
        "name": column.name, "oid": column.sub if table is None else f"{table.entry}.{column.sub}",
        "type": TYPES[column.kind], "help": column.help,
    }  # fmt: skip
    if column.kind in (Kind.INFO, Kind.STATES):
        made["enum_values"] = {str(number): word for number, word in column.words.items()}
    if table is not None:
        made["indexes"] = [{"labelname": one, "type": "gauge"} for one in table.index]
        where = {one.name: (other, one) for other in module.tables for one in other.columns}
        made["lookups"] = [
            {"labels": list(one.index), "labelname": one.column,
             "oid": f"{where[one.column][0].entry}.{where[one.column][1].sub}",
             "type": "DisplayString" if where[one.column][1].kind is Kind.HIDDEN else "gauge"}
            for one in module.lookups if set(one.index) <= set(table.index)
        ]  # fmt: skip
    return made


def configuration(module: Module, names: set[str], community: str) -> dict[str, object]:
    """Return the exporter's configuration for a module of ours, of the metrics that it has too."""
    columns = [(None, one) for one in module.scalars]
    columns += [(table, one) for table in module.tables for one in table.columns]  # type: ignore[misc]
    metrics = [
        metric(module, table, one) for table, one in columns
        if one.kind is not Kind.HIDDEN and names & {one.name, f"{one.name}_info"}
    ]  # fmt: skip
    return {"walk": list(module.walks), "version": 2, "auth": {"community": community}, "metrics": metrics}


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Simulator]]:
    folder = tmp_path_factory.mktemp("exporter")
    # JSON is YAML, but for keys that are numbers.
    text = json.dumps({
        "procurve_e2910": configuration(if_mib.MODULE, IF_MIB, "procurve_e2910"),
        "ricoh_mpc3002": configuration(printer.MODULE, PRINTER_MIB, "ricoh_mpc3002"),
        "konica_c250i": configuration(printer.MODULE, PRINTER_MIB, "konica_c250i"),
    })  # fmt: skip
    (folder / "snmp.yml").write_text(re.sub(r'"(\d+)": ', r"\1: ", text))
    simulator = Simulator(RECORDINGS, folder)
    port = free_tcp_port()
    process = subprocess.Popen(
        [str(EXPORTER), f"--config.file={folder / 'snmp.yml'}", f"--web.listen-address=127.0.0.1:{port}"],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port, simulator
    finally:
        process.terminate()
        process.wait(10)
        simulator.stop()


def theirs(port: int, simulator: Simulator, name: str) -> Series:
    url = f"http://127.0.0.1:{port}/snmp?module={name}&target=127.0.0.1:{simulator.port}"
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                text = answer.read().decode()
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
    return {
        (sample.name.removesuffix("_total"), plain(sample.labels)): sample.value
        for family in text_string_to_metric_families(text) for sample in family.samples
        if not sample.name.startswith("snmp_scrape")
    }  # fmt: skip


def plain(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, " ".join(text.split())) for name, text in labels.items())


def ours(simulator: Simulator, name: str, names: set[str]) -> Series:
    seen = asyncio.run(visit(FastDriver(), simulator.peer(name), Memory(), facts=False))
    return {
        (one, plain(dict(labels))): float(value)
        for (one, labels), value in zip(seen.layout.keys, seen.values, strict=True)
        if one in names and value is not None
    }  # fmt: skip


@pytest.mark.parametrize(("name", "names", "least"), [
    ("procurve_e2910", IF_MIB, 900), ("ricoh_mpc3002", PRINTER_MIB, 20), ("konica_c250i", PRINTER_MIB, 20),
])  # fmt: skip
def test_the_same_series_labels_and_values(
    exporter: tuple[int, Simulator], name: str, names: set[str], least: int
) -> None:
    port, simulator = exporter
    there, here = theirs(port, simulator, name), ours(simulator, name, names)

    print(f"\n{name}: {len(there)} series of snmp_exporter, {len(here)} of ours")
    assert sorted(map(str, there.keys() ^ here.keys())) == []
    assert {key: (there[key], here[key]) for key in there if there[key] != here[key]} == {}
    assert len(here) >= least
