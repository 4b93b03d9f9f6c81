"""From lines at the door to one alert: a hypervisor fails, and its guests are counted under it."""

import asyncio
import json
from pathlib import Path

from collecting import Sender, host_row, prepare, series_body

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Report, Section

DIGEST, SET = series_body(("node_load1", ()))
WALL = 1.7e9
UUIDS = ("420b8b04-70bb-c0c8-0493-2707cfbf399e", "5e3884eb-1c1f-4c8f-a0c4-50d7e1fbe0aa")


def body(columns: list[str], *rows: list[str]) -> bytes:
    return json.dumps({"columns": columns, "rows": rows}).encode()


class Hall:
    """A collector whose clock the test turns. It does only what it is told to."""

    def __init__(self, path: Path, senders: list[Sender]) -> None:
        self.now = 10_000.0
        self.senders = senders
        self.app = App(Config(data=path), lambda: self.now, lambda: WALL + self.now)
        self.app.journal.start()
        self.app.fleet.healthy_since = self.now

    async def bring(self, sender: Sender, sections: dict[str, bytes]) -> None:
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        marks = {name: digest(one) for name, one in sections.items()}
        lines = [sender.line(Report(WALL + self.now, self.now, DIGEST, (0.5,), sections=marks))]
        lines += [sender.line(Section(name, marks[name], one)) for name, one in sections.items()]
        self.app.door.take(b"\n".join(lines), b"", lambda status, _: told.set_result(status))
        assert await told == 200

    async def live(self, minutes: int, dead: set[str]) -> None:
        for _ in range(minutes):
            for sender in self.senders:
                if sender.origin not in dead:
                    await self.bring(sender, {})
            await self.app._flush()
            for _ in range(6):
                self.now += 10.0
                await self.app.alarms.decide()
            await self.app.alarms.guests.refresh()


def test_one_alert_for_a_hypervisor_and_its_guests(tmp_path: Path) -> None:
    senders = prepare(tmp_path / "data", [host_row(number) for number in range(1, 13)])
    hypervisor, *guests = senders[:3]
    listed = body(["name", "kind", "uuid"], *([f"vm{at}", "libvirt", uuid] for at, uuid in enumerate(UUIDS)))
    dead = {one.origin for one in senders[:3]}

    async def story() -> None:
        hall = Hall(tmp_path / "data", senders)
        try:
            await hall.bring(hypervisor, {"virtual_machines": listed})
            for guest, uuid in zip(guests, UUIDS, strict=True):
                os = body(["virtual"], ["kvm"])
                await hall.bring(guest, {"system": body(["uuid"], [uuid]), "operating_system": os})
            await hall.live(2, set())
            assert hall.app.alarms.guests.mapping() == {one.origin: hypervisor.origin for one in guests}

            await hall.live(10, dead)

            firing = [*hall.app.alarms.engine.firing.values()]
            assert [(one.alert.rule, one.alert.origin) for one in firing] == [("HostSilent", hypervisor.origin)]
            assert [*hall.app.alarms._watcher.muffled.values()] == [2]
        finally:
            await hall.app.stop()

    asyncio.run(story())


def test_what_changed_on_the_hypervisor_is_told_of_its_guest(tmp_path: Path) -> None:
    senders = prepare(tmp_path / "data", [host_row(number) for number in range(1, 4)])
    hypervisor, guest, _ = senders

    async def story() -> list[str]:
        hall = Hall(tmp_path / "data", senders)
        try:
            listed = body(["name", "kind", "uuid"], ["host-2", "libvirt", ""])
            kernel = body(["name", "kernel"], ["debian", "6.1.0-25"])
            await hall.bring(guest, {"operating_system": body(["virtual"], ["kvm"])})
            await hall.bring(hypervisor, {"virtual_machines": listed, "operating_system": kernel})
            await hall.live(1, set())
            kernel = body(["name", "kernel"], ["debian", "6.1.0-26"])
            await hall.bring(hypervisor, {"virtual_machines": listed, "operating_system": kernel})
            await hall.live(1, set())
            return hall.app.store.read(
                lambda one: hall.app.alarms.changes(one, [guest.origin], WALL + hall.now)
            )  # fmt: skip
        finally:
            await hall.app.stop()

    found = asyncio.run(story())

    assert len(found) == 1
    assert found[0].startswith("upstream: host-1: ")
    assert "6.1.0-26" in found[0]
