"""A collector in this process whose clock stands until it is set, for tests of what asks others."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from driftvakt_collector.__main__ import main
from driftvakt_collector.app import App
from driftvakt_collector.config import Config, Zone
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store import zones


class House:
    """A collector whose clock stands until it is set."""

    def __init__(self, data: Path, url: str = "", privacy: str = "full") -> None:
        """url: of the store, where it is not SQLite in `data`. privacy: of its zone."""
        self.data = data
        data.mkdir(mode=0o700)
        self.url_file: Path | None = None
        if url:
            self.url_file = data / "store.url"
            self.url_file.write_text(url, "utf-8")
            (data / "collector.toml").write_text(f'store_url_file = "{self.url_file}"\n', "utf-8")
        self._zones = (Zone("adm", listen="127.0.0.1", privacy=privacy),) if privacy != "full" else ()
        zones.create(data, "adm")
        self.now = 10_000.0

    def live(self, work: Callable[[App], Awaitable[None]], trap_port: int = 0) -> None:
        async def all_of_it() -> None:
            config = Config(data=self.data, store_url_file=self.url_file, trap_port=trap_port, zones=self._zones)
            app = App(config, lambda: self.now, lambda: 1.7e9 + self.now)
            await app.start()
            try:
                await app.watch.refresh()
                await app.atlas.survey()
                await work(app)
            finally:
                await app.stop()

        asyncio.run(all_of_it())

    async def until(self, done: Callable[[], bool], seconds: float = 0.0) -> None:
        """Let time pass, and wait until something is so."""
        self.now += seconds
        async with asyncio.timeout(20):
            while not done():
                await asyncio.sleep(0.01)

    async def visits(self, app: App, count: int, seconds: float = 60.0) -> None:
        """Let time pass, and wait until so many visits are over, all in all."""
        counts, rounds = app.watch.pollers[0].counts, app.watch.pollers[0].rounds
        await self.until(
            lambda: counts.visits + sum(counts.failures.values()) >= count and rounds.running == 0, seconds
        )

    def command(self, *words: str) -> int:
        """Run a command on its data; return the exit code."""
        return main([*words, "--data", str(self.data)])

    def main(self, *words: str) -> int:
        """Run a command as it is."""
        return main([*words])


def named(app: App, name: str) -> Host:
    return next(host for host in app.fleet.hosts.values() if host.name == name)


def value(host: Host, name: str, **labels: str) -> float:
    assert host.series is not None
    (place,) = host.series.find(name, **labels)
    return host.values[place]
