"""When the inventory is taken, and what the running agent knows of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.host import Host
from driftvakt_agent.log import Once
from driftvakt_agent.stock import Stock, command


def spawned(code: str) -> int:
    """Start a Python in a group of its own, and leave it to the stock."""
    return os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ, setpgroup=0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shop:
    """A stock whose children are started when it says so. began: how often."""

    def __init__(self, tmp_path: Path, every: float = 3600.0) -> None:
        self.clock = Clock()
        self.folder = tmp_path / "inventory"
        self.host = machine(tmp_path / "root", {"var/lib/dpkg/status": "x"})
        self.host.monotonic = self.clock
        self.once = Once()
        self.began = 0
        self.code = 0
        self.stock = Stock(str(self.folder), every, 30.0, self.host, self.once, self._start)

    def _start(self, folder: str, privacy: str) -> int:
        assert privacy == "full"
        self.began += 1
        return spawned(f"raise SystemExit({self.code})")

    def write(self, **digests: str) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "index.json").write_text(json.dumps({"digests": digests}))

    def turn(self, seconds: float = 60.0) -> None:
        self.clock.now += seconds
        self.stock.turn()

    def done(self) -> None:
        """Wait for the child, and let the stock see it."""
        child = self.stock._child
        assert isinstance(child, int)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        self.stock.turn()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_the_first_waits_its_splay_and_the_next_an_hour(shop: Shop) -> None:
    shop.turn(29)
    assert shop.began == 0
    shop.turn(1)
    assert shop.began == 1
    shop.write(packages="b2:aa")
    shop.done()
    assert shop.stock.digests == {"packages": "b2:aa"}
    shop.turn(3599)
    assert shop.began == 1
    shop.turn(1)
    assert shop.began == 2
    shop.done()


def test_what_an_earlier_agent_left_is_known_at_once(shop: Shop) -> None:
    shop.write(packages="b2:aa")

    again = Stock(str(shop.folder), 3600.0, 30.0, shop.host, shop.once)

    assert again.digests == {"packages": "b2:aa"}


def test_a_package_that_changes_is_looked_at_in_the_same_cycle(shop: Shop) -> None:
    shop.turn(30)
    shop.done()
    (Path(shop.host.root) / "var/lib/dpkg/status").write_text("another")

    shop.turn()

    assert shop.began == 2
    shop.done()
    shop.turn()
    assert shop.began == 2


def test_a_child_that_fails_is_said_and_the_digests_stay(shop: Shop) -> None:
    shop.write(packages="b2:aa")
    shop.stock.digests = {"packages": "b2:aa"}
    shop.code = 3
    shop.turn(30)
    shop.done()

    assert shop.stock.digests == {"packages": "b2:aa"}
    assert "ended with 3" in shop.once.standing()["inventory"]


def test_a_child_that_hangs_is_ended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.stock, "_start", lambda *_: spawned("import time; time.sleep(600)"))
    shop.turn(30)
    shop.turn(299)
    shop.turn(1)
    shop.done()

    assert "ended with -9" in shop.once.standing()["inventory"]


def test_none_is_taken_where_it_is_switched_off(tmp_path: Path) -> None:
    shop = Shop(tmp_path, every=0.0)

    shop.turn(10_000)

    assert shop.began == 0


def test_a_body_is_given_by_its_digest(shop: Shop) -> None:
    shop.write(packages="b2:aa", system="b2:bb")
    (shop.folder / "system.json").write_bytes(b"{}")
    shop.turn(30)
    shop.done()

    assert shop.stock.body("b2:bb") == ("system", b"{}")
    assert shop.stock.body("b2:cc") is None
    assert shop.stock.body("b2:aa") is None
    assert "packages" in shop.once.standing()["inventory"]


@pytest.mark.parametrize("by", ["a person", "the agent"])
def test_the_command_writes_what_the_agent_reads(tmp_path: Path, by: str) -> None:
    folder = str(tmp_path / "i")
    words = [sys.executable, "-m", "driftvakt_agent", "inventory", "--out", folder]
    done = subprocess.run(
        words if by == "a person" else command(folder, "full"),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    stock = Stock(str(tmp_path / "i"), 3600.0, 0.0, Host(), Once())
    assert {"operating_system", "addresses"} <= stock.digests.keys()
    found = stock.body(stock.digests["addresses"])
    assert found is not None
    assert found[0] == "addresses"
