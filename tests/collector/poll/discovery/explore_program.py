"""Run in a network of its own by test_explore: looks through it twice, and prints what came of it as JSON."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
from polling import House

from driftvakt_collector.app import App
from driftvakt_collector.store import coverage, devices, subnets


def main(work: Path) -> None:
    house = House(work / "data")
    for name in ("t2", "t5"):
        secret = work / name
        secret.write_text(name)
        assert house.command("credential", "add", name, "--community-file", str(secret)) == 0
    where = ["--site", "A-huset", "--administration", "Idrott", "--per-second", "500"]
    assert house.command("subnet", "add", "10.77.0.0/27", *where) == 0
    told: dict[str, object] = {}

    async def explored(app: App) -> None:
        await app.atlas.survey()
        await app.explorer.sweep_due()
        told["first"] = app.store.read(subnets.load)[0]._asdict()
        hosts = app.store.read(devices.load)
        told["devices"] = sorted((host.name, host.class_, row.address, row.credential) for row, host in hosts)
        rows = app.store.read(coverage.rows)
        told["list"] = sorted((row.list, row.name, row.mac, row.owner) for row in rows)
        await app._refresh_hosts()
        await app.watch.refresh()
        await house.visits(app, len(hosts))
        await house.until(lambda: not app.intake.batch)
        house.now += 25 * 3600
        await app.atlas.survey()
        await app.explorer.sweep_due()
        told["second"] = app.store.read(subnets.load)[0]._asdict()
        await app.coverage.look()
        findings = app.store.read(coverage.findings)
        told["findings"] = sorted((one.kind, one.subject, one.owner) for one in findings)

    house.live(explored)
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
