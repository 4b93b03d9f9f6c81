"""A restart makes no rule wait anew, raises nothing twice, and calls nothing over that is not."""

import asyncio
from pathlib import Path

import pytest
from collecting import host_row, prepare, series_body

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.store import alerts
from driftvakt_wire.records import Report, Series

RULES = """
[[rule]]
name = "DiskFull"
series = "node_filesystem_avail_bytes"
below = 5
for = "2m"
severity = "critical"
summary = { sv = "Full", en = "Full" }
"""
DIGEST, SET = series_body(("node_filesystem_avail_bytes", (("mountpoint", "/"),)))


class Night:
    """A collector's data, and collectors that live on it one after the other. now: seconds on both clocks."""

    def __init__(self, folder: Path) -> None:
        rules = folder / "rules.toml"
        rules.write_text(RULES, "utf-8")
        (self.sender,) = prepare(folder / "data", [host_row(1)])
        self.config = Config(data=folder / "data", rules_file=rules)
        self.kept = folder / "data" / "rules.kept"
        self.now = 10_000.0

    def life(self, *values: float | None, killed: bool = False) -> list[str]:
        """Start a collector, report these values 30 s apart, and stop it; return what fires after each."""
        told: list[str] = []

        async def work() -> None:
            app = App(self.config, lambda: self.now, lambda: 1.7e9 + self.now)
            await app.start()
            for value in values:
                self.now += 30.0
                if value is not None:
                    await self._report(app, value)
                await app.alarms.decide()
                told.append("fires" if app.alarms.engine.firing else "")
            if killed:
                for task in app._tasks:
                    task.cancel()
                await asyncio.gather(*app._tasks, return_exceptions=True)
                await app.alarms.close()
                await app.journal.close()
                app.store.close()
            else:
                await app.stop()

        asyncio.run(work())
        return told

    async def _report(self, app: App, value: float) -> None:
        lines = [self.sender.line(Series(DIGEST, SET)), self.sender.line(
            Report(at=1.7e9 + self.now, up=self.now, series=DIGEST, values=(value,), sections={}))]  # fmt: skip
        status, _ = await app._bring(lines)
        assert status == 200

    def generations(self) -> list[tuple[str, int]]:
        app = App(self.config, lambda: self.now, lambda: 1.7e9 + self.now)
        found = app.store.read(lambda one: alerts.recent(one, 9))
        app.store.close()
        return [(row.state, row.generation) for row in found]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_what_waits_goes_on_waiting_after_a_restart(night: Night) -> None:
    assert night.life(50, 1, 1, 1) == ["", "", "", ""]

    night.now += 3600.0
    assert night.life(1, 1, 1) == ["", "fires", "fires"]


def test_without_what_was_kept_the_wait_begins_anew(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    night.life(50, 1, 1, 1)
    night.kept.write_bytes(b"damaged")

    assert night.life(1, 1, 1, 1, 1) == ["", "", "", "", "fires"]
    assert "begins anew" in caplog.text


def test_what_fires_is_raised_once_and_not_again_after_a_restart(night: Night) -> None:
    assert night.life(1, 1, 1, 1, 1)[-1] == "fires"

    assert night.life(*[1] * 25) == ["fires"] * 25
    assert night.generations() == [("firing", 1)]


def test_what_fires_is_not_over_while_it_waits_again_after_a_crash(night: Night) -> None:
    night.config = Config(data=night.config.data, rules_file=night.config.rules_file)
    night.life(1, 1, 1, 1, 1, killed=True)
    assert not night.kept.exists()
    assert night.config.rules_file is not None
    night.config.rules_file.write_text(RULES.replace("2m", "20m"), "utf-8")

    assert night.life(*[1] * 45) == ["fires"] * 45
    assert night.generations() == [("firing", 1)]


def test_what_was_over_after_it_was_kept_is_not_raised_again(night: Night) -> None:
    night.life(1, 1, 1, 1, 1)
    kept = night.kept.read_bytes()
    assert night.life(50, 50)[-1] == ""
    night.kept.write_bytes(kept)

    assert night.life(50, 50) == ["", ""]
    assert night.generations() == [("cleared", 1)]


def test_what_was_not_written_before_the_end_is_raised_by_the_next_line(night: Night) -> None:
    night.life(1, 1, 1, 1, 1)
    kept = night.kept.read_bytes()
    night.life(50, 50)
    night.kept.write_bytes(kept)

    assert night.life(1) == ["fires"]
    assert night.generations() == [("firing", 2)]
