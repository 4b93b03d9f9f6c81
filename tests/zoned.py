"""A real collector with a listener for each of its zones, and agents as processes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from collecting import PATIENCE, ROOT, Collector

from driftvakt_collector.__main__ import main
from driftvakt_wire.enrolment import Token, read_token

ZONES = "\n".join(f'[zones.{zone}]\nlisten = "127.0.0.1"\nport = 0\nnames = ["localhost"]\n' for zone in ("adm", "edu"))
PATHS = os.pathsep.join(str(ROOT / name) for name in ("agent", "collector"))


class Zoned(Collector):
    """Its data are made by `driftvakt init`."""

    def __init__(self, data: Path, settings: str = ZONES) -> None:
        assert main(["init", "--data", str(data)]) == 0
        super().__init__(data, settings)

    def __enter__(self) -> "Zoned":
        self.start()
        return self

    def url(self, zone: str) -> str:
        """Return the URL of a zone's listener."""
        found = re.findall(rf"takes zone {zone} on (\S+)", self.said.read_text("utf-8"))
        assert found
        return str(found[0])

    def port_of(self, zone: str) -> int:
        return int(self.url(zone).rpartition(":")[2])

    def token(self, *arguments: str, name: str = "token") -> tuple[Path, Token]:
        """Make a token; return its file and what it holds."""
        path = self.data.parent / name
        assert main(["token", "create", "--config", str(self._config), "--out", str(path), *arguments]) == 0
        return path, read_token(path.read_text("ascii"))

    def command(self, *arguments: str) -> None:
        assert main([*arguments, "--config", str(self._config)]) == 0

    def up(self, name: str) -> bool:
        """Say if a host reports."""
        text = self.get("/metrics/hosts")
        return re.search(rf'^driftvakt_host_up\{{instance="{name}".*\}} 1$', text, re.M) is not None


def agent(*arguments: str, text: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the agent to its end."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "driftvakt_agent", *arguments], input=text, capture_output=True,
        text=True, check=False, timeout=4 * PATIENCE, env={**os.environ, "PYTHONPATH": PATHS, **env},
    )  # fmt: skip


def status(folder: Path) -> dict[str, Any]:
    """Return what a running agent says of itself."""
    told: dict[str, Any] = json.loads((folder / "status.json").read_text("utf-8"))
    return told


def stop_agent(folder: Path) -> None:
    """Stop the agent that `enrol` left running, if it did."""
    from driftvakt_agent.launch import stop
    from driftvakt_agent.place import Place

    if (folder / "status.json").exists():
        stop(Place(str(folder)))
