"""From lines at the door to who hangs behind whom: a forwarding table comes as a part, the rest as inventory."""

import asyncio
import json
from pathlib import Path
from typing import Any

from collecting import Sender, host_row, prepare, series_body

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.fleet.topology import part
from driftvakt_collector.fleet.topology.part import Forwarding, Seen
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Report, Section

DIGEST, _ = series_body(("node_load1", ()))
WALL = 1.7e9
CARDS = json.dumps({"columns": ["name", "mac"], "rows": [["eth0", "00:1b:a9:00:00:01"]]}).encode()


async def send(app: App, *lines: bytes) -> None:
    told: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    app.door.take(b"\n".join(lines), b"", lambda status, body: told.set_result((status, body)))
    status, body = await told
    assert status == 200, body


def brings(sender: Sender, now: float, name: str, body: bytes) -> list[bytes]:
    mark = digest(body)
    report = Report(WALL + now, now, DIGEST, (0.5,), sections={name: mark})
    return [sender.line(report), sender.line(Section(name, mark, body))]


def test_what_a_switch_sees_places_a_machine_also_after_a_restart(tmp_path: Path) -> None:
    switch, machine = prepare(tmp_path / "data", [host_row(1, class_="switch", name="sw"), host_row(2, name="pc")])
    clock = {"now": 10_000.0}
    seen = part.write(Forwarding("00:1b:a9:00:00:ff", (Seen("00:1b:a9:00:00:01", "7", 1),)))
    ways: list[Any] = []

    async def day(*lines: bytes) -> None:
        app = App(Config(data=tmp_path / "data"), lambda: clock["now"], lambda: WALL + clock["now"])
        await app.start()
        try:
            await app.atlas.survey()
            if lines:
                clock["now"] += 120
                await send(app, *lines)
                await app._flush()
                await app.atlas.survey()
            ways.append(app.atlas.plan.tree.path("a-0002"))
        finally:
            await app.stop()

    asyncio.run(day(
        *brings(switch, clock["now"], part.NAME, seen), *brings(machine, clock["now"], "network_interfaces", CARDS)
    ))  # fmt: skip
    asyncio.run(day())

    assert ways == [["a-0001"], ["a-0001"]]
