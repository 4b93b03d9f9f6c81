"""What asking devices costs: variables a second through the door into the journal, beside the real snmp_exporter, and a

city's LAN within five minutes, a third of it dead. The devices are made up (see `lan`), on the other core.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from bench.server import Server, cpu_seconds, memory
from driftvakt_collector.poll import keys
from driftvakt_collector.poll.snmp.driver import Credential
from driftvakt_collector.poll.snmp.modules import if_mib
from driftvakt_collector.store import devices
from driftvakt_collector.store.devices import DeviceRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.trust import vault

_CITY = {1: ("switch", 4000), 2: ("printer", 5000), 3: ("access point", 3000), 4: ("ups", 600)}
_EXPORTER = "prometheus-snmp-exporter"
_DEAD = 33
_BUSY_SWITCHES = 1000


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: of the number of devices; the city takes five minutes whatever it is."""
    figures: dict[str, object] = {}
    with _agents(0) as port:
        ours = _busy(port, figures)
        theirs = _exporter(port, figures)
        if theirs:
            figures["variables a CPU second, ours to snmp_exporter"] = round(ours / theirs, 1)
    with _agents(_DEAD) as port:
        _city(port, scale, figures)
    return figures


def _busy(port: int, figures: dict[str, object]) -> float:
    """Ask more than one core can; return variables a second of its time."""
    with Server() as server:
        server.end()
        _fill(server.data, port, {1: ("switch", _BUSY_SWITCHES)}, every=10.0)
        server.start()
        # The first visits learn the devices.
        _wait(lambda: _figure(server, "driftvakt_polls_total") >= 2 * _BUSY_SWITCHES, 300)
        began, cpu = _figure(server, "driftvakt_poll_variables_total"), cpu_seconds(server.pid)
        clock = time.perf_counter()
        time.sleep(30)
        seconds, spent = time.perf_counter() - clock, cpu_seconds(server.pid) - cpu
        variables = _figure(server, "driftvakt_poll_variables_total") - began
        figures["variables a second into the journal"] = round(variables / seconds)
        figures["variables a CPU second"] = round(variables / spent)
        figures["part of the core"] = round(spent / seconds, 2)
        figures["memory with 1,000 switches of 52 ports, MB"] = round(memory(server.pid)["Rss"])
        return variables / spent


def _exporter(port: int, figures: dict[str, object]) -> float:
    """Let the real snmp_exporter scrape the interfaces of the same switches, one after another."""
    if shutil.which(_EXPORTER) is None:
        figures["snmp_exporter"] = "not installed: apt-get install prometheus-snmp-exporter"
        return 0.0
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        path, listen = Path(folder) / "snmp.yml", free.getsockname()[1]
        path.write_text(re.sub(r'"(\d+)": ', r"\1: ", json.dumps({"if_mib": _module()})))
        free.close()
        process = subprocess.Popen(
            [_EXPORTER, f"--config.file={path}", f"--web.listen-address=127.0.0.1:{listen}"], stderr=subprocess.DEVNULL
        )
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        try:

            def scrape(number: int) -> int:
                url = f"http://127.0.0.1:{listen}/snmp?module=if_mib&target=127.1.1.{number}:{port}"
                with urllib.request.urlopen(url, timeout=60) as answer:
                    told = answer.read().decode()
                return int(float(re.search(r"^snmp_scrape_pdus_returned (\S+)", told, re.M)[1]))  # type: ignore[index]

            _wait(lambda: _tried(lambda: scrape(1)), 20)
            cpu, variables = cpu_seconds(process.pid), 0
            for number in range(1, 101):
                variables += scrape(number)
            spent = cpu_seconds(process.pid) - cpu
        finally:
            process.terminate()
            process.wait(10)
        figures["snmp_exporter: variables a CPU second"] = round(variables / spent)
        return variables / spent


def _city(port: int, scale: float, figures: dict[str, object]) -> None:
    """Ask a city's LAN every five minutes."""
    city = {number: (kind, max(1, round(count * scale))) for number, (kind, count) in _CITY.items()}
    total = sum(count for _, count in city.values())
    with Server() as server:
        server.end()
        _fill(server.data, port, city, every=300.0)
        server.start()
        began, cpu = time.perf_counter(), cpu_seconds(server.pid)
        live = sum(
            1 for _, count in city.values() for at in range(count) if (at // 250 * 256 + at % 250 + 1) % 100 >= _DEAD
        )
        _wait(lambda: _figure(server, "driftvakt_polls_total") >= live, 400)
        figures["city: devices"] = total
        figures["city: of these, dead"] = total - live
        figures["city: all that live met after, s"] = round(time.perf_counter() - began, 1)
        cpu_first = cpu_seconds(server.pid) - cpu
        figures["city: CPU of the first contact, s"] = round(cpu_first, 1)
        visits, cpu, clock = _figure(server, "driftvakt_polls_total"), cpu_seconds(server.pid), time.perf_counter()
        variables = _figure(server, "driftvakt_poll_variables_total")
        time.sleep(300)
        seconds = time.perf_counter() - clock
        figures["city: visits in five minutes"] = round(_figure(server, "driftvakt_polls_total") - visits)
        figures["city: variables a second"] = round(
            (_figure(server, "driftvakt_poll_variables_total") - variables) / seconds
        )
        figures["city: part of a core"] = round((cpu_seconds(server.pid) - cpu) / seconds, 3)
        figures["city: latest that a visit began, s"] = round(_figure(server, "driftvakt_poll_lag_seconds"), 2)
        figures["city: visits that the door refused"] = round(_figure(server, "driftvakt_poll_refused_total"))
        figures["city: memory, MB"] = round(memory(server.pid)["Rss"])


@contextmanager
def _agents(dead: int) -> Iterator[int]:
    """Start the devices on the first core; give their port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.lan", str(port), str(dead)], stdout=subprocess.PIPE)
    os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _fill(data: Path, port: int, city: dict[int, tuple[str, int]], every: float) -> None:
    """Put devices into a collector's store, as `driftvakt device add` does."""
    store, now = Store(f"sqlite:///{data / 'store.db'}"), time.time()
    credential = keys.sealed(vault.load(data), "adm", "", Credential("public", community="public"), now)

    def work(connection: Connection) -> None:
        devices.keep_credential(connection, [credential])
        for number, (kind, count) in city.items():
            for at in range(count):
                origin = devices.new_origin()
                address = f"127.{number}.{at // 250}.{at % 250 + 1}"
                host = HostRow(origin, 1, f"{kind}-{at:04}", "adm", "Staden", f"plats-{at % 200}", kind)
                row = DeviceRow(origin, "adm", address, port, "public", every, now, "bench")
                devices.add(connection, host, row)

    store.write_now(work)
    store.close()


def _module() -> dict[str, object]:
    """Return if_mib as the exporter's generator makes it of the MIB."""
    types = {"counter": "counter", "gauge": "gauge", "info": "EnumAsInfo", "mac": "PhysAddress48"}
    columns = {one.name: f"{table.entry}.{one.sub}" for table in if_mib.MODULE.tables for one in table.columns}
    lookups = [
        {"labels": ["ifIndex"], "labelname": name, "oid": columns[name], "type": "DisplayString"}
        for name in ("ifAlias", "ifDescr", "ifName")
    ]
    metrics = [
        {"name": one.name, "oid": columns[one.name], "type": types[one.kind.value], "help": one.help,
         "indexes": [{"labelname": "ifIndex", "type": "gauge"}], "lookups": lookups,
         **({"enum_values": {str(number): word for number, word in one.words.items()}} if one.words else {})}
        for table in if_mib.MODULE.tables for one in table.columns if one.kind.value in types
    ]  # fmt: skip
    return {"walk": list(if_mib.MODULE.walks), "version": 2, "auth": {"community": "public"}, "metrics": metrics}


def _figure(server: Server, name: str) -> float:
    _, body, _ = server.get("/metrics")
    return sum(map(float, re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", body.decode(), re.M)))


def _wait(done: Callable[[], bool], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while not done():
        if time.perf_counter() > end:
            raise RuntimeError(f"nothing came within {seconds:.0f} s")
        time.sleep(0.5)


def _tried(work: Callable[[], object]) -> bool:
    try:
        work()
    except OSError:
        return False
    return True
