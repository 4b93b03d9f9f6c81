"""The dashboards: a file a board, written as `dashboards/grafana/*.json`.

To add one: a file that makes a `Board`, and a line in BOARDS.
"""

import json
from pathlib import Path

from dashboards.made import alerts, collector, fleet, host, network, power, printers, services, site
from dashboards.made.board import Board, as_json

FOLDER = Path(__file__).resolve().parents[1] / "grafana"

BOARDS: tuple[Board, ...] = (
    fleet.BOARD,
    site.BOARD,
    host.BOARD,
    network.BOARD,
    printers.BOARD,
    power.BOARD,
    services.BOARD,
    alerts.BOARD,
    collector.BOARD,
)


def texts() -> dict[str, str]:
    """Return what the files hold, by their names."""
    return {f"{board.uid}.json": json.dumps(as_json(board), ensure_ascii=False, indent=2) + "\n" for board in BOARDS}
